/** Native histograms and exemplars as entries of a batch carry them. */
import { type Cursor, readVarint } from '../base/bytes.ts'
import type { Exemplar } from '../model/exemplar.ts'
import type { BucketSpan, NativeHistogram, ResetHint } from '../model/histogram.ts'
import { labelsFrom } from '../model/labels.ts'
import {
  broken,
  type MessageWriter,
  type PairLimits,
  readCount,
  readSigned,
  readValue,
  type TextNumbers,
  type TextsByNumber,
  writeValue,
} from './streamtext.ts'

/** Buckets of one histogram, and spans of either sign. */
export const HISTOGRAM_BUCKETS_MAX = 20_000

const RESET_HINTS: readonly ResetHint[] = ['unknown', 'yes', 'no', 'gauge']

const value = new Float64Array(1)
const valueWords = new Uint32Array(value.buffer)

export function writeHistogram(histogram: NativeHistogram, into: MessageWriter): void {
  into.signed(histogram.schema)
  into.varint((histogram.isFloat ? 4 : 0) + RESET_HINTS.indexOf(histogram.resetHint))
  writeNumbers([histogram.zeroThreshold, histogram.zeroCount, histogram.count], into)
  writeNumbers(histogram.sum, into)
  writeBuckets(histogram.positiveSpans, histogram.positiveCounts, into)
  writeBuckets(histogram.negativeSpans, histogram.negativeCounts, into)
  into.varint(histogram.customValues.length)
  writeNumbers(histogram.customValues, into)
}

/** @throws NarthexError `bad_data` */
export function readHistogram(c: Cursor): NativeHistogram {
  const schema = readSigned(c)
  const flags = readVarint(c)
  if (flags > 7) throw broken(`flags ${flags} of a histogram`)
  const [zeroThreshold, zeroCount, count] = readNumbers(c, 3)
  const sum = readNumbers(c, 1)
  const [positiveSpans, positiveCounts] = readBuckets(c)
  const [negativeSpans, negativeCounts] = readBuckets(c)
  const customValues = readNumbers(c, readCount(c, HISTOGRAM_BUCKETS_MAX, 'boundaries'))
  return {
    schema,
    isFloat: flags >= 4,
    resetHint: RESET_HINTS[flags & 3],
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans,
    positiveCounts,
    negativeSpans,
    negativeCounts,
    customValues,
  }
}

export function writeExemplar(exemplar: Exemplar, texts: TextNumbers, into: MessageWriter): void {
  texts.writePairs(exemplar.labels, into)
  writeNumbers([exemplar.value], into)
  into.varint(exemplar.timeMs === undefined ? 0 : 1)
  if (exemplar.timeMs !== undefined) into.signed(exemplar.timeMs)
}

/** @throws NarthexError `bad_data` */
export function readExemplar(c: Cursor, texts: TextsByNumber, limits: PairLimits): Exemplar {
  const words = texts.readPairs(c, limits)
  const pairs: [string, string][] = []
  for (let i = 0; i < words.length; i += 2) pairs.push([words[i], words[i + 1]])
  const [number] = readNumbers(c, 1)
  const hasTime = readVarint(c) === 1
  return { labels: labelsFrom(pairs), value: number, timeMs: hasTime ? readSigned(c) : undefined }
}

function writeNumbers(numbers: ArrayLike<number>, into: MessageWriter): void {
  for (let i = 0; i < numbers.length; i++) {
    value[0] = numbers[i]
    writeValue(valueWords[0], valueWords[1], into)
  }
}

function readNumbers(c: Cursor, count: number): Float64Array {
  const numbers = new Float64Array(count)
  const words = new Uint32Array(numbers.buffer)
  for (let i = 0; i < count; i++) readValue(c, words, i)
  return numbers
}

function writeBuckets(
  spans: readonly BucketSpan[],
  counts: Float64Array,
  into: MessageWriter,
): void {
  into.varint(spans.length)
  for (const span of spans) {
    into.signed(span.offset)
    into.varint(span.length)
  }
  writeNumbers(counts, into)
}

function readBuckets(c: Cursor): [BucketSpan[], Float64Array] {
  const spanCount = readCount(c, HISTOGRAM_BUCKETS_MAX, 'spans')
  const spans: BucketSpan[] = []
  let total = 0
  for (let i = 0; i < spanCount; i++) {
    const offset = readSigned(c)
    const length = readCount(c, HISTOGRAM_BUCKETS_MAX, 'buckets')
    total += length
    if (total > HISTOGRAM_BUCKETS_MAX) throw broken(`${total} buckets of a histogram`)
    spans.push({ offset, length })
  }
  return [spans, readNumbers(c, total)]
}
