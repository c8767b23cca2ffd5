/** A configuration as YAML in Prometheus's shape, defaults written out, secrets hidden. */
import { stringify } from 'yaml'
import { formatDuration } from '../model/duration.ts'
import type { ScrapeConfig } from './scrape.ts'
import { SCRAPE_KEY_ORDER } from './scrapeshape.ts'
import type { Plain } from './shape.ts'

type PlainMap = { readonly [key: string]: Plain }

/** What jobs show of the global section when they say nothing. */
const INHERITED: ReadonlySet<string> = new Set([
  'scrape_protocols',
  'body_size_limit',
  'sample_limit',
  'target_limit',
  'label_limit',
  'label_name_length_limit',
  'label_value_length_limit',
  'keep_dropped_targets',
  'scrape_native_histograms',
  'convert_classic_histograms_to_nhcb',
  'always_scrape_classic_histograms',
  'extra_scrape_metrics',
])

/**
 * The text.
 *
 * @param shown what the shapes show of the file
 * @param jobs  the jobs of the file in its order, for what they take over
 */
export function showConfig(
  shown: Plain | undefined,
  scrapeIntervalMs: number,
  scrapeTimeoutMs: number,
  jobs: readonly ScrapeConfig[],
): string {
  const top: Record<string, Plain> = {}
  for (const [key, value] of Object.entries(isPlainMap(shown) ? shown : {})) {
    if (!isPlainMap(value) || Object.keys(value).length > 0) top[key] = value
  }
  const global: PlainMap = {
    ...(isPlainMap(top.global) ? top.global : {}),
    scrape_interval: formatDuration(scrapeIntervalMs),
    scrape_timeout: formatDuration(scrapeTimeoutMs),
  }
  top.global = global
  if (Array.isArray(top.scrape_configs)) {
    top.scrape_configs = top.scrape_configs.map((job: Plain, i) =>
      isPlainMap(job) ? showJob(job, global, jobs[i]) : job,
    )
  }
  return stringify(top, { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false })
}

function showJob(job: PlainMap, global: PlainMap, config: ScrapeConfig): PlainMap {
  const own: Record<string, Plain> = {
    ...job,
    scrape_interval: formatDuration(config.scrapeIntervalMs),
    scrape_timeout: formatDuration(config.scrapeTimeoutMs),
    metric_name_validation_scheme: config.nameValidation,
    metric_name_escaping_scheme: config.nameEscaping,
  }
  const filled: Record<string, Plain> = {}
  for (const key of SCRAPE_KEY_ORDER) {
    const value = own[key] ?? (INHERITED.has(key) ? global[key] : undefined)
    if (value !== undefined) filled[key] = value
  }
  return filled
}

function isPlainMap(value: Plain | undefined): value is PlainMap {
  return typeof value === 'object' && !Array.isArray(value)
}
