/** The text of a document in an editor; what the server refuses is marked where it stands. */
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { ApiError, errorText } from '../api/client.ts'
import type { DocumentEditor } from '../editor/document.ts'
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
  const editor = useRef<DocumentEditor>(undefined)
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
  const host = useEditor(editor, {
    name: `Document of the ${kind} ${name}`,
    text: first,
    onChange(next) {
      text.current = next
      setIsChanged(document === undefined || next !== first)
    },
    onSave: () => void save(),
  })

  return (
    <div class="document-form">
      <div class="document-editor" ref={host} />
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

interface EditorProps {
  readonly name: string
  readonly text: string
  readonly onChange: (text: string) => void
  readonly onSave: () => void
}

/** Opens the editor in the element that takes the reference. */
function useEditor(
  editor: { current: DocumentEditor | undefined },
  props: EditorProps,
): { current: HTMLDivElement | null } {
  const host = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    let isClosed = false
    void import('../editor/document.ts').then(({ openDocumentEditor }) => {
      if (isClosed || host.current === null) return
      const { name, text } = latest.current
      editor.current = openDocumentEditor(host.current, text, {
        name,
        onChange: (next) => latest.current.onChange(next),
        onSave: () => latest.current.onSave(),
      })
    })
    return () => {
      isClosed = true
      editor.current?.close()
    }
  }, [editor])
  return host
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

interface ProblemListProps {
  readonly problems: readonly PlacedProblem[]
  readonly onShow: (problem: PlacedProblem) => void
}

function ProblemList({ problems, onShow }: ProblemListProps): JSX.Element | null {
  if (problems.length === 0) return null
  return (
    <section class="card problems" role="alert" aria-label="Problems">
      <h2>{problems.length === 1 ? 'One problem' : `${problems.length} problems`}</h2>
      <ul>
        {problems.map((problem, index) => (
          <li key={index}>
            <button type="button" class="problem" onClick={() => onShow(problem)}>
              {problem.path !== '' && <code>{problem.path}</code>}
              <span>{problem.reason}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
