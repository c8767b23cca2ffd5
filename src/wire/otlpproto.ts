/**
 * OTLP metrics in protobuf. Each level is looked through twice, as its parts may come in any order:
 * first for what describes it, then for what it holds.
 *
 * @source opentelemetry/proto/metrics/v1/metrics.proto, common/v1, resource/v1
 */
import { Cursor } from '../base/bytes.ts'
import { NarthexError } from '../base/error.ts'
import {
  ATTRIBUTES_MAX,
  attributeText,
  BUCKETS_MAX,
  NESTING_MAX,
  type Nested,
  NO_RECORDED_VALUE,
  type OtlpBuckets,
  type OtlpExemplar,
  type OtlpKind,
  type OtlpSink,
  TEMPORALITIES,
  type Temporality,
} from './otlp.ts'
import {
  BYTES,
  FIXED64,
  readDouble,
  readInt64,
  readLength,
  readZigzag,
  VARINT,
} from './protobuf.ts'
import { eachField, eachMessage, readText, within } from './protomessage.ts'

const TWO_32 = 2 ** 32

/** Kinds of metrics by the number of their field. */
const KINDS: ReadonlyMap<number, OtlpKind> = new Map([
  [5, 'gauge'],
  [7, 'sum'],
  [9, 'histogram'],
  [10, 'exponential'],
  [11, 'summary'],
])

/**
 * Walks through an ExportMetricsServiceRequest.
 *
 * @throws NarthexError `bad_data`; what came before it has been told
 */
export function decodeOtlp(bytes: Uint8Array, sink: OtlpSink): void {
  try {
    const c = new Cursor(bytes)
    eachMessage(c, 1, () => readResourceMetrics(c, sink))
  } catch (error) {
    // What TextDecoder throws is a TypeError without more to say.
    if (!(error instanceof TypeError)) throw error
    throw new NarthexError('bad_data', 'cannot decode OTLP metrics: a text is not UTF-8')
  }
}

/** Does something and goes back to where it began. */
function ahead(c: Cursor, read: () => void): void {
  const { at } = c
  read()
  c.at = at
}

function readResourceMetrics(c: Cursor, sink: OtlpSink): void {
  let attributes: string[] = []
  ahead(c, () => {
    eachMessage(c, 1, () => {
      attributes = []
      readAttributes(c, 1, attributes)
    })
  })
  sink.resource(attributes)
  eachMessage(c, 2, () => readScopeMetrics(c, sink))
  sink.resourceEnd()
}

function readScopeMetrics(c: Cursor, sink: OtlpSink): void {
  let name = ''
  let version = ''
  let schemaUrl = ''
  const attributes: string[] = []
  ahead(c, () => {
    eachField(c, (number, kind) => {
      if (kind !== BYTES || (number !== 1 && number !== 3)) return false
      if (number === 3) {
        schemaUrl = readText(c)
        return true
      }
      within(c, () =>
        eachField(c, (part, partKind) => {
          if (partKind !== BYTES) return false
          if (part === 1) name = readText(c)
          else if (part === 2) version = readText(c)
          else if (part === 3) addAttribute(c, attributes)
          else return false
          return true
        }),
      )
      return true
    })
  })
  sink.scope({ name, version, schemaUrl, attributes })
  eachMessage(c, 2, () => readMetric(c, sink))
}

function readMetric(c: Cursor, sink: OtlpSink): void {
  const texts = ['', '', '', '']
  let kind: OtlpKind | undefined
  let dataAt = 0
  eachField(c, (number, fieldKind) => {
    if (fieldKind !== BYTES) return false
    if (number >= 1 && number <= 3) {
      texts[number] = readText(c)
      return true
    }
    const found = KINDS.get(number)
    if (found === undefined) return false
    kind = found
    dataAt = c.at
    return false
  })
  if (kind === undefined) return
  c.at = dataAt
  const found = kind
  within(c, () => readData(c, found, texts, sink))
}

