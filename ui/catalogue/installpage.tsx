/** From an entry to data: which targets, what exactly will be added, and one click. */
import type { JSX } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { EntryDetail } from '../../src/model/catalogue.ts'
import type { InstallRequest } from '../../src/model/install.ts'
import { errorText } from '../api/client.ts'
import { usePolled } from '../api/polled.ts'
import { urlOf } from '../api/root.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import {
  followLink,
  hasPage,
  hrefBelow,
  hrefOf,
  navigate,
  searchBelow,
  setSearch,
} from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { InstallFiles } from './installfiles.tsx'
import { install, loadCandidates, usePreview } from './installload.ts'
import { InstallPreview } from './installpreview.tsx'
import { InstallTargets } from './installtargets.tsx'
import { loadEntry } from './load.ts'
import { commandOf, formatWanted, parseWanted, requestOf, type Wanted } from './wanted.ts'
import './install.css'

/** Where a server that scrapes listens if it is not told otherwise. */
const USUAL_UP = 'http://127.0.0.1:9390'

export function InstallPage({ name }: { readonly name: string }): JSX.Element {
  const load = useCallback(
    async (abort: AbortSignal) => ({ entry: await loadEntry(name, abort) }),
    [name],
  )
  const { data, failure } = usePolled(load, 0)
  const title = data?.entry?.title ?? name
  useEffect(() => {
    document.title = `Install ${title} · narthex`
    const up = (): void => navigate(hrefBelow('catalogue', name))
    return addShortcuts([{ keys: ['u'], run: up }])
  }, [name, title])
  return (
    <div class="entry">
      <nav class="crumbs" aria-label="Where this is">
        <a href={hrefOf('catalogue')} onClick={followLink}>
          Catalogue
        </a>
        <span aria-hidden="true">/</span>
        <a class="mono" href={hrefBelow('catalogue', name)} onClick={followLink}>
          {name}
        </a>
        <span aria-hidden="true">/</span>
        <span>Install</span>
      </nav>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="catalogue-skeleton" />}
      {data !== undefined && data.entry === undefined && (
        <Alert text={`The catalogue has no entry named ${name}`} />
      )}
      {data?.entry !== undefined && <Install entry={data.entry} />}
    </div>
  )
}

function Install({ entry }: { readonly entry: EntryDetail }): JSX.Element {
  const { name, title } = entry
  const load = useCallback((abort: AbortSignal) => loadCandidates(name, abort), [name])
  const { data: found, failure: unknown } = usePolled(load, 0)
  const [wanted, setWanted] = useState(() => parseWanted(searchBelow.peek()))
  const want = (change: Partial<Wanted>): void => {
    const next = { ...wanted, ...change }
    setWanted(next)
    setSearch('catalogue', formatWanted(next), false)
  }
  const candidates = found?.targets ?? []
  const isKnown = found !== undefined || unknown !== ''
  const request = requestOf(name, wanted, candidates)
  const asked = isKnown && request.targets.length > 0 ? request : undefined
  const preview = usePreview(asked)
  const isReady =
    asked !== undefined &&
    preview.isCurrent &&
    preview.plan !== undefined &&
    preview.problems.length === 0 &&
    preview.failure === ''

  return (
    <>
      <div class="page-head">
        <h1>{`Install ${title}`}</h1>
        {!hasPage('installs') && <span class="badge">as files</span>}
      </div>
      <div class="install">
        <div class="install-form">
          <InstallTargets
            port={entry.port}
            found={found}
            failure={unknown}
            wanted={wanted}
            problems={preview.problems}
            onWant={want}
          />
          <Options entry={name} wanted={wanted} onWant={want} />
          {hasPage('installs') ? (
            <InstallButton request={request} isReady={isReady} />
          ) : (
            <NoClick request={request} isReady={isReady} />
          )}
        </div>
        <div class="install-shown">
          <InstallPreview preview={preview} isAsked={asked !== undefined} entry={entry} />
          {isReady && <InstallFiles request={request} name={preview.plan?.name ?? name} />}
        </div>
      </div>
    </>
  )
}

interface OptionsProps {
  readonly entry: string
  readonly wanted: Wanted
  readonly onWant: (change: Partial<Wanted>) => void
}

function Options({ entry, wanted, onWant }: OptionsProps): JSX.Element {
  return (
    <section class="card install-card" aria-labelledby="install-options">
      <h2 id="install-options">Job</h2>
      <div class="install-fields">
        <label>
          Name
          <input
            class="field mono"
            value={wanted.job}
            placeholder={entry}
            maxLength={64}
            onInput={(event) => onWant({ job: event.currentTarget.value })}
          />
        </label>
        <label>
          Interval
          <input
            class="field mono"
            value={wanted.interval}
            placeholder="as configured"
            maxLength={12}
            onInput={(event) => onWant({ interval: event.currentTarget.value })}
          />
        </label>
      </div>
    </section>
  )
}

interface ActProps {
  readonly request: InstallRequest
  readonly isReady: boolean
}

function InstallButton({ request, isReady }: ActProps): JSX.Element {
  const [isInstalling, setInstalling] = useState(false)
  const [failure, setFailure] = useState('')
  const run = async (): Promise<void> => {
    setInstalling(true)
    setFailure('')
    try {
      const { name } = await install(request)
      navigate(hrefBelow('installs', name))
    } catch (error) {
      setFailure(errorText(error))
      setInstalling(false)
    }
  }
  return (
    <div class="install-act">
      <Alert text={failure} />
      <button
        type="button"
        class="button primary install-go"
        disabled={!isReady || isInstalling}
        onClick={() => void run()}
      >
        <Icon name="play" />
        {isInstalling ? 'Installing …' : 'Install'}
      </button>
      {isReady && (
        <details class="install-command">
          <summary>The same on the command line</summary>
          <CodeBox text={commandOf(request, urlOf('').href.replace(/\/$/, ''))} />
        </details>
      )}
    </div>
  )
}

/** A role that scrapes nothing has nothing to add a job to. */
function NoClick({ request, isReady }: ActProps): JSX.Element {
  return (
    <section class="card install-card" aria-labelledby="install-here">
      <h2 id="install-here">Where it runs</h2>
      <p class="soft">
        This hub scrapes nothing, so there is nothing here to install into. Take the files to your
        Prometheus, Alertmanager and Grafana, or have a <code>narthex up</code> do it:
      </p>
      {isReady ? (
        <CodeBox text={commandOf(request, USUAL_UP)} />
      ) : (
        <p class="faint">Choose targets to see the command.</p>
      )}
    </section>
  )
}
