/** The port through which samples enter: the store and the senders answer it. */
import type { Exemplar } from './exemplar.ts'
import type { NativeHistogram } from './histogram.ts'
import type { Labels } from './labels.ts'

/**
 * Names a series inside one appender. A small integer, dense enough to index arrays with `slotOf`.
 * It stays good while the series gets samples; one that was silent for more than an hour may be
 * forgotten, and then `append` answers `UNKNOWN` for its cells and the holder asks again.
 */
export type SeriesId = number

/** What became of one cell. */
export const ACCEPTED = 0
/** Older than the newest sample of its series by more than the out-of-order window allows. */
export const OUT_OF_ORDER = 1
/** Older than anything that may still be written. */
export const TOO_OLD = 2
/** Further in the future than `--limit.future`. */
export const TOO_FAR = 3
/** Another value at a time that already has one. (The same value again is ACCEPTED.) */
export const DUPLICATE = 4
/** The series id has been forgotten: ask `series` again, then append the cell once more. */
export const UNKNOWN = 5

/** Names of the outcomes, by number, for counters and messages. */
export const OUTCOMES = [
  'accepted',
  'out_of_order',
  'too_old',
  'too_far_in_future',
  'duplicate',
  'unknown_series',
] as const

/** What is lost of a commit that is acknowledged all the same: somebody further on refused it for good. */
export interface Shortfall {
  /** Samples and histograms. */
  readonly count: number
  /** Who refused, and for what reason. */
  readonly reason: string
}

/** Where samples go. */
export interface Appender {
  /**
   * Finds or makes a series.
   *
   * @param labels a valid label set with a metric name; kept by reference
   * @throws NarthexError `share` when the series would be new and a series limit is reached
   */
  series(labels: Labels): SeriesId

  /**
   * Writes one value for each of `count` series at one time.
   *
   * Cells of one target side by side cost least. Nothing is acknowledged before `commit`.
   *
   * @param timeMs   ms since epoch, an integer
   * @param ids      uint32 or float64[>= count], series of this appender
   * @param values   float64[>= count]; staleness markers by their bits
   * @param outcomes uint8[>= count], gets the outcome of each cell
   * @returns how many cells were accepted
   * @throws NarthexError `busy` when the store is read-only or stopping; then nothing was written
   */
  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number

  /**
   * Resolves when everything appended before the call is in the log (and on disk, when the sync
   * interval is 0), or written by those that it is passed on to.
   *
   * @returns what they have refused of it; undefined for nothing
   * @throws NarthexError `busy` when the log cannot be written; the rows are then not acknowledged.
   *   `bad_data` when all of it was refused for good
   */
  commit(): Promise<Shortfall | undefined>

  /** Where native histograms and exemplars go; appenders that keep none do not have it. */
  readonly side?: SideAppender | undefined
}

/** What is not a float, passed on by those who can. Acknowledged by the appender's `commit`. */
export interface SideAppender {
  /** Writes one native histogram; its outcome. */
  histogram(timeMs: number, id: SeriesId, histogram: NativeHistogram): number
  /** Hands over an exemplar of a series; its outcome. */
  exemplar(id: SeriesId, exemplar: Exemplar): number
}
