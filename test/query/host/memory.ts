/** A store in memory: regular samples of made-up series, exact estimates. */
import { compareText, type Labels, labelsFrom, labelValue } from '../../../src/model/labels.ts'
import { compileMatcher, type Matcher } from '../../../src/model/matcher.ts'
import type { Budget, Estimate, Queryable, Series, Warn } from '../../../src/model/queryable.ts'

/** How many series there are, and how dense. */
export interface Shape {
  readonly seriesCount: number
  readonly samplesPerSeries: number
  readonly intervalMs: number
  /** What each read warns of. */
  readonly warnings?: readonly string[]
}

/** Series `m{i="0"}`, `m{i="1"}`, … with the values 0, 1, 2, … from time 0 on. */
export class MemoryQueryable implements Queryable {
  readonly #all: Series[]
  readonly #warnings: readonly string[]
  /** Called before each read. */
  onRead: () => void = () => {}

  constructor(shape: Shape) {
    const { seriesCount, samplesPerSeries, intervalMs, warnings = [] } = shape
    this.#warnings = warnings
    const times = Float64Array.from({ length: samplesPerSeries }, (_, i) => i * intervalMs)
    const values = Float64Array.from({ length: samplesPerSeries }, (_, i) => i)
    this.#all = Array.from({ length: seriesCount }, (_, i) => ({
      labels: labelsFrom([
        ['__name__', 'm'],
        ['i', String(i)],
      ]),
      times,
      values,
      from: 0,
      to: samplesPerSeries,
      stale: false,
    }))
  }

  estimate(matchers: readonly Matcher[], fromMs: number, toMs: number): Estimate {
    const found = this.#find([matchers], fromMs, toMs)
    const sampleCount = found.reduce((sum, { from, to }) => sum + to - from, 0)
    return { seriesCount: found.length, sampleCount }
  }

  select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): Series[] {
    this.onRead()
    for (const warning of this.#warnings) warn?.(warning)
    const found = this.#find([matchers], fromMs, toMs)
    budget.chargeSamples(found.reduce((sum, { from, to }) => sum + to - from, 0))
    return found
  }

  series(
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): Labels[] {
    this.onRead()
    for (const warning of this.#warnings) warn?.(warning)
    budget.check()
    return this.#find(sets, fromMs, toMs).map(({ labels }) => labels)
  }

  labelNames(
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): string[] {
    const names = this.series(sets, fromMs, toMs, budget, warn).flatMap((labels) =>
      labels.filter((_, i) => i % 2 === 0),
    )
    return [...new Set(names)].sort(compareText)
  }

  labelValues(
    name: string,
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): string[] {
    const values = this.series(sets, fromMs, toMs, budget, warn).map((labels) =>
      labelValue(labels, name),
    )
    return [...new Set(values)].filter((value) => value !== '').sort(compareText)
  }

  #find(sets: readonly (readonly Matcher[])[], fromMs: number, toMs: number): Series[] {
    const alternatives = sets.map((matchers) =>
      matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) })),
    )
    return this.#all
      .filter(
        ({ labels }) =>
          alternatives.length === 0 ||
          alternatives.some((tests) =>
            tests.every(({ name, test }) => test(labelValue(labels, name))),
          ),
      )
      .map((series) => {
        const from = series.times.findIndex((timeMs) => timeMs >= fromMs)
        const past = series.times.findIndex((timeMs) => timeMs > toMs)
        return { ...series, from: from < 0 ? series.to : from, to: past < 0 ? series.to : past }
      })
      .filter(({ from, to }) => from < to)
  }
}
