/** One scrape job: whom to ask, how often, how, and what to keep. */
import type { DiscoveryConfigs } from './discovery.ts'
import type { HttpClientConfig } from './http.ts'
import type { RelabelRule } from './relabel.ts'

/** Formats a target may answer in, in order of preference. */
export type ScrapeProtocol =
  | 'PrometheusProto'
  | 'OpenMetricsText0.0.1'
  | 'OpenMetricsText1.0.0'
  | 'PrometheusText0.0.4'
  | 'PrometheusText1.0.0'

/** What Prometheus 3 asks for when nothing is configured. */
export const DEFAULT_SCRAPE_PROTOCOLS: readonly ScrapeProtocol[] = Object.freeze([
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
] as const)

export type NameValidation = 'utf8' | 'legacy'

export type NameEscaping = 'allow-utf-8' | 'underscores' | 'dots' | 'values'

/**
 * One entry of `scrape_configs` with all defaults filled in. Limits of 0 are not set: then the
 * bounds of
 * the program hold.
 */
export interface ScrapeConfig {
  readonly jobName: string
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  readonly metricsPath: string
  readonly scheme: 'http' | 'https'
  /** In the order of the file; one name may have several values. */
  readonly params: readonly (readonly [string, readonly string[]])[]
  readonly honorLabels: boolean
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  readonly scrapeProtocols: readonly ScrapeProtocol[]
  /** Taken when the answer has no usable content type; undefined: such a scrape fails. */
  readonly fallbackScrapeProtocol: ScrapeProtocol | undefined
  readonly scrapeNativeHistograms: boolean
  readonly alwaysScrapeClassicHistograms: boolean
  readonly nameValidation: NameValidation
  /** How the target is asked to write names: with or without UTF-8. */
  readonly nameEscaping: NameEscaping
  /** Whether to add scrape_timeout_seconds, scrape_sample_limit and scrape_body_size_bytes. */
  readonly extraScrapeMetrics: boolean
  readonly enableCompression: boolean
  /** Bytes of a body after decompression. */
  readonly bodySizeLimitBytes: number
  readonly sampleLimit: number
  readonly labelLimit: number
  readonly labelNameLengthLimit: number
  readonly labelValueLengthLimit: number
  readonly targetLimit: number
  /** How many dropped targets stay visible. */
  readonly keepDroppedTargets: number
  /** Path of the file for failed scrapes, or ''. */
  readonly scrapeFailureLogFile: string
  readonly relabel: readonly RelabelRule[]
  readonly metricRelabel: readonly RelabelRule[]
  readonly http: HttpClientConfig
  readonly discovery: DiscoveryConfigs
}
