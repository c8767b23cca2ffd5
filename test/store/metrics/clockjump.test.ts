/** C20: the wall clock jumps; the store loses nothing, shuts nothing out and deletes nothing. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { ACCEPTED, OUT_OF_ORDER, TOO_FAR, TOO_OLD } from '../../../src/model/appender.ts'
import { STRAND_SERIES } from '../../../src/store/metrics/layout.ts'
import { openStore, type Store, type StoreOptions } from '../../../src/store/metrics/store.ts'
import { parseWindowName } from '../../../src/store/metrics/windowname.ts'
import { JumpingClock } from '../../support/jumpingclock.ts'
import { makeQuickFolder, samplesOf } from './support.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS
const START_MS = 1_700_006_400_000
const STEP_MS = 30_000
/** The first of them begin as strands, the others as rows. */
const ROW_SERIES = STRAND_SERIES + 2
const ALL = [{ name: 'job', op: '=', value: 'x' }] as const

/** A store with a clock that jumps, and every sample that it has taken. */
class Bench {
  readonly clock = new JumpingClock(START_MS)
  metrics = new Metrics()
  readonly path = makeQuickFolder()
  readonly warnings: string[] = []
  /** Values by time. */
  readonly taken = new Map<number, number>()
  store!: Store
  readonly #options: Partial<StoreOptions>
  readonly #seriesCount: number
  #ids = new Float64Array(0)
  #next = 0

  /** @param seriesCount few have times of their own in the head, many share their rows */
  constructor(t: TestContext, options: Partial<StoreOptions> = {}, seriesCount = ROW_SERIES) {
    this.#seriesCount = seriesCount
    this.#options = options
    t.after(() => this.store.stop())
  }

