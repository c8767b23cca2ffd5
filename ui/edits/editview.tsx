/** A file of an entry in an editor: checked while it is typed, saved as a commit. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FileProblem } from '../../src/model/edits.ts'
import { errorText } from '../api/client.ts'
import type { DocumentEditor } from '../editor/document.ts'
import { DocumentBox, ProblemList } from '../editor/documentbox.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert } from '../shell/listpage.tsx'
import { Conflict } from './conflict.tsx'
import { draftOf, dropDraft, keepDraft } from './drafts.ts'
import {
  type Beginning,
  checkText,
  loadFile,
  problemsOf,
  saveFile,
  type Theirs,
  theirsOf,
} from './load.ts'
import { OfFile } from './offile.tsx'
import { EDITABLE_FILES } from './place.ts'
import { placeProblems } from './problem.ts'
import { templateOf } from './template.ts'

/** Who types on is not checked in between. */
const TYPING_MS = 400
/** Longest sentence of a commit. */
const SUMMARY_LENGTH_MAX = 200

interface EditViewProps {
  readonly entry: string
  readonly file: string
  /** It is in the repository, and shown. */
  readonly onSaved: () => void
  /** Nothing is to be changed any more. */
  readonly onLeave: () => void
}

export function EditView(props: EditViewProps): JSX.Element {
  return (
    <OfFile entry={props.entry} file={props.file} load={loadFile}>
      {(beginning) => <EditForm {...props} beginning={beginning} />}
    </OfFile>
  )
}

interface EditFormProps extends EditViewProps {
  readonly beginning: Beginning
}

function EditForm({ entry, file, beginning, onSaved, onLeave }: EditFormProps): JSX.Element {
  const [draft] = useState(() => draftOf(entry, file))
  const [base, setBase] = useState<Beginning>(draft?.base ?? beginning)
  const isNew = base.tag === ''
  const first = draft?.text ?? (isNew ? templateOf(entry, file) : base.text)
  const [text, setText] = useState(first)
  const [summary, setSummary] = useState('')
  const [theirs, setTheirs] = useState<Theirs>()
  const [isSaving, setIsSaving] = useState(false)
  const [failure, setFailure] = useState('')
  const editor = useRef<DocumentEditor>(null)
  const { problems, setProblems } = useChecked(entry, file, text)
  const placed = placeProblems(text, problems)
  const isChanged = text !== base.text

  useEffect(() => keepDraft(entry, file, { base, text }), [entry, file, base, text])
  useEffect(() => {
    editor.current?.mark(placed.map(({ reason, ...range }) => ({ ...range, message: reason })))
  }, [problems])

  const save = async (): Promise<void> => {
    if (isSaving || !isChanged) return
    setIsSaving(true)
    setFailure('')
    try {
      await saveFile(entry, file, { text, summary }, base.tag)
      dropDraft(entry, file)
      onSaved()
    } catch (error) {
      setIsSaving(false)
      const changed = theirsOf(error)
      const found = problemsOf(error)
      if (changed !== undefined) setTheirs(changed)
      else if (found.length > 0) setProblems(found)
      else setFailure(errorText(error))
    }
  }
  const goOnFrom = (next: string): void => {
    const tag = theirs?.tag ?? ''
    setBase({ text: theirs?.text ?? '', tag, source: theirs?.source ?? '' })
    setTheirs(undefined)
    if (next !== text) editor.current?.replace(next)
  }
  const discard = (): void => {
    dropDraft(entry, file)
    onLeave()
  }

  const title = EDITABLE_FILES.find((each) => each.file === file)
  return (
    <div class="edit-view">
      <header class="edit-head">
        <h2>{`${isNew ? 'Write' : 'Edit'} ${file}`}</h2>
        <span class="soft">{title?.title}</span>
        {base.source !== '' && base.source !== 'edits' && (
          <span class="badge">{base.source === 'bundled' ? 'bundled' : `from ${base.source}`}</span>
        )}
        {draft !== undefined && <span class="badge warn">unsaved draft</span>}
      </header>
      {theirs !== undefined && (
        <Conflict base={base.text} yours={text} theirs={theirs} onGoOn={goOnFrom} />
      )}
      <div class={file === 'README.md' ? 'edit-panes' : undefined}>
        <DocumentBox
          name={`${file} of ${entry}`}
          language={title?.language ?? 'plain'}
          text={first}
          editor={editor}
          onChange={setText}
          onSave={() => void save()}
        />
        {file === 'README.md' && (
          <section class="card edit-preview" aria-label="Preview">
            <Markdown text={text} />
          </section>
        )}
      </div>
      <Alert text={failure} />
      <ProblemList problems={placed} onShow={({ from, to }) => editor.current?.show(from, to)} />
      <form
        class="form-buttons edit-buttons"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <label class="edit-summary">
          <span class="sr-only">What is different now, for the commit</span>
          <input
            class="field"
            value={summary}
            maxLength={SUMMARY_LENGTH_MAX}
            placeholder="What is different now, and why (optional)"
            onInput={(event) => setSummary(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary" disabled={!isChanged || isSaving}>
          {isSaving ? 'Saving' : 'Save'}
        </button>
        <button type="button" class="button" onClick={isChanged ? discard : onLeave}>
          {isChanged ? 'Discard changes' : 'Leave'}
        </button>
        <span class="soft edit-keys">
          <kbd>Ctrl</kbd> <kbd>s</kbd> saves, <kbd>Esc</kbd> leaves the editor
        </span>
        <span class="edit-verdict" role="status">
          <Verdict problems={problems} />
        </span>
      </form>
    </div>
  )
}

function Verdict({ problems }: { readonly problems: readonly FileProblem[] }): JSX.Element {
  const faults = problems.filter(({ isFault }) => isFault).length
  if (faults === 0) {
    return (
      <span class="badge good">{problems.length === 0 ? 'nothing wrong' : 'can be saved'}</span>
    )
  }
  return (
    <span class="note-inline bad">
      <Icon name="warn" />
      {faults === 1
        ? '1 fault keeps it from being saved'
        : `${faults} faults keep it from being saved`}
    </span>
  )
}

/** What the server finds wrong with what was typed last; nothing new while it does not answer. */
function useChecked(
  entry: string,
  file: string,
  text: string,
): {
  readonly problems: readonly FileProblem[]
  readonly setProblems: (problems: readonly FileProblem[]) => void
} {
  const [problems, setProblems] = useState<readonly FileProblem[]>([])
  useEffect(() => {
    let isOld = false
    const check = async (): Promise<void> => {
      try {
        const found = await checkText(entry, file, text)
        if (!isOld) setProblems(found)
      } catch {
        // Saving tells what is wrong; that nobody answers is told above the page.
      }
    }
    const timer = window.setTimeout(() => void check(), TYPING_MS)
    return () => {
      isOld = true
      window.clearTimeout(timer)
    }
  }, [entry, file, text])
  return { problems, setProblems }
}
