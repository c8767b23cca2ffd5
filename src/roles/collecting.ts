/** The rooms that find and scrape: discovery, the scrape pools, the host and what is found on it. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { openFetchBody } from '../collect/discover/client.ts'
import { startDiscovery } from '../collect/discover/discovery.ts'
import { startScrapeManager } from '../collect/scrape/manager.ts'
import { type Shard, WHOLE } from '../config/shard.ts'
import type { Appender } from '../model/appender.ts'
import type { DiscoveryView, MetadataView, SourceStatus } from '../model/target.ts'
import type { Configuration } from './configuration.ts'
import { warnOfFeatures } from './features.ts'
import { Machine } from './machine.ts'

/** What flags say about scraping. */
export interface CollectingOptions {
  /** '' for none: then this machine watches itself. */
  readonly configFile: string
  readonly strictOpenMetrics: boolean
  /** Under Prometheus's names. */
  readonly features: readonly string[]
  /** Where the last good lists of discovery are kept; '' or absent: nowhere. */
  readonly discoveryFolder?: string
  /** Which part of the targets is ours where the configuration says nothing; all when absent. */
  readonly shard?: Shard
}

/** All of them, running. */
export interface Collecting {
  readonly machine: Machine
  /** What targets say of their metrics. */
  readonly metadata: MetadataView
  readonly discovery: DiscoveryView
}

/** Starts them; they follow the configuration. */
export function startCollecting(
  options: CollectingOptions,
  appender: Appender,
  configuration: Configuration,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  life: Lifecycle,
): Collecting {
  warnOfFeatures(options.features, log)
  const clock = systemClock
  const allowLinkLocal = (): boolean => configuration.current.narthex.allowLinkLocal
  const scraper = life.own(
    startScrapeManager({
      appender,
      clock,
      log,
      metrics,
      extraScrapeMetrics: options.features.includes('extra-scrape-metrics'),
      strictOpenMetrics: options.strictOpenMetrics,
      allowLinkLocal,
      environment: process.env,
      ...(options.shard === undefined ? {} : { shard: options.shard }),
    }),
  )
  const fetchBody = openFetchBody({ clock, environment: process.env, allowLinkLocal })
  const discovery = life.own(
    startDiscovery({
      clock,
      log,
      metrics,
      fetchBody,
      environment: process.env,
      folder: options.discoveryFolder ?? '',
      allowLinkLocal: allowLinkLocal(),
      onTargets: (jobName, discovered, ownCount) => scraper.retarget(jobName, discovered, ownCount),
    }),
  )
  const machine = life.own(
    new Machine({
      appender,
      clock,
      log,
      metrics,
      fetchBody,
      scraped: scraper.targets,
      metadata: scraper.metadata,
      isConfigured: options.configFile !== '',
      rejob: (jobs) => scraper.apply(jobs),
      retarget: (...targets) => scraper.retarget(...targets),
    }),
  )
  configuration.follow((config) => {
    scraper.reshard(config.narthex.shard ?? options.shard ?? WHOLE)
    scraper.apply(machine.jobs(config))
    discovery.apply(config.scrape, config.narthex.allowLinkLocal)
  })
  const sources = (): SourceStatus[] =>
    [...discovery.status()].flatMap(([scrapePool, list]) =>
      list.map((status) => ({ scrapePool, ...status })),
    )
  return { machine, metadata: scraper.metadata, discovery: { sources } }
}
