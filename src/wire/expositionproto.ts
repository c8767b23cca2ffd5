/**
 * The protobuf exposition format: delimited MetricFamily messages, turned into the text format 0.0.4
 * on the way, so that what is a number is read in one way only. What text cannot say, native
 * histograms and exemplars, is handed over beside it.
 *
 * @source prometheus/client_model io/prometheus/client/metrics.proto
 */
import { Cursor } from '../base/bytes.ts'
import { NarthexError } from '../base/error.ts'
import type { Exemplar } from '../model/exemplar.ts'
import type { BucketSpan, NativeHistogram } from '../model/histogram.ts'
import { labelsFrom, METRIC_NAME } from '../model/labels.ts'
import {
  BYTES,
  FIXED64,
  readDouble,
  readInt64,
  readUint32,
  readZigzag,
  VARINT,
} from './protobuf.ts'
import { eachField, readText, within } from './protomessage.ts'
import { readPacked } from './readhistogram.ts'

/** What beside the text is told of a series. */
export interface ExpositionSide {
  /** Name and labels in turn, the name first, as in the text. */
  histogram(pairs: readonly string[], timeMs: number | undefined, histogram: NativeHistogram): void
  exemplar(pairs: readonly string[], exemplar: Exemplar): void
}

export interface ProtoOptions {
  /** Classic buckets also where a histogram is native. */
  readonly alwaysClassic: boolean
  /** Native histograms are wanted; else they are classic ones. */
  readonly native: boolean
}

const TYPES = ['counter', 'gauge', 'summary', 'untyped', 'histogram', 'histogram'] as const

/** Labels of one metric, and what stands beside its value. */
export const PARTS_MAX = 100_000

/**
 * Turns families into text.
 *
 * @throws NarthexError `bad_data`, also for text over `bytesMax` letters
 */