  async open(): Promise<this> {
    this.metrics = new Metrics()
    const log: Log = { ...silentLog, warn: (message) => this.warnings.push(message) }
    this.store = await openStore({
      path: this.path,
      retentionMs: 0,
      retentionSizeBytes: 0,
      outOfOrderWindowMs: 0,
      syncIntervalMs: 1000,
      seriesMax: 0,
      newSeriesPerMinuteMax: 0,
      minFreeBytes: 0,
      log,
      metrics: this.metrics,
      clock: this.clock,
      ...this.#options,
    })
    this.#ids = Float64Array.from({ length: this.#seriesCount }, (_, n) =>
      this.store.appender.series(['__name__', 'm', 'instance', 'a', 'job', 'x', 'n', `${n}`]),
    )
    return this
  }

  /** @returns what became of a sample of each series at a time */
  append(timeMs: number): number {
    const count = this.#seriesCount
    const outcomes = new Uint8Array(count)
    const value = this.#next++
    const values = new Float64Array(count).fill(value)
    this.store.appender.append(timeMs, this.#ids, values, count, outcomes)
    assert.equal(new Set(outcomes).size, 1)
    if (outcomes[0] === ACCEPTED) this.taken.set(timeMs, value)
    return outcomes[0]
  }

  /** A sample a step for as long, as the clock has it; each must be taken. */
  async scrape(forMs: number, stepMs = STEP_MS): Promise<void> {
    for (let passedMs = 0; passedMs < forMs; passedMs += stepMs) {
      await this.clock.sleep(stepMs)
      assert.equal(this.append(this.clock.now()), ACCEPTED)
      await this.store.upkeep()
    }
    await this.store.appender.commit()
  }

  /** What was taken is there, each sample once. */
  check(): void {
    const wanted = [...this.taken].sort(([a], [b]) => a - b)
    const found = Object.values(samplesOf(this.store, ALL))
    assert.equal(found.length, this.#seriesCount)
    for (const samples of found) assert.deepEqual(samples, wanted)
  }

  async restart(): Promise<void> {
    await this.store.stop()
    await this.open()
  }

  metric(name: string): number {
    const pattern = new RegExp(`^${name} (\\S+)$`, 'm')
    return Number(pattern.exec(String(this.metrics.render()))?.[1])
  }
}

const JUMPS = [
  ['six hours back', -6 * HOUR_MS],
  ['ten minutes ahead', 10 * MINUTE_MS],
  ['a year ahead', YEAR_MS],
  ['to a time before its first sample', -YEAR_MS],
  ['as after a night of sleep', 9 * HOUR_MS],
] as const

for (const [name, jumpMs, seriesCount] of [
  ...JUMPS.map(([name, jumpMs]) => [`${name}, rows`, jumpMs, ROW_SERIES] as const),
  ...JUMPS.map(([name, jumpMs]) => [`${name}, one series`, jumpMs, 1] as const),
]) {
  test(`the clock jumps ${name}, and returns: every sample is taken, and all are there`, async (t) => {
    const bench = await new Bench(t, {}, seriesCount).open()
    await bench.scrape(5 * HOUR_MS)
    bench.clock.jump(jumpMs)
    // Beside the times that are there already.
    await bench.clock.sleep(STEP_MS / 2)
    await bench.scrape(2 * HOUR_MS)
    bench.check()
    bench.clock.jump(-jumpMs)
    await bench.clock.sleep(STEP_MS / 4)
    if (jumpMs === 10 * MINUTE_MS) {
      assert.equal(bench.append(bench.clock.now()), OUT_OF_ORDER, 'no further than a sample may be')
      await bench.clock.sleep(jumpMs)
    }
    await bench.scrape(3 * HOUR_MS)
    bench.check()
    await bench.restart()
    bench.check()
    await bench.scrape(HOUR_MS)
    bench.check()
  })
}

for (const [name, jumpMs] of JUMPS) {
  test(`the clock jumps ${name}: rows are sealed, and no window is merged all the time`, async (t) => {
    const bench = await new Bench(t).open()
    await bench.scrape(5 * HOUR_MS)
    bench.clock.jump(jumpMs)
    await bench.clock.sleep(STEP_MS / 2)
    await bench.scrape(30 * MINUTE_MS)
    bench.clock.jump(-jumpMs)
    await bench.clock.sleep(HOUR_MS / 2)
    const counts = (): number[] => [
      bench.metric('prometheus_tsdb_compactions_total'),
      bench.metric('narthex_store_seals_total'),
    ]
    const before = counts()
    await bench.scrape(6 * HOUR_MS)
    const [merges, seals] = counts().map((count, i) => count - before[i])
    assert.ok(merges <= 9, `${merges} merges in six hours`)
    assert.ok(seals >= 20 && seals <= 40, `${seals} seals of rows and strands in six hours`)
    const { blockCount } = bench.store.view.status()
    assert.ok(blockCount <= 10, `${blockCount} windows`)
  })
}

test('a clock that is set back lets samples in by the rules of the window, as it says them', async (t) => {
  const bench = await new Bench(t, { outOfOrderWindowMs: 30 * MINUTE_MS }).open()
  await bench.scrape(2 * HOUR_MS)
  bench.clock.jump(YEAR_MS)
  await bench.scrape(10 * MINUTE_MS)
  bench.clock.jump(-YEAR_MS)
  await bench.scrape(10 * MINUTE_MS)
  const nowMs = bench.clock.now()
  assert.equal(bench.append(nowMs - 20 * MINUTE_MS - 1), ACCEPTED)
  assert.equal(bench.append(nowMs - 2 * HOUR_MS - 1), TOO_OLD)
  assert.equal(bench.append(nowMs + 11 * MINUTE_MS), TOO_FAR)
  bench.store.setOutOfOrderWindow(0)
  assert.equal(bench.append(nowMs - MINUTE_MS - 1), OUT_OF_ORDER)
  bench.check()
})

test('the order of a series begins anew after a restart, too', async (t) => {
  const bench = await new Bench(t).open()
  await bench.scrape(HOUR_MS)
  bench.clock.jump(YEAR_MS)
  await bench.scrape(10 * MINUTE_MS)
  bench.clock.jump(-YEAR_MS)
  await bench.restart()
  bench.check()
  await bench.scrape(10 * MINUTE_MS)
  assert.equal(bench.append(bench.clock.now() - MINUTE_MS - 1), OUT_OF_ORDER)
  await bench.restart()
  await bench.scrape(HOUR_MS)
  bench.check()
})

test('retention deletes nothing for a leap of a year that is taken back, and says so once', async (t) => {
  const bench = await new Bench(t, { retentionMs: 2 * DAY_MS }).open()
  await bench.scrape(DAY_MS, 5 * MINUTE_MS)
  bench.clock.jump(YEAR_MS)
  await bench.scrape(20 * HOUR_MS, 5 * MINUTE_MS)
  bench.check()
  assert.equal(bench.warnings.length, 1)
  assert.match(bench.warnings[0], /time has leapt/)
  await bench.restart()
  bench.clock.jump(-YEAR_MS)
  await bench.scrape(12 * HOUR_MS, 5 * MINUTE_MS)
  bench.check()
})

test('retention follows a leap once there is a day of data behind it', async (t) => {
  const bench = await new Bench(t, { retentionMs: 2 * DAY_MS }).open()
  await bench.scrape(DAY_MS, 5 * MINUTE_MS)
  const beforeMs = bench.clock.now()
  bench.clock.jump(YEAR_MS)
  await bench.scrape(26 * HOUR_MS, 5 * MINUTE_MS)
  const [samples] = Object.values(samplesOf(bench.store, ALL))
  assert.ok(samples[0][0] > beforeMs, 'what is a year old is gone')
  assert.equal(samples.length, (26 * HOUR_MS) / (5 * MINUTE_MS))
})

test('fresh samples go into windows of two hours though the clock was a year ahead once', async (t) => {
  const bench = await new Bench(t).open()
  await bench.scrape(5 * HOUR_MS)
  bench.clock.jump(YEAR_MS)
  await bench.scrape(HOUR_MS)
  bench.clock.jump(-YEAR_MS)
  for (let turn = 0; turn < 8; turn++) {
    await bench.scrape(5 * HOUR_MS, 5 * MINUTE_MS)
    const nowMs = bench.clock.now()
    const fresh = readdirSync(join(bench.path, 'windows'))
      .map(parseWindowName)
      .filter((name) => name !== undefined && name.fromMs < nowMs && name.toMs > nowMs - HOUR_MS)
    // Those of the first day had settled when time leapt, and became one.
    const isFirstDay = nowMs < START_MS + DAY_MS
    for (const name of fresh) {
      assert.ok(name !== undefined && (isFirstDay || name.toMs - name.fromMs === 2 * HOUR_MS))
    }
  }
  bench.check()
})

test('series that are alive stay in the head, whatever the wall clock does', async (t) => {
  const bench = await new Bench(t).open()
  await bench.scrape(10 * MINUTE_MS)
  for (const jumpMs of [YEAR_MS, -6 * HOUR_MS, -2 * YEAR_MS, 3 * YEAR_MS]) {
    bench.clock.jump(jumpMs)
    await bench.clock.advance(1000)
    await bench.store.upkeep()
    assert.equal(bench.store.view.status().headSeries, ROW_SERIES)
  }
})

test('no timer runs faster after a jump, nor after a sleep that made all of them late', async (t) => {
  const bench = await new Bench(t).open()
  const firedIn = async (forMs: number): Promise<number> => {
    const before = bench.clock.fired
    await bench.clock.advance(forMs)
    return bench.clock.fired - before
  }
  const usual = await firedIn(10 * MINUTE_MS)
  assert.ok(usual >= 600)
  for (const [, jumpMs] of JUMPS) {
    bench.clock.jump(jumpMs)
    assert.equal(await firedIn(10 * MINUTE_MS), usual)
  }
  const before = bench.clock.fired
  await bench.clock.sleep(9 * HOUR_MS)
  assert.ok(bench.clock.fired - before <= 2, 'what is late runs once')
  assert.equal(await firedIn(10 * MINUTE_MS), usual)
})
