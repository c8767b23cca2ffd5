/** One source: how it does, what could not be used of it, and its settings. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { SourceStatus } from '../../src/model/sources.ts'
import { errorText } from '../api/client.ts'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { ConfirmDialog } from '../shell/confirm.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { useNow } from '../shell/now.ts'
import { followLink, hrefOf, navigate } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { SourceForm } from './form.tsx'
import { removeSource, useSources } from './load.ts'
import { Progress, RefreshButton, useRefresh } from './refresh.tsx'
import { mayChange } from './rights.ts'
import { nextWords, standingOf, typeWord } from './source.ts'
import { Warning } from './table.tsx'

export function SourcePage({ name }: { readonly name: string }): JSX.Element {
  const { data, failure } = useSources()
  const source = data?.find((each) => each.name === name)
  useEffect(() => {
    document.title = `${name} · narthex`
    return addShortcuts([{ keys: ['u'], run: () => navigate(hrefOf('sources')) }])
  }, [name])
  return (
    <div class="sources">
      <nav class="crumbs" aria-label="Where this is">
        <a href={hrefOf('sources')} onClick={followLink}>
          Sources
        </a>
        <span aria-hidden="true">/</span>
        <span>{name}</span>
      </nav>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="sources-skeleton" />}
      {data !== undefined && source === undefined && (
        <div class="card empty">
          <Icon name="search" />
          <strong>{`There is no source named ${name}`}</strong>
          <a href={hrefOf('sources')} onClick={followLink}>
            All sources
          </a>
        </div>
      )}
      {source !== undefined && <Source source={source} />}
    </div>
  )
}

function Source({ source }: { readonly source: SourceStatus }): JSX.Element {
  const nowMs = useNow()
  const refresh = useRefresh(source.name)
  const { name, progress, nextMs, isRefreshing, place, added } = source
  const { word, look } = standingOf(source, nowMs)
  const isAdmin = mayChange()
  return (
    <>
      <header class="page-head">
        <h1>{name}</h1>
        <span class={`badge ${look}`}>{word}</span>
        <div class="sources-tools">
          {nextMs > 0 && isAdmin && (
            <RefreshButton refresh={refresh} isRunning={isRefreshing}>
              Refresh
            </RefreshButton>
          )}
          {isAdmin && (place === 'records' || place === 'elsewhere') && (
            <RemoveSource source={source} />
          )}
        </div>
      </header>
      <Alert text={refresh.failure} />
      {progress !== null && <Progress progress={progress} />}
      <Warning source={source} />
      <Facts source={source} />
      <Faults faults={source.faults} />
      {added === null || !isAdmin ? (
        <ElsewhereNote source={source} />
      ) : (
        <SourceForm key={added.version} source={{ ...source, added }} onSaved={() => {}} />
      )}
    </>
  )
}

function Facts({ source }: { readonly source: SourceStatus }): JSX.Element {
  const nowMs = useNow()
  const { origin, commit, entries, goodMs, checkedMs } = source
  return (
    <dl class="card source-facts">
      <div>
        <dt>{typeWord(source)}</dt>
        <dd class="mono">{origin}</dd>
      </div>
      <div>
        <dt>Entries</dt>
        <dd>{formatCount(entries)}</dd>
      </div>
      <div>
        <dt>Last good</dt>
        <dd>
          <Ago timeMs={goodMs === 0 ? undefined : goodMs} never="never" />
        </dd>
      </div>
      <div>
        <dt>Last asked</dt>
        <dd>
          <Ago timeMs={checkedMs === 0 ? undefined : checkedMs} never="never" />
        </dd>
      </div>
      <div>
        <dt>Next</dt>
        <dd>{nextWords(source, nowMs)}</dd>
      </div>
      {commit !== '' && (
        <div>
          <dt>State of the content</dt>
          <dd class="mono" title={commit}>
            {commit.slice(0, 12)}
          </dd>
        </div>
      )}
    </dl>
  )
}

function Faults({ faults }: { readonly faults: readonly string[] }): JSX.Element | null {
  if (faults.length === 0) return null
  const [title, look] = [`${formatCount(faults.length)} files could not be used`, 'note warn']
  return (
    <details class={`${look} source-faults`}>
      <summary>{faults.length === 1 ? 'A file could not be used' : title}</summary>
      <ul>
        {faults.map((fault) => (
          <li key={fault} class="mono">
            {fault}
          </li>
        ))}
      </ul>
    </details>
  )
}

const ELSEWHERE: Readonly<Record<SourceStatus['place'], string>> = {
  program: 'It comes with the program, needs no token and no network, and cannot be removed.',
  edits:
    'It is what people have changed on the pages of the catalogue; each change is a commit in this repository.',
  configuration: 'It stands in the file of --config.file, and is changed there.',
  records: 'It was added here; an admin may change and remove it.',
  elsewhere:
    'It does not stand in the configuration of this hub: another hub asks it, or nobody does any more.',
}

function ElsewhereNote({ source }: { readonly source: SourceStatus }): JSX.Element {
  return (
    <p class="note">
      <Icon name="info" />
      <span>{ELSEWHERE[source.place]}</span>
    </p>
  )
}

function RemoveSource({ source }: { readonly source: SourceStatus }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState('')
  const { name, entries } = source
  const remove = async (): Promise<void> => {
    try {
      await removeSource(name)
      navigate(hrefOf('sources'))
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <>
      <button type="button" class="button" onClick={() => dialog.current?.showModal()}>
        Remove
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={`Remove the source ${name}?`}
        verb="Remove"
        failure={failure}
        onConfirm={() => void remove()}
      >
        {entries === 0
          ? 'It has brought nothing. Its token is forgotten with it.'
          : `What it has added to ${formatCount(entries)} entries is gone from the catalogue of every hub of this database; its token is forgotten with it. The repository stays as it is.`}
      </ConfirmDialog>
    </>
  )
}
