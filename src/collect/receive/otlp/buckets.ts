/** Buckets of OTLP as native histograms: scales brought down, dense runs made sparse. */
import {
  type BucketSpan,
  CUSTOM_BUCKETS_SCHEMA,
  type NativeHistogram,
  staleHistogram,
} from '../../../model/histogram.ts'
import type { ExponentialPoint, HistogramPoint, OtlpBuckets } from '../../../wire/otlp.ts'

const SCHEMA_MIN = -4
const SCHEMA_MAX = 8

/** What is taken for zero by those who do not say it. */
const ZERO_THRESHOLD = 1e-128

/** Gaps up to this many buckets are filled with zeros instead of beginning a new span. */
const GAP_MAX = 2

const NOTHING = new Float64Array(0)

interface Layout {
  readonly spans: BucketSpan[]
  readonly counts: Float64Array
}

/**
 * A point as a native histogram; undefined for a scale that is too coarse.
 *
 * OTLP's bucket i reaches up to base^(i+1), ours to base^i: hence the index is one higher.
 */
export function exponentialHistogram(point: ExponentialPoint): NativeHistogram | undefined {
  if (point.scale < SCHEMA_MIN) return undefined
  const schema = Math.min(point.scale, SCHEMA_MAX)
  if (point.isGone) return staleHistogram(schema)
  const width = 2 ** (point.scale - schema)
  const positive = layOut(point.positive, width, 1)
  const negative = layOut(point.negative, width, 1)
  return {
    schema,
    isFloat: false,
    resetHint: 'unknown',
    zeroThreshold: point.zeroThreshold > 0 ? point.zeroThreshold : ZERO_THRESHOLD,
    zeroCount: point.zeroCount,
    count: point.count,
    sum: Float64Array.of(point.sum ?? 0),
    positiveSpans: positive.spans,
    positiveCounts: positive.counts,
    negativeSpans: negative.spans,
    negativeCounts: negative.counts,
    customValues: NOTHING,
  }
}

/** A classic histogram as a native one with custom buckets. */
export function customHistogram(point: HistogramPoint): NativeHistogram {
  if (point.isGone) return staleHistogram(CUSTOM_BUCKETS_SCHEMA)
  const { spans, counts } = layOut({ offset: 0, counts: point.bucketCounts }, 1, 0)
  return {
    ...staleHistogram(CUSTOM_BUCKETS_SCHEMA),
    count: point.count,
    sum: Float64Array.of(point.sum ?? 0),
    positiveSpans: spans,
    positiveCounts: counts,
    customValues: Float64Array.from(point.bounds),
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
