import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Series } from '../../../src/model/queryable.ts'
import { STALE } from '../../../src/model/stale.ts'
import { WindowReader } from '../../../src/query/engine/windowreader.ts'

const FRAME = { firstMs: 30, stepMs: 20, count: 2 }
const TIMES = Float64Array.of(10, 20, 30, 40, 50)

function seriesOf(values: readonly number[], staleAt: readonly number[] = []): Series {
  const column = Float64Array.from(values)
  for (const slot of staleAt) column.set(STALE, slot)
  return { labels: [], times: TIMES, values: column, from: 0, to: 5, stale: staleAt.length > 0 }
}

/** The values that each step sees. */
function windows(reader: WindowReader): number[][] {
  return [...reader.lo].map((low, step) => [...reader.values.subarray(low, reader.hi[step])])
}

test('series of one group are read through the same windows', () => {
  const reader = new WindowReader(FRAME, 20, 0)
  reader.load(seriesOf([1, 2, 3, 4, 5]))
  assert.deepEqual(windows(reader), [
    [2, 3],
    [4, 5],
  ])
  assert.deepEqual([reader.total, reader.widest], [4, 2])
  reader.load(seriesOf([6, 7, 8, 9, 10]))
  assert.deepEqual(windows(reader), [
    [7, 8],
    [9, 10],
  ])
})

test('markers are never seen, wherever they stand in the series before and after', () => {
  const reader = new WindowReader(FRAME, 20, 0)
  reader.load(seriesOf([1, 2, 3, 4, 5], [2]))
  assert.deepEqual(windows(reader), [[2], [4, 5]])
  reader.load(seriesOf([6, 7, 8, 9, 10], [2]))
  assert.deepEqual(windows(reader), [[7], [9, 10]])
  reader.load(seriesOf([1, 2, 3, 4, 5], [3]))
  assert.deepEqual(windows(reader), [[2, 3], [5]])
  reader.load(seriesOf([1, 2, 3, 4, 5]))
  assert.deepEqual(windows(reader), [
    [2, 3],
    [4, 5],
  ])
  reader.load(seriesOf([1, 2, 3, 4, 5], [0, 1, 2, 3, 4]))
  assert.deepEqual(windows(reader), [[], []])
  assert.equal(reader.total, 0)
})

test('a series may say that it is stale without holding a marker', () => {
  const reader = new WindowReader(FRAME, 20, 0)
  reader.load({ ...seriesOf([1, 2, 3, 4, 5]), stale: true })
  assert.deepEqual(windows(reader), [
    [2, 3],
    [4, 5],
  ])
})

test('bounds of a series are kept', () => {
  const reader = new WindowReader(FRAME, 100, 0)
  reader.load({ ...seriesOf([1, 2, 3, 4, 5]), from: 1, to: 4 })
  assert.deepEqual(windows(reader), [
    [2, 3],
    [2, 3, 4],
  ])
  reader.load({ ...seriesOf([1, 2, 3, 4, 5], [2]), from: 1, to: 4 })
  assert.deepEqual(windows(reader), [[2], [2, 4]])
})

test('windows with an anchor begin at or before the start of their range', () => {
  const reader = new WindowReader(FRAME, 40, 0, 15)
  reader.load(seriesOf([1, 2, 3, 4, 5]))
  assert.deepEqual(windows(reader), [
    [1, 2, 3],
    [3, 4, 5],
  ])
})
