/** Bounds on new series; those that the head knows are never refused. */
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'

const MINUTE_MS = 60_000

/** Below this share of the series bound the rate is free: a fleet that arrives is no explosion. */
const CALM_SHARE = 0.5

/** What the bounds are; 0 means none. */
export interface AdmissionOptions {
  readonly seriesMax: number
  readonly newSeriesPerMinuteMax: number
  readonly clock: Clock
}

/** Decides whether one more series may be made. */
export class Admission {
  /** New series refused since the start. */
  refused = 0
  readonly #options: AdmissionOptions
  readonly #seriesCount: () => number
  #minuteFrom = -Infinity
  #madeInMinute = 0

  constructor(options: AdmissionOptions, seriesCount: () => number) {
    this.#options = options
    this.#seriesCount = seriesCount
  }

  /** @throws NarthexError `share` when a bound is reached */
  admit(): void {
    const { seriesMax, newSeriesPerMinuteMax, clock } = this.#options
    if (seriesMax > 0 && this.#seriesCount() >= seriesMax) {
      this.refused++
      throw new NarthexError(
        'share',
        `cannot add series: ${this.#seriesCount()} series in the head, at most ${seriesMax} (--limit.series)`,
      )
    }
    if (newSeriesPerMinuteMax === 0 || this.#seriesCount() < seriesMax * CALM_SHARE) return
    const now = clock.monotonicMs()
    if (now - this.#minuteFrom >= MINUTE_MS) {
      this.#minuteFrom = now
      this.#madeInMinute = 0
    }
    if (this.#madeInMinute >= newSeriesPerMinuteMax) {
      this.refused++
      throw new NarthexError(
        'share',
        `cannot add series: ${this.#madeInMinute} new ones in this minute, at most ${newSeriesPerMinuteMax} (--limit.new-series-per-minute)`,
      )
    }
    this.#madeInMinute++
  }
}
