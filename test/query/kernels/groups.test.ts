import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GROUP_KERNELS, type GroupState } from '../../../src/query/kernels/groups.ts'
import { compensatedSum } from './samples.ts'

/** Aggregates rows of one step each into one group. */
function aggregate(op: string, values: readonly number[]): number {
  const state: GroupState = {
    values: new Float64Array(2),
    seen: new Uint8Array(2),
    rest: new Float64Array(2),
    counts: new Float64Array(2),
    means: new Float64Array(2),
    running: new Uint8Array(2),
  }
  const kernel = GROUP_KERNELS.get(op)
  assert.ok(kernel)
  for (const value of values) {
    kernel.add(state, 1, Float64Array.of(0, value), Uint8Array.of(0, 1), 1, 1)
    kernel.add(state, 1, Float64Array.of(123), Uint8Array.of(0), 0, 1)
  }
  kernel.finish(state, 2)
  assert.deepEqual([...state.seen], [0, values.length > 0 ? 1 : 0], 'absent slots are not seen')
  return state.values[1]
}

const NUMBERS = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), {
  minLength: 1,
  maxLength: 30,
})

test('sum is the compensated sum in the order of the rows', () => {
  fc.assert(
    fc.property(NUMBERS, (values) => {
      assert.equal(aggregate('sum', values) + 0, compensatedSum(values))
    }),
    { seed: 10 },
  )
})

test('avg, min, max, count, group and the deviations are what they say', () => {
  fc.assert(
    fc.property(NUMBERS, (values) => {
      const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * (1 + Math.abs(b))
      const mean = compensatedSum(values) / values.length
      const squares = values.map((value) => (value - mean) ** 2)
      const variance = compensatedSum(squares) / values.length
      assert.ok(near(aggregate('avg', values), mean))
      assert.equal(aggregate('min', values), values.toSorted((a, b) => a - b)[0])
      assert.equal(aggregate('count', values), values.length)
      assert.equal(aggregate('group', values), 1)
      assert.ok(near(aggregate('stdvar', values), variance))
      assert.ok(near(aggregate('stddev', values), Math.sqrt(variance)))
    }),
    { seed: 11 },
  )
})

for (const [op, values, wanted] of [
  ['sum', [1, 1e100, 1, -1e100], 2],
  ['sum', [Infinity, -Infinity], Number.NaN],
  ['avg', [9.9e307, 9.9e307, 9.9e307], 9.9e307],
  ['avg', [Infinity, 0, Infinity], Infinity],
  ['avg', [-Infinity, 0, Infinity], Number.NaN],
  ['min', [Number.NaN, 3, 2], 2],
  ['max', [1, Number.NaN, 3], 3],
  ['max', [Number.NaN], Number.NaN],
  ['stddev', [Infinity], Number.NaN],
  ['stdvar', [2, 4], 1],
] as const) {
  test(`${op} of ${values.join(' ')} is ${wanted}`, () => {
    assert.equal(aggregate(op, values), wanted)
  })
}
