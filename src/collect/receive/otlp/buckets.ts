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
