import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  extendedGrowth,
  extrapolatedGrowth,
  instantGrowth,
  interpolate,
  smoothedValues,
} from '../../../src/query/kernels/growth.ts'
import { rangeSlots } from '../../../src/query/kernels/windows.ts'
import { anyCase, type Case, slotsIn } from './samples.ts'

/** Growth as Prometheus defines it, for one window. */
function growthOf(
  { times, values, rangeMs }: Case,
  slots: readonly number[],
  endMs: number,
  counter: boolean,
  perSecond: boolean,
): number | undefined {
  if (slots.length < 2) return undefined
  const first = slots[0]
  const last = slots[slots.length - 1]
  let growth = values[last] - values[first]
  for (const slot of counter ? slots.slice(1) : []) {
    if (values[slot] < values[slot - 1]) growth += values[slot - 1]
  }
  const sampled = (times[last] - times[first]) / 1000
  const average = sampled / (slots.length - 1)
  let toStart = (times[first] - (endMs - rangeMs)) / 1000
  let toEnd = (endMs - times[last]) / 1000
  if (toStart >= average * 1.1) toStart = average / 2
  if (counter && growth > 0 && values[first] >= 0) {
    toStart = Math.min(toStart, sampled * (values[first] / growth))
  }
  if (toEnd >= average * 1.1) toEnd = average / 2
  const factor = (sampled + toStart + toEnd) / sampled
  return growth * (perSecond ? factor / (rangeMs / 1000) : factor)
}

test('rate, increase and delta are those of each window alone, to the bit', () => {
  fc.assert(
    fc.property(anyCase, fc.boolean(), fc.boolean(), (example, counter, perSecond) => {
      const { times, values, firstMs, stepMs, count, rangeMs } = example
      const lo = new Int32Array(count)
      const hi = new Int32Array(count)
      rangeSlots(times, 0, times.length, firstMs, stepMs, count, rangeMs, 0, lo, hi)
      const target = new Float64Array(count + 1)
      const present = new Uint8Array(count + 1)
      const points = extrapolatedGrowth(
        times,
        values,
        lo,
        hi,
        count,
        firstMs,
        stepMs,
        rangeMs,
        counter,
        perSecond,
        target,
        present,
        1,
      )
      let wantedPoints = 0
      for (let step = 0; step < count; step++) {
        const endMs = firstMs + step * stepMs
        const slots = slotsIn(example, step, rangeMs, 0)
        const wanted = growthOf(example, slots, endMs, counter, perSecond)
        assert.equal(present[1 + step], wanted === undefined ? 0 : 1)
        if (wanted === undefined) continue
        wantedPoints++
        assert.equal(target[1 + step], wanted)
      }
      assert.equal(points, wantedPoints)
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('irate and idelta look at the last two samples', () => {
  fc.assert(
    fc.property(anyCase, fc.boolean(), (example, counter) => {
      const { times, values, firstMs, stepMs, count, rangeMs } = example
      const lo = new Int32Array(count)
      const hi = new Int32Array(count)
      rangeSlots(times, 0, times.length, firstMs, stepMs, count, rangeMs, 0, lo, hi)
      const target = new Float64Array(count)
      const present = new Uint8Array(count)
      instantGrowth(times, values, lo, hi, count, counter, target, present, 0)
      for (let step = 0; step < count; step++) {
        const slots = slotsIn(example, step, rangeMs, 0).slice(-2)
        assert.equal(present[step], slots.length === 2 ? 1 : 0)
        if (slots.length < 2) continue
        const [a, b] = slots
        const reset = counter && values[b] < values[a]
        const growth = reset ? values[b] : values[b] - values[a]
        assert.equal(target[step], counter ? growth / ((times[b] - times[a]) / 1000) : growth)
      }
    }),
    { seed: 4 },
  )
})

test('a smoothed increase is the difference of the interpolated borders', () => {
  const times = Float64Array.of(0, 15_000, 30_000, 45_000)
  const values = Float64Array.of(10, 20, 5, 15)
  const target = new Float64Array(1)
  const present = new Uint8Array(1)
  const lo = Int32Array.of(0)
  const hi = Int32Array.of(4)
  // From 7.5 s (15) over the reset to 37.5 s (10): 5 up to the reset, 10 behind it.
  extendedGrowth(times, values, lo, hi, 1, 37_500, 0, 30_000, true, true, false, target, present, 0)
  assert.deepEqual([present[0], target[0]], [1, 15])
})

test('interpolation of a counter that dropped starts from zero', () => {
  const times = Float64Array.of(0, 10)
  const values = Float64Array.of(8, 4)
  assert.equal(interpolate(times, values, 0, 5, true), 2)
  assert.equal(interpolate(times, values, 0, 5, false), 6)
})

test('smoothed values lie on the line, stay behind the last sample and do not begin before the first', () => {
  const times = Float64Array.of(10, 20)
  const values = Float64Array.of(1, 3)
  const target = new Float64Array(4)
  const present = new Uint8Array(4)
  const lo = new Int32Array(4)
  const hi = new Int32Array(4).fill(2)
  assert.equal(smoothedValues(times, values, lo, hi, 4, 5, 5, target, present, 0), 3)
  assert.deepEqual([...present], [0, 1, 1, 1])
  assert.deepEqual([...target.subarray(1)], [1, 2, 3])
  hi.fill(2)
  assert.equal(smoothedValues(times, values, lo, hi, 1, 25, 0, target, present, 0), 1)
  assert.equal(target[0], 3)
})
