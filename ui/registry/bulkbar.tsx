/** What can be done with the documents that are chosen. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DocumentKey, DocumentKind } from '../../src/model/registry.ts'
import { errorText } from '../api/client.ts'
import { formatCount } from '../format/value.ts'
import { Alert } from '../shell/listpage.tsx'
import { PlanDialog } from './plandialog.tsx'
import type { SmallEdit } from './plans.ts'
import { parseLabels } from './typed.ts'

interface BulkBarProps {
  readonly kind: DocumentKind
  readonly names: ReadonlySet<string>
  readonly onClear: () => void
  readonly onDone: () => void
}

export function BulkBar({ kind, names, onClear, onDone }: BulkBarProps): JSX.Element {
  const [open, setOpen] = useState<'delete' | 'relabel'>()
  const documents = [...names].map((name) => ({ kind, name }))
  const what = names.size === 1 ? `one ${kind}` : `${formatCount(names.size)} ${kind}s`
  const close = (): void => setOpen(undefined)
  return (
    <div class="card bulk-bar" role="toolbar" aria-label={`With ${what}`}>
      <span>{`${what} chosen`}</span>
      <button type="button" class="button" onClick={() => setOpen('relabel')}>
        Change labels
      </button>
      <button type="button" class="button" onClick={() => setOpen('delete')}>
        Delete
      </button>
      <button type="button" class="button bare" onClick={onClear}>
        Choose none
      </button>
      {open === 'delete' && (
        <PlanDialog
          title={`Delete ${what}?`}
          verb="Delete"
          edit={{ action: 'delete', documents }}
          onClose={close}
          onDone={onDone}
        />
      )}
      {open === 'relabel' && (
        <RelabelDialog what={what} documents={documents} onClose={close} onDone={onDone} />
      )}
    </div>
  )
}

interface RelabelProps {
  readonly what: string
  readonly documents: readonly DocumentKey[]
  readonly onClose: () => void
  readonly onDone: () => void
}

function RelabelDialog({ what, documents, onClose, onDone }: RelabelProps): JSX.Element {
  const [set, setSet] = useState('')
  const [remove, setRemove] = useState('')
  const [edit, setEdit] = useState<SmallEdit>()
  const [refusal, setRefusal] = useState('')
  const plan = (event: SubmitEvent): void => {
    event.preventDefault()
    try {
      const labels = parseLabels(set)
      const gone = remove.split(/[\s,]+/).filter((name) => name !== '')
      setEdit({ action: 'relabel', documents, set: labels, remove: gone })
      setRefusal('')
    } catch (error) {
      setRefusal(errorText(error))
    }
  }
  return (
    <PlanDialog
      title={`Change labels of ${what}`}
      verb="Change them"
      edit={edit}
      onClose={onClose}
      onDone={onDone}
    >
      <form class="relabel-form" onSubmit={plan}>
        <label>
          Set, a label on each line
          <textarea
            class="field mono"
            rows={3}
            placeholder={'env=prod\nteam=shop'}
            value={set}
            onInput={(event) => setSet(event.currentTarget.value)}
          />
        </label>
        <label>
          Take away
          <input
            class="field mono"
            placeholder="old_label"
            value={remove}
            onInput={(event) => setRemove(event.currentTarget.value)}
          />
        </label>
        <Alert text={refusal} />
        <button type="submit" class="button" disabled={set.trim() === '' && remove.trim() === ''}>
          Show what that does
        </button>
      </form>
    </PlanDialog>
  )
}
