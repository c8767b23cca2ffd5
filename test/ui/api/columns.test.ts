/** Answers as columns: each point in its slot, holes as NaN, no more series than are drawn. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  columnsOf,
  parseSample,
  SERIES_DRAWN_MAX,
  stackColumns,
  summaryOf,
  withoutLeadingHoles,
} from '../../../ui/api/columns.ts'

const GRID = { fromMs: 1000, toMs: 5000, stepMs: 1000 }

test('points lie in the slots of their times, and the others are holes', () => {
  const columns = columnsOf(
    [
      {
        metric: { a: 'b' },
        values: [
          [2, '1.5'],
          [4, '+Inf'],
        ],
      },
    ],
    GRID,
  )
  assert.deepEqual([...columns.times], [1, 2, 3, 4, 5])
  assert.deepEqual(
    [...columns.series[0].values],
    [Number.NaN, 1.5, Number.NaN, Infinity, Number.NaN],
  )
})

test('a point outside the grid is left out', () => {
  const columns = columnsOf(
    [
      {
        metric: {},
        values: [
          [0, '1'],
          [9, '2'],
        ],
      },
    ],
    GRID,
  )
  assert.ok(columns.series[0].values.every(Number.isNaN))
})

test('a step that is no binary fraction keeps every slot', () => {
  const grid = { fromMs: 0, toMs: 300, stepMs: 100 }
  const values = [0, 0.1, 0.2, 0.30000000000000004].map((t, i) => [t, String(i)] as const)
  assert.deepEqual([...columnsOf([{ metric: {}, values }], grid).series[0].values], [0, 1, 2, 3])
})

test('a series without points, as one of histograms only, is all holes', () => {
  assert.ok(columnsOf([{ metric: {} }], GRID).series[0].values.every(Number.isNaN))
})

test('more series than can be drawn are counted', () => {
  const many = Array.from({ length: SERIES_DRAWN_MAX + 5 }, (_, i) => ({ metric: { i: `${i}` } }))
  const columns = columnsOf(many, GRID)
  assert.equal(columns.series.length, SERIES_DRAWN_MAX)
  assert.equal(columns.seriesCount, SERIES_DRAWN_MAX + 5)
})

test('the API’s words for numbers', () => {
  assert.equal(parseSample('-Inf'), Number.NEGATIVE_INFINITY)
  assert.ok(Number.isNaN(parseSample('NaN')))
  assert.equal(parseSample('1e-7'), 1e-7)
})

test('figures pass over holes', () => {
  const summary = summaryOf(Float64Array.of(Number.NaN, 4, 1, Number.NaN, 7, Number.NaN))
  assert.deepEqual(summary, { last: 7, min: 1, max: 7, mean: 4 })
  assert.ok(Number.isNaN(summaryOf(Float64Array.of(Number.NaN)).mean))
})

test('what is empty for all at the beginning is left out, down to the least width', () => {
  const columns = columnsOf([{ metric: {}, values: [[4, '1']] }, { metric: {} }], GRID)
  assert.deepEqual([...withoutLeadingHoles(columns, 1).times], [4, 5])
  assert.deepEqual([...withoutLeadingHoles(columns, 3).times], [3, 4, 5])
  assert.equal(withoutLeadingHoles(columns, 99).times.length, 5)
  assert.equal(withoutLeadingHoles(columnsOf([], GRID), 2).times.length, 2)
})

test('stacked series stand on each other, a hole has no height', () => {
  const stacked = stackColumns([Float64Array.of(1, Number.NaN), Float64Array.of(2, 3)])
  assert.deepEqual(
    stacked.map((column) => [...column]),
    [
      [1, 0],
      [3, 3],
    ],
  )
})
