/** One form for what three engines say of their stores. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { storeOf } from '../../../ui/api/tsdb.ts'

test('Prometheus and narthex say it in headStats', () => {
  const headStats = { numSeries: 7, numLabelPairs: 9, chunkCount: 8, minTime: 1000, maxTime: 2000 }
  const store = storeOf({ headStats, seriesCountByMetricName: [{ name: 'up', value: 7 }] })
  assert.equal(store.numSeries, 7)
  assert.equal(store.minTimeMs, 1000)
  assert.deepEqual(store.seriesByMetric, [{ name: 'up', value: 7 }])
  assert.deepEqual(store.bytesByLabel, [])
})

test('VictoriaMetrics says it beside the tables, and knows no times', () => {
  const store = storeOf({
    totalSeries: 2,
    totalLabelValuePairs: 4,
    seriesCountByLabelName: [{ name: 'job', value: 1 }],
  })
  assert.equal(store.numSeries, 2)
  assert.equal(store.numLabelPairs, 4)
  assert.equal(store.maxTimeMs, undefined)
  assert.equal(store.chunkCount, undefined)
  assert.deepEqual(store.seriesByLabel, [{ name: 'job', value: 1 }])
})

test('an engine that says nothing, and an empty head with its odd times', () => {
  assert.equal(storeOf({}).numSeries, undefined)
  assert.deepEqual(storeOf({ seriesCountByMetricName: null }).seriesByMetric, [])
  const empty = storeOf({ headStats: { numSeries: 0, minTime: 2 ** 63, maxTime: -(2 ** 63) } })
  assert.equal(empty.minTimeMs, undefined)
})
