/** Takes a file of groups or services: what it would do is shown before it is done. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { DocumentKind, RegistryPlan } from '../../src/model/registry.ts'
import { ApiError, errorText, isAbort } from '../api/client.ts'
import { formatCount } from '../format/value.ts'
import { Alert } from '../shell/listpage.tsx'
import { followLink, hrefOf, navigate } from '../shell/router.ts'
import { Tabs } from '../shell/tabs.tsx'
import { ImportSource } from './importsource.tsx'
import { type ImportFile, type ImportWish, importFile, planImport } from './plans.ts'
import { PlanView } from './planview.tsx'
import { Problems } from './problems.tsx'
import { countActions } from './typed.ts'
import '../shell/confirm.css'

const KINDS: readonly (readonly [DocumentKind, string])[] = [
  ['group', 'Groups'],
  ['service', 'Services'],
]

/** What is known of a file. */
type Look =
  | { readonly state: 'none' }
  /** `share` of it is sent; 1 while the server works on it. */
  | { readonly state: 'busy'; readonly verb: string; readonly share: number }
  | { readonly state: 'planned'; readonly plan: RegistryPlan }
  | { readonly state: 'refused'; readonly error: unknown }

export function ImportPage(): JSX.Element {
  const [wish, setWish] = useState<ImportWish>({ kind: 'group', isWhole: false })
  const [file, setFile] = useState<ImportFile>()
  const [look, setLook] = useState<Look>({ state: 'none' })
  const running = useRef(new AbortController())
  useEffect(() => {
    document.title = 'Import · Registry · narthex'
    return () => running.current.abort()
  }, [])
  useEffect(() => {
    if (file !== undefined) void check(file)
  }, [file, wish])

  /** Does one thing at a time: what was under way is withdrawn. */
  const run = async (
    verb: string,
    work: (progress: (share: number) => void, abort: AbortSignal) => Promise<Look | undefined>,
  ): Promise<void> => {
    running.current.abort()
    const own = new AbortController()
    running.current = own
    setLook({ state: 'busy', verb, share: 0 })
    try {
      const next = await work((share) => setLook({ state: 'busy', verb, share }), own.signal)
      if (next !== undefined && !own.signal.aborted) setLook(next)
    } catch (error) {
      if (!isAbort(error)) setLook({ state: 'refused', error })
    }
  }
  const check = (chosen: ImportFile): Promise<void> =>
    run('Checking', async (progress, abort) => {
      return { state: 'planned', plan: await planImport(chosen, wish, progress, abort) }
    })
  const take = (chosen: ImportFile, tag: string): Promise<void> =>
    run('Importing', async (progress, abort) => {
      await importFile(chosen, wish, tag, progress, abort)
      navigate(`${hrefOf('registry')}${wish.kind === 'group' ? '' : '?section=services'}`)
      return undefined
    })
  const drop = (): void => {
    running.current.abort()
    setFile(undefined)
    setLook({ state: 'none' })
  }

  return (
    <div class="registry import-page">
      <nav class="crumbs" aria-label="Where this is">
        <a href={hrefOf('registry')} onClick={followLink}>
          Registry
        </a>
        <span aria-hidden="true">/</span>
        <span>import</span>
      </nav>
      <header class="page-head">
        <h1>Import a file</h1>
        <Tabs
          name="What is in the file"
          tabs={KINDS}
          chosen={wish.kind}
          onChoose={(kind: DocumentKind) => setWish({ ...wish, kind })}
        />
      </header>
      <ImportSource kind={wish.kind} file={file} onFile={setFile} onDrop={drop} />
      <label class="import-whole">
        <input
          type="checkbox"
          checked={wish.isWhole}
          onChange={(event) => setWish({ ...wish, isWhole: event.currentTarget.checked })}
        />
        {`The file is the whole: ${wish.kind}s that are not in it are deleted`}
      </label>
      <div aria-live="polite">
        {look.state === 'busy' && file !== undefined && (
          <Busy look={look} file={file} onCancel={drop} />
        )}
        {look.state === 'refused' && <Refused error={look.error} />}
        {look.state === 'planned' && file !== undefined && (
          <Planned
            plan={look.plan}
            kind={wish.kind}
            onTake={() => void take(file, look.plan.tag)}
          />
        )}
      </div>
    </div>
  )
}

interface BusyProps {
  readonly look: Look & { readonly state: 'busy' }
  readonly file: ImportFile
  readonly onCancel: () => void
}

function Busy({ look, file, onCancel }: BusyProps): JSX.Element {
  const { verb, share } = look
  const words = share < 1 ? 'Sending' : verb
  return (
    <div class="card import-busy">
      <span>{`${words} ${sizeText(file.content.size)}`}</span>
      <progress aria-label={words} {...(share < 1 ? { value: share, max: 1 } : {})} />
      <button type="button" class="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  )
}

function Refused({ error }: { readonly error: unknown }): JSX.Element {
  const problems = error instanceof ApiError ? error.problems : []
  if (problems.length === 0) return <Alert text={errorText(error)} />
  return <Problems problems={problems} />
}

interface PlannedProps {
  readonly plan: RegistryPlan
  readonly kind: DocumentKind
  readonly onTake: () => void
}

function Planned({ plan, kind, onTake }: PlannedProps): JSX.Element {
  const counts = countActions(plan.documents)
  const gone = counts.get('delete') ?? 0
  const count = (counts.get('add') ?? 0) + (counts.get('change') ?? 0)
  return (
    <section class="registry-section" aria-label="What the file would do">
      <PlanView documents={plan.documents} />
      {count + gone === 0 && (
        <p class="soft">Everything in the file is there already, just like this.</p>
      )}
      <div class="import-buttons">
        <button
          type="button"
          class={gone === 0 ? 'button primary' : 'button danger'}
          disabled={count + gone === 0}
          onClick={onTake}
        >
          {`Import ${countText(count, kind)}${gone === 0 ? '' : `, delete ${countText(gone, kind)}`}`}
        </button>
      </div>
    </section>
  )
}

function countText(count: number, kind: DocumentKind): string {
  return `${formatCount(count)} ${count === 1 ? kind : `${kind}s`}`
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const kilobytes = bytes / 1024
  return kilobytes < 1024 ? `${kilobytes.toFixed(0)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`
}
