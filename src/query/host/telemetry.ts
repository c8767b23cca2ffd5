/** Metrics of queries: the names that Prometheus's dashboards use, and our own. */
import type { ErrorKind } from '../../base/error.ts'
import type { Cell, Family, HistogramCell, HistogramFamily, Metrics } from '../../base/metrics.ts'
import type { QueryLimits } from './limits.ts'
import type { Ran } from './run.ts'

const SLICES = ['inner_eval', 'prepare_time', 'queue_time', 'result_sort'] as const
const QUANTILES = [0.5, 0.9, 0.99]
/** The latest durations of each slice that quantiles are taken from. */
const RECENT_COUNT = 512
const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const BOUNDS_BYTES = [1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

const DURATION = 'prometheus_engine_query_duration_seconds'

/** Where a query was answered. */
export type Place = 'main' | 'worker'

export class QueryTelemetry {
  readonly active: Cell
  readonly queueLength: Cell
  readonly workers: Cell
  readonly deaths: Cell
  readonly #samples: Cell
  readonly #places: Family
  readonly #failures: Family
  readonly #memory: HistogramCell
  readonly #histogram: HistogramFamily
  readonly #sums: Family
  readonly #counts: Family
  readonly #recent = new Map<string, Recent>()

  constructor(metrics: Metrics, limits: QueryLimits) {
    this.active = metrics
      .gauge('prometheus_engine_queries', 'Queries that wait or are evaluated now.')
      .with()
    metrics
      .gauge('prometheus_engine_queries_concurrent_max', 'Most queries evaluated at a time.')
      .with()
      .set(Math.max(1, limits.concurrencyMax))
    this.#samples = metrics
      .counter('prometheus_engine_query_samples_total', 'Samples that queries have read.')
      .with()
    this.#histogram = metrics.histograms(
      'prometheus_engine_query_duration_histogram_seconds',
      'Time of the parts of queries.',
      ['slice'],
      BOUNDS_SECONDS,
    )
    const about = 'Time of the parts of queries'
    const quantiles = metrics.gauge(DURATION, `${about}, quantiles of the latest.`, [
      'slice',
      'quantile',
    ])
    this.#sums = metrics.counter(`${DURATION}_sum`, `${about}, summed up.`, ['slice'])
    this.#counts = metrics.counter(`${DURATION}_count`, `${about}, how many.`, ['slice'])
    this.#places = metrics.counter('narthex_query_total', 'Queries by the thread that answered.', [
      'thread',
    ])
    this.#failures = metrics.counter('narthex_query_failures_total', 'Queries refused or ended.', [
      'reason',
    ])
    this.#memory = metrics.histogram(
      'narthex_query_memory_bytes',
      'Most bytes that a query has held at a time.',
      BOUNDS_BYTES,
    )
    const bounds = metrics.gauge('narthex_query_limit', 'Bounds of queries, by name.', ['limit'])
    for (const [name, bound] of Object.entries(limits)) bounds.with(name).set(bound)
    this.queueLength = metrics
      .gauge('narthex_query_queue_length', 'Queries that wait for a worker.')
      .with()
    this.workers = metrics.gauge('narthex_query_workers', 'Query worker threads.').with()
    this.deaths = metrics
      .counter('narthex_query_worker_deaths_total', 'Query workers that ended by themselves.')
      .with()
    for (const slice of SLICES) this.#recent.set(slice, new Recent())
    metrics.onCollect(() => {
      for (const [slice, recent] of this.#recent) {
        for (const quantile of QUANTILES) {
          quantiles.with(slice, String(quantile)).set(recent.quantile(quantile))
        }
      }
    })
  }

  /** Counts a query that was answered. */
  answered(place: Place, ran: Ran): void {
    const { samples, heldBytesMax, timings } = ran
    this.#places.with(place).inc()
    this.#samples.inc(samples)
    this.#memory.observe(heldBytesMax)
    const bySlice = {
      inner_eval: timings.innerEvalSeconds,
      prepare_time: timings.preparationSeconds,
      queue_time: timings.queueSeconds,
      result_sort: timings.sortSeconds,
    }
    for (const slice of SLICES) {
      const seconds = bySlice[slice]
      this.#histogram.with(slice).observe(seconds)
      this.#sums.with(slice).inc(seconds)
      this.#counts.with(slice).inc()
      this.#recent.get(slice)?.add(seconds)
    }
  }

  /** Counts a query that was not. */
  failed(reason: ErrorKind): void {
    this.#failures.with(reason).inc()
  }
}

/** A ring of the latest numbers. */
class Recent {
  readonly #values = new Float64Array(RECENT_COUNT)
  #count = 0

  add(value: number): void {
    this.#values[this.#count++ % RECENT_COUNT] = value
  }

  /** NaN as long as there is none. */
  quantile(quantile: number): number {
    const count = Math.min(this.#count, RECENT_COUNT)
    if (count === 0) return Number.NaN
    const sorted = this.#values.slice(0, count).sort()
    return sorted[Math.min(count - 1, Math.floor(quantile * count))]
  }
}
