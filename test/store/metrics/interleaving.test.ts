/** A reader and a seal, one stopped at each of its steps while the other does all of its own. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ACCEPTED } from '../../../src/model/appender.ts'
import { STALE } from '../../../src/model/stale.ts'
import type { Store } from '../../../src/store/metrics/store.ts'
import * as step from './stepping.ts'
import { makeQuickFolder, openTestStore, type TestClock } from './support.ts'

/** Longer than rows stay open. */
const ROW_AGE_MS = 27 * 60_000
const IS_LONG = process.env.NARTHEX_TEST_LONG === '1'
/** A reader asks at every point of a seal, at every second, and so on up to this. */
const STRIDE_MAX = IS_LONG ? 200 : 8
/** A reader stops at each of its points; the short form leaves out two of three behind these. */
const POINTS_MIN = IS_LONG ? Infinity : 60
/** How long reader and writer run without stops. */
const FREE_MS = IS_LONG ? 60_000 : 1000
const { add, store, load, wait, waitAsync, notify } = Atomics

/** A store under a writer, and a reader in a worker that stops where it is told to. */
class Bench {
  readonly store: Store
  readonly faults: string[] = []
  readonly #clock: TestClock
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * step.SLOT_COUNT))
  #rounds = 0

  private constructor(opened: Store, clock: TestClock) {
    this.store = opened
    this.#clock = clock
  }

  static async open(t: TestContext): Promise<Bench> {
    const opened = await openTestStore(t, { path: makeQuickFolder(), futureMaxMs: 1e15 })
    const bench = new Bench(opened.store, opened.clock)
    const { data, transfer } = opened.store.attachReader()
    const workerData: step.SteppingData = { data, words: bench.#words }
    const worker = new Worker(new URL('./stepping.worker.ts', import.meta.url), {
      workerData,
      transferList: transfer,
    })
    worker.on('message', (fault: string) => bench.faults.push(fault))
    worker.on('error', (error) => bench.faults.push(String(error)))
    t.after(() => worker.terminate())
    return bench
  }

  /** Writes the rows of one more round, in a window of its own, and one series that ends with it. */
  write(): void {
    const { appender } = this.store
    const outcome = new Uint8Array(1)
    const put = (labels: readonly string[], timeMs: number, value: number): void => {
      const id = appender.series(labels)
      appender.append(timeMs, Float64Array.of(id), Float64Array.of(value), 1, outcome)
      assert.equal(outcome[0], ACCEPTED)
    }
    const once = ['__name__', 'once', 'instance', 'i0', 'job', 'x', 'round', `${this.#rounds}`]
    for (let i = 0; i < step.ROWS; i++) {
      const row = this.#rounds * step.ROWS + i
      for (let group = 0; group < step.GROUPS; group++) {
        for (let shape = 0; shape < step.SHAPES; shape++) {
          const labels = ['__name__', `m${shape}`, 'instance', `i${group}`, 'job', 'x']
          put(labels, step.timeOf(group, shape, row), step.cellOf(group, shape, row))
        }
      }
      put(once, step.timeOf(0, 0, row), i === step.ROWS - 1 ? STALE[0] : 1)
    }
    this.#rounds++
  }

  /** Seals every open row, sweeps, and merges a window that has settled. */
  async seal(): Promise<void> {
    this.#clock.advance(ROW_AGE_MS)
    await this.store.upkeep()
  }

  /** Lets the reader begin with a question. */
  ask(question: number, stopAt = -1): void {
    store(this.#words, step.QUESTION, question)
    store(this.#words, step.ROUNDS, this.#rounds)
    store(this.#words, step.STOP_AT, stopAt)
    store(this.#words, step.STATE, step.ASKED)
    add(this.#words, step.JOB, 1)
    notify(this.#words, step.JOB)
  }

  /** Waits until the reader stops or answers. */
  async heard(): Promise<number> {
    for (let state = this.#state; ; state = this.#state) {
      if (state !== step.ASKED) return state
      await waitAsync(this.#words, step.STATE, state).value
    }
  }

  get hasAnswered(): boolean {
    return this.#state !== step.ASKED
  }

  /** As `heard`, while this thread stands. */
  heardNow(): number {
    while (this.#state === step.ASKED) wait(this.#words, step.STATE, step.ASKED)
    return this.#state
  }

  /** Lets a reader go on that has stopped. */
  goOn(): void {
    store(this.#words, step.STATE, step.ASKED)
    add(this.#words, step.GO, 1)
    notify(this.#words, step.GO)
  }

  get #state(): number {
    return load(this.#words, step.STATE)
  }
}

/** Calls back before and after each step by which this thread shows others what it has done. */
function eachStep(point: () => void): () => void {
  const stepped = (operation: (...args: never[]) => unknown): never =>
    ((...args: never[]) => {
      const [{ buffer }]: readonly Int32Array[] = args
      if (!(buffer instanceof SharedArrayBuffer)) return operation(...args)
      point()
      const value = operation(...args)
      point()
      return value
    }) as never
  Atomics.add = stepped(add)
  Atomics.store = stepped(store)
  return () => {
    Atomics.add = add
    Atomics.store = store
  }
}

for (const [question, name] of step.QUESTIONS.entries()) {
  test(`${name}: a seal at any point of a read changes nothing of the answer`, async (t) => {
    const bench = await Bench.open(t)
    let points = 0
    for (let isDone = false; !isDone; points += points < POINTS_MIN ? 1 : 3) {
      bench.write()
      bench.ask(question)
      assert.equal(await bench.heard(), step.RIGHT, bench.faults.join('\n'))
      bench.ask(question, points)
      isDone = (await bench.heard()) !== step.STOPPED
      await bench.seal()
      if (!isDone) bench.goOn()
      const state = await bench.heard()
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(bench.faults, [], `stopped at point ${points}`)
      assert.equal(state, step.RIGHT)
    }
    assert.ok(points > 5, `${points} points`)
  })
}

test('a read at any point of a seal is right, or waits for the writer', async (t) => {
  const bench = await Bench.open(t)
  let points = 0
  let blocked = 0
  // What a reader knows already makes a difference: it asks at each point, at every second one, …
  for (let stride = 1; stride <= STRIDE_MAX; stride++) {
    bench.write()
    let met = 0
    const states: number[] = []
    const restore = eachStep(() => {
      if (met++ % stride !== 0) return
      for (let question = 0; question < step.QUESTIONS.length; question++) {
        bench.ask(question)
        states.push(bench.heardNow())
      }
    })
    try {
      await bench.seal()
    } finally {
      restore()
    }
    points += met
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(bench.faults, [], `at every point of ${stride}`)
    for (const state of states) {
      assert.ok(state === step.RIGHT || state === step.BLOCKED)
      if (state === step.BLOCKED) blocked++
    }
  }
  assert.ok(points > 20 * STRIDE_MAX && blocked > 0)
})

test('questions are answered rightly while rows are sealed, swept and merged without a pause', async (t) => {
  const bench = await Bench.open(t)
  const untilMs = performance.now() + FREE_MS
  bench.write()
  for (let answers = 0; performance.now() < untilMs || answers < 20; answers++) {
    bench.ask(answers % step.QUESTIONS.length)
    do {
      bench.write()
      await bench.seal()
    } while (!bench.hasAnswered)
    assert.deepEqual(bench.faults, [])
  }
})
