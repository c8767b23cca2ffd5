/** Trends over sliding windows: deriv, predict_linear, double_exponential_smoothing. */

/** Slope and intercept of the last fit; read at once after `fitLine`. */
export interface Line {
  slope: number
  intercept: number
}

/**
 * Least squares over slots [from, to) with compensated sums.
 *
 * @param originMs time at which the intercept is taken
 * @param line     gets slope per second and intercept; 0 and the value for constant values, NaN for
 *                 constant infinities
 * @source Prometheus promql/functions.go, linearRegression
 */
export function fitLine(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  originMs: number,
  line: Line,
): void {
  const first = values[from]
  let constant = true
  let sumX = 0
  let restX = 0
  let sumY = 0
  let restY = 0
  let sumXY = 0
  let restXY = 0
  let sumX2 = 0
  let restX2 = 0
  for (let i = from; i < to; i++) {
    const y = values[i]
    if (constant && i > from && y !== first) constant = false
    const x = (times[i] - originMs) / 1000
    let next = sumX + x
    restX += Math.abs(sumX) >= Math.abs(x) ? sumX - next + x : x - next + sumX
    sumX = next
    next = sumY + y
    if (next === Infinity || next === -Infinity) restY = 0
    else restY += Math.abs(sumY) >= Math.abs(y) ? sumY - next + y : y - next + sumY
    sumY = next
    const xy = x * y
    next = sumXY + xy
    if (next === Infinity || next === -Infinity) restXY = 0
    else restXY += Math.abs(sumXY) >= Math.abs(xy) ? sumXY - next + xy : xy - next + sumXY
    sumXY = next
    const x2 = x * x
    next = sumX2 + x2
    restX2 += sumX2 >= x2 ? sumX2 - next + x2 : x2 - next + sumX2
    sumX2 = next
  }
  if (constant) {
    const infinite = first === Infinity || first === -Infinity
    line.slope = infinite ? Number.NaN : 0
    line.intercept = infinite ? Number.NaN : first
    return
  }
  const n = to - from
  sumX += restX
  sumY += restY
  sumXY += restXY
  sumX2 += restX2
  const covariance = sumXY - (sumX * sumY) / n
  const variance = sumX2 - (sumX * sumX) / n
  line.slope = covariance / variance
  line.intercept = sumY / n - (line.slope * sumX) / n
}

/** One row of deriv: slope per second where a window has two samples. */
export function derivOverTime(
  times: Float64Array,
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  const line: Line = { slope: 0, intercept: 0 }
  let points = 0
  for (let step = 0; step < count; step++) {
    const from = lo[step]
    if (hi[step] - from < 2) {
      present[base + step] = 0
      continue
    }
    fitLine(times, values, from, hi[step], times[from], line)
    target[base + step] = line.slope
    present[base + step] = 1
    points++
  }
  return points
}

/**
 * One row of predict_linear.
 *
 * @param aheadSeconds float64[>= count], how far ahead of each step
 * @param firstMs      evaluation time of step 0, whatever offset the windows have
 */
export function predictOverTime(
  times: Float64Array,
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  aheadSeconds: Float64Array,
  firstMs: number,
  stepMs: number,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  const line: Line = { slope: 0, intercept: 0 }
  let points = 0
  for (let step = 0; step < count; step++) {
    const from = lo[step]
    if (hi[step] - from < 2) {
      present[base + step] = 0
      continue
    }
    fitLine(times, values, from, hi[step], firstMs + step * stepMs, line)
    target[base + step] = line.slope * aheadSeconds[step] + line.intercept
    present[base + step] = 1
    points++
  }
  return points
}

/**
 * One row of double_exponential_smoothing.
 *
 * @param smoothing factor of each step, 0 < s < 1
 * @param trend     factor of each step, 0 < t < 1
 */
export function smoothOverTime(
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  smoothing: Float64Array,
  trend: Float64Array,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const from = lo[step]
    const to = hi[step]
    if (to - from < 2) {
      present[base + step] = 0
      continue
    }
    const share = smoothing[step]
    const trendShare = trend[step]
    let before = 0
    let smooth = values[from]
    let slope = values[from + 1] - values[from]
    for (let i = from + 1; i < to; i++) {
      const scaled = share * values[i]
      if (i > from + 1) slope = trendShare * (smooth - before) + (1 - trendShare) * slope
      before = smooth
      smooth = scaled + (1 - share) * (smooth + slope)
    }
    target[base + step] = smooth
    present[base + step] = 1
    points++
  }
  return points
}
