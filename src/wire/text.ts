/** The text format 0.0.4 (and 1.0.0 with names in quotes), as leniently as Prometheus 3 reads it. */
import { NarthexError } from '../base/error.ts'
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  type ByteCursor,
  COMMA,
  COMMENT,
  clampTimeMs,
  END,
  type Entry,
  type EntryKind,
  EQUAL,
  type ExpositionFormat,
  HASH,
  HELP,
  labelNameEnd,
  metricNameEnd,
  NEWLINE,
  QUOTE,
  quotedEnd,
  refused,
  SERIES,
  SPACE,
  TAB,
  TYPE,
  unexpected,
} from './exposition.ts'
import { floatFaultText, parseFloatBytes } from './float.ts'

const TYPES: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped'])

/** The longest type word, so that a longer text is not decoded. */
const TYPE_BYTES_MAX = 64

/** @source Prometheus model/textparse/promlex.l, promparse.go */
export const textFormat: ExpositionFormat = { isClosed: false, readKey, readSample }

function readKey(c: ByteCursor, entry: Entry): EntryKind {
  const { bytes, end } = c
  let at = skipBlanks(bytes, c.at)
  while (at < end && bytes[at] === NEWLINE) at = skipBlanks(bytes, at + 1)
  c.at = at
  if (at >= end) return END
  if (bytes[at] === HASH) return readComment(c, entry)
  entry.keyFrom = at
  entry.offsets.length = 0
  let named = false
  const nameEnd = metricNameEnd(bytes, at)
  if (nameEnd > at) {
    entry.offsets.push(at, nameEnd)
    named = true
    at = nameEnd
  } else if (bytes[at] === BRACE_OPEN) {
    entry.offsets.push(-1, -1)
  } else {
    throw unexpected(c, 'a valid start token', at, at)
  }
  const open = skipBlanks(bytes, at)
  if (bytes[open] === BRACE_OPEN) at = readLabels(c, entry, open + 1)
  if (!named && entry.offsets[0] < 0) {
    throw refused(c, 'metric name not set', entry.keyFrom, at)
  }
  entry.keyTo = at
  c.at = at
  return SERIES
}

/** Reads labels behind the opening brace; one past the closing one. Commas may be left out. */
function readLabels(c: ByteCursor, entry: Entry, from: number): number {
  const { bytes, end } = c
  const { offsets, keyFrom } = entry
  let at = skipBlanks(bytes, from)
  while (bytes[at] !== BRACE_CLOSE) {
    const quoted = bytes[at] === QUOTE
    const nameEnd = quoted ? quotedEnd(bytes, at, end, true) : labelNameEnd(bytes, at)
    if (nameEnd <= at) throw unexpected(c, 'label name', at, keyFrom)
    const next = skipBlanks(bytes, nameEnd)
    if (quoted && (bytes[next] === COMMA || bytes[next] === BRACE_CLOSE)) {
      if (offsets[0] >= 0) throw refused(c, 'metric name already set', keyFrom, next + 1)
      offsets[0] = at + 1
      offsets[1] = nameEnd - 1
      at = bytes[next] === COMMA ? skipBlanks(bytes, next + 1) : next
      continue
    }
    if (bytes[next] !== EQUAL) throw unexpected(c, 'equal', next, keyFrom)
    const open = skipBlanks(bytes, next + 1)
    const close = bytes[open] === QUOTE ? quotedEnd(bytes, open, end, true) : -1
    if (close < 0) throw unexpected(c, 'label value', open, keyFrom)
    const inset = quoted ? 1 : 0
    offsets.push(at + inset, nameEnd - inset, open + 1, close - 1)
    at = skipBlanks(bytes, close)
    if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1)
  }
  return at + 1
}

