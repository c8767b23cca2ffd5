/** Type, help and unit of metric families, looked at anew from time to time. */
import type { Clock } from '../../base/clock.ts'
import type { MetadataView, MetricMetadata } from '../../model/target.ts'

/** What names of series add to the name of their family. */
const SUFFIXES = ['_bucket', '_sum', '_count', '_total', '_info'] as const

/** Metric names whose family is remembered until the next look. */
const METRICS_MAX = 100_000

export class FamilyBook {
  readonly #view: MetadataView | undefined
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #familyOf = new Map<string, MetricMetadata | undefined>()
  #families: ReadonlyMap<string, readonly MetricMetadata[]> = new Map()
  #lookedMs = -Infinity

  /** @param view where families are known; undefined for no metadata at all */
  constructor(view: MetadataView | undefined, clock: Clock, intervalMs: number) {
    this.#view = view
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  /** Looks at the families again when the last look is an interval ago. */
  refresh(): void {
    if (this.#view === undefined) return
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#lookedMs < this.#intervalMs) return
    this.#lookedMs = nowMs
    this.#families = this.#view.families('', 0, 1)
    this.#familyOf.clear()
  }

  /** The metadata of the family that a metric belongs to. */
  find(metric: string): MetricMetadata | undefined {
    const known = this.#familyOf.get(metric)
    if (known !== undefined || this.#familyOf.has(metric)) return known
    const found = this.#search(metric)
    if (this.#familyOf.size === METRICS_MAX) this.#familyOf.clear()
    this.#familyOf.set(metric, found)
    return found
  }

  #search(metric: string): MetricMetadata | undefined {
    const own = this.#families.get(metric)
    if (own !== undefined) return own[0]
    for (const suffix of SUFFIXES) {
      if (!metric.endsWith(suffix)) continue
      const family = this.#families.get(metric.slice(0, -suffix.length))
      if (family !== undefined) return family[0]
    }
    return undefined
  }
}
