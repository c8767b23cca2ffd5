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

/** @param width how many buckets become one */
function layOut({ offset, counts }: OtlpBuckets, width: number, shift: number): Layout {
  const spans: { offset: number; length: number }[] = []
  const sparse: number[] = []
  let next = 0
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue
    const index = Math.floor((offset + i) / width) + shift
    const span = spans.at(-1)
    if (span !== undefined && index === next - 1) {
      sparse[sparse.length - 1] += counts[i]
      continue
    }
    const gap = index - next
    if (span === undefined || gap > GAP_MAX) {
      spans.push({ offset: gap, length: 1 })
    } else {
      for (let empty = 0; empty < gap; empty++) sparse.push(0)
      span.length += gap + 1
    }
    sparse.push(counts[i])
    next = index + 1
  }
  return { spans, counts: Float64Array.from(sparse) }
}

/** Two runs of buckets of different scales as one; `scale` is that of what comes out. */
export interface Merged {
  readonly scale: number
  readonly positive: OtlpBuckets
  readonly negative: OtlpBuckets
}

/**
 * Adds buckets up at the finest scale that both have and that needs at most `bucketsMax` a side;
 * undefined when there is none.
 */
export function mergeBuckets(a: Merged, b: Merged, bucketsMax: number): Merged | undefined {
  for (let scale = Math.min(a.scale, b.scale, SCHEMA_MAX); scale >= SCHEMA_MIN; scale--) {
    const widths = [2 ** (a.scale - scale), 2 ** (b.scale - scale)] as const
    const positive = addUp(a.positive, b.positive, widths, bucketsMax)
    const negative = addUp(a.negative, b.negative, widths, bucketsMax)
    if (positive !== undefined && negative !== undefined) return { scale, positive, negative }
  }
  return undefined
}

function addUp(
  a: OtlpBuckets,
  b: OtlpBuckets,
  [widthA, widthB]: readonly [number, number],
  bucketsMax: number,
): OtlpBuckets | undefined {
  const runs = [
    { ...a, width: widthA },
    { ...b, width: widthB },
  ].filter(({ counts }) => counts.length > 0)
  if (runs.length === 0) return { offset: 0, counts: [] }
  const from = Math.min(...runs.map(({ offset, width }) => Math.floor(offset / width)))
  const to = Math.max(
    ...runs.map(({ offset, counts, width }) => Math.floor((offset + counts.length - 1) / width)),
  )
  if (to - from >= bucketsMax) return undefined
  const counts = new Array<number>(to - from + 1).fill(0)
  for (const { offset, counts: added, width } of runs) {
    for (let i = 0; i < added.length; i++) {
      counts[Math.floor((offset + i) / width) - from] += added[i]
    }
  }
  return { offset: from, counts }
}
