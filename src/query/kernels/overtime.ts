/** The *_over_time family: one value per window of one series, plain loops, no allocation. */

import { overlapsMuch, slideExtremes, slideSums } from './sliding.ts'

/**
 * Fills one row: a value per step with samples in its window.
 *
 * @param times   float64, ms, strictly rising
 * @param values  float64, in step with `times`, no staleness markers
 * @param lo      first slot of each step's window
 * @param hi      one past the last slot; equal to `lo` for an empty window
 * @param target  float64[>= base + count]
 * @param present uint8[>= base + count], wholly written
 * @returns       how many steps have a value
 */
export type WindowKernel = (
  times: Float64Array,
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  target: Float64Array,
  present: Uint8Array,
  base: number,
) => number

/** Sum with Kahan's compensation in Neumaier's form. @source Prometheus util/kahansum */
const sumOverTime: WindowKernel = (_times, values, lo, hi, count, target, present, base) => {
  if (overlapsMuch(lo, hi, count)) {
    const slid = slideSums(values, lo, hi, count, false, target, present, base)
    if (slid >= 0) return slid
  }
  let points = 0
  for (let step = 0; step < count; step++) {
    const end = hi[step]
    if (lo[step] === end) {
      present[base + step] = 0
      continue
    }
    let sum = 0
    let rest = 0
    for (let i = lo[step]; i < end; i++) {
      const value = values[i]
      const next = sum + value
      if (next === Infinity || next === -Infinity) rest = 0
      else if (Math.abs(sum) >= Math.abs(value)) rest += sum - next + value
      else rest += value - next + sum
      sum = next
    }
    target[base + step] = sum === Infinity || sum === -Infinity ? sum : sum + rest
    present[base + step] = 1
    points++
  }
  return points
}

/** Mean of values[from, to): compensated sum, or a running mean once the sum overflows. */
function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = values[from]
  let rest = 0
  let mean = 0
  let running = false
  for (let i = from + 1; i < to; i++) {
    const value = values[i]
    const count = i - from + 1
    if (!running) {
      const next = sum + value
      if (next !== Infinity && next !== -Infinity) {
        rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
        sum = next
        continue
      }
      running = true
      mean = sum / (count - 1)
      rest /= count - 1
    }
    const share = (count - 1) / count
    const scaled = share * mean
    const part = value / count
    const next = scaled + part
    rest *= share
    if (next === Infinity || next === -Infinity) rest = 0
    else rest += Math.abs(scaled) >= Math.abs(part) ? scaled - next + part : part - next + scaled
    mean = next
  }
  return running ? mean + rest : sum / (to - from) + rest / (to - from)
}

/** Variance of values[from, to) by Welford with compensated sums. */
function varianceOf(values: Float64Array, from: number, to: number): number {
  let mean = 0
  let meanRest = 0
  let sum = 0
  let sumRest = 0
  for (let i = from; i < to; i++) {
    const value = values[i]
    const delta = value - (mean + meanRest)
    const part = delta / (i - from + 1)
    const nextMean = mean + part
    if (nextMean === Infinity || nextMean === -Infinity) meanRest = 0
    else if (Math.abs(mean) >= Math.abs(part)) meanRest += mean - nextMean + part
    else meanRest += part - nextMean + mean
    mean = nextMean
    const square = delta * (value - (mean + meanRest))
    const nextSum = sum + square
    if (nextSum === Infinity || nextSum === -Infinity) sumRest = 0
    else if (Math.abs(sum) >= Math.abs(square)) sumRest += sum - nextSum + square
    else sumRest += square - nextSum + sum
    sum = nextSum
  }
  return (sum + sumRest) / (to - from)
}

function stddevOf(values: Float64Array, from: number, to: number): number {
  return Math.sqrt(varianceOf(values, from, to))
}

function minOf(values: Float64Array, from: number, to: number): number {
  let least = values[from]
  for (let i = from + 1; i < to; i++) {
    const value = values[i]
    if (value < least || Number.isNaN(least)) least = value
  }
  return least
}

function maxOf(values: Float64Array, from: number, to: number): number {
  let most = values[from]
  for (let i = from + 1; i < to; i++) {
    const value = values[i]
    if (value > most || Number.isNaN(most)) most = value
  }
  return most
}

/** How many values differ from the one before; NaN equals NaN. */
function changesOf(values: Float64Array, from: number, to: number): number {
  let changes = 0
  let prev = values[from]
  for (let i = from + 1; i < to; i++) {
    const value = values[i]
    if (value !== prev && !(Number.isNaN(value) && Number.isNaN(prev))) changes++
    prev = value
  }
  return changes
}

