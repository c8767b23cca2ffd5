/** The value axis. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { axisRange, extentOf } from '../../../ui/chart/scale.ts'

test('holes, infinities and hidden series do not stretch the axis', () => {
  const columns = [
    Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY),
    Float64Array.of(1000, 2000, 3000),
  ]
  assert.deepEqual(
    extentOf(columns, (i) => i === 0),
    [1, 1],
  )
  assert.equal(
    extentOf(columns, () => false),
    undefined,
  )
})

test('zero is on the axis when the data comes near it', () => {
  assert.equal(axisRange([10, 100], undefined)[0], 0)
  assert.ok(axisRange([95, 100], undefined)[0] > 90)
  assert.equal(axisRange([-100, -10], undefined)[1], 0)
})

test('a wished lower end is kept', () => {
  assert.equal(axisRange([95, 100], 0)[0], 0)
  assert.deepEqual(axisRange(undefined, 5), [5, 6])
})

test('the axis always holds the data and has a height', () => {
  const value = fc.double({ noNaN: true, min: -1e15, max: 1e15 })
  fc.assert(
    fc.property(value, value, (a, b) => {
      const extent = [Math.min(a, b), Math.max(a, b)] as const
      const [low, high] = axisRange(extent, undefined)
      assert.ok(low <= extent[0] && high >= extent[1] && high > low)
    }),
    { seed: 14 },
  )
})
