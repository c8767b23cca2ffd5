/** Reads series through sliding windows: staleness markers out, windows computed once per group. */
import type { Series } from '../../model/queryable.ts'
import { anchorSlots, copyWithout, rangeSlots, staleSlots } from '../kernels/windows.ts'

/** When the windows of the steps end. */
interface Frame {
  readonly firstMs: number
  readonly stepMs: number
  readonly count: number
}

/**
 * Gives the samples of one series after another, each step's window in `lo` and `hi`.
 *
 * Series of one group share their `times`, so their windows are computed for the first only; also
 * for those whose markers stand in the same slots, as they do when a target goes away.
 */
export class WindowReader {
  readonly #frame: Frame
  readonly #beforeMs: number
  readonly #afterMs: number
  /** Width of the range proper when the windows begin with an anchor; 0 when they do not. */
  readonly #anchorMs: number
  readonly lo: Int32Array
  readonly hi: Int32Array
  times: Float64Array = new Float64Array(0)
  /** In step with `times`; no staleness markers in any window. */
  values: Float64Array = this.times
  /** How many samples all windows hold together. */
  total = 0
  /** How many samples the largest window holds. */
  widest = 0

  #source: Series | undefined
  #gaps = new Int32Array(0)
  #gapCount = 0
  /** The markers of the series before, and the array for those of the next. */
  #spareGaps = new Int32Array(0)
  #freshTimes = new Float64Array(0)
  #freshValues = new Float64Array(0)

  /** Windows are (time - beforeMs, time + afterMs]. */
  constructor(frame: Frame, beforeMs: number, afterMs: number, anchorMs = 0) {
    this.#frame = frame
    this.#beforeMs = beforeMs
    this.#afterMs = afterMs
    this.#anchorMs = anchorMs
    this.lo = new Int32Array(frame.count)
    this.hi = new Int32Array(frame.count)
  }

  /** Makes `series` the current one. */
  load(series: Series): void {
    const known = this.#source
    const same =
      known !== undefined &&
      known.times === series.times &&
      known.from === series.from &&
      known.to === series.to
    const gapsBefore = this.#gapCount
    const sameGaps = this.#findGaps(series, same)
    this.#source = series
    if (this.#gapCount === 0) {
      this.times = series.times
      this.values = series.values
      if (!same || gapsBefore !== 0) this.#frameWindows(series.times, series.from, series.to)
      return
    }
    const { times, values, from, to } = series
    if (this.#freshTimes.length < to - from) {
      this.#freshTimes = new Float64Array(to - from)
      this.#freshValues = new Float64Array(to - from)
    }
    const size = copyWithout(values, from, to, this.#gaps, this.#gapCount, this.#freshValues)
    if (!same || !sameGaps) {
      copyWithout(times, from, to, this.#gaps, this.#gapCount, this.#freshTimes)
      this.#frameWindows(this.#freshTimes, 0, size)
    }
    this.times = this.#freshTimes
    this.values = this.#freshValues
  }

  /** Finds the markers of a series; tells whether they stand where those of the last one stood. */
  #findGaps(series: Series, same: boolean): boolean {
    const before = this.#gapCount
    this.#gapCount = 0
    if (!series.stale) return before === 0
    const size = series.to - series.from
    const old = this.#gaps
    const into = this.#spareGaps.length < size ? new Int32Array(size) : this.#spareGaps
    this.#gapCount = staleSlots(series.values, series.from, series.to, into)
    this.#gaps = into
    this.#spareGaps = old
    if (!same || this.#gapCount !== before) return false
    for (let i = 0; i < before; i++) if (old[i] !== into[i]) return false
    return true
  }

  #frameWindows(times: Float64Array, from: number, to: number): void {
    const { firstMs, stepMs, count } = this.#frame
    const { lo, hi } = this
    const before = this.#beforeMs
    this.total = rangeSlots(times, from, to, firstMs, stepMs, count, before, this.#afterMs, lo, hi)
    if (this.#anchorMs > 0) anchorSlots(times, firstMs, stepMs, count, this.#anchorMs, lo, hi)
    let widest = 0
    for (let step = 0; step < count; step++) {
      if (hi[step] - lo[step] > widest) widest = hi[step] - lo[step]
    }
    this.widest = widest
  }
}
