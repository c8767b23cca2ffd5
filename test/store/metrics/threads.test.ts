/** A worker that reads while rows are written and sealed: no cell is missing, none is wrong. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../../../src/base/clock.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { openStoreReader } from '../../../src/store/metrics/store.ts'
import { openTestStore, unlimited } from './support.ts'

const SERIES_COUNT = 60
const ROW_COUNT = 3000

test('a reader in a worker sees every acknowledged cell, through seals and new pages', async (t) => {
  await readUnderWriter(t, 0)
})

test('a reader in a worker sees every acknowledged sample of series with times of their own', async (t) => {
  await readUnderWriter(t, 7)
})

/** @param skewMs between the times of two series in one round; 0 for rows */
async function readUnderWriter(t: TestContext, skewMs: number): Promise<void> {
  const { store, clock } = await openTestStore(t)
  const stop = new Int32Array(new SharedArrayBuffer(12))
  const { data, transfer } = store.attachReader()
  const worker = new Worker(new URL('./reading.worker.ts', import.meta.url), {
    workerData: { data, seriesCount: SERIES_COUNT, skewMs, stop },
    transferList: [...transfer],
  })
  const result = new Promise<{ queries: number; cells: number; faults: string[] }>(
    (resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    },
  )
  const ids = Float64Array.from({ length: SERIES_COUNT }, (_, n) =>
    store.appender.series([
      '__name__',
      `m${n % 5}`,
      'instance',
      `i${n % 4}`,
      'job',
      'x',
      'n',
      `${n}`,
    ]),
  )
  const outcomes = new Uint8Array(SERIES_COUNT)
  for (let row = 0; row < ROW_COUNT; row++) {
    const values = Float64Array.from(ids, (_, n) => (n % 3 === 0 ? n : row * n))
    if (skewMs === 0) store.appender.append(row * 1000, ids, values, SERIES_COUNT, outcomes)
    for (let n = 0; skewMs > 0 && n < SERIES_COUNT; n++) {
      const timeMs = row * 1000 + n * skewMs
      store.appender.append(timeMs, ids.subarray(n, n + 1), values.subarray(n, n + 1), 1, outcomes)
    }
    Atomics.store(stop, 1, row + 1)
    while (row === 0 && Atomics.load(stop, 2) === 0) await nextTurn() // until the worker reads
    if (row % 10 === 0) await nextTurn()
    if (row % 500 === 0) {
      clock.advance(1000)
      await store.upkeep()
    }
  }
  Atomics.store(stop, 0, 1)
  const { queries, faults } = await result
  assert.deepEqual(faults, [])
  assert.ok(queries > 0)
  await worker.terminate()
}

test('the age of a read in another thread is a metric, until that thread is done', async (t) => {
  const metrics = new Metrics()
  const { store } = await openTestStore(t, { metrics, clock: systemClock })
  const ageSeconds = (): number =>
    Number(/^narthex_store_oldest_read_seconds (\S+)$/m.exec(metrics.render())?.[1])
  const reader = openStoreReader(store.attachReader().data)
  t.after(() => reader.close())
  assert.equal(ageSeconds(), 0)
  reader.select([{ name: 'job', op: '=', value: 'x' }], 0, 1e13, unlimited)
  const startedMs = Date.now()
  while (ageSeconds() < 0.01) assert.ok(Date.now() < startedMs + 5000, 'the age grows')
  await nextTurn()
  assert.equal(ageSeconds(), 0)
})
