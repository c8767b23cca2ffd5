/** What is kept and how it is received: `storage`, `otlp` and our own `narthex` section. */
import {
  duration,
  maybeDuration,
  maybeSize,
  oneOf,
  quietDuration,
  rawText,
  text,
  truth,
  whole,
} from './scalars.ts'
import { later, listOf, type MapPlace, mapOf, type Shape } from './shape.ts'

/** `storage`; undefined where the flags decide. */
export interface StorageConfig {
  readonly outOfOrderTimeWindowMs: number
  readonly retentionTimeMs: number | undefined
  readonly retentionSizeBytes: number | undefined
  /** 0 or less: none. */
  readonly exemplarsMax: number
}

const ENCODINGS = ['xor', 'xor2']

const retention = mapOf(
  'config.plain',
  { time: maybeDuration, size: maybeSize, percentage: later(whole(0), 'retention by percentage') },
  (raw) => raw,
  (raw, place) => {
    if ((raw.size ?? 0) < 0) {
      const message = "'storage.tsdb.retention.size' must be greater than or equal to 0"
      place.report.error(place.at('size'), message)
    }
  },
)

const chunkEncoding = mapOf(
  'config.plain',
  { floats: text },
  (raw) => raw,
  (raw, place) => {
    if (place.has('floats') && !ENCODINGS.includes(raw.floats)) {
      const rule = "must be 'xor' or 'xor2', or the field must be omitted entirely"
      const message = `'storage.tsdb.chunk_encoding.floats' ${rule}, got "${raw.floats}"`
      place.report.error(place.at('floats'), message)
    }
  },
)

const tsdb = mapOf(
  'config.plain',
  {
    out_of_order_time_window: quietDuration,
    stale_series_compaction_threshold: later(text, 'compaction of stale series'),
    retention,
    chunk_encoding: later(chunkEncoding, 'the encoding of chunks'),
  },
  (raw) => raw,
)

const exemplars = mapOf('config.plain', { max_exemplars: whole(100_000) }, (raw) => raw)

/** The section; absent, its defaults. */
export const storageShape: Shape<StorageConfig> = mapOf(
  'config.plain',
  { tsdb, exemplars },
  (raw): StorageConfig => ({
    outOfOrderTimeWindowMs: raw.tsdb.out_of_order_time_window,
    retentionTimeMs: raw.tsdb.retention.time,
    retentionSizeBytes: raw.tsdb.retention.size,
    exemplarsMax: raw.exemplars.max_exemplars,
  }),
)

/** How OpenTelemetry's names become ours. */
export type TranslationStrategy =
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation'

const STRATEGIES: readonly TranslationStrategy[] = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
]

/** `otlp`. */
export interface OtlpConfig {
  readonly promoteAllResourceAttributes: boolean
  readonly promoteResourceAttributes: readonly string[]
  readonly ignoreResourceAttributes: readonly string[]
  readonly translationStrategy: TranslationStrategy
  readonly keepIdentifyingResourceAttributes: boolean
  readonly convertHistogramsToNhcb: boolean
  readonly promoteScopeMetadata: boolean
  readonly labelNameUnderscoreSanitization: boolean
  readonly labelNamePreserveMultipleUnderscores: boolean
}

interface RawOtlp {
  readonly promote_all_resource_attributes: boolean
  readonly promote_resource_attributes: readonly string[]
  readonly ignore_resource_attributes: readonly string[]
  readonly translation_strategy: TranslationStrategy | undefined
  readonly keep_identifying_resource_attributes: boolean
  readonly convert_histograms_to_nhcb: boolean
  readonly promote_scope_metadata: boolean
  readonly label_name_underscore_sanitization: boolean
  readonly label_name_preserve_multiple_underscores: boolean
}

