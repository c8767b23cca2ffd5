/** Quantiles of plain samples, NaN counting as the smallest value. */

/** Below this many values insertion beats the engine's own sort. */
const INSERTION_MAX = 24

/**
 * The q-quantile of scratch[0, count), interpolated between neighbours; sorts the scratch.
 *
 * @returns NaN without values or for q NaN, -Inf below 0, +Inf above 1
 * @source  Prometheus promql/quantile.go, quantile
 */
export function quantileOf(q: number, scratch: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(q)) return Number.NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  const nanCount = sortValues(scratch, count)
  const rank = q * (count - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(count - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  const low = lower < nanCount ? Number.NaN : scratch[lower - nanCount]
  const high = upper < nanCount ? Number.NaN : scratch[upper - nanCount]
  return low * (1 - weight) + high * weight
}

/** Median of the distances from the median; NaN when any value is. */
export function madOf(scratch: Float64Array, count: number): number {
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(scratch[i])) return Number.NaN
  }
  const median = quantileOf(0.5, scratch, count)
  for (let i = 0; i < count; i++) scratch[i] = Math.abs(scratch[i] - median)
  return quantileOf(0.5, scratch, count)
}

/** Sorts scratch[0, count) upwards with every NaN at the end; returns how many NaNs there are. */
function sortValues(scratch: Float64Array, count: number): number {
  if (count > INSERTION_MAX) {
    scratch.subarray(0, count).sort()
    let nanCount = 0
    while (nanCount < count && Number.isNaN(scratch[count - 1 - nanCount])) nanCount++
    return nanCount
  }
  let sorted = 0
  let nanCount = 0
  for (let i = 0; i < count; i++) {
    const value = scratch[i]
    if (Number.isNaN(value)) {
      nanCount++
      continue
    }
    let at = sorted
    while (at > 0 && scratch[at - 1] > value) {
      scratch[at] = scratch[at - 1]
      at--
    }
    scratch[at] = value
    sorted++
  }
  return nanCount
}

/**
 * One row of quantile_over_time; the quantile may differ per step.
 *
 * @param qs      float64[>= count], the quantile of each step
 * @param scratch float64, at least as long as the longest window
 * @returns how many steps have a value
 */
export function quantileOverTime(
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  qs: Float64Array,
  scratch: Float64Array,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const from = lo[step]
    const size = hi[step] - from
    if (size === 0) {
      present[base + step] = 0
      continue
    }
    for (let i = 0; i < size; i++) scratch[i] = values[from + i]
    target[base + step] = quantileOf(qs[step], scratch, size)
    present[base + step] = 1
    points++
  }
  return points
}

/** One row of mad_over_time; as quantileOverTime. */
export function madOverTime(
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  scratch: Float64Array,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const from = lo[step]
    const size = hi[step] - from
    if (size === 0) {
      present[base + step] = 0
      continue
    }
    for (let i = 0; i < size; i++) scratch[i] = values[from + i]
    target[base + step] = madOf(scratch, size)
    present[base + step] = 1
    points++
  }
  return points
}
