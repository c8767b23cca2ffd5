/** Warnings and infos of one evaluation, in Prometheus's words, each once, with their positions. */

import type { Span } from '../promql/ast.ts'
import { quote } from '../promql/gotext.ts'
import { formatG, formatG2, formatTime } from './gofloat.ts'

/** At most so many warnings, and so many infos, are handed out; the rest are counted. */
export const NOTES_MAX = 10
/** Distinct warnings that are counted. */
const KEPT_MAX = 1000

interface Repaired {
  readonly text: string
  readonly span: Span
  low: number
  high: number
  fall: number
  fromMs: number
  toMs: number
  count: number
}

/** Collects the notes of one query. */
export class Notes {
  readonly #query: string
  readonly #warnings = new Set<string>()
  readonly #infos = new Set<string>()
  readonly #repairs = new Map<string, Repaired>()

  constructor(query: string) {
    this.#query = query
  }

  /** Adds a warning; `text` without the prefix and position. */
  warn(text: string, span: Span): void {
    this.#warnings.add(`PromQL warning: ${text} (${positionText(this.#query, span.from)})`)
  }

  info(text: string, span: Span): void {
    this.#infos.add(`PromQL info: ${text} (${positionText(this.#query, span.from)})`)
  }

  /** Warns of a quantile outside of [0, 1]. */
  invalidQuantile(q: number, span: Span): void {
    this.warn(`quantile value should be between 0 and 1, got ${formatG(q)}`, span)
  }

  /** Adds a warning that has no position; damage may come with thousands of them. */
  warnPlain(text: string): void {
    if (this.#warnings.size < KEPT_MAX) this.#warnings.add(text)
  }

  /** Notes that bucket counts were forced to rise; all of one place and metric become one info. */
  repaired(
    metric: string,
    span: Span,
    timeMs: number,
    low: number,
    high: number,
    fall: number,
  ): void {
    const key = `${span.from} ${metric}`
    const known = this.#repairs.get(key)
    if (known === undefined) {
      const url =
        'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile'
      const text =
        `input to histogram_quantile needed to be fixed for monotonicity (see ${url})` +
        (metric === '' ? '' : ` for metric name ${quote(metric)}`)
      const toMs = timeMs
      this.#repairs.set(key, { text, span, low, high, fall, fromMs: timeMs, toMs, count: 1 })
      return
    }
    known.low = Math.min(known.low, low)
    known.high = Math.max(known.high, high)
    known.fall = Math.max(known.fall, fall)
    known.fromMs = Math.min(known.fromMs, timeMs)
    known.toMs = Math.max(known.toMs, timeMs)
    known.count++
  }

  warnings(): string[] {
    return cut([...this.#warnings], 'warning')
  }

  infos(): string[] {
    const infos = [...this.#infos]
    for (const { text, span, low, high, fall, fromMs, toMs, count } of this.#repairs.values()) {
      infos.push(
        `PromQL info: ${text}, from buckets ${formatG(low)} to ${formatG(high)}, ` +
          `with a max diff of ${formatG2(fall)}, over ${count} samples ` +
          `from ${formatTime(fromMs)} to ${formatTime(toMs)} ` +
          `(${positionText(this.#query, span.from)})`,
      )
    }
    return cut(infos, 'info')
  }
}

function cut(notes: string[], kind: string): string[] {
  if (notes.length <= NOTES_MAX) return notes
  const omitted = notes.length - NOTES_MAX
  return [...notes.slice(0, NOTES_MAX), `${omitted} more ${kind} annotations omitted`]
}

/** `line:column` of a UTF-16 offset, both from 1, the column in UTF-8 bytes as Prometheus counts. */
export function positionText(query: string, offset: number): string {
  const before = query.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let i = 0; i < before.length; i++) if (before.charCodeAt(i) === 10) line++
  return `${line}:${byteLength(before.slice(lineStart)) + 1}`
}

/** Length of a text in UTF-8. */
function byteLength(text: string): number {
  let size = 0
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    size += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return size
}