/** The section; absent, its defaults. */
export const otlpShape: Shape<OtlpConfig> = mapOf<RawOtlp, OtlpConfig>(
  'config.plain',
  {
    promote_all_resource_attributes: truth(false),
    promote_resource_attributes: listOf(rawText),
    ignore_resource_attributes: listOf(rawText),
    translation_strategy: oneOf(
      STRATEGIES,
      'UnderscoreEscapingWithSuffixes',
      (word) => `unsupported OTLP translation strategy "${word}"`,
    ),
    keep_identifying_resource_attributes: truth(false),
    convert_histograms_to_nhcb: truth(false),
    promote_scope_metadata: truth(false),
    label_name_underscore_sanitization: truth(true),
    label_name_preserve_multiple_underscores: truth(true),
  },
  (raw): OtlpConfig => ({
    promoteAllResourceAttributes: raw.promote_all_resource_attributes,
    promoteResourceAttributes: raw.promote_resource_attributes.map((name) => name.trim()),
    ignoreResourceAttributes: raw.ignore_resource_attributes.map((name) => name.trim()),
    translationStrategy: raw.translation_strategy ?? 'UnderscoreEscapingWithSuffixes',
    keepIdentifyingResourceAttributes: raw.keep_identifying_resource_attributes,
    convertHistogramsToNhcb: raw.convert_histograms_to_nhcb,
    promoteScopeMetadata: raw.promote_scope_metadata,
    labelNameUnderscoreSanitization: raw.label_name_underscore_sanitization,
    labelNamePreserveMultipleUnderscores: raw.label_name_preserve_multiple_underscores,
  }),
  checkOtlp,
)

function checkOtlp(raw: RawOtlp, place: MapPlace): void {
  const promoted = 'promote_resource_attributes'
  const ignored = 'ignore_resource_attributes'
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.promote_all_resource_attributes) {
    if (raw[promoted].length > 0) {
      refuse(
        promoted,
        "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
      )
    }
    checkAttributes(raw[ignored], 'ignored', (why) =>
      refuse(ignored, `invalid '${ignored}': ${why}`),
    )
    return
  }
  if (raw[ignored].length > 0) {
    refuse(
      ignored,
      "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true",
    )
  }
  checkAttributes(raw[promoted], 'promoted', (why) =>
    refuse(promoted, `invalid '${promoted}': ${why}`),
  )
}

function checkAttributes(
  names: readonly string[],
  adjective: string,
  refuse: (why: string) => void,
): void {
  const seen = new Set<string>()
  for (const name of names.map((one) => one.trim())) {
    if (name === '') refuse(`empty ${adjective} OTel resource attribute`)
    else if (seen.has(name)) refuse(`duplicated ${adjective} OTel resource attribute "${name}"`)
    seen.add(name)
  }
}

/** Whether something of our own runs; `auto` leaves it to what else is configured. */
export type Switch = 'auto' | 'on' | 'off'

/** `narthex`: what Prometheus does not have. */
export interface NarthexConfig {
  /** The built-in host collector: on without a configuration file, unless said otherwise. */
  readonly host: { readonly mode: Switch; readonly intervalMs: number }
  /** The search for exporters on this machine: on without a configuration file. */
  readonly loopback: { readonly mode: Switch; readonly intervalMs: number }
  /** Whether targets and URLs that discovery found may be link-local or metadata addresses. */
  readonly allowLinkLocal: boolean
}

const aSwitch = oneOf<Switch>(
  ['auto', 'on', 'off'],
  'auto',
  (word) => `unknown mode "${word}", wanted auto, on or off`,
)

/** The section; absent, its defaults. */
export const narthexShape: Shape<NarthexConfig> = mapOf(
  'narthex.plain',
  {
    host: mapOf(
      'narthex.plain',
      { mode: aSwitch, interval: duration(15_000) },
      (raw) => raw,
      (raw, place) => {
        if (raw.interval < 1000) {
          place.report.error(place.at('interval'), 'interval below 1s, wanted 1s or more')
        }
      },
    ),
    loopback: mapOf(
      'narthex.plain',
      { mode: aSwitch, interval: duration(60_000) },
      (raw) => raw,
      (raw, place) => {
        if (raw.interval < 10_000) {
          place.report.error(place.at('interval'), 'interval below 10s, wanted 10s or more')
        }
      },
    ),
    discovery: mapOf('narthex.plain', { allow_link_local: truth(false) }, (raw) => raw),
  },
  (raw): NarthexConfig => ({
    host: { mode: raw.host.mode ?? 'auto', intervalMs: raw.host.interval },
    loopback: {
      mode: raw.loopback.mode ?? 'auto',
      intervalMs: raw.loopback.interval,
    },
    allowLinkLocal: raw.discovery.allow_link_local,
  }),
)
