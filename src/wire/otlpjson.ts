/**
 * OTLP metrics in JSON: keys in lowerCamelCase, 64-bit numbers as texts or numbers, ids in
 * hexadecimal, unknown keys passed over.
 *
 * @source opentelemetry.io OTLP specification, JSON Protobuf Encoding
 */
import { NarthexError } from '../base/error.ts'
import {
  ATTRIBUTES_MAX,
  type Attributes,
  attributeText,
  BUCKETS_MAX,
  NESTING_MAX,
  type Nested,
  NO_RECORDED_VALUE,
  type OtlpBuckets,
  type OtlpExemplar,
  type OtlpKind,
  type OtlpPoint,
  type OtlpSink,
  TEMPORALITIES,
  type Temporality,
} from './otlp.ts'

/** Objects, lists and their members: what a small text may become in memory. */
export const PARTS_MAX = 2_000_000

/** Kinds of metrics by their key. */
const KINDS: readonly (readonly [string, OtlpKind])[] = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential'],
  ['summary', 'summary'],
]

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Walks through an ExportMetricsServiceRequest.
 *
 * @throws NarthexError `bad_data`; what came before it has been told
 */
export function decodeOtlpJson(bytes: Uint8Array, sink: OtlpSink): void {
  for (const each of objects(object(parse(bytes), 'the request'), 'resourceMetrics')) {
    sink.resource(attributes(maybeObject(each, 'resource'), 'attributes'))
    for (const scoped of objects(each, 'scopeMetrics')) {
      const scope = maybeObject(scoped, 'scope')
      sink.scope({
        name: text(scope, 'name'),
        version: text(scope, 'version'),
        schemaUrl: text(scoped, 'schemaUrl'),
        attributes: attributes(scope, 'attributes'),
      })
      for (const metric of objects(scoped, 'metrics')) walkMetric(metric, sink)
    }
    sink.resourceEnd()
  }
}

function parse(bytes: Uint8Array): unknown {
  let parts = 0
  for (const byte of bytes) {
    // { [ , also those inside of texts: it is a bound, not a count.
    if (byte === 0x7b || byte === 0x5b || byte === 0x2c) parts++
  }
  if (parts > PARTS_MAX) throw wrong('the request', `${parts} parts, at most ${PARTS_MAX}`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw wrong('the request', 'no JSON in UTF-8')
  }
}

function walkMetric(metric: JsonObject, sink: OtlpSink): void {
  const found = KINDS.find(([key]) => metric[key] !== undefined && metric[key] !== null)
  if (found === undefined) return
  const [key, kind] = found
  const data = maybeObject(metric, key)
  sink.metric({
    name: text(metric, 'name'),
    unit: text(metric, 'unit'),
    description: text(metric, 'description'),
    kind,
    isMonotonic: kind === 'sum' && data.isMonotonic === true,
    temporality: temporality(data.aggregationTemporality),
  })
  for (const point of objects(data, 'dataPoints')) walkPoint(kind, point, sink)
}

function walkPoint(kind: OtlpKind, point: JsonObject, sink: OtlpSink): void {
  const common = commonOf(point)
  const count = number(point, 'count')
  const sum = point.sum === undefined ? undefined : number(point, 'sum')
  if (kind === 'histogram') {
    const bucketCounts = numbers(point, 'bucketCounts')
    sink.histogram({
      ...common,
      count,
      sum,
      bucketCounts,
      bounds: numbers(point, 'explicitBounds'),
    })
  } else if (kind === 'exponential') {
    sink.exponential({
      ...common,
      count,
      sum,
      scale: number(point, 'scale'),
      zeroCount: number(point, 'zeroCount'),
      zeroThreshold: number(point, 'zeroThreshold'),
      positive: buckets(point, 'positive'),
      negative: buckets(point, 'negative'),
    })
  } else if (kind === 'summary') {
    const quantiles = objects(point, 'quantileValues').map((each) => ({
      quantile: number(each, 'quantile'),
      value: number(each, 'value'),
    }))
    sink.summary({ ...common, count, sum: sum ?? 0, quantiles })
  } else {
    sink.number({ ...common, value: eitherNumber(point) })
  }
}

function commonOf(point: JsonObject): OtlpPoint {
  return {
    attributes: attributes(point, 'attributes'),
    startMs: timeMs(point, 'startTimeUnixNano'),
    timeMs: timeMs(point, 'timeUnixNano'),
    isGone: (number(point, 'flags') & NO_RECORDED_VALUE) !== 0,
    exemplars: objects(point, 'exemplars').map(exemplar),
  }
}

function eitherNumber(point: JsonObject): number | undefined {
  if (point.asDouble !== undefined) return number(point, 'asDouble')
  return point.asInt === undefined ? undefined : number(point, 'asInt')
}

