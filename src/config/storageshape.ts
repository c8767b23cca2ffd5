/** What is kept and how it is received: `storage` and `otlp`. */
import {
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

const exemplars = mapOf(
  'config.plain',
  { max_exemplars: later(whole(100_000), 'keeping exemplars') },
  (raw) => raw,
)

/** The section; absent, its defaults. */
export const storageShape: Shape<StorageConfig> = mapOf(
  'config.plain',
  { tsdb, exemplars },
  (raw): StorageConfig => ({
    outOfOrderTimeWindowMs: raw.tsdb.out_of_order_time_window,
    retentionTimeMs: raw.tsdb.retention.time,
    retentionSizeBytes: raw.tsdb.retention.size,
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
