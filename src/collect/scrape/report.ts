/** The series that every scrape writes about itself: `up` and its company. */
import { type Appender, UNKNOWN } from '../../model/appender.ts'
import { type Labels, labelsFrom, METRIC_NAME } from '../../model/labels.ts'
import { STALE } from '../../model/stale.ts'

const NAMES = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
] as const

const EXTRA_NAMES = [
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
] as const

/** What became of one scrape. */
export interface ScrapeReport {
  readonly isUp: boolean
  readonly durationSeconds: number
  readonly scraped: number
  readonly kept: number
  readonly added: number
  /** -1 when the body was too big. */
  readonly bodyBytes: number
}

/** Writes the report of one target. */
export class ReportSeries {
  readonly #labels: Labels
  readonly #names: readonly string[]
  readonly #timeoutSeconds: number
  readonly #sampleLimit: number
  #ids: Float64Array | undefined

  constructor(labels: Labels, isExtra: boolean, timeoutSeconds: number, sampleLimit: number) {
    this.#labels = labels
    this.#names = isExtra ? [...NAMES, ...EXTRA_NAMES] : NAMES
    this.#timeoutSeconds = timeoutSeconds
    this.#sampleLimit = sampleLimit
  }

  /** The series, once a report was written. */
  get ids(): Float64Array | undefined {
    return this.#ids
  }

  /** @throws NarthexError `busy` or `share` from the store */
  write(appender: Appender, timeMs: number, report: ScrapeReport): void {
    values[0] = report.isUp ? 1 : 0
    values[1] = report.durationSeconds
    values[2] = report.scraped
    values[3] = report.kept
    values[4] = report.added
    values[5] = this.#timeoutSeconds
    values[6] = this.#sampleLimit
    values[7] = report.bodyBytes
    if (this.#append(appender, timeMs)) return
    this.#ids = undefined
    this.#append(appender, timeMs)
  }

  /** Marks the report's series as gone, those apart that `isAlive` elsewhere. */
  writeStale(appender: Appender, timeMs: number, isAlive: (id: number) => boolean): void {
    const ids = this.#ids?.filter((id) => !isAlive(id))
    if (ids === undefined || ids.length === 0) return
    for (let i = 0; i < ids.length; i++) values.set(STALE, i)
    appender.append(timeMs, ids, values, ids.length, outcomes)
  }

  /** Whether the store knew all series. */
  #append(appender: Appender, timeMs: number): boolean {
    const count = this.#names.length
    this.#ids ??= Float64Array.from(this.#names, (name) => appender.series(this.#labelsOf(name)))
    const accepted = appender.append(timeMs, this.#ids, values, count, outcomes)
    return accepted === count || !outcomes.subarray(0, count).includes(UNKNOWN)
  }

  #labelsOf(name: string): Labels {
    const pairs: [string, string][] = [[METRIC_NAME, name]]
    for (let i = 0; i < this.#labels.length; i += 2) {
      pairs.push([this.#labels[i], this.#labels[i + 1]])
    }
    return labelsFrom(pairs)
  }
}

const values = new Float64Array(NAMES.length + EXTRA_NAMES.length)
const outcomes = new Uint8Array(NAMES.length + EXTRA_NAMES.length)
