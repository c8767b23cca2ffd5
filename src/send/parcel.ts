/** What is on its way out: samples that were appended together, shared by all destinations. */
import type { SeriesId } from '../model/appender.ts'
import type { Exemplar } from '../model/exemplar.ts'
import type { NativeHistogram } from '../model/histogram.ts'

/**
 * Lanes of a destination. A series is always in the same lane, and so are all series of its `job`
 * and `instance`; what is in one lane is written in the order in which it came.
 */
export const LANES = 64

/** A native histogram on its way out. */
export interface HistogramSample {
  readonly id: SeriesId
  readonly timeMs: number
  readonly histogram: NativeHistogram
}

/** An exemplar on its way out. */
export interface ExemplarSample {
  readonly id: SeriesId
  readonly exemplar: Exemplar
}

/**
 * Samples of one lane. Nobody changes a parcel or its arrays: several destinations hold them.
 *
 * A scrape is one parcel: one time, each series at most once, and `ids` is the very same array from
 * scrape to scrape while the target exposes the same series in the same order, so that writers may
 * keep what they made of it (a frame) by the identity of the array.
 */
export interface Parcel {
  /** [0, LANES) */
  readonly lane: number
  readonly count: number
  /** float64[count]: series ids of the book. */
  readonly ids: Float64Array
  /** float64[count]; staleness markers by their bits. */
  readonly values: Float64Array
  /** ms since epoch, of all samples; of the first one when `times` is there. */
  readonly timeMs: number
  /** float64[count] ms since epoch, rising per series, when the samples have times of their own. */
  readonly times: Float64Array | undefined
  readonly histograms: readonly HistogramSample[]
  readonly exemplars: readonly ExemplarSample[]
  /** When it was taken over, monotonic ms. */
  readonly takenMs: number
}

/** What counters count of parcels. */
export interface Tally {
  /** Histograms among them. */
  readonly samples: number
  readonly exemplars: number
}

export function tallyOf(parcel: Parcel): Tally {
  return { samples: sampleCountOf(parcel), exemplars: parcel.exemplars.length }
}

/** Samples and histograms of a parcel. */
export function sampleCountOf(parcel: Parcel): number {
  return parcel.count + parcel.histograms.length
}

/** The newest time of its samples, ms since epoch. */
export function newestMsOf(parcel: Parcel): number {
  const { times, timeMs } = parcel
  if (times === undefined) return timeMs
  let newestMs = timeMs
  for (const each of times) newestMs = Math.max(newestMs, each)
  return newestMs
}