function exemplar(each: JsonObject): OtlpExemplar {
  return {
    attributes: attributes(each, 'filteredAttributes'),
    timeMs: timeMs(each, 'timeUnixNano'),
    value: eitherNumber(each) ?? 0,
    traceId: hex(each, 'traceId'),
    spanId: hex(each, 'spanId'),
  }
}

function buckets(point: JsonObject, key: string): OtlpBuckets {
  const found = maybeObject(point, key)
  return { offset: number(found, 'offset'), counts: numbers(found, 'bucketCounts') }
}

function temporality(value: unknown): Temporality {
  if (typeof value === 'number') return TEMPORALITIES[value] ?? 'unspecified'
  if (value === 'AGGREGATION_TEMPORALITY_DELTA') return 'delta'
  return value === 'AGGREGATION_TEMPORALITY_CUMULATIVE' ? 'cumulative' : 'unspecified'
}

function attributes(holder: JsonObject, key: string): Attributes {
  const pairs = objects(holder, key)
  if (pairs.length > ATTRIBUTES_MAX) {
    throw wrong(key, `${pairs.length} attributes, at most ${ATTRIBUTES_MAX}`)
  }
  return pairs.flatMap((pair) => [text(pair, 'key'), attributeText(nested(pair.value, 0))])
}

function nested(value: unknown, depth: number): Nested {
  if (depth > NESTING_MAX) throw wrong('an attribute', `more than ${NESTING_MAX} values nested`)
  if (value === undefined || value === null) return null
  const holder = object(value, 'the value of an attribute')
  if (holder.stringValue !== undefined) return text(holder, 'stringValue')
  if (holder.boolValue !== undefined) return holder.boolValue === true
  if (holder.intValue !== undefined) return number(holder, 'intValue')
  if (holder.doubleValue !== undefined) return number(holder, 'doubleValue')
  if (holder.bytesValue !== undefined) return text(holder, 'bytesValue')
  if (holder.arrayValue !== undefined) {
    return objects(maybeObject(holder, 'arrayValue'), 'values').map((each) =>
      nested(each, depth + 1),
    )
  }
  if (holder.kvlistValue === undefined) return null
  const pairs = objects(maybeObject(holder, 'kvlistValue'), 'values')
  return Object.fromEntries(pairs.map((each) => [text(each, 'key'), nested(each.value, depth + 1)]))
}

/** ns since epoch, as text or number, in ms, rounded down. */
function timeMs(holder: JsonObject, key: string): number {
  const value = holder[key]
  if (value === undefined || value === null) return 0
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return Number(value.slice(0, -6))
  // A number has lost its last digits already: half a µs more keeps it from falling short.
  if (typeof value === 'number' && value >= 0) return Math.floor((value + 500) / 1_000_000)
  throw wrong(key, 'no time in ns')
}

/** A number, as number or as text: 64-bit integers, NaN, Infinity. */
function number(holder: JsonObject, key: string): number {
  const value = holder[key]
  return value === undefined || value === null ? 0 : toNumber(value, key)
}

function toNumber(value: unknown, key: string): number {
  if (typeof value === 'number') return value
  if (value === 'NaN') return NaN
  if (value === 'Infinity' || value === '-Infinity')
    return value === 'Infinity' ? Infinity : -Infinity
  if (typeof value === 'string' && /^-?\d{1,20}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,3})?$/.test(value)) {
    return Number(value)
  }
  throw wrong(key, 'no number')
}

function numbers(holder: JsonObject, key: string): readonly number[] {
  const list = holder[key]
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw wrong(key, 'no list')
  if (list.length > BUCKETS_MAX) throw wrong(key, `${list.length} numbers, at most ${BUCKETS_MAX}`)
  return list.map((each: unknown) => toNumber(each, key))
}

function hex(holder: JsonObject, key: string): string {
  const value = text(holder, key).toLowerCase()
  if (!/^(?:[0-9a-f]{16}|[0-9a-f]{32})?$/.test(value)) throw wrong(key, 'no id in hexadecimal')
  return /^0*$/.test(value) ? '' : value
}

function text(holder: JsonObject, key: string): string {
  const value = holder[key]
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  throw wrong(key, 'no text')
}

function maybeObject(holder: JsonObject, key: string): JsonObject {
  const value = holder[key]
  return value === undefined || value === null ? {} : object(value, key)
}

function objects(holder: JsonObject, key: string): readonly JsonObject[] {
  const list = holder[key]
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw wrong(key, 'no list')
  return list.map((each: unknown) => object(each, key))
}

function object(value: unknown, key: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject
  }
  throw wrong(key, 'no object')
}

function wrong(key: string, what: string): NarthexError {
  return new NarthexError('bad_data', `cannot decode OTLP metrics: ${key} is ${what}`)
}