function readSample(c: ByteCursor, entry: Entry): void {
  const { bytes } = c
  const from = skipBlanks(bytes, c.at)
  let to = from
  for (let b = bytes[to]; b !== SPACE && b !== NEWLINE && b !== TAB && b !== BRACE_OPEN; ) {
    b = bytes[++to]
  }
  if (to === from) throw unexpected(c, 'value after metric', from, entry.keyFrom)
  const value = parseFloatBytes(bytes, from, to)
  if (typeof value !== 'number') {
    const text = new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 64)))
    throw refused(c, floatFaultText(value, text), entry.keyFrom, to)
  }
  entry.value = value
  entry.hasTime = false
  entry.hasExemplar = false
  let at = skipBlanks(bytes, to)
  if (bytes[at] !== NEWLINE) at = readTime(c, entry, at)
  c.at = at + 1
}

/** Reads milliseconds in digits; the place of the line break behind them. */
function readTime(c: ByteCursor, entry: Entry, from: number): number {
  const { bytes } = c
  let at = from
  let timeMs = 0
  for (let d = bytes[at] - 48; d >= 0 && d <= 9; d = bytes[++at] - 48) timeMs = timeMs * 10 + d
  if (at === from) throw unexpected(c, 'timestamp or new record', at, entry.keyFrom)
  const next = skipBlanks(bytes, at)
  if (bytes[next] !== NEWLINE) {
    throw unexpected(c, 'next entry after timestamp', next, entry.keyFrom)
  }
  if (timeMs >= 2 ** 63) throw refused(c, 'timestamp out of range', entry.keyFrom, at)
  entry.hasTime = true
  entry.timeMs = clampTimeMs(timeMs)
  return next
}

/** Reads a line that starts with `#`. */
function readComment(c: ByteCursor, entry: Entry): EntryKind {
  const { bytes } = c
  const from = c.at
  const word = skipBlanks(bytes, from + 1)
  const kind = word > from + 1 ? keywordAt(bytes, word) : COMMENT
  if (kind === COMMENT || !isBlank(bytes[word + 4])) {
    c.at = bytes.indexOf(NEWLINE, from) + 1
    return COMMENT
  }
  const what = kind === HELP ? 'HELP' : 'TYPE'
  const name = skipBlanks(bytes, word + 4)
  const quoted = bytes[name] === QUOTE
  const nameEnd = quoted ? quotedEnd(bytes, name, c.end, true) : metricNameEnd(bytes, name)
  if (nameEnd <= name) throw unexpected(c, `metric name after ${what}`, name, from)
  const lineEnd = bytes.indexOf(NEWLINE, nameEnd)
  entry.familyFrom = quoted ? name + 1 : name
  entry.familyTo = quoted ? nameEnd - 1 : nameEnd
  entry.textFrom = Math.min(nameEnd + 1, lineEnd)
  entry.textTo = lineEnd
  c.at = lineEnd + 1
  if (kind === TYPE) requireType(bytes, entry, TYPES)
  else requireUtf8Help(bytes, entry)
  return kind
}

/** Which keyword of four letters stands there. */
function keywordAt(bytes: Uint8Array, at: number): typeof HELP | typeof TYPE | typeof COMMENT {
  const word = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
  if (word === 0x48454c50) return HELP
  return word === 0x54595045 ? TYPE : COMMENT
}

/** @throws NarthexError `bad_data` unless the text of a TYPE line is one of `types` */
export function requireType(bytes: Uint8Array, entry: Entry, types: ReadonlySet<string>): void {
  const to = Math.min(entry.textTo, entry.textFrom + TYPE_BYTES_MAX)
  const text = new TextDecoder().decode(bytes.subarray(entry.textFrom, to))
  if (!types.has(text)) {
    throw new NarthexError('bad_data', `invalid metric type ${JSON.stringify(text)}`)
  }
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true })

/** @throws NarthexError `bad_data` where the text of a HELP line is not UTF-8 */
export function requireUtf8Help(bytes: Uint8Array, entry: Entry): void {
  try {
    strictDecoder.decode(bytes.subarray(entry.textFrom, entry.textTo))
  } catch {
    throw new NarthexError('bad_data', 'help text is not a valid utf8 string')
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB
}

function skipBlanks(bytes: Uint8Array, at: number): number {
  let i = at
  while (bytes[i] === SPACE || bytes[i] === TAB) i++
  return i
}
