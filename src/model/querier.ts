/** The port through which questions are asked: the engine answers it, later an upstream does. */
import type { Matcher } from './matcher.ts'

/** What every question carries. */
export interface AskOptions {
  /** ms the question may take, waiting included */
  readonly timeoutMs: number
  /** Fires when the client leaves. */
  readonly signal: AbortSignal
}

/** One expression at one instant, or on a grid when `stepMs` is there. Times in ms since epoch. */
export interface Query {
  readonly expr: string
  readonly fromMs: number
  readonly toMs: number
  /** Absent for an instant query; then fromMs === toMs. */
  readonly stepMs?: number
  /** 0 or absent: the server's default. */
  readonly lookbackMs?: number
  /** At most so many series in the answer; 0 or absent: all, up to the server's bounds. */
  readonly limit?: number
  /** Adds the `stats` object of Prometheus. */
  readonly stats?: boolean
}

/** Series, label names or label values in a range. */
export interface LabelQuery {
  readonly kind: 'series' | 'names' | 'values'
  /** The label, for 'values'. */
  readonly name?: string
  /** Alternatives; none means everything. */
  readonly sets: readonly (readonly Matcher[])[]
  readonly fromMs: number
  readonly toMs: number
  /** At most so many; 0: the server's bound. A cut answer carries a warning. */
  readonly limit: number
}

/** An answer, ready to be sent. */
export interface Answer {
  /** UTF-8 JSON of the whole success envelope of the Prometheus API: {"status":"success","data":…}. */
  readonly body: Uint8Array
}

/**
 * Answers questions.
 *
 * @throws NarthexError `bad_data` for text that does not parse, `execution` for one that cannot be
 *   evaluated, `limit` over a bound, `timeout`, `canceled`, `busy` when the queue is full
 */
export interface Querier {
  query(query: Query, options: AskOptions): Promise<Answer>
  labels(query: LabelQuery, options: AskOptions): Promise<Answer>
}
