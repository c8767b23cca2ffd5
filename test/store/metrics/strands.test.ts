/** Series with times of their own: what they cost, and that nobody notices what they are. */
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import { UNKNOWN } from '../../../src/model/appender.ts'
import { labelsFrom } from '../../../src/model/labels.ts'
import type { Store } from '../../../src/store/metrics/store.ts'
import { openTestStore, samplesOf, TestClock, unlimited } from './support.ts'

const STEP_MS = 15_000
const HOUR_STEPS = 240
const START_MS = 1_700_000_000_000
const ALL = [{ name: '__name__', op: '=~', value: '.+' }] as const

function figureOf(metrics: Metrics, name: string): number {
  const line = metrics
    .render()
    .split('\n')
    .find((text) => text.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

/** Series of one target, by number. */
function openSeries(store: Store, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, n) =>
    store.appender.series(
      labelsFrom([
        ['__name__', `m${n % 10}`],
        ['instance', 'a'],
        ['job', 'federate'],
        ['n', `${n}`],
      ]),
    ),
  )
}

/** One round of samples, `together` series at each time; every one must be accepted. */
function appendRound(store: Store, ids: Float64Array, step: number, together: number): void {
  const outcomes = new Uint8Array(together)
  for (let from = 0; from < ids.length; from += together) {
    const timeMs = START_MS + step * STEP_MS + from * 7 + ((from * 31 + step * 17) % 5)
    const some = ids.slice(from, from + together)
    const values = some.map((_, i) => (from + i) * 1000 + step / 8)
    assert.equal(store.appender.append(timeMs, some, values, some.length, outcomes), some.length)
  }
}

/** Rounds, with the clock and upkeep in step. */
async function appendRounds(
  store: Store,
  clock: TestClock,
  ids: Float64Array,
  range: { from: number; to: number; together: number },
): Promise<void> {
  for (let step = range.from; step < range.to; step++) {
    appendRound(store, ids, step, range.together)
    clock.advance(STEP_MS)
    if (step % 4 !== 0) continue
    await store.appender.commit()
    await store.upkeep()
  }
}

test('a target with a time for each series is not sealed early, and forgets none', async (t) => {
  const metrics = new Metrics()
  const clock = new TestClock(START_MS)
  const { store } = await openTestStore(t, { metrics, clock })
  const ids = openSeries(store, 300)
  await appendRounds(store, clock, ids, { from: 0, to: 40, together: 1 })
  const sealsBefore = figureOf(metrics, 'narthex_store_seals_total')
  assert.ok(sealsBefore < 40, `${sealsBefore} seals until their times are known to be their own`)
  await appendRounds(store, clock, ids, { from: 40, to: 40 + 2 * HOUR_STEPS, together: 1 })
  const seals = figureOf(metrics, 'narthex_store_seals_total') - sealsBefore
  const strands = figureOf(metrics, 'narthex_store_sealed_strands_total')
  assert.ok(seals <= 60, `${seals} seals in two hours`)
  assert.ok(strands <= ids.length * 9, `${strands} blocks for ${ids.length} series in two hours`)
  for (const series of store.queryable.select(ALL, 0, 1e15, unlimited)) {
    assert.equal(series.to - series.from, 40 + 2 * HOUR_STEPS)
  }
})

test('a series that sends seldom is known for as long as it sends', async (t) => {
  const clock = new TestClock(START_MS)
  const { store } = await openTestStore(t, { clock })
  const ids = openSeries(store, 300)
  for (let round = 0; round < 4; round++) {
    appendRound(store, ids, round * 140, 1)
    for (let minute = 0; minute < 35; minute += 5) {
      clock.advance(300_000)
      await store.upkeep()
    }
  }
  for (const series of store.queryable.select(ALL, 0, 1e15, unlimited)) {
    assert.equal(series.to - series.from, 4)
  }
})

test('a select of many series with times of their own is charged what they have', async (t) => {
  const clock = new TestClock(START_MS)
  const { store } = await openTestStore(t, { clock })
  const ids = openSeries(store, 200)
  await appendRounds(store, clock, ids, { from: 0, to: 2 * HOUR_STEPS, together: 1 })
  let charged = 0
  const budget = { ...unlimited, chargeSamples: (count: number) => (charged += count) }
  assert.equal(store.queryable.select(ALL, 0, 1e15, budget).length, ids.length)
  const samples = ids.length * 2 * HOUR_STEPS
  assert.ok(charged >= samples && charged < samples * 2, `${charged} for ${samples}`)
})

test('a merge gives series with times of their own rows of their own', async (t) => {
  const metrics = new Metrics()
  const clock = new TestClock(START_MS)
  const { store } = await openTestStore(t, { metrics, clock })
  const ids = openSeries(store, 60)
  await appendRounds(store, clock, ids, { from: 0, to: 2 * HOUR_STEPS, together: 1 })
  const before = samplesOf(store, ALL)
  clock.advance(4 * HOUR_STEPS * STEP_MS)
  const outcomes = new Uint8Array(1)
  const later = Float64Array.of(store.appender.series(['__name__', 'later']))
  store.appender.append(clock.now(), later, Float64Array.of(1), 1, outcomes)
  for (let round = 0; round < 6; round++) {
    clock.advance(61_000)
    await store.upkeep()
  }
  assert.ok(figureOf(metrics, 'prometheus_tsdb_compactions_total') > 0)
  const merged = samplesOf(store, ALL)
  delete merged.later
  assert.deepEqual(merged, before)
  let charged = 0
  const budget = { ...unlimited, chargeSamples: (count: number) => (charged += count) }
  const matchers = [{ name: 'job', op: '=', value: 'federate' }] as const
  store.queryable.select(matchers, 0, 1e15, budget)
  assert.equal(charged, ids.length * 2 * HOUR_STEPS)
  const sealedToMs = START_MS + HOUR_STEPS * STEP_MS
  assert.equal(store.queryable.estimate(matchers, 0, sealedToMs).seriesCount, ids.length)
})

