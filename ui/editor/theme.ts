/** Looks of the editor, in the colours of the page: custom properties reach into the shadow tree. */
import { HighlightStyle } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const MONO = 'var(--mono)'

export const editorTheme: Extension = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'transparent', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: MONO, lineHeight: '20px', maxHeight: '240px', overflow: 'auto' },
  '.cm-content': { padding: '7px 0', caretColor: 'var(--ember)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-placeholder': { color: 'var(--text-faint)' },
  '.cm-cursor': { borderLeft: '2px solid var(--ember)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--fennel-wash)',
    outline: '1px solid var(--fennel)',
  },
  '.cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket': {
    backgroundColor: 'var(--bad-wash)',
    color: 'var(--bad)',
  },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: '7px',
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    boxShadow: '0 12px 34px var(--shadow)',
    overflow: 'hidden',
    zIndex: '50',
  },
  '.cm-tooltip-autocomplete > ul': {
    fontFamily: MONO,
    fontSize: '12px',
    maxHeight: '300px',
    minWidth: '260px',
    maxWidth: 'min(640px, 92vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 10px', lineHeight: '20px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--fennel-wash)',
    color: 'var(--text)',
  },
  '.cm-completionMatchedText': {
    textDecoration: 'none',
    fontWeight: '700',
    color: 'var(--ember)',
  },
  '.cm-completionDetail': {
    float: 'right',
    marginLeft: '18px',
    fontStyle: 'normal',
    color: 'var(--text-faint)',
  },
  '.cm-tooltip.cm-completionInfo': {
    padding: '7px 10px',
    maxWidth: '340px',
    fontFamily: 'var(--sans)',
    fontSize: '12px',
    lineHeight: '1.45',
    color: 'var(--text-soft)',
  },
  '.cm-diagnostic': { padding: '6px 10px', fontFamily: 'var(--sans)', fontSize: '12px' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
  '.cm-diagnostic-hint': { borderLeft: '3px solid var(--warn)' },
  '.cm-lintRange-hint': {
    backgroundImage: 'none',
    textDecoration: 'underline dotted var(--warn) 1px',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad) 1px',
    textUnderlineOffset: '3px',
  },
})

export const promqlColors: HighlightStyle = HighlightStyle.define([
  { tag: tags.keyword, color: 'light-dark(#7a3fb8, #bd92f5)' },
  { tag: tags.operatorKeyword, color: 'light-dark(#7a3fb8, #bd92f5)' },
  { tag: tags.modifier, color: 'light-dark(#7a3fb8, #bd92f5)' },
  { tag: tags.function(tags.variableName), color: 'light-dark(#1c5fa8, #7db9fa)' },
  { tag: tags.variableName, color: 'var(--text)' },
  { tag: tags.labelName, color: 'light-dark(#9c3d0a, #ffa473)' },
  { tag: tags.string, color: 'light-dark(#1f6b3c, #84cc98)' },
  { tag: tags.number, color: 'light-dark(#8a5a00, #e8bd42)' },
  { tag: [tags.operator, tags.paren, tags.squareBracket, tags.brace], color: 'var(--text-soft)' },
  { tag: [tags.lineComment, tags.comment], color: 'var(--text-faint)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--bad)' },
])
