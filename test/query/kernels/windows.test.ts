import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { STALE } from '../../../src/model/stale.ts'
import {
  anchorSlots,
  copyWithout,
  latestSlots,
  rangeSlots,
  staleSlots,
  takeFreshSlots,
  takeFreshTimes,
  takeSlots,
} from '../../../src/query/kernels/windows.ts'
import { anyCase, slotsIn } from './samples.ts'

test('the newest slot of each step is the last one within the lookback', () => {
  fc.assert(
    fc.property(anyCase, (example) => {
      const { times, firstMs, stepMs, count, rangeMs } = example
      const slots = new Int32Array(count)
      const found = latestSlots(times, 0, times.length, firstMs, stepMs, count, rangeMs, slots)
      const wanted = Array.from(slots, (_, step) => slotsIn(example, step, rangeMs, 0).at(-1) ?? -1)
      assert.deepEqual([...slots], wanted)
      assert.equal(found, wanted.filter((slot) => slot >= 0).length)
    }),
    { seed: 1 },
  )
})

test('windows hold the slots of (time - before, time + after], and tell how many', () => {
  fc.assert(
    fc.property(anyCase, fc.integer({ min: 0, max: 500 }), (example, afterMs) => {
      const { times, firstMs, stepMs, count, rangeMs } = example
      const lo = new Int32Array(count)
      const hi = new Int32Array(count)
      const to = times.length
      const total = rangeSlots(times, 0, to, firstMs, stepMs, count, rangeMs, afterMs, lo, hi)
      let sum = 0
      for (let step = 0; step < count; step++) {
        const wanted = slotsIn(example, step, rangeMs, afterMs)
        assert.equal(hi[step] - lo[step], wanted.length)
        if (wanted.length > 0) assert.equal(lo[step], wanted[0])
        sum += wanted.length
      }
      assert.equal(total, sum)
    }),
    { seed: 2 },
  )
})

test('a window is open on the left and closed on the right', () => {
  const times = Float64Array.of(10, 20, 30)
  const lo = new Int32Array(1)
  const hi = new Int32Array(1)
  rangeSlots(times, 0, 3, 30, 0, 1, 20, 0, lo, hi)
  assert.deepEqual([lo[0], hi[0]], [1, 3])
  const slots = new Int32Array(1)
  assert.equal(latestSlots(times, 0, 3, 50, 0, 1, 20, slots), 0)
  assert.equal(slots[0], -1)
})

test('an anchored window begins with the newest slot at or before the start of its range', () => {
  const times = Float64Array.of(10, 20, 30, 40)
  const lo = new Int32Array(2)
  const hi = new Int32Array(2)
  rangeSlots(times, 0, 4, 35, 25, 2, 30, 0, lo, hi)
  anchorSlots(times, 35, 25, 2, 10, lo, hi)
  assert.deepEqual([lo[0], hi[0]], [1, 3], '20 is the newest at or before 25')
  assert.equal(lo[1], hi[1], 'nothing lies behind 50')
})

test('staleness markers are absent, not values', () => {
  const values = Float64Array.of(1, 2, Number.NaN)
  values.set(STALE, 1)
  const slots = Int32Array.of(0, 1, 2, -1)
  const target = new Float64Array(4)
  const present = new Uint8Array(4)
  assert.equal(takeFreshSlots(values, slots, 4, target, present, 0), 2)
  assert.deepEqual([...present], [1, 0, 1, 0])
  assert.ok(Number.isNaN(target[2]), 'an ordinary NaN is a value')
  takeSlots(values, Int32Array.of(0, -1), 2, target, present, 2)
  assert.deepEqual([...present], [1, 0, 1, 0])
  const times = Float64Array.of(1500, 2500, 3500)
  assert.equal(takeFreshTimes(times, values, slots, 4, target, present, 0), 2)
  assert.deepEqual([target[0], target[2]], [1.5, 3.5])
})

test('markers are found and left out of a copy', () => {
  const values = Float64Array.of(1, 2, 3, 4, 5)
  values.set(STALE, 1)
  values.set(STALE, 3)
  const gaps = new Int32Array(5)
  assert.equal(staleSlots(values, 0, 5, gaps), 2)
  assert.deepEqual([...gaps.subarray(0, 2)], [1, 3])
  const copy = new Float64Array(5)
  assert.equal(copyWithout(values, 0, 5, gaps, 2, copy), 3)
  assert.deepEqual([...copy.subarray(0, 3)], [1, 3, 5])
})