function resetsOf(values: Float64Array, from: number, to: number): number {
  let resets = 0
  let prev = values[from]
  for (let i = from + 1; i < to; i++) {
    const value = values[i]
    if (value < prev) resets++
    prev = value
  }
  return resets
}

function oneOf(): number {
  return 1
}

function countOf(_values: Float64Array, from: number, to: number): number {
  return to - from
}

function firstOf(values: Float64Array, from: number): number {
  return values[from]
}

function lastOf(values: Float64Array, _from: number, to: number): number {
  return values[to - 1]
}

const meanOverWindows = overValues(meanOf)
const minOverWindows = overValues(minOf)
const maxOverWindows = overValues(maxOf)

/** Means: by prefix sums where that is exact, else window by window. */
const avgOverTime: WindowKernel = (times, values, lo, hi, count, target, present, base) => {
  if (overlapsMuch(lo, hi, count)) {
    const slid = slideSums(values, lo, hi, count, true, target, present, base)
    if (slid >= 0) return slid
  }
  return meanOverWindows(times, values, lo, hi, count, target, present, base)
}

const minOverTime: WindowKernel = (times, values, lo, hi, count, target, present, base) =>
  overlapsMuch(lo, hi, count)
    ? slideExtremes(values, lo, hi, count, false, target, present, base)
    : minOverWindows(times, values, lo, hi, count, target, present, base)

const maxOverTime: WindowKernel = (times, values, lo, hi, count, target, present, base) =>
  overlapsMuch(lo, hi, count)
    ? slideExtremes(values, lo, hi, count, true, target, present, base)
    : maxOverWindows(times, values, lo, hi, count, target, present, base)

/** Makes a kernel of a function over the values of one window. */
function overValues(
  reduce: (values: Float64Array, from: number, to: number) => number,
): WindowKernel {
  return (_times, values, lo, hi, count, target, present, base) => {
    let points = 0
    for (let step = 0; step < count; step++) {
      const from = lo[step]
      const to = hi[step]
      if (from === to) {
        present[base + step] = 0
        continue
      }
      target[base + step] = reduce(values, from, to)
      present[base + step] = 1
      points++
    }
    return points
  }
}

/** Makes a kernel of a function that picks the slot whose time, in seconds, is the result. */
function overSlots(pick: (values: Float64Array, from: number, to: number) => number): WindowKernel {
  return (times, values, lo, hi, count, target, present, base) => {
    let points = 0
    for (let step = 0; step < count; step++) {
      const from = lo[step]
      const to = hi[step]
      if (from === to) {
        present[base + step] = 0
        continue
      }
      target[base + step] = times[pick(values, from, to)] / 1000
      present[base + step] = 1
      points++
    }
    return points
  }
}

/** Slot of the last largest value; a NaN gives way to whatever follows. */
function slotOfMax(values: Float64Array, from: number, to: number): number {
  let slot = from
  for (let i = from; i < to; i++) {
    if (values[i] >= values[slot] || Number.isNaN(values[slot])) slot = i
  }
  return slot
}

function slotOfMin(values: Float64Array, from: number, to: number): number {
  let slot = from
  for (let i = from; i < to; i++) {
    if (values[i] <= values[slot] || Number.isNaN(values[slot])) slot = i
  }
  return slot
}

function slotOfFirst(_values: Float64Array, from: number): number {
  return from
}

function slotOfLast(_values: Float64Array, _from: number, to: number): number {
  return to - 1
}

/** Kernels by function name. @source Prometheus promql/functions.go */
export const WINDOW_KERNELS: ReadonlyMap<string, WindowKernel> = new Map([
  ['sum_over_time', sumOverTime],
  ['avg_over_time', avgOverTime],
  ['stdvar_over_time', overValues(varianceOf)],
  ['stddev_over_time', overValues(stddevOf)],
  ['min_over_time', minOverTime],
  ['max_over_time', maxOverTime],
  ['changes', overValues(changesOf)],
  ['resets', overValues(resetsOf)],
  ['count_over_time', overValues(countOf)],
  ['present_over_time', overValues(oneOf)],
  ['absent_over_time', overValues(oneOf)],
  ['first_over_time', overValues(firstOf)],
  ['last_over_time', overValues(lastOf)],
  ['ts_of_max_over_time', overSlots(slotOfMax)],
  ['ts_of_min_over_time', overSlots(slotOfMin)],
  ['ts_of_first_over_time', overSlots(slotOfFirst)],
  ['ts_of_last_over_time', overSlots(slotOfLast)],
])
