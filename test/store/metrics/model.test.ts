/** The whole store against a map: churn, own times, out of order, kills, seals, merges (C09, C10, C11). */
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { ACCEPTED, DUPLICATE, UNKNOWN } from '../../../src/model/appender.ts'
import { formatLabels, type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { STALE } from '../../../src/model/stale.ts'
import { openStoreReader, type Store } from '../../../src/store/metrics/store.ts'
import { makeFolder, openTestStore, type Sample, samplesOf, TestClock } from './support.ts'

const ALL = [{ name: '__name__', op: '=~', value: '.+' }] as const
const STEP_MS = 15_000

/** What is done to the store. */
type Action =
  | { kind: 'rows'; series: number; count: number; rows: number; offset: number; seed: number }
  | { kind: 'own'; series: number; count: number; rounds: number; seed: number }
  | { kind: 'late'; series: number; step: number; offsetMs: number; value: number }
  | { kind: 'again'; series: number }
  | { kind: 'gone'; series: number; count: number }
  | { kind: 'upkeep'; minutes: number }
  | { kind: 'restart' }
  | { kind: 'kill' }
  | { kind: 'check' }

const SERIES_COUNT = 40

/** Series of some targets, of a rule, and of no target at all. */
function labelsOf(series: number): Labels {
  const name = `m${series % 6}`
  if (series % 10 === 9)
    return labelsFrom([
      ['__name__', name],
      ['path', `/p${series}`],
    ])
  return labelsFrom([
    ['__name__', name],
    ['instance', `i${series % 3}`],
    ['job', 'x'],
    ['n', `${series}`],
  ])
}

const series = fc.nat(SERIES_COUNT - 1)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('rows' as const),
      series,
      count: fc.integer({ min: 1, max: 20 }),
      rows: fc.integer({ min: 1, max: 70 }),
      offset: fc.constantFrom(0, 0, 0, 1, -200, 5000),
      seed: fc.nat(1000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('own' as const),
      series,
      count: fc.integer({ min: 1, max: SERIES_COUNT }),
      rounds: fc.integer({ min: 1, max: 70 }),
      seed: fc.nat(1000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('late' as const),
      series,
      step: fc.integer({ min: -50, max: 400 }),
      offsetMs: fc.constantFrom(0, 0, 37, 370),
      value: fc.constantFrom(0, 1, -0, 2.5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), series }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('gone' as const),
      series,
      count: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('upkeep' as const),
      minutes: fc.constantFrom(1, 30, 90, 600),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'kill' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'check' as const }) },
)

/** A store beside a map of what it must hold. */
class Pair {
  store: Store
  readonly #model = new Map<number, Map<number, number>>()
  readonly #ids = new Map<number, number>()
  readonly #reopen: (path: string) => Promise<Store>
  #path: string
  readonly #clock: TestClock
  #nowStep = 0

  constructor(
    store: Store,
    path: string,
    clock: TestClock,
    reopen: (path: string) => Promise<Store>,
  ) {
    this.#path = path
    this.store = store
    this.#clock = clock
    this.#reopen = reopen
  }

