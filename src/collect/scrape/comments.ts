/** Comment lines of a body: their metadata, and the family type that is in force behind them. */
import type { MetricMetadata } from '../../model/target.ts'
import {
  type ByteCursor,
  COMMENT,
  type Entry,
  type ExpositionFormat,
  HASH,
  HELP,
  NEWLINE,
  TYPE,
  unescapeText,
} from '../../wire/exposition.ts'
import { formatOpenMetricsFloat, parseFloatText } from '../../wire/float.ts'
import type { TextPool } from '../../wire/textpool.ts'
import { NO_METADATA } from './metadata.ts'

/** Codes of family types that matter to label values, as parts of a block's id. */
export const TYPE_OTHER = 0
export const TYPE_HISTOGRAM = 1
const TYPE_SUMMARY = 2

/** What comment lines say. */
export interface Comments {
  readonly families: ReadonlyMap<string, MetricMetadata>
  /** Code of the type in force behind the lines. */
  readonly type: number
}

/** One past the comment lines that start at `from`, without the line that ends a closed body. */
export function commentsEnd(
  bytes: Uint8Array,
  from: number,
  length: number,
  isClosed: boolean,
): number {
  let at = from
  while (at < length && bytes[at] === HASH) {
    if (isClosed && bytes[at + 2] === 69 && bytes[at + 3] === 79 && bytes[at + 4] === 70) break
    at = bytes.indexOf(NEWLINE, at) + 1
  }
  return Math.min(at, length)
}

/**
 * Reads the comment lines from the cursor up to `to`.
 *
 * @param typeBefore the type in force before them
 * @throws NarthexError `bad_data` for metadata that the format refuses
 */
export function readComments(
  c: ByteCursor,
  to: number,
  entry: Entry,
  format: ExpositionFormat,
  texts: TextPool,
  typeBefore: number,
): Comments {
  const families = new Map<string, MetricMetadata>()
  let type = typeBefore
  while (c.at < to) {
    const kind = format.readKey(c, entry)
    if (kind === COMMENT) continue
    const family = texts.decode(c.bytes, entry.familyFrom, entry.familyTo) ?? ''
    const text = texts.decode(c.bytes, entry.textFrom, entry.textTo) ?? ''
    const known = families.get(family) ?? NO_METADATA
    if (kind === TYPE) {
      type = typeCode(text)
      families.set(family, { ...known, type: text === 'untyped' ? 'unknown' : text })
    } else if (kind === HELP) {
      families.set(family, { ...known, help: unescapeText(text, format.isClosed) })
    } else families.set(family, { ...known, unit: text })
  }
  return { families, type }
}

/** Writes bounds of buckets and quantiles as OpenMetrics does, as Prometheus 3 stores them. */
export function normalizeBounds(pairs: string[], type: number): void {
  if (type === TYPE_OTHER) return
  const name = type === TYPE_HISTOGRAM ? 'le' : 'quantile'
  for (let i = 2; i < pairs.length; i += 2) {
    if (pairs[i] !== name) continue
    const value = parseFloatText(pairs[i + 1])
    if (typeof value === 'number') pairs[i + 1] = formatOpenMetricsFloat(value)
  }
}

function typeCode(type: string): number {
  if (type === 'histogram') return TYPE_HISTOGRAM
  return type === 'summary' ? TYPE_SUMMARY : TYPE_OTHER
}