function readData(c: Cursor, kind: OtlpKind, texts: readonly string[], sink: OtlpSink): void {
  let temporality: Temporality = 'unspecified'
  let isMonotonic = false
  ahead(c, () => {
    eachField(c, (number, fieldKind) => {
      if (fieldKind !== VARINT || kind === 'gauge' || kind === 'summary') return false
      if (number === 2) temporality = TEMPORALITIES[readInt64(c)] ?? 'unspecified'
      else if (number === 3) isMonotonic = readInt64(c) !== 0
      else return false
      return true
    })
  })
  const [, name, description, unit] = texts
  sink.metric({ name, unit, description, kind, isMonotonic, temporality })
  eachMessage(c, 1, () => {
    if (kind === 'histogram') readHistogramPoint(c, sink)
    else if (kind === 'exponential') readExponentialPoint(c, sink)
    else if (kind === 'summary') readSummaryPoint(c, sink)
    else readNumberPoint(c, sink)
  })
}

/** Fields that points share, in whatever order they come. */
class Common {
  readonly attributes: string[] = []
  readonly exemplars: OtlpExemplar[] = []
  startMs = 0
  timeMs = 0
  isGone = false

  /** Takes a field if it is one of these. */
  take(c: Cursor, number: number, kind: number, at: PointFields): boolean {
    if (kind === FIXED64 && number === 2) this.startMs = readTimeMs(c)
    else if (kind === FIXED64 && number === 3) this.timeMs = readTimeMs(c)
    else if (kind === BYTES && number === at.attributes) addAttribute(c, this.attributes)
    else if (kind === BYTES && number === at.exemplars) this.exemplars.push(readExemplar(c))
    else if (kind === VARINT && number === at.flags) {
      this.isGone = (readInt64(c) & NO_RECORDED_VALUE) !== 0
    } else return false
    return true
  }
}

/** Where the fields are that have other numbers in each sort of point; 0 for none. */
interface PointFields {
  readonly attributes: number
  readonly exemplars: number
  readonly flags: number
}

const NUMBER_FIELDS: PointFields = { attributes: 7, exemplars: 5, flags: 8 }
const HISTOGRAM_FIELDS: PointFields = { attributes: 9, exemplars: 8, flags: 10 }
const EXPONENTIAL_FIELDS: PointFields = { attributes: 1, exemplars: 11, flags: 10 }
const SUMMARY_FIELDS: PointFields = { attributes: 7, exemplars: 0, flags: 8 }

function readNumberPoint(c: Cursor, sink: OtlpSink): void {
  const common = new Common()
  let value: number | undefined
  eachField(c, (number, kind) => {
    if (kind === FIXED64 && number === 4) value = readDouble(c)
    else if (kind === FIXED64 && number === 6) value = readFixed(c, true)
    else return common.take(c, number, kind, NUMBER_FIELDS)
    return true
  })
  sink.number({ ...common, value })
}

function readHistogramPoint(c: Cursor, sink: OtlpSink): void {
  const common = new Common()
  let count = 0
  let sum: number | undefined
  const bucketCounts: number[] = []
  const bounds: number[] = []
  eachField(c, (number, kind) => {
    if (kind === FIXED64 && number === 4) count = readFixed(c, false)
    else if (kind === FIXED64 && number === 5) sum = readDouble(c)
    else if (number === 6) readNumbers(c, kind, FIXED64, () => readFixed(c, false), bucketCounts)
    else if (number === 7) readNumbers(c, kind, FIXED64, () => readDouble(c), bounds)
    else return common.take(c, number, kind, HISTOGRAM_FIELDS)
    return true
  })
  sink.histogram({ ...common, count, sum, bucketCounts, bounds })
}

