/** A store in a folder of its own, with a clock in hand, and its content as plain text. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Clock, Timer } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { formatLabels } from '../../../src/model/labels.ts'
import type { Matcher } from '../../../src/model/matcher.ts'
import type { Budget, Queryable } from '../../../src/model/queryable.ts'
import { isStaleAt } from '../../../src/model/stale.ts'
import { openStore, type Store, type StoreOptions } from '../../../src/store/metrics/store.ts'

/** A budget without bounds. */
export const unlimited: Budget = {
  chargeSamples() {},
  chargeBytes() {},
  releaseBytes() {},
  check() {},
}

/** A clock that stands until it is moved; timers fire when it passes them. */
export class TestClock implements Clock {
  #now: number
  #timers: { at: number; callback: () => void }[] = []

  constructor(now = 1_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonicMs(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  /** Moves on and fires what has become due, each timer once. */
  advance(byMs: number): void {
    this.#now += byMs
    const due = this.#timers.filter(({ at }) => at <= this.#now)
    this.#timers = this.#timers.filter(({ at }) => at > this.#now)
    for (const { callback } of due) callback()
  }
}

/** A new folder that is removed when the process ends. */
export function makeFolder(parent: string = tmpdir()): string {
  const path = mkdtempSync(join(parent, 'narthex-store-'))
  process.once('exit', () => rmSync(path, { recursive: true, force: true }))
  return path
}

/** As makeFolder, in memory where there is such a place: hundreds of seals wait for no disk. */
export function makeQuickFolder(): string {
  return makeFolder(existsSync('/dev/shm') ? '/dev/shm' : tmpdir())
}

process.setMaxListeners(0)

/** Opens a store that is stopped when the test ends. */
export async function openTestStore(
  t: TestContext,
  options: Partial<StoreOptions> = {},
): Promise<{ store: Store; path: string; clock: TestClock }> {
  const path = options.path ?? makeFolder()
  const clock = (options.clock as TestClock | undefined) ?? new TestClock()
  const store = await openStore({
    retentionMs: 0,
    retentionSizeBytes: 0,
    outOfOrderWindowMs: 1e15,
    syncIntervalMs: 1000,
    seriesMax: 0,
    newSeriesPerMinuteMax: 0,
    minFreeBytes: 0,
    log: silentLog,
    metrics: new Metrics(),
    ...options,
    path,
    clock,
  })
  t.after(() => store.stop())
  return { store, path, clock }
}

/** Time and value, or the word stale. */
export type Sample = [number, number | 'stale']

/** All samples of the matching series, by the series' text. */
export function samplesOf(
  store: { queryable: Queryable },
  matchers: readonly Matcher[],
  fromMs = -1e15,
  toMs = 1e15,
): Record<string, Sample[]> {
  const found: Record<string, Sample[]> = {}
  for (const series of store.queryable.select(matchers, fromMs, toMs, unlimited)) {
    const samples: Sample[] = []
    for (let i = series.from; i < series.to; i++) {
      samples.push([series.times[i], isStaleAt(series.values, i) ? 'stale' : series.values[i]])
    }
    found[formatLabels(series.labels)] = samples
  }
  return found
}
