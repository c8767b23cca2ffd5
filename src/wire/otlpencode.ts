/**
 * OTLP metrics, made from series: one ExportMetricsServiceRequest, written from its outside in.
 *
 * @source opentelemetry-proto, metrics/v1/metrics.proto and common/v1/common.proto
 */
import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../model/histogram.ts'
import { isStaleAt } from '../model/stale.ts'
import { BYTES, FIXED64, fieldHead, type ProtoWriter } from './protobuf.ts'

/** Which kind of metric a data point is in. */
export type OtlpKind = 'gauge' | 'sum' | 'monotonic' | 'exponential' | 'explicit'

/** Fields of Metric by kind. */
const KIND_FIELDS: Readonly<Record<OtlpKind, number>> = {
  gauge: 5,
  sum: 7,
  monotonic: 7,
  exponential: 10,
  explicit: 9,
}

/** Data points of all kinds are field 1. */
const DATA_POINTS = 1
const CUMULATIVE = 2
/** A point that says that there is none any more. */
const NO_RECORDED_VALUE = 1

/** Buckets of one side of a histogram, gaps among them. */
const BUCKETS_MAX = 4096

/** Attributes as fields of a message: of a resource (field 1) or of a number's data point (field 7). */
export function writeAttribute(
  into: ProtoWriter,
  field: number,
  name: string,
  value: string,
): void {
  const start = into.openMessage(field)
  into.text(1, name)
  const any = into.openMessage(2)
  into.text(1, value)
  into.closeMessage(any)
  into.closeMessage(start)
}

/** Field of attributes in data points: numbers and both kinds of histograms. */
export const NUMBER_ATTRIBUTES = 7
export const EXPONENTIAL_ATTRIBUTES = 1
export const EXPLICIT_ATTRIBUTES = 9

/** What a metric is called and said to be. */
export interface OtlpMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly kind: OtlpKind
}

/** Writes a request; resource, metric and points follow each other, and close what was open. */
export class OtlpRequest {
  readonly #into: ProtoWriter
  readonly #scopeName: string
  readonly #scopeVersion: string
  #resourceStart = 0
  #scopeStart = 0
  #metricStart = 0
  #dataStart = 0
  #kind: OtlpKind = 'gauge'

  constructor(into: ProtoWriter, scopeName: string, scopeVersion: string) {
    this.#into = into
    this.#scopeName = scopeName
    this.#scopeVersion = scopeVersion
  }

  begin(): void {
    this.#into.clear()
    this.#resourceStart = 0
    this.#metricStart = 0
  }

