/** What became of one request: counted while it is taken, whatever its protocol. */
import { NarthexError } from '../../base/error.ts'
import {
  ACCEPTED,
  type Appender,
  OUTCOMES,
  type SeriesId,
  type Shortfall,
  TOO_FAR,
  TOO_OLD,
} from '../../model/appender.ts'
import { formatLabels, type Labels } from '../../model/labels.ts'
import { DESTINATION_REFUSED, Refusals } from './refusals.ts'

/** Cells handed to an Appender at once. */
export const BATCH_CELLS = 512

/** Labels of a refused series are shown up to this length. */
const SHOWN_LENGTH_MAX = 200

/** Why items of a series are refused that would be one too many. */
export const SERIES_LIMIT = 'series_limit'

/** What was taken of a request. */
export interface Taken {
  readonly acceptedCount: number
  /** Native histograms and exemplars that were taken. */
  readonly histogramCount: number
  readonly exemplarCount: number
  /** Exemplars that nobody keeps, or that are refused: no reason to refuse a request. */
  readonly exemplarsDropped: number
  readonly refusals: Refusals
  /** ms since epoch of the newest sample; 0 for none. */
  readonly newestMs: number
}

/** Counts one request. */
export class Tally implements Taken {
  acceptedCount = 0
  histogramCount = 0
  exemplarCount = 0
  exemplarsDropped = 0
  newestMs = 0
  readonly refusals: Refusals = new Refusals()

  /** Cells of one time were appended, `count` of them taken. */
  accept(timeMs: number, count: number): void {
    this.acceptedCount += count
    if (count > 0) this.newestMs = Math.max(this.newestMs, timeMs)
  }

  /** A native histogram was taken. */
  acceptHistogram(timeMs: number): void {
    this.histogramCount++
    this.newestMs = Math.max(this.newestMs, timeMs)
  }

  /** An exemplar was handed over, or there was nobody for it: undefined. */
  noteExemplar(outcome: number | undefined): void {
    if (outcome === ACCEPTED) this.exemplarCount++
    else this.exemplarsDropped++
  }

  /** A sample whose time is out of all bounds. */
  refuseTime(timeMs: number, show: () => string): void {
    this.refusals.add(OUTCOMES[timeMs > 0 ? TOO_FAR : TOO_OLD], 1, show)
  }

  /** Finds or makes a series; undefined where it is one too many: `SERIES_LIMIT`. */
  seriesOf(appender: Appender, labels: Labels): SeriesId | undefined {
    try {
      return appender.series(labels)
    } catch (error) {
      if (!(error instanceof NarthexError) || error.kind !== 'share') throw error
      this.refusals.shareUsed = true
      return undefined
    }
  }
}

/**
 * The same without what destinations have refused, which is told and counted as refused. They do not
 * say what it was: samples count first, then histograms.
 */
export function lessRefused(taken: Taken, shortfall: Shortfall | undefined): Taken {
  if (shortfall === undefined) return taken
  const { acceptedCount, histogramCount, refusals } = taken
  const samples = Math.min(shortfall.count, acceptedCount)
  const histograms = Math.min(shortfall.count - samples, histogramCount)
  refusals.add(DESTINATION_REFUSED, samples + histograms, () => shortfall.reason)
  return {
    ...taken,
    acceptedCount: acceptedCount - samples,
    histogramCount: histogramCount - histograms,
  }
}

/** A series as people read it; names and values may be anything. */
export function showSeries(pairs: readonly string[]): string {
  const text = formatLabels(pairs)
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`
}