test('series that share a time again become rows again', async (t) => {
  const metrics = new Metrics()
  const clock = new TestClock(START_MS)
  const { store } = await openTestStore(t, { metrics, clock })
  const ids = openSeries(store, 100)
  await appendRounds(store, clock, ids, { from: 0, to: HOUR_STEPS, together: 1 })
  const strands = (): number => figureOf(metrics, 'narthex_store_sealed_strands_total')
  assert.ok(strands() >= ids.length)
  await appendRounds(store, clock, ids, { from: HOUR_STEPS, to: 3 * HOUR_STEPS, together: 100 })
  const afterReturn = strands()
  await appendRounds(store, clock, ids, { from: 3 * HOUR_STEPS, to: 5 * HOUR_STEPS, together: 100 })
  assert.equal(strands(), afterReturn, 'no strand is left')
})

test('a series alone in its group costs at most 450 bytes of the head, 600 if it is hot', async (t) => {
  const count = 20_000
  for (const [name, bytesMax, sample] of [
    ['a counter', 450, (n: number, step: number) => n + step * 40],
    ['a full mantissa', 600, (n: number, step: number) => Math.sin(n * 64 + step) * 1e6],
  ] as const) {
    const metrics = new Metrics()
    const clock = new TestClock(START_MS)
    const { store } = await openTestStore(t, { metrics, clock })
    const ids = Float64Array.from({ length: count }, (_, n) =>
      store.appender.series(['__name__', `m${n % 10}`, 'path', `/some/path/${n}`, 'zone', 'eu']),
    )
    const outcomes = new Uint8Array(count)
    for (let step = 0; step < 32; step++) {
      const values = ids.map((_, n) => sample(n, step))
      const timeMs = START_MS + step * STEP_MS + (step % 3)
      assert.equal(store.appender.append(timeMs, ids, values, count, outcomes), count)
    }
    const bytes = figureOf(metrics, 'narthex_store_head_bytes') / count
    assert.ok(bytes <= bytesMax, `${name}: ${bytes} bytes a series after half a block`)
    await store.stop()
  }
})

test('a strand answers as rows do: again, other, late, too late, and from a clock ahead', async (t) => {
  const clock = new TestClock(START_MS)
  const { store } = await openTestStore(t, { clock, outOfOrderWindowMs: 60_000, futureMaxMs: 1000 })
  const id = Float64Array.of(store.appender.series(['__name__', 'm']))
  const outcome = new Uint8Array(1)
  const append = (timeMs: number, value: number): number => {
    store.appender.append(timeMs, id, Float64Array.of(value), 1, outcome)
    return outcome[0]
  }
  const outcomes = [
    append(START_MS, 1),
    append(START_MS, 1),
    append(START_MS, 2),
    append(START_MS - 30_000, 3),
    append(START_MS - 30_000, 3),
    append(START_MS - 30_000, 4),
    append(START_MS - 60_001, 5),
    append(START_MS + 1001, 6),
  ]
  assert.deepEqual(outcomes, [0, 0, 4, 0, 0, 4, 2, 3])
  const known = store.queryable.series([ALL], START_MS, 1e15, unlimited)
  assert.deepEqual(known, [['__name__', 'm']], 'a late sample leaves the newest as it is')
  clock.advance(3_600_000)
  assert.equal(append(START_MS + 3_600_000, 7), 0)
  clock.advance(-3_000_000)
  assert.equal(append(START_MS + 600_000, 8), 0)
  assert.equal(append(START_MS + 600_015, 9), 0)
  assert.equal(append(START_MS + 600_015, 10), 4)
  clock.advance(3_000_000)
  assert.equal(append(START_MS + 3_600_000, 11), 4)
  assert.notEqual(outcome[0], UNKNOWN)
  assert.deepEqual(samplesOf(store, ALL), {
    m: [
      [START_MS - 30_000, 3],
      [START_MS, 1],
      [START_MS + 600_000, 8],
      [START_MS + 600_015, 9],
      [START_MS + 3_600_000, 7],
    ],
  })
})

test('a strand that is not sealed keeps its part of the log', async (t) => {
  const clock = new TestClock(START_MS)
  const { store, path } = await openTestStore(t, { clock })
  const slow = Float64Array.of(store.appender.series(['__name__', 'slow']))
  const outcomes = new Uint8Array(2000)
  store.appender.append(START_MS, slow, Float64Array.of(0.125), 1, outcomes)
  const busy = openSeries(store, 2000)
  const logBytes = (): number =>
    readdirSync(join(path, 'wal')).reduce((sum, name) => {
      return sum + (name.endsWith('.log') ? statSync(join(path, 'wal', name)).size : 0)
    }, 0)
  let largestBytes = 0
  for (let step = 0; step < 1200; step++) {
    const values = busy.map((_, i) => Math.sin(step + i))
    store.appender.append(START_MS + step * 1000, busy, values, 2000, outcomes)
    clock.advance(1000)
    if (step % 60 !== 0) continue
    await store.appender.commit()
    await store.upkeep()
    largestBytes = Math.max(largestBytes, logBytes())
  }
  await store.appender.commit()
  await store.stop()
  const { store: again } = await openTestStore(t, { path, clock })
  const found = samplesOf(again, [{ name: '__name__', op: '=', value: 'slow' }])
  assert.deepEqual(found, { slow: [[START_MS, 0.125]] })
  clock.advance(1_600_000)
  await again.upkeep()
  await again.upkeep()
  assert.ok(logBytes() < largestBytes / 2, 'once it is sealed by its age, the log goes')
})
