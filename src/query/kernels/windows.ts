/** Which slots of a time column each step of a grid sees; computed once per column, used by all its series. */
import { isStaleAt } from '../../model/stale.ts'

/**
 * The newest slot of each step within (time - before, time].
 *
 * @param times    float64, ms, strictly rising in [from, to)
 * @param firstMs  time of step 0
 * @param stepMs   distance of the steps, >= 0
 * @param count    how many steps
 * @param beforeMs lookback; a sample exactly that old is too old
 * @param slots    int32[>= count], gets the slot or -1
 * @returns        how many steps have a slot
 */
export function latestSlots(
  times: Float64Array,
  from: number,
  to: number,
  firstMs: number,
  stepMs: number,
  count: number,
  beforeMs: number,
  slots: Int32Array,
): number {
  let next = from
  let found = 0
  for (let step = 0; step < count; step++) {
    const timeMs = firstMs + step * stepMs
    while (next < to && times[next] <= timeMs) next++
    const slot = next - 1
    const seen = slot >= from && times[slot] > timeMs - beforeMs
    slots[step] = seen ? slot : -1
    if (seen) found++
  }
  return found
}

/**
 * The slots [lo, hi) of each step within (time - before, time + after].
 *
 * @returns how many slots all steps see together
 */
export function rangeSlots(
  times: Float64Array,
  from: number,
  to: number,
  firstMs: number,
  stepMs: number,
  count: number,
  beforeMs: number,
  afterMs: number,
  lo: Int32Array,
  hi: Int32Array,
): number {
  let low = from
  let high = from
  let total = 0
  for (let step = 0; step < count; step++) {
    const timeMs = firstMs + step * stepMs
    const oldestMs = timeMs - beforeMs
    const newestMs = timeMs + afterMs
    while (high < to && times[high] <= newestMs) high++
    while (low < high && times[low] <= oldestMs) low++
    lo[step] = low
    hi[step] = high
    total += high - low
  }
  return total
}

/**
 * Narrows windows that reach back to find an anchor: each begins with the newest slot at or before
 * its range's start when there is one, and is empty when no slot lies behind that start.
 *
 * @param rangeMs width of the range; it starts at the step's time minus this
 */
export function anchorSlots(
  times: Float64Array,
  firstMs: number,
  stepMs: number,
  count: number,
  rangeMs: number,
  lo: Int32Array,
  hi: Int32Array,
): void {
  for (let step = 0; step < count; step++) {
    const startMs = firstMs + step * stepMs - rangeMs
    const end = hi[step]
    let low = lo[step]
    if (low === end || times[end - 1] <= startMs) {
      hi[step] = low
      continue
    }
    while (times[low + 1] <= startMs) low++
    lo[step] = low
  }
}

/** Copies the values at `slots` into a row; -1 is absent. */
export function takeSlots(
  values: Float64Array,
  slots: Int32Array,
  count: number,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): void {
  for (let step = 0; step < count; step++) {
    const slot = slots[step]
    if (slot < 0) {
      present[base + step] = 0
      continue
    }
    target[base + step] = values[slot]
    present[base + step] = 1
  }
}

/** As takeSlots, with staleness markers taken as absent; returns how many are present. */
export function takeFreshSlots(
  values: Float64Array,
  slots: Int32Array,
  count: number,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const slot = slots[step]
    if (slot < 0 || isStaleAt(values, slot)) {
      present[base + step] = 0
      continue
    }
    target[base + step] = values[slot]
    present[base + step] = 1
    points++
  }
  return points
}

/** As takeFreshSlots, but takes the time of the sample in seconds. */
export function takeFreshTimes(
  times: Float64Array,
  values: Float64Array,
  slots: Int32Array,
  count: number,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const slot = slots[step]
    if (slot < 0 || isStaleAt(values, slot)) {
      present[base + step] = 0
      continue
    }
    target[base + step] = times[slot] / 1000
    present[base + step] = 1
    points++
  }
  return points
}

/**
 * Writes the slots of [from, to) that hold a staleness marker to `into` and returns how many.
 *
 * @param into int32[>= to - from]
 */
export function staleSlots(
  values: Float64Array,
  from: number,
  to: number,
  into: Int32Array,
): number {
  let count = 0
  for (let i = from; i < to; i++) {
    if (Number.isNaN(values[i]) && isStaleAt(values, i)) into[count++] = i
  }
  return count
}

/** Copies values[from, to) without the slots in gaps[0, gapCount) to the start of `target`. */
export function copyWithout(
  values: Float64Array,
  from: number,
  to: number,
  gaps: Int32Array,
  gapCount: number,
  target: Float64Array,
): number {
  let size = 0
  let gap = 0
  for (let i = from; i < to; i++) {
    if (gap < gapCount && gaps[gap] === i) gap++
    else target[size++] = values[i]
  }
  return size
}
