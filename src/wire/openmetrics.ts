/** OpenMetrics 1.0 text, as leniently as Prometheus 3 reads it; exemplars are checked and passed over. */
import { NarthexError } from '../base/error.ts'
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  type ByteCursor,
  COMMA,
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
  TYPE,
  UNIT,
  unexpected,
} from './exposition.ts'
import { floatFaultText, parseFloatBytes } from './float.ts'
import { requireType, requireUtf8Help } from './text.ts'

/** Types of OpenMetrics 1.0. */
const OPENMETRICS_TYPES: ReadonlySet<string> = new Set([
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
])

/** @source Prometheus model/textparse/openmetricslex.l, openmetricsparse.go */
export const openMetricsFormat: ExpositionFormat = { isClosed: true, readKey, readSample }

function readKey(c: ByteCursor, entry: Entry): EntryKind {
  const { bytes } = c
  let at = c.at
  if (at >= c.end) throw new NarthexError('bad_data', 'data does not end with # EOF')
  if (bytes[at] === HASH) return readMetadata(c, entry)
  entry.keyFrom = at
  entry.offsets.length = 0
  const nameEnd = metricNameEnd(bytes, at)
  if (nameEnd > at) entry.offsets.push(at, nameEnd)
  else if (bytes[at] === BRACE_OPEN) entry.offsets.push(-1, -1)
  else throw unexpected(c, 'a valid start token', at, at)
  at = nameEnd
  if (bytes[at] === BRACE_OPEN) at = readLabels(c, entry.offsets, at + 1, entry.keyFrom, false)
  if (entry.offsets[0] < 0) throw refused(c, 'metric name not set', entry.keyFrom, at)
  entry.keyTo = at
  c.at = at
  return SERIES
}

/** Reads labels behind the opening brace, without blanks; one past the closing one. */
function readLabels(
  c: ByteCursor,
  offsets: number[],
  from: number,
  keyFrom: number,
  exemplar: boolean,
): number {
  const { bytes, end } = c
  let at = from
  while (bytes[at] !== BRACE_CLOSE) {
    const quoted = bytes[at] === QUOTE
    const nameEnd = quoted ? quotedEnd(bytes, at, end, !exemplar) : labelNameEnd(bytes, at)
    if (nameEnd <= at) throw unexpected(c, 'label name', at, keyFrom)
    if (quoted && !exemplar && (bytes[nameEnd] === COMMA || bytes[nameEnd] === BRACE_CLOSE)) {
      if (offsets[0] >= 0) throw refused(c, 'metric name already set', keyFrom, nameEnd + 1)
      offsets[0] = at + 1
      offsets[1] = nameEnd - 1
      at = bytes[nameEnd] === COMMA ? nameEnd + 1 : nameEnd
      continue
    }
    if (bytes[nameEnd] !== EQUAL) throw unexpected(c, 'equal', nameEnd, keyFrom)
    const open = nameEnd + 1
    const close = bytes[open] === QUOTE ? quotedEnd(bytes, open, end, false) : -1
    if (close < 0) throw unexpected(c, 'label value', open, keyFrom)
    const inset = quoted ? 1 : 0
    offsets.push(at + inset, nameEnd - inset, open + 1, close - 1)
    at = close
    if (bytes[at] === COMMA) at = at + 1
    else if (bytes[at] !== BRACE_CLOSE) throw unexpected(c, 'comma or brace close', at, keyFrom)
  }
  return at + 1
}

function readSample(c: ByteCursor, entry: Entry): void {
  const { bytes } = c
  entry.value = readFloat(c, c.at, 'value after metric', entry.keyFrom)
  entry.hasTime = false
  entry.hasExemplar = false
  let at = floatEnd
  if (bytes[at] === SPACE && !isExemplar(bytes, at)) {
    const seconds = readFloat(c, at, 'next entry after value', entry.keyFrom)
    at = floatEnd
    if (!Number.isFinite(seconds)) {
      throw refused(c, `invalid timestamp ${goFloat(seconds)}`, entry.keyFrom, at)
    }
    entry.hasTime = true
    entry.timeMs = clampTimeMs(Math.trunc(seconds * 1000))
  }
  if (isExemplar(bytes, at)) {
    entry.hasExemplar = true
    at = readExemplar(c, entry, at + 4)
  }
  if (bytes[at] !== NEWLINE) throw unexpected(c, 'next entry after timestamp', at, entry.keyFrom)
  if (at >= c.end) throw new NarthexError('bad_data', 'data does not end with # EOF')
  c.at = at + 1
}

