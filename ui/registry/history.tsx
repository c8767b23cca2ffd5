/** What became of a document: every change with what it did, and the way back. */
import type { JSX } from 'preact'
import { useCallback, useRef, useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { errorText } from '../api/client.ts'
import { usePolled } from '../api/polled.ts'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { ConfirmDialog } from '../shell/confirm.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert } from '../shell/listpage.tsx'
import { DiffList } from './difflist.tsx'
import { loadDiff, undoTo, type VersionRow } from './load.ts'
import { DONE_WORDS } from './words.ts'

interface HistoryProps {
  readonly kind: DocumentKind
  readonly name: string
  /** Newest first. */
  readonly versions: readonly VersionRow[]
  readonly onChanged: () => void
}

export function HistorySection({ kind, name, versions, onChanged }: HistoryProps): JSX.Element {
  return (
    <ol class="card history">
      {versions.map((version, index) => (
        <li key={version.version}>
          <Change kind={kind} name={name} row={version} />
          {index > 0 && version.action !== 'delete' && (
            <UndoButton kind={kind} name={name} version={version.version} onChanged={onChanged} />
          )}
        </li>
      ))}
    </ol>
  )
}

interface VersionProps {
  readonly kind: DocumentKind
  readonly name: string
  readonly version: number
}

/** One change; what it did is asked for when a person wants to see it. */
function Change(props: { kind: DocumentKind; name: string; row: VersionRow }): JSX.Element {
  const { kind, name, row } = props
  const [isOpen, setIsOpen] = useState(false)
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="down" />
        <span class="history-version">{row.version}</span>
        <span class={row.action === 'delete' ? 'badge bad' : 'badge'}>
          {DONE_WORDS[row.action]}
        </span>
        <span class="soft">
          by {row.by}, <Ago timeMs={Date.parse(row.changed)} never="never" />
        </span>
        <span class="soft">{`${formatCount(row.targets)} targets`}</span>
      </summary>
      {isOpen && <Diff kind={kind} name={name} version={row.version} />}
    </details>
  )
}

function Diff({ kind, name, version }: VersionProps): JSX.Element {
  const load = useCallback(
    (abort: AbortSignal) => loadDiff(kind, name, version, abort),
    [kind, name, version],
  )
  const { data, failure } = usePolled(load, 0)
  if (data === undefined)
    return failure === '' ? <p class="faint">Loading</p> : <Alert text={failure} />
  const { added, removed, addedCount, removedCount } = data
  if (addedCount + removedCount === 0) return <p class="diff soft">The targets stayed the same.</p>
  return (
    <div class="diff">
      <DiffList sign="−" what="went" look="is-removed" targets={removed} count={removedCount} />
      <DiffList sign="+" what="came" look="is-added" targets={added} count={addedCount} />
    </div>
  )
}

function UndoButton(props: VersionProps & { readonly onChanged: () => void }): JSX.Element {
  const { kind, name, version, onChanged } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState('')
  const undo = async (): Promise<void> => {
    try {
      await undoTo(kind, name, version)
      dialog.current?.close()
      onChanged()
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <>
      <button
        type="button"
        class="button bare history-undo"
        aria-label={`Back to this, version ${version}`}
        onClick={() => dialog.current?.showModal()}
      >
        Back to this
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={`Go back to version ${version}?`}
        verb="Go back"
        failure={failure}
        onConfirm={() => void undo()}
      >
        {`What was changed since is taken back, and can be had again from the history of ${name}.`}
      </ConfirmDialog>
    </>
  )
}