  /** Begins metrics of a resource; its attributes are fields 1 in attributes[from, to). */
  resource(attributes: Uint8Array, from: number, to: number): void {
    this.#closeResource()
    const into = this.#into
    this.#resourceStart = into.openMessage(1)
    const resource = into.openMessage(1)
    into.raw(attributes, from, to)
    into.closeMessage(resource)
    this.#scopeStart = into.openMessage(2)
    const scope = into.openMessage(1)
    into.text(1, this.#scopeName)
    into.text(2, this.#scopeVersion)
    into.closeMessage(scope)
  }

  /** Begins a metric of the resource. */
  metric(metric: OtlpMetric): void {
    this.#closeMetric()
    const into = this.#into
    this.#kind = metric.kind
    this.#metricStart = into.openMessage(2)
    into.text(1, metric.name)
    if (metric.description !== '') into.text(2, metric.description)
    if (metric.unit !== '') into.text(3, metric.unit)
    this.#dataStart = into.openMessage(KIND_FIELDS[metric.kind])
  }

  /** A number; a staleness marker is a point without a value. Its attributes are fields 7. */
  number(
    attributes: Uint8Array,
    from: number,
    to: number,
    timeMs: number,
    values: Float64Array,
    i: number,
  ): void {
    const into = this.#into
    const start = into.openMessage(DATA_POINTS)
    writeTime(into, timeMs)
    if (isStaleAt(values, i)) into.int(8, NO_RECORDED_VALUE)
    else into.double(4, values[i])
    into.raw(attributes, from, to)
    into.closeMessage(start)
  }

  /** A native histogram of the metric's kind, which `kindOfHistogram` said. Attributes as in `number`. */
  histogram(
    attributes: Uint8Array,
    from: number,
    to: number,
    timeMs: number,
    histogram: NativeHistogram,
  ): void {
    const into = this.#into
    const start = into.openMessage(DATA_POINTS)
    writeTime(into, timeMs)
    if (isStaleAt(histogram.sum, 0)) into.int(10, NO_RECORDED_VALUE)
    else {
      writeCount(into, 4, histogram.count)
      into.double(5, histogram.sum[0])
      if (this.#kind === 'exponential') writeExponential(into, histogram)
      else writeExplicit(into, histogram)
    }
    into.raw(attributes, from, to)
    into.closeMessage(start)
  }

  end(): Uint8Array {
    this.#closeResource()
    return this.#into.written()
  }

  #closeMetric(): void {
    if (this.#metricStart === 0) return
    const isHistogram = this.#kind === 'exponential' || this.#kind === 'explicit'
    if (this.#kind !== 'gauge') this.#into.int(2, CUMULATIVE)
    if (this.#kind === 'monotonic' && !isHistogram) this.#into.int(3, 1)
    this.#into.closeMessage(this.#dataStart)
    this.#into.closeMessage(this.#metricStart)
    this.#metricStart = 0
  }

  #closeResource(): void {
    this.#closeMetric()
    if (this.#resourceStart === 0) return
    this.#into.closeMessage(this.#scopeStart)
    this.#into.closeMessage(this.#resourceStart)
    this.#resourceStart = 0
  }
}

/** The kind that can hold a histogram; undefined where none can: fractions, or too wide a gap. */
export function kindOfHistogram(histogram: NativeHistogram): OtlpKind | undefined {
  const { schema, positiveSpans, negativeSpans, customValues } = histogram
  if (!areWhole(histogram)) return undefined
  if (widthOf(positiveSpans) > BUCKETS_MAX || widthOf(negativeSpans) > BUCKETS_MAX) return undefined
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return 'exponential'
  const first = positiveSpans.length === 0 ? 0 : positiveSpans[0].offset
  const isInside = first >= 0 && first + widthOf(positiveSpans) <= customValues.length + 1
  return isInside ? 'explicit' : undefined
}

function areWhole({ count, zeroCount, positiveCounts, negativeCounts }: NativeHistogram): boolean {
  const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
  return [count, zeroCount, ...positiveCounts, ...negativeCounts].every(isWhole)
}

/** Buckets from the first to the last one. */
function widthOf(spans: readonly BucketSpan[]): number {
  let width = 0
  for (const [i, { offset, length }] of spans.entries()) width += (i === 0 ? 0 : offset) + length
  return width
}

function writeExponential(into: ProtoWriter, histogram: NativeHistogram): void {
  into.sint(6, histogram.schema)
  writeCount(into, 7, histogram.zeroCount)
  writeSide(into, 8, histogram.positiveSpans, histogram.positiveCounts)
  writeSide(into, 9, histogram.negativeSpans, histogram.negativeCounts)
  if (histogram.zeroThreshold !== 0) into.double(14, histogram.zeroThreshold)
}

/** Bucket i ends where theirs of i - 1 ends. */
function writeSide(
  into: ProtoWriter,
  field: number,
  spans: readonly BucketSpan[],
  counts: Float64Array,
): void {
  if (spans.length === 0) return
  const start = into.openMessage(field)
  into.sint(1, spans[0].offset - 1)
  const list = into.openMessage(2)
  for (const count of denseCounts(spans, counts)) into.varint(count)
  into.closeMessage(list)
  into.closeMessage(start)
}

function writeExplicit(into: ProtoWriter, histogram: NativeHistogram): void {
  const { customValues, positiveSpans, positiveCounts } = histogram
  const before = positiveSpans.length === 0 ? 0 : positiveSpans[0].offset
  const inside = denseCounts(positiveSpans, positiveCounts)
  into.varint(fieldHead(6, BYTES))
  into.varint(8 * (customValues.length + 1))
  for (let i = 0; i <= customValues.length; i++) writeFixed64(into, inside[i - before] ?? 0)
  into.doubles(7, customValues)
}

/** Counts of all buckets from the first to the last one. */
function denseCounts(spans: readonly BucketSpan[], counts: Float64Array): readonly number[] {
  const dense: number[] = []
  let at = 0
  for (const [i, { offset, length }] of spans.entries()) {
    for (let gap = 0; i > 0 && gap < offset; gap++) dense.push(0)
    for (let j = 0; j < length; j++) dense.push(counts[at++])
  }
  return dense
}

/** Counts of histograms are of fixed length. */
function writeCount(into: ProtoWriter, field: number, count: number): void {
  into.varint(fieldHead(field, FIXED64))
  writeFixed64(into, count)
}

function writeFixed64(into: ProtoWriter, value: number): void {
  writeWords(into, value >>> 0, Math.floor(value / 2 ** 32))
}

/** Nanoseconds since the epoch, exactly: beyond what a double can say. */
function writeTime(into: ProtoWriter, timeMs: number): void {
  into.varint(fieldHead(3, FIXED64))
  const low = (timeMs % 0x10000) * 1_000_000
  const high = Math.floor(timeMs / 0x10000) * 1_000_000 + Math.floor(low / 0x10000)
  const lowWord = (high % 0x10000) * 0x10000 + (low % 0x10000)
  writeWords(into, lowWord, Math.floor(high / 0x10000))
}

function writeWords(into: ProtoWriter, low: number, high: number): void {
  into.reserve(8)
  const { bytes } = into
  let at = into.at
  for (let shift = 0; shift < 32; shift += 8) bytes[at++] = low >>> shift
  for (let shift = 0; shift < 32; shift += 8) bytes[at++] = high >>> shift
  into.at = at
}

/** The last time that 64 bits of nanoseconds can say, in ms. */
export const OTLP_TIME_MS_MAX = 18_446_744_073_709
