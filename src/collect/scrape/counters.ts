/** What scraping counts about itself, under the names that dashboards of Prometheus ask for. */
import type { Cell, Family, Metrics } from '../../base/metrics.ts'

export interface ScrapeCounters {
  readonly scrapes: Cell
  readonly failures: Cell
  readonly inFlight: Cell
  readonly outOfOrder: Cell
  readonly duplicate: Cell
  readonly outOfBounds: Cell
  readonly sampleLimit: Cell
  readonly bodySizeLimit: Cell
  readonly labelLimits: Cell
  readonly targetLimit: Cell
  readonly seriesRefused: Cell
  readonly exemplars: Cell
  readonly commitFailures: Cell
  readonly poolTargets: Family
  readonly othersTargets: Family
  readonly pools: Cell
}

/** What is asked for when the metrics are. */
export interface ScrapeState {
  /** How much the bodies in use hold. */
  bodyBytes(): number
  readonly metadata: { readonly count: number; readonly leftOut: number }
}

export function registerScrapeCounters(metrics: Metrics, state: ScrapeState): ScrapeCounters {
  const bodies = metrics.gauge(
    'narthex_scrape_body_bytes',
    'Bytes of the bodies that are being read.',
  )
  const blocks = metrics.gauge(
    'narthex_scrape_metadata_blocks',
    'Distinct comments of scraped bodies that are kept.',
  )
  const leftOut = metrics.counter(
    'narthex_scrape_metadata_blocks_left_out_total',
    'Comments of scraped bodies that were not kept because of the bound.',
  )
  metrics.onCollect(() => {
    bodies.with().set(state.bodyBytes())
    blocks.with().set(state.metadata.count)
    leftOut.with().set(state.metadata.leftOut)
  })
  const counter = (name: string, help: string): Cell => metrics.counter(name, help).with()
  return {
    scrapes: counter('narthex_scrapes_total', 'Scrapes that were begun.'),
    inFlight: metrics.gauge('narthex_scrapes_in_flight', 'Scrapes that are not finished.').with(),
    failures: counter('narthex_scrape_failures_total', 'Scrapes that failed.'),
    outOfOrder: counter(
      'prometheus_target_scrapes_sample_out_of_order_total',
      'Scraped samples refused because they were out of order.',
    ),
    duplicate: counter(
      'prometheus_target_scrapes_sample_duplicate_timestamp_total',
      'Scraped samples refused because their time already had another value.',
    ),
    outOfBounds: counter(
      'prometheus_target_scrapes_sample_out_of_bounds_total',
      'Scraped samples refused because they were too old or too far in the future.',
    ),
    sampleLimit: counter(
      'prometheus_target_scrapes_exceeded_sample_limit_total',
      'Scrapes that failed at the sample limit.',
    ),
    bodySizeLimit: counter(
      'prometheus_target_scrapes_exceeded_body_size_limit_total',
      'Scrapes that failed at the body size limit.',
    ),
    labelLimits: counter(
      'prometheus_target_scrape_pool_exceeded_label_limits_total',
      'Scrapes that failed at a label limit.',
    ),
    targetLimit: counter(
      'prometheus_target_scrape_pool_exceeded_target_limit_total',
      'Times that a scrape pool had more targets than its limit.',
    ),
    seriesRefused: counter(
      'narthex_scrape_series_refused_total',
      'Scraped samples of new series that a limit of the store kept out.',
    ),
    exemplars: counter('narthex_scrape_exemplars_total', 'Exemplars passed over in scrapes.'),
    commitFailures: counter(
      'narthex_scrape_commit_failures_total',
      'Commits of scraped samples that the store could not keep.',
    ),
    poolTargets: metrics.gauge(
      'prometheus_target_scrape_pool_targets',
      'Targets of a scrape pool.',
      ['scrape_job'],
    ),
    othersTargets: metrics.gauge(
      'narthex_scrape_pool_other_shards_targets',
      'Targets of a scrape pool that other agents scrape.',
      ['scrape_job'],
    ),
    pools: metrics.gauge('narthex_scrape_pools', 'Scrape pools that run.').with(),
  }
}
