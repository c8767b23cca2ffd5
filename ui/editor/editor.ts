/** The PromQL editor: CodeMirror in a shadow tree, where its styles are adopted, never inlined. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  selectedCompletion,
  selectedCompletionIndex,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands'
import { bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { linter, lintKeymap } from '@codemirror/lint'
import { EditorState, type Extension, Prec } from '@codemirror/state'
import { EditorView, keymap, placeholder, tooltips } from '@codemirror/view'
import { PromQLExtension } from '@prometheus-io/codemirror-promql'
import { apiUrl, watchedFetch } from '../api/client.ts'
import { lintByServer } from './lint.ts'
import { editorTheme, promqlColors } from './theme.ts'

export interface EditorEvents {
  readonly onChange: (text: string) => void
  readonly onRun: () => void
}

export interface Editor {
  /** Replaces the text unless it is the same. */
  setText(text: string): void
  focus(): void
  close(): void
}

/** Ms that completion data of the server is kept. */
const COMPLETION_AGE_MS = 60_000

/** Opens an editor inside `host`, which must not have a shadow tree yet. */
export function openEditor(host: HTMLElement, text: string, events: EditorEvents): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open', delegatesFocus: true })
  const promql = new PromQLExtension().activateLinter(false).setComplete({
    remote: {
      apiPrefix: apiUrl('').replace(/\/$/, ''),
      fetchFn: watchedFetch,
      httpMethod: 'GET',
      cache: { maxAge: COMPLETION_AGE_MS },
    },
  })
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keys(events),
        history(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false, maxRenderedOptions: 80 }),
        linter(lintByServer, { delay: 350 }),
        promql.asExtension(),
        syntaxHighlighting(promqlColors),
        editorTheme,
        tooltips({ position: 'fixed' }),
        placeholder('PromQL expression'),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': 'PromQL expression',
          spellcheck: 'false',
          autocapitalize: 'off',
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) events.onChange(update.state.doc.toString())
        }),
      ],
    }),
  })

  return {
    setText(next) {
      const length = view.state.doc.length
      if (view.state.doc.toString() !== next) {
        view.dispatch({ changes: { from: 0, to: length, insert: next } })
      }
    },
    focus: () => view.focus(),
    close() {
      promql.destroy()
      view.destroy()
    },
  }
}

/** Enter accepts a completion that says more than what is typed, and runs otherwise. */
function keys(events: EditorEvents): Extension {
  const run = (view: EditorView): boolean => {
    closeCompletion(view)
    events.onRun()
    return true
  }
  const runWhenComplete = (view: EditorView): boolean => isTypedOut(view.state) && run(view)
  const leave = (view: EditorView): boolean => {
    view.contentDOM.blur()
    return true
  }
  return [
    Prec.highest(keymap.of([{ key: 'Enter', run: runWhenComplete }, ...completionKeymap])),
    Prec.high(
      keymap.of([
        { key: 'Enter', run },
        { key: 'Mod-Enter', run },
        { key: 'Shift-Enter', run: insertNewlineAndIndent },
      ]),
    ),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...lintKeymap,
      { key: 'Escape', run: leave },
    ]),
  ]
}

/** Whether the chosen completion would change nothing, or only go on after an expression that may end here. */
function isTypedOut(state: EditorState): boolean {
  const chosen = selectedCompletion(state)
  if (chosen === null) return false
  const before = state.sliceDoc(0, state.selection.main.head)
  if (before.endsWith(chosen.label)) return true
  return selectedCompletionIndex(state) === 0 && /[)\]}]\s*$|\w\s+$/.test(before)
}
