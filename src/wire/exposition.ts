/** What the text formats of metrics have in common: entries, cursors and the words of their faults. */
import { NarthexError } from '../base/error.ts'
import { METRIC_NAME } from '../model/labels.ts'
import type { TextPool } from './textpool.ts'

/** Bytes of one exposition. `bytes[end]` exists and is a line break, so that loops end by themselves. */
export interface ByteCursor {
  bytes: Uint8Array
  at: number
  end: number
}

/** What `readKey` found. */
export const END = 0
export const SERIES = 1
export const HELP = 2
export const TYPE = 3
export const UNIT = 4
export const COMMENT = 5
export type EntryKind =
  | typeof END
  | typeof SERIES
  | typeof HELP
  | typeof TYPE
  | typeof UNIT
  | typeof COMMENT

/** One line taken apart, reused from line to line. */
export interface Entry {
  /** The series as it stands in the text, `[keyFrom, keyTo)`. */
  keyFrom: number
  keyTo: number
  /** Where name and labels lie: name from, to, then from, to of each label name and value. */
  readonly offsets: number[]
  value: number
  hasTime: boolean
  /** ms since epoch, when `hasTime` */
  timeMs: number
  hasExemplar: boolean
  /** Where names and values of an exemplar's labels lie, when `hasExemplar`. */
  readonly exemplarOffsets: number[]
  exemplarValue: number
  /** ms since epoch; undefined when the target did not say. */
  exemplarTimeMs: number | undefined
  /** Where the family name of a HELP, TYPE or UNIT line lies. */
  familyFrom: number
  familyTo: number
  /** Where its text lies. */
  textFrom: number
  textTo: number
}

/** How one text format is read. A refused read throws `bad_data`. */
export interface ExpositionFormat {
  /** Whether a body must say where it ends, and holds no empty lines. */
  readonly isClosed: boolean
  /**
   * Reads the name and the labels of a series, leaving the cursor behind them, or a whole line of
   * any other kind.
   */
  readKey(c: ByteCursor, entry: Entry): EntryKind
  /** Reads what follows the key of a series, up to and with the line break. */
  readSample(c: ByteCursor, entry: Entry): void
}

/** An entry to read into. */
export function newEntry(): Entry {
  return {
    keyFrom: 0,
    keyTo: 0,
    offsets: [],
    value: 0,
    hasTime: false,
    timeMs: 0,
    hasExemplar: false,
    exemplarOffsets: [],
    exemplarValue: 0,
    exemplarTimeMs: undefined,
    familyFrom: 0,
    familyTo: 0,
    textFrom: 0,
    textTo: 0,
  }
}

export const TAB = 9
export const NEWLINE = 10
export const SPACE = 32
export const QUOTE = 34
export const HASH = 35
export const COMMA = 44
export const EQUAL = 61
const BACKSLASH = 92
export const BRACE_OPEN = 123
export const BRACE_CLOSE = 125

/** How many bytes of the text a message shows. */
const SHOWN_BYTES_MAX = 200

const NAME_START = 1
const NAME_DIGIT = 2
const NAME_COLON = 4

/** Class of each byte: start of a name, digit, colon. */
const CLASS: Uint8Array = (() => {
  const classes = new Uint8Array(256)
  for (let c = 65; c <= 90; c++) classes[c] = classes[c + 32] = NAME_START
  classes[95] = NAME_START
  for (let c = 48; c <= 57; c++) classes[c] = NAME_DIGIT
  classes[58] = NAME_COLON
  return classes
})()

/** One past the metric name that starts at `at`; `at` itself when none does. */
export function metricNameEnd(bytes: Uint8Array, at: number): number {
  if ((CLASS[bytes[at]] & (NAME_START | NAME_COLON)) === 0) return at
  let end = at + 1
  while (CLASS[bytes[end]] !== 0) end++
  return end
}

/** One past the label name that starts at `at`; `at` itself when none does. */
export function labelNameEnd(bytes: Uint8Array, at: number): number {
  if (CLASS[bytes[at]] !== NAME_START) return at
  let end = at + 1
  while ((CLASS[bytes[end]] & (NAME_START | NAME_DIGIT)) !== 0) end++
  return end
}

/** One past the closing quote of the text that opens at `at`; -1 when it never closes. */
export function quotedEnd(bytes: Uint8Array, at: number, end: number, lines: boolean): number {
  for (let i = at + 1; i < end; i++) {
    const c = bytes[i]
    if (c === QUOTE) return i + 1
    if (c === BACKSLASH) i++
    else if (c === NEWLINE && !lines) return -1
  }
  return -1
}

/** A time as an integer that a float64 holds; stores refuse what was cut as too far away. */
export function clampTimeMs(timeMs: number): number {
  const bound = Number.MAX_SAFE_INTEGER
  return Math.max(-bound, Math.min(bound, timeMs)) + 0
}

/** A fault in the words of Prometheus: what was expected, what stood there, and the line so far. */
export function unexpected(
  c: ByteCursor,
  expected: string,
  at: number,
  from: number,
): NarthexError {
  const to = Math.min(at + 1, c.end + 1)
  return new NarthexError(
    'bad_data',
    `expected ${expected}, got ${show(c, at, to)} while parsing: ${show(c, from, to)}`,
  )
}

/** A fault whose reason is not the next byte. */
export function refused(c: ByteCursor, reason: string, from: number, to: number): NarthexError {
  return new NarthexError('bad_data', `${reason} while parsing: ${show(c, from, to)}`)
}

function show(c: ByteCursor, from: number, to: number): string {
  const start = Math.max(from, to - SHOWN_BYTES_MAX)
  return JSON.stringify(new TextDecoder().decode(c.bytes.subarray(start, to)))
}

/**
 * Name and labels of a series as pairs in the order of the text, the name first.
 *
 * @throws NarthexError `bad_data` where a text is not UTF-8
 */
export function readPairs(c: ByteCursor, entry: Entry, pool: TextPool): string[] {
  const { offsets } = entry
  const pairs: string[] = [METRIC_NAME]
  for (let i = 0; i < offsets.length; i += 2) {
    const text = pool.decode(c.bytes, offsets[i], offsets[i + 1])
    if (text === undefined) {
      const what = i > 0 && i % 4 === 0 ? 'invalid UTF-8 label value' : 'invalid UTF-8 name'
      throw refused(c, what, entry.keyFrom, entry.keyTo)
    }
    pairs.push(text.includes('\\') ? unescapeText(text, true) : text)
  }
  return pairs
}

/** Undoes `\\`, `\n` and, for label values, `\"`; any other escape stays as it is written. */
export function unescapeText(text: string, quotes: boolean): string {
  return text.replaceAll(/\\(.)/g, (whole, c: string) => {
    if (c === '\\') return '\\'
    if (c === 'n') return '\n'
    return quotes && c === '"' ? '"' : whole
  })
}
