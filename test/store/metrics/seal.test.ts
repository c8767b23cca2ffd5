/** Rows leave the head for windows, and queries do not notice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import type { Budget } from '../../../src/model/queryable.ts'
import type { Store } from '../../../src/store/metrics/store.ts'
import { openStoreReader } from '../../../src/store/metrics/store.ts'
import { openTestStore, samplesOf, unlimited } from './support.ts'

const ALL = [{ name: '__name__', op: '=~', value: '.+' }] as const
const HOUR_MS = 3_600_000

/** Fills a store with rows of 12 series, one row a step, and commits. */
async function fill(store: Store, rowCount: number, stepMs: number, fromMs = 0): Promise<void> {
  const ids = Float64Array.from({ length: 12 }, (_, i) =>
    store.appender.series(['__name__', `m${i % 4}`, 'cpu', `${i}`, 'instance', 'a', 'job', 'x']),
  )
  const outcomes = new Uint8Array(12)
  for (let row = 0; row < rowCount; row++) {
    const values = Float64Array.from(ids, (_, i) => (i % 3 === 0 ? i : row * i + 0.25))
    const accepted = store.appender.append(fromMs + row * stepMs, ids, values, 12, outcomes)
    assert.equal(accepted, 12)
  }
  await store.appender.commit()
}

function expected(rowCount: number, stepMs: number): Record<string, [number, number][]> {
  const all: Record<string, [number, number][]> = {}
  for (let i = 0; i < 12; i++) {
    all[`m${i % 4}{cpu="${i}", instance="a", job="x"}`] = Array.from(
      { length: rowCount },
      (_, row) => [row * stepMs, i % 3 === 0 ? i : row * i + 0.25],
    )
  }
  return all
}

test('more rows than the head holds are sealed, and read back with the open ones', async (t) => {
  const { store, path, clock } = await openTestStore(t)
  await fill(store, 500, 15_000)
  assert.ok(store.view.status().blockCount > 0)
  assert.deepEqual(samplesOf(store, ALL), expected(500, 15_000))
  await store.stop()
  const { store: again } = await openTestStore(t, { path, clock })
  assert.deepEqual(samplesOf(again, ALL), expected(500, 15_000))
})

test('a reader of a worker sees sealed and open rows, and those that come later', async (t) => {
  const { store } = await openTestStore(t)
  const reader = openStoreReader(store.attachReader().data)
  t.after(() => reader.close())
  await fill(store, 300, 15_000)
  assert.deepEqual(samplesOf({ queryable: reader }, ALL), expected(300, 15_000))
  await fill(store, 200, 15_000, 300 * 15_000)
  assert.equal(
    samplesOf({ queryable: reader }, ALL)['m0{cpu="0", instance="a", job="x"}'].length,
    500,
  )
})

test('a select over many groups ends though one of them is sealed again and again', async (t) => {
  const { store } = await openTestStore(t)
  const groupCount = 25
  const ids = Array.from({ length: groupCount }, (_, i) =>
    store.appender.series(['__name__', 'm', 'instance', `i${i}`, 'job', 'x']),
  )
  const outcome = new Uint8Array(1)
  const appendRows = (id: number, from: number, to: number): void => {
    for (let row = from; row < to; row++) {
      store.appender.append(row, Float64Array.of(id), Float64Array.of(row), 1, outcome)
    }
  }
  for (const id of ids) appendRows(id, 0, 100)
  let checks = 0
  let seals = 0
  /** Looks come with each group that is planned and each that is read. */
  const sealing: Budget = {
    ...unlimited,
    check() {
      if (++checks % (groupCount + 2) !== 0) return
      seals++
      appendRows(ids[groupCount - 1], 100 * seals, 100 * seals + 100)
    },
  }
  const found = store.queryable.select(ALL, 0, 1e12, sealing)
  assert.ok(seals > 0)
  assert.equal(found.length, groupCount)
  for (const { times, values, from, to } of found) {
    assert.ok(to - from >= 100)
    for (let i = from; i < to; i++) assert.deepEqual([times[i], values[i]], [i - from, i - from])
  }
})

test('old rows are sealed by age, the log goes, and windows are merged into days', async (t) => {
  const metrics = new Metrics()
  const { store, path, clock } = await openTestStore(t, { metrics })
  await fill(store, 26 * 12, 5 * 60_000)
  for (let round = 0; round < 60; round++) {
    clock.advance(60_000)
    await store.upkeep()
  }
  const merges = Number(/^prometheus_tsdb_compactions_total (\d+)$/m.exec(metrics.render())?.[1])
  assert.ok(merges >= 2 && merges <= 15, `${merges} merges: each window once, then the day once`)
  assert.deepEqual(samplesOf(store, ALL), expected(26 * 12, 5 * 60_000))
  const { blockCount } = store.view.status()
  assert.ok(blockCount <= 3, `${blockCount} windows after the merge`)
  await fill(store, 10, 15_000, 27 * HOUR_MS)
  await store.stop()
  const { store: again } = await openTestStore(t, { path, clock })
  const found = samplesOf(again, ALL, 0, 26 * HOUR_MS - 1)
  assert.deepEqual(found, expected(26 * 12, 5 * 60_000))
})

test('retention by time deletes whole windows that are too old', async (t) => {
  const { store, clock } = await openTestStore(t, { retentionMs: 6 * HOUR_MS })
  await fill(store, 20 * 12, 5 * 60_000)
  for (let round = 0; round < 40; round++) {
    clock.advance(60_000)
    await store.upkeep()
  }
  const [samples] = Object.values(samplesOf(store, ALL))
  const newestMs = samples[samples.length - 1][0]
  assert.ok(samples[0][0] <= newestMs - 6 * HOUR_MS + 2 * HOUR_MS)
  assert.ok(samples[0][0] > newestMs - 8 * HOUR_MS - 1)
})

test('labels and estimates count what is sealed', async (t) => {
  const { store } = await openTestStore(t)
  await fill(store, 300, 15_000)
  const matchers = [{ name: 'cpu', op: '=~', value: '1|2|3' }] as const
  const estimate = store.queryable.estimate(matchers, 0, 1e12)
  assert.equal(estimate.seriesCount, 3)
  assert.ok(estimate.sampleCount >= 900 && estimate.sampleCount <= 1000)
  assert.deepEqual(store.queryable.labelNames([], 0, 1e12, unlimited), [
    '__name__',
    'cpu',
    'instance',
    'job',
  ])
  assert.deepEqual(store.queryable.labelValues('cpu', [matchers], 0, 1e12, unlimited), [
    '1',
    '2',
    '3',
  ])
  assert.equal(store.queryable.series([matchers], 0, 60_000, unlimited).length, 3)
  assert.equal(store.queryable.series([matchers], 1e10, 1e12, unlimited).length, 0)
})
