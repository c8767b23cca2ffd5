import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  derivOverTime,
  fitLine,
  predictOverTime,
  smoothOverTime,
} from '../../../src/query/kernels/regression.ts'

test('the line through points of a line is that line', () => {
  const slopes = fc.integer({ min: -1000, max: 1000 })
  fc.assert(
    fc.property(
      slopes,
      slopes,
      fc.integer({ min: 2, max: 50 }),
      fc.integer(),
      (slope, start, count, originSeconds) => {
        const times = Float64Array.from({ length: count }, (_, i) => i * 1000)
        const values = times.map((timeMs) => start + (slope * timeMs) / 1000)
        const line = { slope: 0, intercept: 0 }
        fitLine(times, values, 0, count, 0, line)
        assert.ok(Math.abs(line.slope - slope) <= 1e-9 * Math.max(1, Math.abs(slope)))
        assert.ok(Math.abs(line.intercept - start) <= 1e-6 * Math.max(1, Math.abs(start)))
        assert.ok(Number.isFinite(originSeconds))
      },
    ),
    { seed: 8 },
  )
})

test('constant values have no slope, constant infinities no line', () => {
  const times = Float64Array.of(0, 1000, 2000)
  const line = { slope: 1, intercept: 1 }
  fitLine(times, Float64Array.of(7, 7, 7), 0, 3, 0, line)
  assert.deepEqual(line, { slope: 0, intercept: 7 })
  fitLine(times, Float64Array.of(Infinity, Infinity, Infinity), 0, 3, 0, line)
  assert.ok(Number.isNaN(line.slope) && Number.isNaN(line.intercept))
  fitLine(times, Float64Array.of(1, 2, Infinity), 0, 3, 0, line)
  assert.ok(Number.isNaN(line.slope))
})

const TIMES = Float64Array.of(0, 1000, 2000, 3000)
const RISING = Float64Array.of(1, 3, 5, 7)

test('deriv and predict_linear need two samples', () => {
  const lo = Int32Array.of(0, 3, 4)
  const hi = Int32Array.of(4, 4, 4)
  const target = new Float64Array(3)
  const present = new Uint8Array(3)
  assert.equal(derivOverTime(TIMES, RISING, lo, hi, 3, target, present, 0), 1)
  assert.deepEqual([...present], [1, 0, 0])
  assert.equal(target[0], 2)
  const ahead = Float64Array.of(10, 10, 10)
  predictOverTime(TIMES, RISING, lo, hi, 3, ahead, 3000, 1000, target, present, 0)
  assert.equal(target[0], 27, 'ten seconds after 3 s, where the line is at 7')
})

test('double exponential smoothing follows a straight line', () => {
  const target = new Float64Array(2)
  const present = new Uint8Array(2)
  const lo = Int32Array.of(0, 0)
  const hi = Int32Array.of(4, 1)
  const share = Float64Array.of(0.3, 0.3)
  assert.equal(smoothOverTime(RISING, lo, hi, 2, share, share, target, present, 0), 1)
  assert.ok(Math.abs(target[0] - 7) < 1e-12)
  assert.equal(present[1], 0)
})
