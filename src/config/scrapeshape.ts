/** Scrape jobs as files hold them: keys, checks, and what they inherit from the global section. */
import {
  buildDiscovery,
  checkStaticTargets,
  DISCOVERY_KEYS,
  type RawDiscovery,
} from './discoveryshape.ts'
import {
  checkProtocols,
  isProtocol,
  LIMIT_KEYS,
  nameEscaping,
  nameValidation,
  nativeHistograms,
  protocols,
  type RawGlobal,
  type RawLimits,
  unknownProtocol,
} from './globalshape.ts'
import { buildHttp, checkHttp, HTTP_KEYS, type RawHttp } from './httpshape.ts'
import { type DraftRule, finishRules, rulesOf } from './relabelshape.ts'
import type { Report } from './report.ts'
import {
  filePath,
  fraction,
  maybeCount,
  maybeDuration,
  maybeTruth,
  oneOf,
  shownTruth,
  text,
  textOr,
  truth,
} from './scalars.ts'
import {
  DEFAULT_SCRAPE_PROTOCOLS,
  type NameEscaping,
  type NameValidation,
  type ScrapeConfig,
  type ScrapeProtocol,
} from './scrape.ts'
import {
  entriesOf,
  type Keys,
  later,
  listOf,
  type MapPlace,
  mapOf,
  type Shape,
  shownAs,
} from './shape.ts'

interface RawScrape extends RawLimits, RawHttp, RawDiscovery {
  readonly job_name: string
  readonly honor_labels: boolean
  readonly honor_timestamps: boolean
  readonly track_timestamps_staleness: boolean
  readonly params: readonly (readonly [string, readonly string[]])[]
  readonly scrape_interval: number | undefined
  readonly scrape_timeout: number | undefined
  readonly scrape_protocols: readonly ScrapeProtocol[]
  readonly fallback_scrape_protocol: string
  readonly scrape_native_histograms: boolean | undefined
  readonly always_scrape_classic_histograms: boolean | undefined
  readonly convert_classic_histograms_to_nhcb: boolean | undefined
  readonly scrape_failure_log_file: string
  readonly metrics_path: string
  readonly scheme: 'http' | 'https' | undefined
  readonly enable_compression: boolean
  readonly native_histogram_bucket_limit: number | undefined
  readonly native_histogram_min_bucket_factor: number
  readonly metric_name_validation_scheme: NameValidation | undefined
  readonly metric_name_escaping_scheme: NameEscaping | undefined
  readonly extra_scrape_metrics: boolean | undefined
  readonly relabel_configs: readonly DraftRule[]
  readonly metric_relabel_configs: readonly DraftRule[]
}

/** A job that still has to inherit from the global section. */
export interface DraftScrape {
  readonly raw: RawScrape
  readonly place: MapPlace
}

const SCRAPE_KEYS: Keys<RawScrape> = {
  job_name: text,
  honor_labels: truth(false),
  honor_timestamps: shownTruth(true),
  track_timestamps_staleness: shownTruth(false),
  params: entriesOf(listOf(text)),
  scrape_interval: maybeDuration,
  scrape_timeout: maybeDuration,
  scrape_protocols: protocols,
  fallback_scrape_protocol: text,
  scrape_native_histograms: nativeHistograms,
  always_scrape_classic_histograms: maybeTruth,
  convert_classic_histograms_to_nhcb: later(maybeTruth, 'converting histograms'),
  scrape_failure_log_file: filePath,
  metrics_path: textOr('/metrics'),
  scheme: shownAs(
    oneOf(['http', 'https'], undefined, (word) => `unknown scheme "${word}", wanted http or https`),
    'http',
  ),
  enable_compression: shownTruth(true),
  ...LIMIT_KEYS,
  native_histogram_bucket_limit: later(maybeCount, 'a bound on buckets'),
  native_histogram_min_bucket_factor: later(fraction, 'merging buckets'),
  metric_name_validation_scheme: nameValidation,
  metric_name_escaping_scheme: nameEscaping,
  extra_scrape_metrics: maybeTruth,
  ...HTTP_KEYS,
  relabel_configs: rulesOf('empty or null target relabeling rule in scrape config'),
  metric_relabel_configs: rulesOf('empty or null metric relabeling rule in scrape config'),
  ...DISCOVERY_KEYS,
}

/** The keys of a job in the order of printing. */
export const SCRAPE_KEY_ORDER: readonly string[] = Object.keys(SCRAPE_KEYS)

const scrapeMap = mapOf<RawScrape, DraftScrape>(
  'config.plain',
  SCRAPE_KEYS,
  (raw, place) => ({ raw, place }),
  (raw, place) => {
    if (raw.job_name === '') place.report.error(place.mark, 'job_name is empty')
    checkHttp(raw, place)
    if (raw.relabel_configs.length === 0) checkStaticTargets(raw, place)
  },
)

