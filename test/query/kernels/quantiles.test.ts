import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  madOf,
  madOverTime,
  quantileOf,
  quantileOverTime,
} from '../../../src/query/kernels/quantiles.ts'

const SAMPLES = fc.array(
  fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constant(Number.NaN)),
  { minLength: 1, maxLength: 300 },
)

/** The quantile by sorting a copy, NaN first. */
function naiveQuantile(q: number, values: readonly number[]): number {
  const nans = values.filter((value) => Number.isNaN(value))
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  const all = [...nans, ...sorted]
  const rank = q * (all.length - 1)
  const lower = Math.floor(rank)
  const weight = rank - lower
  return all[lower] * (1 - weight) + all[Math.min(all.length - 1, lower + 1)] * weight
}

test('a quantile is interpolated between sorted neighbours, NaN counting as smallest', () => {
  fc.assert(
    fc.property(SAMPLES, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const scratch = Float64Array.of(...values, 99)
      const got = quantileOf(q, scratch, values.length)
      const wanted = naiveQuantile(q, values)
      // Equal zeros of both signs may stand in either order.
      assert.ok(got === wanted || Object.is(got, wanted), `${got} ${wanted}`)
      assert.equal(scratch[values.length], 99, 'nothing behind the values is touched')
    }),
    { seed: 7, numRuns: 500 },
  )
})

test('inputs that make selecting slow are sorted instead', () => {
  const count = 50_000
  // Organ pipes: the ends and the middle are always the smallest or largest.
  const pipes = Float64Array.from({ length: count }, (_, i) => Math.min(i, count - i))
  const sorted = pipes.toSorted()
  for (const q of [0, 0.1, 0.5, 0.999, 1]) {
    const rank = Math.floor(q * (count - 1))
    const got = quantileOf(q, pipes.slice(), count)
    assert.ok(got >= sorted[rank] && got <= sorted[Math.min(rank + 1, count - 1)])
  }
})

for (const [q, values, wanted] of [
  [-0.1, [1], -Infinity],
  [1.1, [1], Infinity],
  [Number.NaN, [1], Number.NaN],
  [0.5, [], Number.NaN],
  [0.5, [3], 3],
  [1, [1, 2, 4], 4],
] as const) {
  test(`the ${q}-quantile of [${values.join(' ')}] is ${wanted}`, () => {
    assert.equal(quantileOf(q, Float64Array.from(values), values.length), wanted)
  })
}

test('the median absolute deviation is NaN as soon as a value is', () => {
  assert.equal(madOf(Float64Array.of(4, 6, 2, 1, 999, 1, 2), 7), 1)
  assert.ok(Number.isNaN(madOf(Float64Array.of(1, Number.NaN, 2), 3)))
})

test('each step has its own quantile and an empty window none', () => {
  const values = Float64Array.of(3, 1, 2)
  const lo = Int32Array.of(0, 0, 1)
  const hi = Int32Array.of(3, 3, 1)
  const target = new Float64Array(3)
  const present = new Uint8Array(3)
  const scratch = new Float64Array(3)
  const qs = Float64Array.of(0, 1, 0.5)
  assert.equal(quantileOverTime(values, lo, hi, 3, qs, scratch, target, present, 0), 2)
  assert.deepEqual([...present], [1, 1, 0])
  assert.deepEqual([target[0], target[1]], [1, 3])
  assert.equal(madOverTime(values, lo, hi, 3, scratch, target, present, 0), 2)
  assert.equal(target[0], 1)
  assert.deepEqual([...values], [3, 1, 2], 'the values stay in order')
})
