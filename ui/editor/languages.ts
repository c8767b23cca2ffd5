/** The languages of files, told apart as far as colours need it: a tokenizer of some lines each. */
import { StreamLanguage, type StreamParser, type StringStream } from '@codemirror/language'
import { tags } from '@lezer/highlight'

/** What a text is written in. */
export type Language = 'json' | 'yaml' | 'markdown' | 'plain'

/** Names of our own for what the colours are given to. */
const tokenTable = {
  labelName: tags.labelName,
  punctuation: tags.punctuation,
  comment: tags.comment,
  heading: tags.heading,
  strong: tags.strong,
  link: tags.link,
}

/** Strings, names before a colon, numbers and words. */
const json: StreamParser<null> = {
  token(stream) {
    if (stream.eatSpace()) return null
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) {
      return stream.match(/^\s*:/, false) ? 'labelName' : 'string'
    }
    if (stream.match(/^-?\d[\d.eE+-]*/)) return 'number'
    if (stream.match(/^(?:true|false|null)\b/)) return 'keyword'
    stream.next()
    return 'punctuation'
  },
  languageData: { closeBrackets: { brackets: ['[', '{', '"'] } },
  tokenTable,
}

/** A block of text goes on as long as its lines are deeper than what it belongs to. */
interface YamlState {
  /** Columns of the line before which a block of text ends; -1 outside of one. */
  block: number
}

const yaml: StreamParser<YamlState> = {
  startState: () => ({ block: -1 }),
  token(stream, state) {
    if (stream.sol() && state.block >= 0) {
      if (stream.match(/^\s*$/) || stream.indentation() > state.block) {
        stream.skipToEnd()
        return 'string'
      }
      state.block = -1
    }
    if (stream.eatSpace()) return null
    if (stream.match(/^#.*/)) return 'comment'
    if (stream.match(/^(?:---|\.\.\.)(?=\s|$)/)) return 'punctuation'
    if (stream.match(/^-(?=\s|$)/)) return 'punctuation'
    if (stream.match(/^[|>][-+\d]*(?=\s*(?:#.*)?$)/)) {
      state.block = stream.indentation()
      return 'punctuation'
    }
    if (
      stream.match(
        /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#"'[\]{},&*!|>%@`-][^#:,{}[\]]*?)(?=\s*:(?:\s|$))/,
      )
    ) {
      return 'labelName'
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?|^'(?:[^']|'')*'?/)) return 'string'
    if (stream.match(/^[&*!][\w./-]*/)) return 'keyword'
    if (stream.match(/^-?\d[\d._]*(?:[eE][+-]?\d+)?(?=\s*(?:[,\]}#]|$))/)) return 'number'
    if (stream.match(/^(?:true|false|null|~)(?=\s*(?:[,\]}#]|$))/)) return 'keyword'
    if (stream.match(/^[[\]{},:]/)) return 'punctuation'
    takePlain(stream)
    return null
  },
  copyState: ({ block }) => ({ block }),
  languageData: {
    commentTokens: { line: '#' },
    closeBrackets: { brackets: ['[', '{', '"', "'"] },
  },
  tokenTable,
}

function takePlain(stream: StringStream): void {
  if (!stream.match(/^[^\s,[\]{}:#]+/)) stream.next()
}

interface MarkdownState {
  /** What ends the block of code; '' outside of one. */
  fence: string
}

const markdown: StreamParser<MarkdownState> = {
  startState: () => ({ fence: '' }),
  token(stream, state) {
    if (stream.sol()) {
      const fence = stream.match(/^\s*(```+|~~~+)/) as RegExpMatchArray | null
      if (fence !== null) {
        state.fence = state.fence === '' ? fence[1] : ''
        stream.skipToEnd()
        return 'punctuation'
      }
      if (state.fence === '' && stream.match(/^#{1,6}\s.*/)) return 'heading'
      if (state.fence === '' && stream.match(/^\s*(?:[-*+]|\d+[.)])(?=\s)/)) return 'punctuation'
    }
    if (state.fence !== '') {
      stream.skipToEnd()
      return 'string'
    }
    if (stream.match(/^`[^`]*`/)) return 'string'
    if (stream.match(/^\*\*[^*]+\*\*/)) return 'strong'
    if (stream.match(/^\[[^\]]*\]\([^)]*\)/)) return 'link'
    if (!stream.match(/^[^`*[]+/)) stream.next()
    return null
  },
  copyState: ({ fence }) => ({ fence }),
  tokenTable,
}

/** By their names; a plain text has no colours. */
export const LANGUAGES: Readonly<Record<Language, StreamLanguage<unknown> | undefined>> = {
  json: StreamLanguage.define(json),
  yaml: StreamLanguage.define(yaml),
  markdown: StreamLanguage.define(markdown),
  plain: undefined,
}