/** Reads an exemplar behind ` # {`; the place behind it. */
function readExemplar(c: ByteCursor, entry: Entry, from: number): number {
  const { bytes } = c
  const { keyFrom, exemplarOffsets } = entry
  exemplarOffsets.length = 0
  const labelsEnd = readLabels(c, exemplarOffsets, from, keyFrom, true)
  entry.exemplarValue = readFloat(c, labelsEnd, 'value after exemplar labels', keyFrom)
  entry.exemplarTimeMs = undefined
  if (bytes[floatEnd] !== SPACE) return floatEnd
  const seconds = readFloat(c, floatEnd, 'timestamp or comment', keyFrom)
  if (!Number.isFinite(seconds)) {
    throw refused(c, `invalid exemplar timestamp ${goFloat(seconds)}`, keyFrom, floatEnd)
  }
  entry.exemplarTimeMs = clampTimeMs(Math.trunc(seconds * 1000))
  return floatEnd
}

/** Where the number that was read last ends. */
let floatEnd = 0

/** Reads one blank and a number; leaves `floatEnd` behind it. */
function readFloat(c: ByteCursor, at: number, expected: string, keyFrom: number): number {
  const { bytes } = c
  if (bytes[at] !== SPACE) throw unexpected(c, expected, at, keyFrom)
  const from = at + 1
  let to = from
  while (bytes[to] !== SPACE && bytes[to] !== NEWLINE) to++
  if (to === from) throw unexpected(c, expected, at, keyFrom)
  const value = parseFloatBytes(bytes, from, to)
  if (typeof value !== 'number') {
    const text = new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 64)))
    throw refused(c, floatFaultText(value, text), keyFrom, to)
  }
  floatEnd = to
  return value
}

/** Reads a line that starts with `#`: HELP, TYPE, UNIT or the end. */
function readMetadata(c: ByteCursor, entry: Entry): EntryKind {
  const { bytes, end } = c
  const from = c.at
  if (bytes[from + 1] !== SPACE) throw unexpected(c, 'a valid start token', from + 1, from)
  const kind = keywordAt(bytes, from + 2)
  if (kind === END) {
    const after = bytes[from + 5] === NEWLINE ? from + 6 : from + 5
    if (after < end) throw new NarthexError('bad_data', 'unexpected data after # EOF')
    c.at = end
    return END
  }
  const name = from + 7
  if (kind === undefined || bytes[name - 1] !== SPACE) {
    throw unexpected(c, 'a valid start token', from + 2, from)
  }
  const what = kind === HELP ? 'HELP' : kind === TYPE ? 'TYPE' : 'UNIT'
  const quoted = bytes[name] === QUOTE
  const nameEnd = quoted ? quotedEnd(bytes, name, end, true) : metricNameEnd(bytes, name)
  if (nameEnd <= name) throw unexpected(c, `metric name after ${what}`, name, from)
  const lineEnd = bytes.indexOf(NEWLINE, nameEnd)
  if (bytes[nameEnd] !== SPACE || lineEnd >= end) {
    throw new NarthexError('bad_data', `expected text in ${what}`)
  }
  entry.familyFrom = quoted ? name + 1 : name
  entry.familyTo = quoted ? nameEnd - 1 : nameEnd
  entry.textFrom = nameEnd + 1
  entry.textTo = lineEnd
  c.at = lineEnd + 1
  if (kind === TYPE) requireType(bytes, entry, OPENMETRICS_TYPES)
  else if (kind === HELP) requireUtf8Help(bytes, entry)
  else requireUnitSuffix(bytes, entry)
  return kind
}

function requireUnitSuffix(bytes: Uint8Array, entry: Entry): void {
  const decoder = new TextDecoder()
  const unit = decoder.decode(bytes.subarray(entry.textFrom, entry.textTo))
  const family = decoder.decode(bytes.subarray(entry.familyFrom, entry.familyTo))
  if (unit === '' || family.endsWith(`_${unit}`)) return
  const words = `unit ${JSON.stringify(unit)} not a suffix of metric ${JSON.stringify(family)}`
  throw new NarthexError('bad_data', words)
}

/** Which keyword stands there: four letters, or `EOF`. */
function keywordAt(bytes: Uint8Array, at: number): EntryKind | undefined {
  const three = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]
  if (three === 0x454f46) return END
  if (three === 0x48454c && bytes[at + 3] === 0x50) return HELP
  if (three === 0x545950 && bytes[at + 3] === 0x45) return TYPE
  return three === 0x554e49 && bytes[at + 3] === 0x54 ? UNIT : undefined
}

function isExemplar(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === SPACE &&
    bytes[at + 1] === HASH &&
    bytes[at + 2] === SPACE &&
    bytes[at + 3] === BRACE_OPEN
  )
}

function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}
