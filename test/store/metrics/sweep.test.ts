/** Series that are gone leave the head, and their numbers and memory come back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCEPTED, UNKNOWN } from '../../../src/model/appender.ts'
import { STALE } from '../../../src/model/stale.ts'
import { openTestStore, samplesOf, unlimited } from './support.ts'

const MINUTE_MS = 60_000

test('a series that was silent for more than an hour is forgotten by the head, not by queries', async (t) => {
  const { store, clock } = await openTestStore(t)
  const labels = ['__name__', 'up', 'instance', 'a', 'job', 'x']
  const id = store.appender.series(labels)
  const outcome = new Uint8Array(1)
  const append = (timeMs: number, series: number): number => {
    store.appender.append(timeMs, Float64Array.of(series), Float64Array.of(1), 1, outcome)
    return outcome[0]
  }
  assert.equal(append(0, id), ACCEPTED)
  for (let round = 0; round < 20; round++) {
    clock.advance(10 * MINUTE_MS)
    await store.upkeep()
  }
  assert.equal(store.view.status().headSeries, 0)
  assert.equal(append(MINUTE_MS, id), UNKNOWN)
  assert.equal(append(MINUTE_MS, store.appender.series(labels)), ACCEPTED)
  assert.deepEqual(samplesOf(store, [{ name: 'job', op: '=', value: 'x' }]), {
    'up{instance="a", job="x"}': [
      [0, 1],
      [MINUTE_MS, 1],
    ],
  })
})

test('churn of targets and of series does not grow the head, and mixes nothing up', async (t) => {
  const { store, clock } = await openTestStore(t)
  const seriesCount = 300
  const outcomes = new Uint8Array(seriesCount)
  let headBytes = 0
  let newest = new Float64Array(0)
  for (let life = 0; life < 30; life++) {
    const ids = Float64Array.from({ length: seriesCount }, (_, i) =>
      store.appender.series([
        '__name__',
        `m${i % 20}`,
        'instance',
        i % 2 === 0 ? `pod-${life}` : 'steady',
        'job',
        'x',
        'pod',
        `pod-${life}-${i}`,
      ]),
    )
    for (let row = 0; row < 10; row++) {
      const timeMs = (life * 12 + row) * 30_000
      const values = Float64Array.from(ids, (_, i) => life * 1000 + i + row / 8)
      assert.equal(store.appender.append(timeMs, ids, values, seriesCount, outcomes), seriesCount)
    }
    const stale = new Float64Array(seriesCount).fill(STALE[0])
    store.appender.append((life * 12 + 10) * 30_000, ids, stale, seriesCount, outcomes)
    await store.appender.commit()
    for (let round = 0; round < 4; round++) {
      clock.advance(9 * MINUTE_MS)
      await store.upkeep()
    }
    if (life === 10) headBytes = store.view.status().headLabelPairs
    newest = ids
  }
  assert.ok(newest.length > 0)
  assert.ok(store.view.status().headLabelPairs <= headBytes * 2, 'label pairs of dead series go')
  assert.ok(store.view.status().headSeries <= seriesCount * 2, 'dead series go')
  for (const life of [0, 7, 15, 29]) {
    const pattern = `pod-${life}-.*`
    const found = store.queryable.select(
      [{ name: 'pod', op: '=~', value: pattern }],
      0,
      1e12,
      unlimited,
    )
    assert.equal(found.length, seriesCount)
    for (const series of found) {
      const i = Number(series.labels[series.labels.indexOf('pod') + 1].split('-')[2])
      assert.equal(series.to - series.from, 11)
      assert.equal(series.values[series.from + 3], life * 1000 + i + 3 / 8)
    }
  }
})