  async apply(action: Action): Promise<void> {
    switch (action.kind) {
      case 'rows':
        for (let row = 0; row < action.rows; row++) {
          this.#nowStep++
          const step = this.#nowStep + action.offset
          this.#put(step, action.series, action.count, (i) =>
            (i + action.seed) % 3 === 0 ? action.seed : ((row * (i + 1)) % 97) / 4,
          )
        }
        return
      case 'own':
        this.#putOwn(action.series, action.count, action.rounds, action.seed)
        return
      case 'late':
        this.#put(action.step, action.series, 1, () => action.value, action.offsetMs)
        return
      case 'again':
        this.#putAgain(action.series)
        return
      case 'gone':
        this.#nowStep++
        this.#put(this.#nowStep, action.series, action.count, () => STALE[0])
        return
      case 'upkeep':
        for (let i = 0; i < 4; i++) {
          this.#clock.advance((action.minutes * 60_000) / 4)
          await this.store.upkeep()
        }
        return
      case 'restart':
        await this.store.appender.commit()
        await this.store.stop()
        this.store = await this.#reopen(this.#path)
        this.#ids.clear()
        return
      case 'kill':
        await this.#kill()
        return
      case 'check':
        this.check()
    }
  }

  /** Head, blocks and a worker's reader all say what the map says. */
  check(): void {
    const expected: Record<string, Sample[]> = {}
    for (const [series, samples] of this.#model) {
      if (samples.size === 0) continue
      expected[formatLabels(labelsOf(series))] = [...samples]
        .sort((a, b) => a[0] - b[0])
        .map(([time, value]) => [time, Object.is(value, STALE[0]) ? 'stale' : value])
    }
    for (const text of Object.keys(expected)) {
      expected[text] = expected[text].map(([time, value]) => [
        time,
        typeof value === 'number' && Number.isNaN(value) ? 'stale' : value,
      ])
    }
    assert.deepEqual(samplesOf(this.store, ALL), expected)
    const fromMs = Math.floor(this.#nowStep / 3) * STEP_MS
    const toMs = Math.floor((this.#nowStep * 2) / 3) * STEP_MS
    const part: Record<string, Sample[]> = {}
    for (const [text, samples] of Object.entries(expected)) {
      const inside = samples.filter(([time]) => time >= fromMs && time <= toMs)
      if (inside.length > 0) part[text] = inside
    }
    assert.deepEqual(samplesOf(this.store, ALL, fromMs, toMs), part)
    const reader = openStoreReader(this.store.attachReader().data)
    assert.deepEqual(samplesOf({ queryable: reader }, ALL), expected)
    reader.close()
  }

  /** Each series at a time of its own, round by round. */
  #putOwn(from: number, count: number, rounds: number, seed: number): void {
    for (let round = 0; round < rounds; round++) {
      this.#nowStep++
      for (let i = 0; i < count; i++) {
        const series = (from + i) % SERIES_COUNT
        const jitterMs = (round * 7 + series * 3) % 5
        const value = (i + seed) % 3 === 0 ? seed / 8 : Math.sin(round * seed) * 1000
        this.#put(this.#nowStep, series, 1, () => value, 37 * (series + 1) + jitterMs)
      }
    }
  }

  /** What was committed is all that the next start finds. */
  async #kill(): Promise<void> {
    await this.store.appender.commit()
    const copy = makeFolder()
    cpSync(this.#path, copy, { recursive: true })
    await this.store.stop()
    this.#path = copy
    this.store = await this.#reopen(copy)
    this.#ids.clear()
  }

  #put(
    step: number,
    from: number,
    count: number,
    sample: (i: number) => number,
    offsetMs = 0,
  ): void {
    const timeMs = step * STEP_MS + offsetMs
    const wanted = Array.from({ length: count }, (_, i) => (from + i) % SERIES_COUNT)
    const values = Float64Array.from(wanted, (_, i) => sample(i))
    const outcomes = new Uint8Array(count)
    this.#append(timeMs, wanted, values, outcomes)
    for (let i = 0; i < count; i++) {
      if (outcomes[i] === UNKNOWN) {
        this.#ids.delete(wanted[i])
        const one = new Uint8Array(1)
        this.#append(timeMs, [wanted[i]], values.subarray(i, i + 1), one)
        outcomes[i] = one[0]
      }
      this.#note(wanted[i], timeMs, values[i], outcomes[i])
    }
  }

  #append(timeMs: number, wanted: number[], values: Float64Array, outcomes: Uint8Array): void {
    const ids = Float64Array.from(wanted, (series) => {
      const id = this.#ids.get(series) ?? this.store.appender.series(labelsOf(series))
      this.#ids.set(series, id)
      return id
    })
    this.store.appender.append(timeMs, ids, values, wanted.length, outcomes)
  }

  /** The first value accepted at a time stays, whatever is answered later. */
  #note(series: number, timeMs: number, value: number, outcome: number): void {
    let samples = this.#model.get(series)
    if (samples === undefined) {
      samples = new Map()
      this.#model.set(series, samples)
    }
    const held = samples.get(timeMs)
    if (held === undefined) {
      assert.equal(outcome, ACCEPTED)
      samples.set(timeMs, value)
    } else if (Object.is(held, value) || (Number.isNaN(held) && Number.isNaN(value))) {
      assert.equal(outcome, ACCEPTED)
    } else {
      assert.ok(outcome === DUPLICATE || outcome === ACCEPTED)
    }
  }

  /** The newest sample of a series once more is no news. */
  #putAgain(series: number): void {
    const samples = this.#model.get(series)
    if (samples === undefined || samples.size === 0) return
    const timeMs = Math.max(...samples.keys())
    this.#put(0, series, 1, () => samples.get(timeMs) ?? 0, timeMs)
    this.#put(0, series, 1, () => 777_777, timeMs)
  }
}

test('whatever is appended, sealed, merged, swept and restarted, the store equals a map', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (actions) => {
      const clock = new TestClock()
      const first = await openTestStore(t, { clock })
      const reopen = async (path: string): Promise<Store> =>
        (await openTestStore(t, { clock, path })).store
      const pair = new Pair(first.store, first.path, clock, reopen)
      for (const each of actions) await pair.apply(each)
      pair.check()
      await pair.apply({ kind: 'restart' })
      pair.check()
      await pair.store.stop()
    }),
    {
      seed: Number(process.env.NARTHEX_SEED ?? 7),
      numRuns: Number(process.env.NARTHEX_RUNS ?? 25),
    },
  )
})