function readExponentialPoint(c: Cursor, sink: OtlpSink): void {
  const common = new Common()
  let count = 0
  let sum: number | undefined
  let scale = 0
  let zeroCount = 0
  let zeroThreshold = 0
  let positive: OtlpBuckets = { offset: 0, counts: [] }
  let negative: OtlpBuckets = positive
  eachField(c, (number, kind) => {
    if (kind === FIXED64 && number === 4) count = readFixed(c, false)
    else if (kind === FIXED64 && number === 5) sum = readDouble(c)
    else if (kind === VARINT && number === 6) scale = readZigzag(c)
    else if (kind === FIXED64 && number === 7) zeroCount = readFixed(c, false)
    else if (kind === FIXED64 && number === 14) zeroThreshold = readDouble(c)
    else if (kind === BYTES && number === 8) positive = readBuckets(c)
    else if (kind === BYTES && number === 9) negative = readBuckets(c)
    else return common.take(c, number, kind, EXPONENTIAL_FIELDS)
    return true
  })
  const rest = { count, sum, scale, zeroCount, zeroThreshold, positive, negative }
  sink.exponential({ ...common, ...rest })
}

function readBuckets(c: Cursor): OtlpBuckets {
  let offset = 0
  const counts: number[] = []
  within(c, () =>
    eachField(c, (number, kind) => {
      if (number === 1 && kind === VARINT) offset = readZigzag(c)
      else if (number === 2) readNumbers(c, kind, VARINT, () => readInt64(c), counts)
      else return false
      return true
    }),
  )
  return { offset, counts }
}

function readSummaryPoint(c: Cursor, sink: OtlpSink): void {
  const common = new Common()
  let count = 0
  let sum = 0
  const quantiles: { quantile: number; value: number }[] = []
  eachField(c, (number, kind) => {
    if (kind === FIXED64 && number === 4) count = readFixed(c, false)
    else if (kind === FIXED64 && number === 5) sum = readDouble(c)
    else if (kind === BYTES && number === 6) {
      if (quantiles.length === BUCKETS_MAX) throw tooMany('quantiles', BUCKETS_MAX)
      quantiles.push(readQuantile(c))
    } else return common.take(c, number, kind, SUMMARY_FIELDS)
    return true
  })
  sink.summary({ ...common, count, sum, quantiles })
}

function readQuantile(c: Cursor): { quantile: number; value: number } {
  const found = { quantile: 0, value: 0 }
  within(c, () =>
    eachField(c, (number, kind) => {
      if (kind !== FIXED64) return false
      if (number === 1) found.quantile = readDouble(c)
      else if (number === 2) found.value = readDouble(c)
      else return false
      return true
    }),
  )
  return found
}

function readExemplar(c: Cursor): OtlpExemplar {
  const attributes: string[] = []
  let timeMs = 0
  let value = 0
  let traceId = ''
  let spanId = ''
  within(c, () =>
    eachField(c, (number, kind) => {
      if (kind === FIXED64 && number === 2) timeMs = readTimeMs(c)
      else if (kind === FIXED64 && number === 3) value = readDouble(c)
      else if (kind === FIXED64 && number === 6) value = readFixed(c, true)
      else if (kind === BYTES && number === 4) spanId = readHex(c)
      else if (kind === BYTES && number === 5) traceId = readHex(c)
      else if (kind === BYTES && number === 7) addAttribute(c, attributes)
      else return false
      return true
    }),
  )
  return { attributes, timeMs, value, traceId, spanId }
}

/** Numbers one by one or packed. */
function readNumbers(
  c: Cursor,
  kind: number,
  single: number,
  read: () => number,
  into: number[],
): void {
  const add = (): void => {
    if (into.length === BUCKETS_MAX) throw tooMany('buckets of a point', BUCKETS_MAX)
    into.push(read())
  }
  if (kind === single) add()
  else if (kind === BYTES) {
    within(c, () => {
      while (c.at < c.end) add()
    })
  } else throw new NarthexError('bad_data', `cannot decode OTLP metrics: byte ${c.at} is no number`)
}

