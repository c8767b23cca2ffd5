import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ArithmeticOp,
  type ComparisonOp,
  compare,
  compareRow,
  compute,
  computeRow,
  larger,
  power,
  smaller,
} from '../../../src/query/kernels/arithmetic.ts'

const OPS: readonly ArithmeticOp[] = ['+', '-', '*', '/', '%', '^', 'atan2']
const COMPARISONS: readonly ComparisonOp[] = ['==', '!=', '<', '>', '<=', '>=']
const LEFT = Float64Array.of(7, -7, 0, Number.NaN, Infinity, 1)
const RIGHT = Float64Array.of(3, 3, 0, 1, -Infinity, Number.NaN)

for (const op of OPS) {
  test(`a row of ${op} is that of each slot, also in place`, () => {
    const wanted = LEFT.map((value, i) => compute(op, value, RIGHT[i]))
    const target = Float64Array.of(99, ...LEFT)
    computeRow(op, target, 1, RIGHT, 0, target, 1, LEFT.length)
    assert.deepEqual(target, Float64Array.of(99, ...wanted))
  })
}

for (const op of COMPARISONS) {
  test(`a row of ${op} tells where it holds`, () => {
    const holds = new Uint8Array(LEFT.length)
    compareRow(op, LEFT, 0, RIGHT, 0, holds, LEFT.length)
    assert.deepEqual(
      [...holds],
      [...LEFT].map((value, i) => Number(compare(op, value, RIGHT[i]))),
    )
  })
}

test('powers, minima and maxima are Go’s where JavaScript differs', () => {
  assert.equal(power(1, Number.NaN), 1)
  assert.equal(power(-1, Infinity), 1)
  assert.equal(power(2, 10), 1024)
  assert.equal(larger(Number.NaN, Infinity), Infinity)
  assert.ok(Number.isNaN(larger(Number.NaN, 1)))
  assert.equal(smaller(Number.NaN, -Infinity), -Infinity)
  assert.ok(Number.isNaN(smaller(1, Number.NaN)))
})

test('the remainder has the sign of the dividend', () => {
  assert.equal(compute('%', -7, 3), -1)
  assert.ok(Number.isNaN(compute('%', 7, 0)))
})