export function transcodeFamilies(
  bytes: Uint8Array,
  options: ProtoOptions,
  side: ExpositionSide,
  bytesMax: number,
): string {
  const c = new Cursor(bytes)
  const lines: string[] = []
  let length = 0
  const write = (line: string): void => {
    length += line.length + 1
    if (length > bytesMax) {
      throw new NarthexError('too_big', `cannot read families: more than ${bytesMax} bytes as text`)
    }
    lines.push(line)
  }
  try {
    while (c.at < c.end) within(c, () => new FamilyReader(c, options, side, write).read())
  } catch (error) {
    // What TextDecoder throws is a TypeError without more to say.
    if (!(error instanceof TypeError)) throw error
    throw new NarthexError('bad_data', 'cannot read families: a text is not UTF-8')
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** What of a Metric is a value of some sort, before it is known of which. */
interface Histogram {
  count: number
  sum: number
  isFloat: boolean
  schema: number
  zeroThreshold: number
  zeroCount: number
  readonly buckets: { bound: number; count: number; exemplar: Exemplar | undefined }[]
  readonly positiveSpans: BucketSpan[]
  readonly negativeSpans: BucketSpan[]
  readonly positive: number[]
  readonly negative: number[]
  readonly exemplars: Exemplar[]
}

/** Reads one family; its name and type may come behind its metrics. */
class FamilyReader {
  readonly #c: Cursor
  readonly #options: ProtoOptions
  readonly #side: ExpositionSide
  readonly #write: (line: string) => void
  #name = ''
  #type: (typeof TYPES)[number] = 'untyped'
  #pairs: string[] = []
  #time = ''
  #timeMs: number | undefined

  constructor(
    c: Cursor,
    options: ProtoOptions,
    side: ExpositionSide,
    write: (line: string) => void,
  ) {
    this.#c = c
    this.#options = options
    this.#side = side
    this.#write = write
  }

  read(): void {
    const c = this.#c
    const from = c.at
    let help = ''
    let type = 0
    eachField(c, (number, kind) => {
      if (number === 1 && kind === BYTES) this.#name = readText(c)
      else if (number === 2 && kind === BYTES) help = readText(c)
      else if (number === 3 && kind === VARINT) type = readInt64(c)
      else return false
      return true
    })
    if (this.#name === '')
      throw new NarthexError('bad_data', 'cannot read families: one has no name')
    this.#type = TYPES[type] ?? 'untyped'
    const shown = formatName(this.#name)
    if (help !== '') this.#write(`# HELP ${shown} ${escapeText(help)}`)
    this.#write(`# TYPE ${shown} ${this.#type}`)
    c.at = from
    eachField(c, (number, kind) => {
      if (number !== 4 || kind !== BYTES) return false
      within(c, () => this.#readMetric())
      return true
    })
  }

  #readMetric(): void {
    const c = this.#c
    const from = c.at
    this.#pairs = []
    this.#time = ''
    this.#timeMs = undefined
    eachField(c, (number, kind) => {
      if (number === 1 && kind === BYTES) this.#pairs.push(...this.#readLabel())
      else if (number === 6 && kind === VARINT) this.#timeMs = readInt64(c)
      else return false
      if (this.#pairs.length > PARTS_MAX) throw tooMany()
      return true
    })
    if (this.#timeMs !== undefined) this.#time = ` ${this.#timeMs}`
    c.at = from
    eachField(c, (number, kind) => {
      if (kind !== BYTES || number < 2 || number > 7 || number === 6) return false
      if (number === 4) within(c, () => this.#readSummary())
      else if (number === 7) within(c, () => this.#readHistogram())
      else within(c, () => this.#readSimple())
      return true
    })
  }

  #readLabel(): [string, string] {
    const c = this.#c
    let name = ''
    let value = ''
    within(c, () =>
      eachField(c, (number, kind) => {
        if (kind !== BYTES) return false
        if (number === 1) name = readText(c)
        else if (number === 2) value = readText(c)
        else return false
        return true
      }),
    )
    return [name, value]
  }

  /** A counter, a gauge, or a value of no type. */
  #readSimple(): void {
    const c = this.#c
    let value = 0
    let exemplar: Exemplar | undefined
    eachField(c, (number, kind) => {
      if (number === 1 && kind === FIXED64) value = readDouble(c)
      else if (number === 2 && kind === BYTES) exemplar = this.#readExemplar()
      else return false
      return true
    })
    this.#sample(this.#name, value)
    if (exemplar !== undefined) this.#side.exemplar(this.#pairsOf(this.#name), exemplar)
  }

  #readSummary(): void {
    const c = this.#c
    let count = 0
    let sum = 0
    eachField(c, (number, kind) => {
      if (number === 1 && kind === VARINT) count = readInt64(c)
      else if (number === 2 && kind === FIXED64) sum = readDouble(c)
      else if (number === 3 && kind === BYTES) {
        const [quantile, value] = this.#readTwo()
        this.#sample(this.#name, value, 'quantile', formatValue(quantile))
      } else return false
      return true
    })
    this.#sample(`${this.#name}_sum`, sum)
    this.#sample(`${this.#name}_count`, count)
  }

  #readTwo(): [number, number] {
    const c = this.#c
    const found: [number, number] = [0, 0]
    within(c, () =>
      eachField(c, (number, kind) => {
        if (kind !== FIXED64 || number < 1 || number > 2) return false
        found[number - 1] = readDouble(c)
        return true
      }),
    )
    return found
  }

  #readHistogram(): void {
    const c = this.#c
    const found: Histogram = {
      count: 0,
      sum: 0,
      isFloat: false,
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      buckets: [],
      positiveSpans: [],
      negativeSpans: [],
      positive: [],
      negative: [],
      exemplars: [],
    }
    eachField(c, (number, kind) => {
      const isRead =
        kind === BYTES ? this.#readPart(found, number) : readFigure(c, found, number, kind)
      if (found.buckets.length + found.exemplars.length > PARTS_MAX) throw tooMany()
      return isRead
    })
    const { positiveSpans, negativeSpans, zeroThreshold, zeroCount } = found
    // The schema says nothing: 0 is a schema, and what is 0 may be left out.
    const isNative =
      positiveSpans.length + negativeSpans.length > 0 || zeroThreshold > 0 || zeroCount > 0
    if (isNative && this.#options.native) this.#addNative(found)
    const hasClassic = found.buckets.length > 0 || !isNative
    if (!isNative || !this.#options.native || (this.#options.alwaysClassic && hasClassic)) {
      this.#addClassic(found)
    }
  }

  #readPart(found: Histogram, number: number): boolean {
    const c = this.#c
    if (number === 3) found.buckets.push(this.#readBucket())
    else if (number === 9) found.negativeSpans.push(readSpan(c))
    else if (number === 10) readPacked(c, readZigzag, found.negative)
    else if (number === 11) readPacked(c, readDouble, found.negative)
    else if (number === 12) found.positiveSpans.push(readSpan(c))
    else if (number === 13) readPacked(c, readZigzag, found.positive)
    else if (number === 14) readPacked(c, readDouble, found.positive)
    else if (number === 16) found.exemplars.push(this.#readExemplar())
    else return false
    return true
  }

  #readBucket(): Histogram['buckets'][number] {
    const c = this.#c
    let bound = 0
    let count = 0
    let exemplar: Exemplar | undefined
    within(c, () =>
      eachField(c, (number, kind) => {
        if (number === 1 && kind === VARINT) count = readInt64(c)
        else if (number === 4 && kind === FIXED64) count = readDouble(c)
        else if (number === 2 && kind === FIXED64) bound = readDouble(c)
        else if (number === 3 && kind === BYTES) exemplar = this.#readExemplar()
        else return false
        return true
      }),
    )
    return { bound, count, exemplar }
  }

  #addNative(found: Histogram): void {
    const { count, sum, isFloat, schema, zeroThreshold, zeroCount } = found
    const pairs = this.#pairsOf(this.#name)
    this.#side.histogram(pairs, this.#timeMs, {
      schema,
      isFloat,
      resetHint: 'unknown',
      zeroThreshold,
      zeroCount,
      count,
      sum: Float64Array.of(sum),
      positiveSpans: found.positiveSpans,
      positiveCounts: countsOf(found.positive, isFloat),
      negativeSpans: found.negativeSpans,
      negativeCounts: countsOf(found.negative, isFloat),
      customValues: new Float64Array(0),
    })
    const ofBuckets = found.buckets.flatMap(({ exemplar }) => exemplar ?? [])
    const exemplars = found.exemplars.length > 0 ? found.exemplars : ofBuckets
    for (const exemplar of exemplars) this.#side.exemplar(pairs, exemplar)
  }

  #addClassic({ buckets, count, sum }: Histogram): void {
    const name = `${this.#name}_bucket`
    for (const { bound, count: below, exemplar } of buckets) {
      const le = formatValue(bound)
      this.#sample(name, below, 'le', le)
      if (exemplar !== undefined) this.#side.exemplar([...this.#pairsOf(name), 'le', le], exemplar)
    }
    if (buckets.at(-1)?.bound !== Infinity) this.#sample(name, count, 'le', '+Inf')
    this.#sample(`${this.#name}_sum`, sum)
    this.#sample(`${this.#name}_count`, count)
  }

  #readExemplar(): Exemplar {
    const c = this.#c
    const labels: [string, string][] = []
    let value = 0
    let timeMs: number | undefined
    within(c, () =>
      eachField(c, (number, kind) => {
        if (number === 1 && kind === BYTES) labels.push(this.#readLabel())
        else if (number === 2 && kind === FIXED64) value = readDouble(c)
        else if (number === 3 && kind === BYTES) timeMs = readTimestamp(c)
        else return false
        if (labels.length > PARTS_MAX) throw tooMany()
        return true
      }),
    )
    return { labels: labelsFrom(labels), value, timeMs }
  }

  #pairsOf(name: string): string[] {
    return [METRIC_NAME, name, ...this.#pairs]
  }

  #sample(name: string, value: number, extraName = '', extraValue = ''): void {
    const pairs = extraName === '' ? this.#pairs : [...this.#pairs, extraName, extraValue]
    const labels: string[] = isPlainName(name) ? [] : [formatName(name)]
    for (let i = 0; i < pairs.length; i += 2) {
      labels.push(`${formatName(pairs[i])}="${escapeText(pairs[i + 1]).replaceAll('"', '\\"')}"`)
    }
    const key = labels.length === 0 ? '' : `{${labels.join(',')}}`
    this.#write(`${isPlainName(name) ? name : ''}${key} ${formatValue(value)}${this.#time}`)
  }
}