function readFixed(c: Cursor, isSigned: boolean): number {
  readDouble(c)
  const low = c.view.getUint32(c.at - 8, true)
  const high = isSigned ? c.view.getInt32(c.at - 4, true) : c.view.getUint32(c.at - 4, true)
  return high * TWO_32 + low
}

/** ns since epoch as ms, rounded down; exact, though the ns do not fit into a number. */
function readTimeMs(c: Cursor): number {
  readDouble(c)
  const low = c.view.getUint32(c.at - 8, true)
  const high = c.view.getUint32(c.at - 4, true)
  return high * 4294 + Math.floor((high * 967_296 + low) / 1_000_000)
}

/** Bytes in hexadecimal; all zero is none. */
function readHex(c: Cursor): string {
  const end = readLength(c)
  let text = ''
  let isEmpty = true
  for (const byte of c.bytes.subarray(c.at, Math.min(end, c.at + 16))) {
    if (byte !== 0) isEmpty = false
    text += byte.toString(16).padStart(2, '0')
  }
  c.at = end
  return isEmpty ? '' : text
}

function readAttributes(c: Cursor, number: number, into: string[]): void {
  eachField(c, (field, kind) => {
    if (field !== number || kind !== BYTES) return false
    addAttribute(c, into)
    return true
  })
}

function addAttribute(c: Cursor, into: string[]): void {
  if (into.length === 2 * ATTRIBUTES_MAX) throw tooMany('attributes', ATTRIBUTES_MAX)
  const [name, value] = readKeyValue(c, 0)
  into.push(name, attributeText(value))
}

function readKeyValue(c: Cursor, depth: number): [string, Nested] {
  let name = ''
  let value: Nested = null
  within(c, () =>
    eachField(c, (number, kind) => {
      if (kind !== BYTES) return false
      if (number === 1) name = readText(c)
      else if (number === 2) value = within(c, () => readValue(c, depth + 1))
      else return false
      return true
    }),
  )
  return [name, value]
}

function readValue(c: Cursor, depth: number): Nested {
  if (depth > NESTING_MAX) throw tooMany('values inside each other', NESTING_MAX)
  let value: Nested = null
  eachField(c, (number, kind) => {
    if (number === 1 && kind === BYTES) value = readText(c)
    else if (number === 2 && kind === VARINT) value = readInt64(c) !== 0
    else if (number === 3 && kind === VARINT) value = readInt64(c)
    else if (number === 4 && kind === FIXED64) value = readDouble(c)
    else if (number === 5 && kind === BYTES) value = within(c, () => readList(c, depth))
    else if (number === 6 && kind === BYTES) value = within(c, () => readMap(c, depth))
    else if (number === 7 && kind === BYTES) value = readBase64(c)
    else return false
    return true
  })
  return value
}

function readList(c: Cursor, depth: number): Nested {
  const items: Nested[] = []
  eachMessage(c, 1, () => {
    if (items.length === ATTRIBUTES_MAX) throw tooMany('values of an attribute', ATTRIBUTES_MAX)
    items.push(readValue(c, depth + 1))
  })
  return items
}

function readMap(c: Cursor, depth: number): Nested {
  const pairs: [string, Nested][] = []
  eachField(c, (number, kind) => {
    if (number !== 1 || kind !== BYTES) return false
    if (pairs.length === ATTRIBUTES_MAX) throw tooMany('values of an attribute', ATTRIBUTES_MAX)
    pairs.push(readKeyValue(c, depth))
    return true
  })
  return Object.fromEntries(pairs)
}

function readBase64(c: Cursor): string {
  const end = readLength(c)
  let text = ''
  for (; c.at < end; c.at++) text += String.fromCharCode(c.bytes[c.at])
  return btoa(text)
}

function tooMany(what: string, max: number): NarthexError {
  return new NarthexError('bad_data', `cannot decode OTLP metrics: more than ${max} ${what}`)
}
