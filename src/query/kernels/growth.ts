/** Growth of series over sliding windows: rate, increase, delta, their extended kinds, irate, idelta. */

/**
 * Extrapolated growth per step, as rate, increase and delta show it.
 *
 * The order of additions is Prometheus's own (last - first, then each value before a drop), so
 * that results agree to the bit. Drops are searched once per series, not once per window.
 *
 * @param values    float64, in step with `times`, no staleness markers
 * @param lo        first slot of each step's window
 * @param hi        one past the last slot of each step's window
 * @param endMs     end of step 0's range; each step's lies `stepMs` later
 * @param rangeMs   width of the range
 * @param counter   drops are restarts from zero, and nothing is extrapolated below zero
 * @param perSecond divide by the range
 * @param target    float64[>= base + count], gets the growth
 * @param present   uint8[>= base + count], gets 1 where the window has two samples
 * @returns         how many steps have a result
 * @source          Prometheus promql/functions.go, extrapolatedRate
 */
export function extrapolatedGrowth(
  times: Float64Array,
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  endMs: number,
  stepMs: number,
  rangeMs: number,
  counter: boolean,
  perSecond: boolean,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  const limit = count === 0 ? 0 : hi[count - 1]
  const rangeSeconds = rangeMs / 1000
  let drop = -1
  let points = 0
  for (let step = 0; step < count; step++) {
    const first = lo[step]
    const last = hi[step] - 1
    if (last <= first) {
      present[base + step] = 0
      continue
    }
    const firstValue = values[first]
    let growth = values[last] - firstValue
    if (counter) {
      if (drop <= first) {
        drop = first + 1
        while (drop < limit && !(values[drop] < values[drop - 1])) drop++
      }
      for (let i = drop; i <= last; i++) {
        if (values[i] < values[i - 1]) growth += values[i - 1]
      }
    }

    const rangeEndMs = endMs + step * stepMs
    let toStart = (times[first] - (rangeEndMs - rangeMs)) / 1000
    let toEnd = (rangeEndMs - times[last]) / 1000
    const sampled = (times[last] - times[first]) / 1000
    const average = sampled / (last - first)
    const threshold = average * 1.1
    if (toStart >= threshold) toStart = average / 2
    if (counter && growth > 0 && firstValue >= 0) {
      const toZero = sampled * (firstValue / growth)
      if (toZero < toStart) toStart = toZero
    }
    if (toEnd >= threshold) toEnd = average / 2
    let factor = (sampled + toStart + toEnd) / sampled
    if (perSecond) factor /= rangeSeconds
    target[base + step] = growth * factor
    present[base + step] = 1
    points++
  }
  return points
}

/**
 * Growth between the exact borders of the range: from the anchor, or interpolated (`smoothed`).
 *
 * Windows reach beyond the range: back to the anchor (see anchorSlots), or by the lookback on both
 * sides when smoothed.
 *
 * @source Prometheus promql/functions.go, extendedRate
 */
export function extendedGrowth(
  times: Float64Array,
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  endMs: number,
  stepMs: number,
  rangeMs: number,
  smoothed: boolean,
  counter: boolean,
  perSecond: boolean,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const rangeEndMs = endMs + step * stepMs
    const rangeStartMs = rangeEndMs - rangeMs
    let first = lo[step]
    let last = hi[step] - 1
    present[base + step] = 0
    if (last < first) continue
    const newest = last
    while (first + 1 < newest && times[first + 1] <= rangeStartMs) first++
    if (smoothed) {
      last = lo[step]
      while (last < newest && times[last] < rangeEndMs) last++
    }
    if (times[last] <= rangeStartMs) continue
    if (smoothed && times[first] > rangeEndMs) continue

    let left = values[first]
    if (smoothed && times[first] < rangeStartMs) {
      left = interpolate(times, values, first, rangeStartMs, counter)
    }
    let right = values[last]
    if (smoothed && last > lo[step] && times[last] > rangeEndMs) {
      right = interpolate(times, values, last - 1, rangeEndMs, counter)
    }
    let growth = right - left
    if (counter) {
      if (times[first] <= rangeStartMs) first++
      if (times[last] >= rangeEndMs) last--
      let correction = 0
      let prev = left
      for (let i = first; i <= last; i++) {
        if (values[i] < prev) correction += prev
        prev = values[i]
      }
      if (right < prev) correction += prev
      growth += correction
    }
    target[base + step] = perSecond ? growth / (rangeMs / 1000) : growth
    present[base + step] = 1
    points++
  }
  return points
}

/**
 * The value at `timeMs` on the line between slots `slot` and `slot + 1`; a counter that dropped
 * between them is taken to have started from zero.
 */
export function interpolate(
  times: Float64Array,
  values: Float64Array,
  slot: number,
  timeMs: number,
  counter: boolean,
): number {
  let from = values[slot]
  const to = values[slot + 1]
  if (counter && to < from) from = 0
  return from + ((to - from) * (timeMs - times[slot])) / (times[slot + 1] - times[slot])
}

/**
 * Growth between the last two samples of each window: idelta, or irate when `counter`.
 *
 * @source Prometheus promql/functions.go, instantValue
 */
export function instantGrowth(
  times: Float64Array,
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  counter: boolean,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const last = hi[step] - 1
    if (last <= lo[step]) {
      present[base + step] = 0
      continue
    }
    const value = values[last]
    const prev = values[last - 1]
    let growth = value
    if (!counter || !(value < prev)) growth = value - prev
    if (counter) growth /= (times[last] - times[last - 1]) / 1000
    target[base + step] = growth
    present[base + step] = 1
    points++
  }
  return points
}

/**
 * Values interpolated at each step between the neighbours within the lookback; behind the newest
 * sample its value stays.
 *
 * @param lo      windows (time - lookback, time + lookback] of each step
 * @param firstMs time of step 0 in the data
 * @source Prometheus promql/engine.go, smoothSeries
 */
export function smoothedValues(
  times: Float64Array,
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  firstMs: number,
  stepMs: number,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const timeMs = firstMs + step * stepMs
    const end = hi[step]
    let at = lo[step]
    while (at < end && times[at] < timeMs) at++
    present[base + step] = 0
    if (at < end && times[at] === timeMs) target[base + step] = values[at]
    else if (at === lo[step]) continue
    else if (at === end) target[base + step] = values[at - 1]
    else target[base + step] = interpolate(times, values, at - 1, timeMs, false)
    present[base + step] = 1
    points++
  }
  return points
}