function readFigure(c: Cursor, found: Histogram, number: number, kind: number): boolean {
  if (number === 1 && kind === VARINT) found.count = readInt64(c)
  else if (number === 2 && kind === FIXED64) found.sum = readDouble(c)
  else if (number === 5 && kind === VARINT) found.schema = readZigzag(c)
  else if (number === 6 && kind === FIXED64) found.zeroThreshold = readDouble(c)
  else if (number === 7 && kind === VARINT) found.zeroCount = readInt64(c)
  else if (number === 10 && kind === VARINT) found.negative.push(readZigzag(c))
  else if (number === 13 && kind === VARINT) found.positive.push(readZigzag(c))
  else if (number === 11 && kind === FIXED64) found.negative.push(readDouble(c))
  else if (number === 14 && kind === FIXED64) found.positive.push(readDouble(c))
  else if ((number === 4 || number === 8) && kind === FIXED64) {
    const value = readDouble(c)
    if (number === 8) found.zeroCount = value
    else if (value > 0) {
      found.count = value
      found.isFloat = true
    }
  } else return false
  return true
}

function readSpan(c: Cursor): BucketSpan {
  let offset = 0
  let length = 0
  within(c, () =>
    eachField(c, (number, kind) => {
      if (kind !== VARINT) return false
      if (number === 1) offset = readZigzag(c)
      else if (number === 2) length = readUint32(c)
      else return false
      return true
    }),
  )
  return { offset, length }
}

function readTimestamp(c: Cursor): number {
  let seconds = 0
  let nanos = 0
  within(c, () =>
    eachField(c, (number, kind) => {
      if (kind !== VARINT) return false
      if (number === 1) seconds = readInt64(c)
      else if (number === 2) nanos = readInt64(c)
      else return false
      return true
    }),
  )
  return seconds * 1000 + Math.floor(nanos / 1_000_000)
}

/** Whole counts come as differences, others as they are. */
function countsOf(numbers: readonly number[], isFloat: boolean): Float64Array {
  const counts = Float64Array.from(numbers)
  for (let i = 1; !isFloat && i < counts.length; i++) counts[i] += counts[i - 1]
  return counts
}

function isPlainName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
}

function formatName(name: string): string {
  return isPlainName(name) ? name : `"${escapeText(name).replaceAll('"', '\\"')}"`
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

function tooMany(): NarthexError {
  return new NarthexError('bad_data', `cannot read families: more than ${PARTS_MAX} parts of one`)
}
