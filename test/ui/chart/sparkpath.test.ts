/** The line of a small picture. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { areaPath, linePath } from '../../../ui/chart/sparkpath.ts'

const at = (seconds: number, perSecond: number): { atMs: number; perSecond: number } => ({
  atMs: seconds * 1000,
  perSecond,
})

test('fewer than two points are no line', () => {
  assert.equal(linePath([]), '')
  assert.equal(linePath([at(0, 1)]), '')
  assert.equal(areaPath([at(0, 1)]), '')
})

test('the newest point lies at the right, the highest at the top, a young line begins inside', () => {
  assert.equal(linePath([at(0, 0), at(30, 10)]), 'M120 39L240 2')
  assert.equal(linePath([at(0, 10), at(60, 5), at(120, 0)]), 'M0 2L120 20.5L240 39')
})

test('a rate of zero lies on the floor, and the area is closed below the line', () => {
  assert.equal(linePath([at(0, 0), at(60, 0)]), 'M0 39L240 39')
  assert.equal(areaPath([at(0, 0), at(30, 10)]), 'M120 39L240 2V40H120Z')
})
