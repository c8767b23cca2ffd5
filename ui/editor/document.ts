/** The editor for a whole text: CodeMirror in a shadow tree, with problems at their places. */
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import {
  bracketMatching,
  foldGutter,
  HighlightStyle,
  syntaxHighlighting,
} from '@codemirror/language'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView, highlightActiveLine, keymap, lineNumbers, tooltips } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { LANGUAGES, type Language } from './languages.ts'
import { editorTheme } from './theme.ts'

/** A range of the text and what is wrong with it. */
export interface Mark {
  readonly from: number
  readonly to: number
  readonly message: string
  /** Something to know, not something wrong. */
  readonly isHint?: boolean
}

export interface DocumentEditorOptions {
  readonly language: Language
  /** The name for those who do not see the editor. */
  readonly name: string
  readonly onChange: (text: string) => void
  readonly onSave: () => void
}

export interface DocumentEditor {
  /** Puts another text in the place of all of it; one step back undoes that. */
  replace(text: string): void
  /** Replaces all marks. */
  mark(marks: readonly Mark[]): void
  /** Selects a place, scrolls to it and takes the focus. */
  show(from: number, to: number): void
  close(): void
}

const colors = HighlightStyle.define([
  { tag: tags.labelName, color: 'light-dark(#9c3d0a, #ffa473)' },
  { tag: tags.string, color: 'light-dark(#1f6b3c, #84cc98)' },
  { tag: tags.number, color: 'light-dark(#8a5a00, #e8bd42)' },
  { tag: tags.keyword, color: 'light-dark(#7a3fb8, #bd92f5)' },
  { tag: tags.punctuation, color: 'var(--text-soft)' },
  { tag: tags.comment, color: 'var(--text-faint)', fontStyle: 'italic' },
  { tag: tags.heading, color: 'light-dark(#9c3d0a, #ffa473)', fontWeight: '620' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.link, color: 'var(--fennel)' },
])

/** What is other than in a field of one line. */
const documentTheme = EditorView.theme({
  '.cm-scroller': { maxHeight: '62vh' },
  '.cm-content, .cm-gutter': { minHeight: '174px' },
  '.cm-gutters': {
    border: '0',
    borderRight: '1px solid var(--line)',
    backgroundColor: 'var(--sunken)',
    color: 'var(--text-faint)',
  },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--hover)' },
  '.cm-foldPlaceholder': {
    border: '1px solid var(--line)',
    backgroundColor: 'var(--hover)',
    color: 'var(--text-soft)',
  },
})

/** Opens an editor inside `host`, which must not have a shadow tree yet. */
export function openDocumentEditor(
  host: HTMLElement,
  text: string,
  options: DocumentEditorOptions,
): DocumentEditor {
  const root = host.attachShadow({ mode: 'open', delegatesFocus: true })
  const save = (): boolean => {
    options.onSave()
    return true
  }
  const leave = (view: EditorView): boolean => {
    view.contentDOM.blur()
    return true
  }
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        highlightActiveLine(),
        history(),
        bracketMatching(),
        closeBrackets(),
        LANGUAGES[options.language] ?? [],
        syntaxHighlighting(colors),
        // Of two themes that say something of the same, the first one wins.
        documentTheme,
        editorTheme,
        tooltips({ position: 'fixed' }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': options.name,
          spellcheck: 'false',
          tabindex: '0',
        }),
        // Tab leaves the editor after Escape only: before it, it moves text to the right.
        keymap.of([
          { key: 'Mod-s', run: save, preventDefault: true },
          { key: 'Escape', run: leave },
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString())
        }),
      ],
    }),
  })
  return {
    replace(next) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } })
    },
    mark(marks) {
      const length = view.state.doc.length
      const diagnostics = marks.map(
        ({ from, to, message, isHint }): Diagnostic => ({
          from: Math.min(from, length),
          to: Math.min(to, length),
          severity: isHint === true ? 'hint' : 'error',
          message,
        }),
      )
      view.dispatch(setDiagnostics(view.state, diagnostics))
    },
    show(from, to) {
      const length = view.state.doc.length
      const selection = { anchor: Math.min(from, length), head: Math.min(to, length) }
      view.dispatch({
        selection,
        effects: EditorView.scrollIntoView(selection.anchor, { y: 'center' }),
      })
      view.focus()
    },
    close: () => view.destroy(),
  }
}
