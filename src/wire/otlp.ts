/** What OTLP says of metrics, as a walk: one point at a time, so that no request becomes a tree. */

/** Names and values in turn, values as text, in the order sent. */
export type Attributes = readonly string[]

export interface OtlpScope {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string
  readonly attributes: Attributes
}

export type OtlpKind = 'gauge' | 'sum' | 'histogram' | 'exponential' | 'summary'

/** What stands for what happened since the last point, or since the start. */
export type Temporality = 'unspecified' | 'delta' | 'cumulative'

/** By the numbers of the protocol. */
export const TEMPORALITIES: readonly Temporality[] = ['unspecified', 'delta', 'cumulative']

export interface OtlpMetric {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly kind: OtlpKind
  readonly isMonotonic: boolean
  readonly temporality: Temporality
}

export interface OtlpExemplar {
  readonly attributes: Attributes
  readonly timeMs: number
  readonly value: number
  /** Hexadecimal; '' for none. */
  readonly traceId: string
  readonly spanId: string
}

/** What every point has. */
export interface OtlpPoint {
  readonly attributes: Attributes
  /** ms since epoch; 0 for none. */
  readonly startMs: number
  readonly timeMs: number
  /** There is no value: the series has ended. */
  readonly isGone: boolean
  readonly exemplars: readonly OtlpExemplar[]
}

export interface NumberPoint extends OtlpPoint {
  /** undefined when neither sort of number was sent. */
  readonly value: number | undefined
}

export interface HistogramPoint extends OtlpPoint {
  readonly count: number
  readonly sum: number | undefined
  readonly bucketCounts: readonly number[]
  readonly bounds: readonly number[]
}

/** Buckets from index `offset` on. */
export interface OtlpBuckets {
  readonly offset: number
  readonly counts: readonly number[]
}

export interface ExponentialPoint extends OtlpPoint {
  readonly count: number
  readonly sum: number | undefined
  readonly scale: number
  readonly zeroCount: number
  readonly zeroThreshold: number
  readonly positive: OtlpBuckets
  readonly negative: OtlpBuckets
}

export interface SummaryPoint extends OtlpPoint {
  readonly count: number
  readonly sum: number
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[]
}

/** Hears of everything in the order of the nesting. */
export interface OtlpSink {
  resource(attributes: Attributes): void
  scope(scope: OtlpScope): void
  metric(metric: OtlpMetric): void
  number(point: NumberPoint): void
  histogram(point: HistogramPoint): void
  exponential(point: ExponentialPoint): void
  summary(point: SummaryPoint): void
  /** The resource at hand has ended. */
  resourceEnd(): void
}

/** Attributes of one thing, buckets of one point, and how deep values may nest. */
export const ATTRIBUTES_MAX = 1000
export const BUCKETS_MAX = 10_000
export const NESTING_MAX = 16

/** Flag of a point without a value. */
export const NO_RECORDED_VALUE = 1

/** A value inside an attribute that is more than a text. */
export type Nested = string | number | boolean | null | readonly Nested[] | NestedMap
export interface NestedMap {
  readonly [name: string]: Nested
}

/** An attribute's value as text: a text as it is, numbers in decimals, all else as JSON. */
export function attributeText(value: Nested): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberText(value)
  if (value === null) return ''
  return typeof value === 'boolean' ? String(value) : jsonText(value)
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** JSON with sorted keys and with the signs of HTML escaped, as Go writes it. */
function jsonText(value: Nested): string {
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(
      Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    )
  })
  return text.replaceAll(/[<>&\u2028\u2029]/g, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
