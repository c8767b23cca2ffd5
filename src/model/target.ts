/** What is scraped and how it goes, as the status pages and the API show it. */
import type { Labels } from './labels.ts'

export type Health = 'up' | 'down' | 'unknown'

/** One target of a pool with the result of its last scrape. */
export interface TargetStatus {
  readonly scrapePool: string
  /** Labels as discovery gave them, before relabelling. */
  readonly discoveredLabels: Labels
  /** Labels after relabelling. */
  readonly labels: Labels
  /** Credentials are never part of it. */
  readonly scrapeUrl: string
  readonly health: Health
  /** '' when the last scrape went well; never holds a secret. */
  readonly lastError: string
  /** ms since epoch; 0 before the first scrape */
  readonly lastScrapeMs: number
  /** seconds */
  readonly lastScrapeDurationSeconds: number
  readonly scrapeIntervalSeconds: number
  readonly scrapeTimeoutSeconds: number
  /** Samples of the last scrape before relabelling. */
  readonly lastSamples: number
}

/** A target that relabelling dropped. */
export interface DroppedTarget {
  readonly scrapePool: string
  readonly discoveredLabels: Labels
}

/** The scrape pools of this process. */
export interface TargetView {
  active(): readonly TargetStatus[]
  dropped(): readonly DroppedTarget[]
  /** All dropped, also those not kept for display. */
  droppedCounts(): ReadonlyMap<string, number>
}

/** One source of targets of a pool, and how asking it goes. */
export interface SourceStatus {
  readonly scrapePool: string
  /** `static`, or the sort of discovery. */
  readonly kind: string
  /** Pattern, URL or names, without credentials; '' for targets in the configuration. */
  readonly source: string
  readonly targetCount: number
  /** ms since epoch; 0 before the first */
  readonly lastTryMs: number
  /** ms since epoch: how old the list is; 0 before the first */
  readonly lastSuccessMs: number
  /** '' when the last try went well. */
  readonly lastError: string
}

/** Where the targets of this process come from. */
export interface DiscoveryView {
  sources(): readonly SourceStatus[]
}

/** Type, help and unit of a metric family. */
export interface MetricMetadata {
  readonly type: string
  readonly help: string
  readonly unit: string
}

/** Metadata seen in scrapes and remote write, by family name. */
export interface MetadataView {
  /** Family name to its distinct metadata; `metric` '' for all, `limit` 0 for no bound on families. */
  families(metric: string, limit: number, perMetricMax: number): Map<string, MetricMetadata[]>
  /** Metadata of the targets whose labels match, for /api/v1/targets/metadata. */
  ofTargets(
    matches: (labels: Labels) => boolean,
    metric: string,
    limit: number,
  ): { target: Labels; metric: string; metadata: MetricMetadata }[]
}