/** The list of jobs. */
export const scrapeList: Shape<readonly DraftScrape[]> = listOf(
  scrapeMap,
  'empty or null scrape config section',
)

/** The job with everything filled in; faults go to the report. */
export function finishScrape(draft: DraftScrape, global: RawGlobal, report: Report): ScrapeConfig {
  const { raw, place } = draft
  const intervalMs = raw.scrape_interval || global.scrape_interval || 60_000
  const timeoutMs = raw.scrape_timeout || globalTimeoutMs(global, intervalMs)
  const naming = raw.metric_name_validation_scheme ?? global.metric_name_validation_scheme ?? 'utf8'
  checkScrape(raw, place, intervalMs)
  const limit = (key: keyof RawLimits): number => raw[key] || (global[key] ?? 0)
  return {
    jobName: raw.job_name,
    scrapeIntervalMs: intervalMs,
    scrapeTimeoutMs: timeoutMs,
    metricsPath: raw.metrics_path || '/metrics',
    scheme: raw.scheme ?? 'http',
    params: raw.params,
    honorLabels: raw.honor_labels,
    honorTimestamps: raw.honor_timestamps,
    trackTimestampsStaleness: raw.track_timestamps_staleness,
    scrapeProtocols: chooseProtocols(raw, global),
    fallbackScrapeProtocol: isProtocol(raw.fallback_scrape_protocol)
      ? raw.fallback_scrape_protocol
      : undefined,
    scrapeNativeHistograms:
      raw.scrape_native_histograms ?? global.scrape_native_histograms ?? false,
    alwaysScrapeClassicHistograms:
      raw.always_scrape_classic_histograms ?? global.always_scrape_classic_histograms,
    nameValidation: naming,
    nameEscaping: chooseEscaping(raw, global, place),
    extraScrapeMetrics: raw.extra_scrape_metrics ?? global.extra_scrape_metrics,
    enableCompression: raw.enable_compression,
    bodySizeLimitBytes: limit('body_size_limit'),
    sampleLimit: limit('sample_limit'),
    labelLimit: limit('label_limit'),
    labelNameLengthLimit: limit('label_name_length_limit'),
    labelValueLengthLimit: limit('label_value_length_limit'),
    targetLimit: limit('target_limit'),
    keepDroppedTargets: limit('keep_dropped_targets'),
    scrapeFailureLogFile: raw.scrape_failure_log_file || global.scrape_failure_log_file,
    relabel: finishRules(raw.relabel_configs, naming, report),
    metricRelabel: finishRules(raw.metric_relabel_configs, naming, report),
    http: buildHttp(raw),
    discovery: buildDiscovery(raw),
  }
}

/** What a job's time-out is when it says nothing. */
export function globalTimeoutMs(global: RawGlobal, intervalMs: number): number {
  const timeoutMs = global.scrape_timeout || Math.min(10_000, global.scrape_interval || 60_000)
  return Math.min(timeoutMs, intervalMs)
}

function checkScrape(raw: RawScrape, place: MapPlace, intervalMs: number): void {
  const job = `scrape config with job name "${raw.job_name}"`
  if ((raw.scrape_timeout ?? 0) > intervalMs) {
    const message = `scrape timeout greater than scrape interval for ${job}`
    place.report.error(place.at('scrape_timeout'), message)
  }
  const fault = checkProtocols(raw.scrape_protocols)
  if (fault !== '') place.report.error(place.at('scrape_protocols'), `${fault} for ${job}`)
  const fallback = raw.fallback_scrape_protocol
  if (fallback !== '' && !isProtocol(fallback)) {
    const message = `invalid fallback_scrape_protocol for ${job}: ${unknownProtocol(fallback)}`
    place.report.error(place.at('fallback_scrape_protocol'), message)
  }
}

function chooseProtocols(raw: RawScrape, global: RawGlobal): readonly ScrapeProtocol[] {
  if (raw.scrape_protocols.length > 0) return raw.scrape_protocols
  if (global.scrape_protocols.length > 0) return global.scrape_protocols
  return DEFAULT_SCRAPE_PROTOCOLS
}

/** A job that names its own validation does not inherit the global escaping. */
function chooseEscaping(raw: RawScrape, global: RawGlobal, place: MapPlace): NameEscaping {
  const own = raw.metric_name_validation_scheme
  const validation = own ?? global.metric_name_validation_scheme ?? 'utf8'
  const inferred = validation === 'legacy' ? 'underscores' : 'allow-utf-8'
  const inherited = own === undefined ? global.metric_name_escaping_scheme : undefined
  const escaping = raw.metric_name_escaping_scheme ?? inherited ?? inferred
  if (escaping === 'allow-utf-8' && validation === 'legacy') {
    const message = 'utf8 metric names requested but validation scheme is not set to UTF8'
    place.report.error(place.at('metric_name_escaping_scheme'), message)
  }
  return escaping
}
