/** The text of a document in an editor; what the server refuses is marked where it stands. */
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { ApiError, errorText } from '../api/client.ts'
import type { DocumentEditor } from '../editor/document.ts'
import { DocumentBox, ProblemList } from '../editor/documentbox.tsx'
import { Alert } from '../shell/listpage.tsx'
import { layOut, NEW_DOCUMENT } from './document.ts'
import { type EditedDocument, saveDocument } from './load.ts'
import { type PlacedProblem, placeProblems, syntaxProblem } from './place.ts'
import { RemoveButton } from './removebutton.tsx'

interface DocumentFormProps {
  readonly kind: DocumentKind
  readonly name: string
  /** Undefined for one that is not there. */
  readonly document: EditedDocument | undefined
  readonly onSaved: () => void
}

/** What came of the last try. */
interface Refusal {
  readonly problems: readonly PlacedProblem[]
  /** '' or what has no place in the text. */
  readonly failure: string
}

const NONE: Refusal = { problems: [], failure: '' }

export function DocumentForm({ kind, name, document, onSaved }: DocumentFormProps): JSX.Element {
  const first = useMemo(
    () => (document === undefined ? NEW_DOCUMENT[kind] : layOut(document.text)),
    [kind, document],
  )
  const text = useRef(first)
  const editor = useRef<DocumentEditor>(null)
  const [isChanged, setIsChanged] = useState(document === undefined)
  const [isSaving, setIsSaving] = useState(false)
  const [refusal, setRefusal] = useState(NONE)
  useLeaveGuard(isChanged && document !== undefined)

  const refuse = (next: Refusal): void => {
    setRefusal(next)
    editor.current?.mark(
      next.problems.map(({ reason, ...range }) => ({ ...range, message: reason })),
    )
  }
  const save = async (): Promise<void> => {
    const sent = text.current
    const fault = syntaxProblem(sent)
    if (fault !== undefined) return refuse({ problems: [fault], failure: '' })
    setIsSaving(true)
    try {
      await saveDocument(kind, name, sent, document)
      onSaved()
    } catch (error) {
      refuse(refusalOf(error, sent, kind))
      setIsSaving(false)
    }
  }

  return (
    <div class="document-form">
      <DocumentBox
        name={`Document of the ${kind} ${name}`}
        language="json"
        text={first}
        editor={editor}
        onChange={(next) => {
          text.current = next
          setIsChanged(document === undefined || next !== first)
        }}
        onSave={() => void save()}
      />
      <Alert text={refusal.failure} />
      <ProblemList
        problems={refusal.problems}
        onShow={({ from, to }) => editor.current?.show(from, to)}
      />
      <div class="form-buttons">
        <button
          type="button"
          class="button primary"
          disabled={!isChanged || isSaving}
          onClick={() => void save()}
        >
          Save
        </button>
        <span class="soft">
          <kbd>Ctrl</kbd> <kbd>s</kbd> saves, <kbd>Esc</kbd> leaves the editor
        </span>
        {document !== undefined && <RemoveButton kind={kind} name={name} />}
      </div>
    </div>
  )
}

function refusalOf(error: unknown, text: string, kind: DocumentKind): Refusal {
  if (!(error instanceof ApiError)) return { problems: [], failure: errorText(error) }
  if (error.problems.length > 0) {
    return { problems: placeProblems(text, kind, error.problems), failure: '' }
  }
  if (error.kind !== 'conflict') return { problems: [], failure: error.message }
  const failure = `${error.message}. Copy what you want to keep, then load the page again.`
  return { problems: [], failure }
}

/** Asks before what was typed is lost with the page. */
function useLeaveGuard(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isOn])
}
