/** The `global` section: what holds for every job that does not say otherwise. */
import type { Labels } from '../model/labels.ts'
import { labelMap } from './discoveryshape.ts'
import { isLabelName } from './relabel.ts'
import {
  duration,
  filePath,
  maybeCount,
  maybeDuration,
  maybeSize,
  maybeTruth,
  oneOf,
  quietDuration,
  shownTruth,
  text,
} from './scalars.ts'
import {
  DEFAULT_SCRAPE_PROTOCOLS,
  type NameEscaping,
  type NameValidation,
  type ScrapeProtocol,
} from './scrape.ts'
import {
  type Keys,
  later,
  listOf,
  type MapPlace,
  mapOf,
  type Shape,
  shownAs,
  withWarning,
} from './shape.ts'
import { EMPTY_MAP, quoteText } from './yaml.ts'

/** Keys that stand in `global` and in jobs alike. */
export interface RawLimits {
  readonly body_size_limit: number | undefined
  readonly sample_limit: number | undefined
  readonly target_limit: number | undefined
  readonly label_limit: number | undefined
  readonly label_name_length_limit: number | undefined
  readonly label_value_length_limit: number | undefined
  readonly keep_dropped_targets: number | undefined
}

/** The section as it was read; undefined where it says nothing. */
export interface RawGlobal extends RawLimits {
  readonly scrape_interval: number
  readonly scrape_timeout: number | undefined
  readonly scrape_protocols: readonly ScrapeProtocol[]
  readonly evaluation_interval: number
  readonly rule_query_offset: number
  readonly query_log_file: string
  readonly scrape_failure_log_file: string
  readonly external_labels: Labels
  readonly metric_name_validation_scheme: NameValidation | undefined
  readonly metric_name_escaping_scheme: NameEscaping | undefined
  readonly scrape_native_histograms: boolean | undefined
  readonly convert_classic_histograms_to_nhcb: boolean
  readonly always_scrape_classic_histograms: boolean
  readonly extra_scrape_metrics: boolean
}

/** The shapes of the limits. */
export const LIMIT_KEYS: Keys<RawLimits> = {
  body_size_limit: maybeSize,
  sample_limit: maybeCount,
  target_limit: maybeCount,
  label_limit: maybeCount,
  label_name_length_limit: maybeCount,
  label_value_length_limit: maybeCount,
  keep_dropped_targets: maybeCount,
}

const PROTOCOLS: readonly ScrapeProtocol[] = [
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
  'PrometheusProto',
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
]

/** Says what is wrong with a protocol's name. */
export function unknownProtocol(name: string): string {
  return `unknown scrape protocol ${name}, supported: [${PROTOCOLS.join(' ')}]`
}

/** Whether a text names a protocol. */
export function isProtocol(name: string): name is ScrapeProtocol {
  return (PROTOCOLS as readonly string[]).includes(name)
}

/** A list of protocols, checked by checkProtocols where the job's name is known. */
export const protocols: Shape<readonly ScrapeProtocol[]> = listOf(text) as Shape<
  readonly ScrapeProtocol[]
>

/** Says what is wrong with a list of protocols; '' when nothing is. */
export function checkProtocols(names: readonly string[]): string {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name.toLowerCase())) {
      return `duplicated protocol in scrape_protocols, got [${names.join(' ')}]`
    }
    seen.add(name.toLowerCase())
    if (!isProtocol(name)) return `scrape_protocols: ${unknownProtocol(name)}`
  }
  return ''
}

/** Which names are valid. */
export const nameValidation: Shape<NameValidation | undefined> = oneOf(
  ['utf8', 'legacy'],
  undefined,
  (word) =>
    "unknown name validation method specified, must be either '', 'legacy' or 'utf8', " +
    `got ${quoteText(word)}`,
)

/** How names are escaped. */
export const nameEscaping: Shape<NameEscaping | undefined> = oneOf(
  ['allow-utf-8', 'underscores', 'dots', 'values'],
  undefined,
  (word) =>
    'unknown name escaping method specified, must be one of ' +
    `'allow-utf-8', 'underscores', 'dots', or 'values', got ${quoteText(word)}`,
)

/** Native histograms: asked for, and passed on to destinations that take them. */
export const nativeHistograms: Shape<boolean | undefined> = maybeTruth

const globalMap = mapOf<RawGlobal, RawGlobal>(
  'config.plain',
  {
    scrape_interval: duration(60_000),
    scrape_timeout: shownAs(maybeDuration, '10s'),
    scrape_protocols: shownAs(protocols, DEFAULT_SCRAPE_PROTOCOLS),
    evaluation_interval: duration(60_000),
    rule_query_offset: quietDuration,
    query_log_file: later(filePath, 'query_log_file'),
    scrape_failure_log_file: filePath,
    external_labels: labelMap,
    ...LIMIT_KEYS,
    metric_name_validation_scheme: shownAs(nameValidation, 'utf8'),
    metric_name_escaping_scheme: nameEscaping,
    scrape_native_histograms: shownAs(nativeHistograms, false),
    convert_classic_histograms_to_nhcb: later(shownTruth(false), 'converting histograms'),
    always_scrape_classic_histograms: shownTruth(false),
    extra_scrape_metrics: shownTruth(false),
  },
  (raw) => raw,
  checkGlobal,
)

/** The section; an absent one is read and printed like an empty one. */
export const globalShape: Shape<RawGlobal> = {
  read: (node, place) => globalMap.read(node, place),
  show: (node) => globalMap.show(node ?? EMPTY_MAP),
}

function checkGlobal(raw: RawGlobal, place: MapPlace): void {
  if (raw.scrape_timeout !== undefined && raw.scrape_timeout > raw.scrape_interval) {
    const message = 'global scrape timeout greater than scrape interval'
    place.report.error(place.at('scrape_timeout'), message)
  }
  const fault = checkProtocols(raw.scrape_protocols)
  if (fault !== '') place.report.error(place.at('scrape_protocols'), `${fault} for global config`)
  if (raw.metric_name_validation_scheme !== 'legacy') return
  for (let i = 0; i < raw.external_labels.length; i += 2) {
    if (!isLabelName(raw.external_labels[i], 'legacy')) {
      const message = `${quoteText(raw.external_labels[i])} is not a valid label name`
      place.report.error(place.at('external_labels'), message)
    }
  }
}

/** `runtime`: what the Go runtime would be told. */
export const runtimeShape: Shape<undefined> = mapOf(
  'config.plain',
  { gogc: withWarning(text, 'gogc tunes the Go runtime: it has no effect here') },
  () => undefined,
)

/**
 * Expands `$name` and `${name}` from the environment, `$$` is a dollar; what is not set is
 * nothing.
 */
export function expandEnvironment(
  value: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return value.replaceAll(/\$(?:\$|\{([^}]*)\}|([a-zA-Z0-9_]+))/g, (whole, braced, bare) => {
    if (whole === '$$') return '$'
    return environment[braced ?? bare] ?? ''
  })
}
