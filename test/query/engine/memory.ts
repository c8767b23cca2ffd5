/** Samples in memory behind the engine's port, for tests: shared times, real staleness markers. */
import {
  compareText,
  type Labels,
  labelsFrom,
  labelsKey,
  labelValue,
} from '../../../src/model/labels.ts'
import { compileMatcher, type Matcher } from '../../../src/model/matcher.ts'
import type { Budget, Estimate, Queryable, Series } from '../../../src/model/queryable.ts'
import { STALE } from '../../../src/model/stale.ts'

/** A sample to be stored; 'stale' is a staleness marker. */
export interface MemorySample {
  readonly timeMs: number
  readonly value: number | 'stale'
}

interface Stored {
  readonly labels: Labels
  readonly samples: Map<number, number | 'stale'>
}

interface Column {
  readonly labels: Labels
  readonly times: Float64Array
  readonly values: Float64Array
  readonly stale: boolean
}

/** A store of what tests load. */
export class MemoryStore implements Queryable {
  readonly #stored = new Map<string, Stored>()
  #columns: Column[] | undefined

  /** Adds samples; a later one of the same time replaces the earlier. */
  add(labels: Labels, samples: Iterable<MemorySample>): void {
    const key = labelsKey(labels)
    let stored = this.#stored.get(key)
    if (stored === undefined) {
      stored = { labels, samples: new Map() }
      this.#stored.set(key, stored)
    }
    for (const { timeMs, value } of samples) stored.samples.set(timeMs, value)
    this.#columns = undefined
  }

  estimate(matchers: readonly Matcher[], fromMs: number, toMs: number): Estimate {
    const found = this.#find(matchers, fromMs, toMs)
    const sampleCount = found.reduce((sum, { from, to }) => sum + to - from, 0)
    return { seriesCount: found.length, sampleCount }
  }

  select(matchers: readonly Matcher[], fromMs: number, toMs: number, budget: Budget): Series[] {
    const found = this.#find(matchers, fromMs, toMs)
    budget.chargeSamples(found.reduce((sum, { from, to }) => sum + to - from, 0))
    return found
  }

  series(): Labels[] {
    return [...this.#stored.values()].map(({ labels }) => labels)
  }

  labelNames(): string[] {
    return [...new Set(this.series().flatMap((labels) => labels.filter((_, i) => i % 2 === 0)))]
  }

  labelValues(name: string): string[] {
    return [...new Set(this.series().map((labels) => labelValue(labels, name)))].sort(compareText)
  }

  #find(matchers: readonly Matcher[], fromMs: number, toMs: number): Series[] {
    this.#columns ??= makeColumns([...this.#stored.values()])
    const tests = matchers.map((matcher) => ({
      name: matcher.name,
      test: compileMatcher(matcher),
    }))
    const found: Series[] = []
    for (const { labels, times, values, stale } of this.#columns) {
      if (!tests.every(({ name, test }) => test(labelValue(labels, name)))) continue
      let from = 0
      while (from < times.length && times[from] < fromMs) from++
      let to = from
      while (to < times.length && times[to] <= toMs) to++
      if (from < to) found.push({ labels, times, values, from, to, stale })
    }
    return found
  }
}

/** Series with equal times get one object for them and stand side by side. */
function makeColumns(stored: readonly Stored[]): Column[] {
  const groups = new Map<string, { times: Float64Array; columns: Column[] }>()
  for (const { labels, samples } of stored) {
    const sorted = [...samples].sort(([a], [b]) => a - b)
    const key = sorted.map(([timeMs]) => timeMs).join()
    let group = groups.get(key)
    if (group === undefined) {
      group = { times: Float64Array.from(sorted, ([timeMs]) => timeMs), columns: [] }
      groups.set(key, group)
    }
    const values = new Float64Array(sorted.length)
    let stale = false
    for (const [i, [, value]] of sorted.entries()) {
      if (value === 'stale') {
        values.set(STALE, i)
        stale = true
      } else values[i] = value
    }
    group.columns.push({ labels, times: group.times, values, stale })
  }
  return [...groups.values()].flatMap(({ columns }) => columns)
}

/** Label sets of tests, from an object. */
export function labelsOf(record: Readonly<Record<string, string>>): Labels {
  return labelsFrom(Object.entries(record))
}

/** A budget with bounds of its own, for tests. */
export class TestBudget implements Budget {
  readonly samplesMax: number
  readonly bytesMax: number
  samples = 0
  bytes = 0
  bytesPeak = 0
  checks = 0
  readonly #refuse: (what: string) => Error

  constructor(samplesMax: number, bytesMax: number, refuse: (what: string) => Error) {
    this.samplesMax = samplesMax
    this.bytesMax = bytesMax
    this.#refuse = refuse
  }

  chargeSamples(count: number): void {
    this.samples += count
    if (this.samples > this.samplesMax) throw this.#refuse(`${this.samples} samples`)
  }

  chargeBytes(sizeBytes: number): void {
    this.bytes += sizeBytes
    this.bytesPeak = Math.max(this.bytesPeak, this.bytes)
    if (this.bytes > this.bytesMax) throw this.#refuse(`${this.bytes} bytes`)
  }

  releaseBytes(sizeBytes: number): void {
    this.bytes -= sizeBytes
  }

  check(): void {
    this.checks++
  }
}
