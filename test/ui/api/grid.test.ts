/** The grid of a graph. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { gridOf, POINT_COUNT_MAX, stepOf } from '../../../ui/api/grid.ts'

test('the automatic step is whole seconds and follows the density', () => {
  assert.equal(stepOf({ kind: 'auto', density: 'medium' }, 3_600_000), 14_000)
  assert.equal(stepOf({ kind: 'auto', density: 'high' }, 3_600_000), 4000)
  assert.equal(stepOf({ kind: 'auto', density: 'low' }, 5000), 1000)
})

test('a chosen step is kept, unless it would make too many points', () => {
  assert.equal(stepOf({ kind: 'fixed', stepMs: 5000 }, 3_600_000), 5000)
  assert.ok(stepOf({ kind: 'custom', stepMs: 1 }, 86_400_000) > 1)
})

test('a grid ends within the last second, covers the range and has a bounded number of points', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1e12, max: 3e12 }),
      fc.integer({ min: 2000, max: 1e12 }),
      fc.integer({ min: 1, max: 1e8 }),
      (endMs, rangeMs, wishMs) => {
        const stepMs = stepOf({ kind: 'custom', stepMs: wishMs }, rangeMs)
        const grid = gridOf(endMs, rangeMs, stepMs)
        assert.ok(grid.toMs <= endMs && grid.toMs > endMs - 1000)
        assert.ok(grid.toMs - grid.fromMs <= rangeMs)
        assert.equal((grid.toMs - grid.fromMs) % stepMs, 0)
        assert.ok((grid.toMs - grid.fromMs) / stepMs + 1 <= POINT_COUNT_MAX)
      },
    ),
    { seed: 12 },
  )
})
