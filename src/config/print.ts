/** A configuration as YAML in Prometheus's shape, defaults written out, secrets hidden. */
import { stringify } from 'yaml'
import { DEFAULT_SCRAPE_PROTOCOLS } from './scrape.ts'
import type { Plain } from './shape.ts'

type PlainMap = { readonly [key: string]: Plain }

/** What jobs take over from the global section when they say nothing. */
const INHERITED = [
  'scrape_interval',
  'scrape_timeout',
  'scrape_protocols',
  'body_size_limit',
  'sample_limit',
  'target_limit',
  'label_limit',
  'label_name_length_limit',
  'label_value_length_limit',
  'keep_dropped_targets',
  'metric_name_validation_scheme',
  'metric_name_escaping_scheme',
  'scrape_native_histograms',
  'convert_classic_histograms_to_nhcb',
  'always_scrape_classic_histograms',
  'extra_scrape_metrics',
] as const

const GLOBAL_DEFAULTS: PlainMap = {
  scrape_timeout: '10s',
  scrape_protocols: [...DEFAULT_SCRAPE_PROTOCOLS],
  metric_name_validation_scheme: 'utf8',
  metric_name_escaping_scheme: 'allow-utf-8',
  scrape_native_histograms: false,
  convert_classic_histograms_to_nhcb: false,
  always_scrape_classic_histograms: false,
  extra_scrape_metrics: false,
}

/** Sections that are printed only when the file has them with something in it. */
const SILENT = ['alerting', 'otlp', 'narthex', 'runtime', 'tracing'] as const

/** The text; the argument is what the shapes show of the file. */
export function showConfig(shown: Plain | undefined): string {
  const top = { ...(isPlainMap(shown) ? shown : {}) }
  const global = isPlainMap(top.global) ? top.global : {}
  top.global = { ...global, ...withDefaults(global) }
  for (const key of SILENT) if (isPlainMap(top[key]) && isBare(top[key])) delete top[key]
  if (Array.isArray(top.scrape_configs)) {
    top.scrape_configs = top.scrape_configs.map((job: Plain) =>
      isPlainMap(job) ? inherit(job, top.global as PlainMap) : job,
    )
  }
  return stringify(top, { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false })
}

function withDefaults(global: PlainMap): PlainMap {
  const filled: Record<string, Plain> = {}
  for (const [key, value] of Object.entries(GLOBAL_DEFAULTS)) filled[key] = global[key] ?? value
  return filled
}

function inherit(job: PlainMap, global: PlainMap): PlainMap {
  const filled: Record<string, Plain> = { ...job }
  for (const key of INHERITED) {
    const value = job[key] ?? global[key]
    if (value !== undefined) filled[key] = value
  }
  return filled
}

function isBare(value: PlainMap): boolean {
  return Object.keys(value).length === 0
}

function isPlainMap(value: Plain | undefined): value is PlainMap {
  return typeof value === 'object' && !Array.isArray(value)
}
