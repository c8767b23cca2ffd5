/** The place of a document editor on a page, and what is wrong with the text below it. */
import type { JSX, RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { DocumentEditor } from './document.ts'
import type { Language } from './languages.ts'
import type { ShownProblem } from './problem.ts'
import './documentbox.css'

interface DocumentBoxProps {
  /** The name for those who do not see the editor. */
  readonly name: string
  readonly language: Language
  /** What it begins with. */
  readonly text: string
  /** The editor, as soon as it is there. */
  readonly editor: RefObject<DocumentEditor | null>
  readonly onChange: (text: string) => void
  readonly onSave: () => void
}

export function DocumentBox(props: DocumentBoxProps): JSX.Element {
  const { editor } = props
  const host = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    let isClosed = false
    void import('./document.ts').then(({ openDocumentEditor }) => {
      if (isClosed || host.current === null) return
      const { name, language, text } = latest.current
      editor.current = openDocumentEditor(host.current, text, {
        ...{ name, language },
        onChange: (next) => latest.current.onChange(next),
        onSave: () => latest.current.onSave(),
      })
    })
    return () => {
      isClosed = true
      editor.current?.close()
      editor.current = null
    }
  }, [editor])
  return <div class="document-editor" ref={host} />
}

interface ProblemListProps<P extends ShownProblem> {
  readonly problems: readonly P[]
  readonly onShow: (problem: P) => void
}

export function ProblemList<P extends ShownProblem>({
  problems,
  onShow,
}: ProblemListProps<P>): JSX.Element | null {
  if (problems.length === 0) return null
  const isHint = problems.every((problem) => problem.isHint === true)
  const [one, many] = isHint ? ['One hint', 'hints'] : ['One problem', 'problems']
  return (
    <section
      class={`card problems ${isHint ? 'are-hints' : ''}`}
      role={isHint ? undefined : 'alert'}
      aria-label={isHint ? 'Hints' : 'Problems'}
    >
      <h2>{problems.length === 1 ? one : `${problems.length} ${many}`}</h2>
      <ul>
        {problems.map((problem, index) => (
          <li key={index}>
            <button type="button" class="problem" onClick={() => onShow(problem)}>
              {problem.place !== '' && <code>{problem.place}</code>}
              <span>{problem.reason}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
