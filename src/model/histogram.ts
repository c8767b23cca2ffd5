/** A native histogram: exponential or custom buckets, one value of a series at one time. */
import { STALE } from './stale.ts'

/** A run of buckets: `offset` from the end of the run before (from bucket 0 for the first). */
export interface BucketSpan {
  readonly offset: number
  readonly length: number
}

/** What a scrape knows of resets before this histogram. */
export type ResetHint = 'unknown' | 'yes' | 'no' | 'gauge'

/** Custom boundaries instead of a power of two. */
export const CUSTOM_BUCKETS_SCHEMA = -53

/**
 * Counts are absolute, not differences of neighbours. Whole numbers unless `isFloat`; a staleness
 * marker is a histogram whose `sum` is one (see stale.ts) and that has nothing else.
 *
 * @source prometheus/model/histogram
 */
export interface NativeHistogram {
  /** -4..8: bucket borders are powers of 2^(2^-schema); CUSTOM_BUCKETS_SCHEMA: `customValues`. */
  readonly schema: number
  readonly isFloat: boolean
  readonly resetHint: ResetHint
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  /** float64[1]: an array, so that the bits of a NaN stay what they are. */
  readonly sum: Float64Array
  readonly positiveSpans: readonly BucketSpan[]
  /** float64[sum of span lengths] */
  readonly positiveCounts: Float64Array
  readonly negativeSpans: readonly BucketSpan[]
  readonly negativeCounts: Float64Array
  /** Upper borders of custom buckets, rising; empty otherwise. */
  readonly customValues: Float64Array
}

const NOTHING = new Float64Array(0)

/** The histogram that says that a series has ended. */
export function staleHistogram(schema = 0): NativeHistogram {
  return {
    schema,
    isFloat: false,
    resetHint: 'unknown',
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: STALE.slice(),
    positiveSpans: [],
    positiveCounts: NOTHING,
    negativeSpans: [],
    negativeCounts: NOTHING,
    customValues: NOTHING,
  }
}
