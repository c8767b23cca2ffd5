/** Blocks kept in memory: the same answers, within the bound, gone with their window. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import type { Matcher } from '../../../src/model/matcher.ts'
import type { Queryable } from '../../../src/model/queryable.ts'
import { openStoreReader, type Store } from '../../../src/store/metrics/store.ts'
import { makeFolder, openTestStore, TestClock, unlimited } from './support.ts'

const STEP_MS = 15_000
const ROWS = 400
const SERIES = 12
const START_MS = 1_000_000_000
const ALL = [{ name: 'job', op: '=', value: 'x' }] as const

/** Values with decimals, resets, holes, staleness markers and numbers that are none. */
function valueAt(series: number, row: number): number | undefined {
  if (series === 3 && row % 7 === 0) return undefined
  if (series === 4 && row % 50 === 0) return Number.NaN
  if (series === 5) return Math.sin(row)
  if (series === 6 && row === 200) return Number.POSITIVE_INFINITY
  return series * 1000 + (row % 90) * (series + 1)
}

async function fill(store: Store): Promise<void> {
  const ids = Array.from({ length: SERIES }, (_, i) =>
    store.appender.series(['__name__', `m${i}`, 'instance', 'a', 'job', 'x']),
  )
  const outcomes = new Uint8Array(SERIES)
  for (let row = 0; row < ROWS; row++) {
    const present = ids.filter((_, i) => valueAt(i, row) !== undefined)
    const values = ids.map((_, i) => valueAt(i, row)).filter((value) => value !== undefined)
    const count = present.length
    const timeMs = START_MS + row * STEP_MS
    store.appender.append(
      timeMs,
      Float64Array.from(present),
      Float64Array.from(values),
      count,
      outcomes,
    )
  }
  await store.appender.commit()
  await store.upkeep()
}

function contents(
  queryable: Queryable,
  fromRow: number,
  toRow: number,
  matchers: readonly Matcher[] = ALL,
): unknown[] {
  const found = queryable.select(
    matchers,
    START_MS + fromRow * STEP_MS,
    START_MS + toRow * STEP_MS,
    unlimited,
  )
  return found
    .map(({ labels, times, values, from, to }) => [
      labels.join(),
      [...times.subarray(from, to)],
      [...values.subarray(from, to)],
    ])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
}

/** What was appended, by the same shape as `contents`. */
function expected(fromRow: number, toRow: number): unknown[] {
  return Array.from({ length: SERIES }, (_, i) => {
    const rows = Array.from({ length: toRow - fromRow + 1 }, (_, k) => fromRow + k).filter(
      (row) => valueAt(i, row) !== undefined,
    )
    return [
      ['__name__', `m${i}`, 'instance', 'a', 'job', 'x'].join(),
      rows.map((row) => START_MS + row * STEP_MS),
      rows.map((row) => valueAt(i, row)),
    ]
  }).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
}

const RANGES = [
  [0, ROWS - 1],
  [0, 30],
  [17, 91],
  [64, 64],
  [130, 390],
] as const

for (const [name, cacheBytesMax] of [
  ['a large cache', 16 * 1024 * 1024],
  ['a cache that holds some blocks', 40_000],
  ['no cache', 0],
] as const) {
  test(`with ${name} every range is answered as it was appended, again and again`, async (t) => {
    const metrics = new Metrics()
    const { store } = await openTestStore(t, {
      cacheBytesMax,
      metrics,
      clock: new TestClock(START_MS + ROWS * STEP_MS),
    })
    await fill(store)
    const reader = openStoreReader(store.attachReader().data)
    t.after(() => reader.close())
    for (let turn = 0; turn < 3; turn++) {
      for (const [from, to] of RANGES) {
        assert.deepEqual(contents(reader, from, to), expected(from, to))
        reader.recycle()
        assert.deepEqual(contents(store.queryable, from, to), expected(from, to))
        assert.ok(keptBytes(metrics) <= 2 * cacheBytesMax, 'two threads within their bounds')
      }
    }
    assert.equal(keptBytes(metrics) > 0, cacheBytesMax > 0)
  })
}

test('series asked one by one push out those asked longest ago', async (t) => {
  const metrics = new Metrics()
  const cacheBytesMax = 40_000
  const clock = new TestClock(START_MS + ROWS * STEP_MS)
  const { store } = await openTestStore(t, { cacheBytesMax, metrics, clock })
  await fill(store)
  const wanted = new Map(
    expected(0, ROWS - 1).map((series) => [String(series).split(',')[1], series]),
  )
  for (let turn = 0; turn < 3; turn++) {
    for (let i = 0; i < SERIES; i++) {
      const one = [{ name: '__name__', op: '=', value: `m${i}` }] as const
      assert.deepEqual(contents(store.queryable, 0, ROWS - 1, one), [wanted.get(`m${i}`)])
      assert.ok(keptBytes(metrics) <= cacheBytesMax, `${keptBytes(metrics)} bytes`)
    }
  }
  assert.ok(keptBytes(metrics) > cacheBytesMax / 4)
})

test('blocks are forgotten with the windows that retention deletes', async (t) => {
  const metrics = new Metrics()
  const clock = new TestClock(START_MS + ROWS * STEP_MS)
  const { store } = await openTestStore(t, {
    path: makeFolder(),
    retentionMs: 7_200_000,
    metrics,
    clock,
  })
  await fill(store)
  contents(store.queryable, 0, ROWS - 1)
  assert.ok(keptBytes(metrics) > 0)
  const id = store.appender.series(['__name__', 'late', 'job', 'y'])
  const outcomes = new Uint8Array(1)
  for (let hour = 0; hour < 8; hour++) {
    clock.advance(3_600_000)
    store.appender.append(clock.now(), Float64Array.of(id), Float64Array.of(1), 1, outcomes)
    await store.upkeep()
  }
  assert.deepEqual(contents(store.queryable, 0, ROWS - 1), [])
  assert.equal(keptBytes(metrics), 0)
})

function keptBytes(metrics: Metrics): number {
  const line = /^narthex_store_cache_bytes (\S+)$/m.exec(String(metrics.render()))
  assert.ok(line !== null, 'the gauge')
  return Number(line[1])
}
