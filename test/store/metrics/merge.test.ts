/** Merges keep every sample: buckets side by side, holes, several writers of one window. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import { METRIC_NAME } from '../../../src/model/labels.ts'
import type { Store } from '../../../src/store/metrics/store.ts'
import { openTestStore, samplesOf, type TestClock } from './support.ts'

const MINUTE_MS = 60_000
const STEP_MS = 15_000
const BOUNDS = ['0.1', '0.5', '1', '2.5', '5', '10', '+Inf']
const ALL = [{ name: 'job', op: '=', value: 'x' }] as const

/** Lets windows settle and merges what is due. */
async function settle(store: Store, clock: TestClock, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    clock.advance(MINUTE_MS)
    await store.upkeep()
  }
}

/** Cumulative buckets of two paths; one path is missing in some rows. */
function bucketsAt(row: number): { labels: string[]; value: number }[] {
  const cells: { labels: string[]; value: number }[] = []
  for (const path of ['/a', '/b']) {
    if (path === '/b' && row % 7 === 3) continue
    let total = 0
    for (let i = 0; i < BOUNDS.length; i++) {
      total += (row * (i + 3)) % 11
      cells.push({
        labels: [
          METRIC_NAME,
          's_bucket',
          'instance',
          'i',
          'job',
          'x',
          'le',
          BOUNDS[i],
          'path',
          path,
        ],
        value: row * 20 + total,
      })
    }
  }
  return cells
}

async function fill(store: Store, fromRow: number, toRow: number): Promise<void> {
  const outcomes = new Uint8Array(64)
  for (let row = fromRow; row < toRow; row++) {
    const cells = bucketsAt(row)
    const ids = Float64Array.from(cells, ({ labels }) => store.appender.series(labels))
    const values = Float64Array.from(cells, ({ value }) => value)
    store.appender.append(row * STEP_MS, ids, values, ids.length, outcomes)
  }
  await store.appender.commit()
}

test('buckets of histograms come back exactly from merged windows', async (t) => {
  const metrics = new Metrics()
  const { store, clock } = await openTestStore(t, { metrics })
  const rowCount = 6 * 240
  await fill(store, 0, rowCount)
  const before = samplesOf(store, ALL)
  assert.equal(Object.keys(before).length, BOUNDS.length * 2)
  await settle(store, clock, 40)
  assert.match(metrics.render(), /^prometheus_tsdb_compactions_total [1-9]/m)
  // One bucket first: those before it are not in memory yet.
  const one = [{ name: 'le', op: '=', value: '5' }] as const
  const fromMs = 100 * STEP_MS
  const toMs = fromMs + 10 * STEP_MS
  const wanted = Object.entries(before)
    .filter(([key]) => key.includes('le="5"'))
    .map(([key, samples]) => [key, samples.filter(([time]) => time >= fromMs && time <= toMs)])
  assert.equal(wanted.length, 2)
  assert.deepEqual(samplesOf(store, one, fromMs, toMs), Object.fromEntries(wanted))
  assert.deepEqual(samplesOf(store, ALL), before)
})

test('late samples into a merged window are found, and merged in their turn', async (t) => {
  const { store, clock, path } = await openTestStore(t)
  await fill(store, 0, 4 * 240)
  await settle(store, clock, 40)
  const labels = [METRIC_NAME, 'late', 'instance', 'i', 'job', 'x']
  const outcome = new Uint8Array(1)
  const id = store.appender.series(labels)
  const wanted: [number, number][] = []
  for (let row = 0; row < 200; row++) {
    store.appender.append(row * 7000, Float64Array.of(id), Float64Array.of(row), 1, outcome)
    wanted.push([row * 7000, row])
  }
  await store.appender.commit()
  const late = [{ name: METRIC_NAME, op: '=', value: 'late' }] as const
  const text = 'late{instance="i", job="x"}'
  assert.deepEqual(samplesOf(store, late), { [text]: wanted })
  await settle(store, clock, 60)
  assert.deepEqual(samplesOf(store, late), { [text]: wanted })
  await store.stop()
  const { store: again } = await openTestStore(t, { path, clock })
  assert.deepEqual(samplesOf(again, late), { [text]: wanted })
})

test('retention by size deletes the oldest windows until the rest fits', async (t) => {
  const { store, clock } = await openTestStore(t, { retentionSizeBytes: 700_000 })
  await fill(store, 0, 20 * 240)
  await settle(store, clock, 60)
  const { diskBytes } = store.view.status()
  const [samples] = Object.values(samplesOf(store, ALL))
  assert.ok(diskBytes <= 700_000 || samples.length < 480, `${diskBytes} bytes`)
  assert.ok(samples[0][0] > 0, 'the oldest samples went')
  const newestMs = samples[samples.length - 1][0]
  assert.equal(newestMs, (20 * 240 - 1) * STEP_MS)
})
