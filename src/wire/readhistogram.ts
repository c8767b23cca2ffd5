/**
 * A native histogram as both versions of remote write have it, from bytes to model.
 *
 * @source prometheus/prompb types.proto, message Histogram
 */
import { Cursor } from '../base/bytes.ts'
import type { BucketSpan, NativeHistogram, ResetHint } from '../model/histogram.ts'
import {
  BYTES,
  FIXED64,
  readDouble,
  readInt64,
  readLength,
  readUint32,
  readZigzag,
  skipField,
  VARINT,
} from './protobuf.ts'

const RESET_HINTS: readonly ResetHint[] = ['unknown', 'yes', 'no', 'gauge']

/** A histogram and its time. */
export interface TimedHistogram {
  /** ms since epoch */
  readonly timeMs: number
  readonly histogram: NativeHistogram
}

/** What is gathered while the fields come in any order. */
class Draft {
  schema = 0
  isFloat = false
  resetHint: ResetHint = 'unknown'
  zeroThreshold = 0
  zeroCount = 0
  count = 0
  timeMs = 0
  readonly sum = new Float64Array(1)
  readonly positiveSpans: BucketSpan[] = []
  readonly negativeSpans: BucketSpan[] = []
  readonly positiveCounts: number[] = []
  readonly negativeCounts: number[] = []
  readonly positiveDeltas: number[] = []
  readonly negativeDeltas: number[] = []
  readonly customValues: number[] = []

  finish(): NativeHistogram {
    return {
      schema: this.schema,
      isFloat: this.isFloat,
      resetHint: this.resetHint,
      zeroThreshold: this.zeroThreshold,
      zeroCount: this.zeroCount,
      count: this.count,
      sum: this.sum,
      positiveSpans: this.positiveSpans,
      positiveCounts: countsOf(this.positiveDeltas, this.positiveCounts),
      negativeSpans: this.negativeSpans,
      negativeCounts: countsOf(this.negativeDeltas, this.negativeCounts),
      customValues: Float64Array.from(this.customValues),
    }
  }
}

/**
 * Reads the histogram message that lies in [from, to).
 *
 * @throws NarthexError `bad_data`
 */
export function readHistogram(bytes: Uint8Array, from: number, to: number): TimedHistogram {
  const c = new Cursor(bytes, from, to)
  const draft = new Draft()
  while (c.at < to) {
    const head = readUint32(c)
    const kind = head & 7
    const isRead =
      kind === VARINT
        ? readInteger(c, head >>> 3, draft)
        : kind === FIXED64
          ? readNumber(c, head >>> 3, draft)
          : kind === BYTES && readList(c, head >>> 3, draft)
    if (!isRead) skipField(c, head)
  }
  return { timeMs: draft.timeMs, histogram: draft.finish() }
}

function readInteger(c: Cursor, number: number, draft: Draft): boolean {
  if (number === 1) draft.count = readInt64(c)
  else if (number === 4) draft.schema = readZigzag(c)
  else if (number === 6) draft.zeroCount = readInt64(c)
  else if (number === 14) draft.resetHint = RESET_HINTS[readInt64(c)] ?? 'unknown'
  else if (number === 15) draft.timeMs = readInt64(c)
  else if (number === 9) draft.negativeDeltas.push(readZigzag(c))
  else if (number === 12) draft.positiveDeltas.push(readZigzag(c))
  else return false
  return true
}

function readNumber(c: Cursor, number: number, draft: Draft): boolean {
  if (number === 2) {
    draft.isFloat = true
    draft.count = readDouble(c)
  } else if (number === 3) {
    readBits(c, draft.sum)
  } else if (number === 5) {
    draft.zeroThreshold = readDouble(c)
  } else if (number === 7) {
    draft.isFloat = true
    draft.zeroCount = readDouble(c)
  } else if (number === 10) {
    draft.negativeCounts.push(readDouble(c))
  } else if (number === 13) {
    draft.positiveCounts.push(readDouble(c))
  } else if (number === 16) {
    draft.customValues.push(readDouble(c))
  } else {
    return false
  }
  return true
}

function readList(c: Cursor, number: number, draft: Draft): boolean {
  if (number === 8) draft.negativeSpans.push(readSpan(c))
  else if (number === 9) readPacked(c, readZigzag, draft.negativeDeltas)
  else if (number === 10) readPacked(c, readDouble, draft.negativeCounts)
  else if (number === 11) draft.positiveSpans.push(readSpan(c))
  else if (number === 12) readPacked(c, readZigzag, draft.positiveDeltas)
  else if (number === 13) readPacked(c, readDouble, draft.positiveCounts)
  else if (number === 16) readPacked(c, readDouble, draft.customValues)
  else return false
  return true
}

/** A sum by its bits: the staleness marker would not survive being a number. */
function readBits(c: Cursor, into: Float64Array): void {
  const from = c.at
  readDouble(c)
  const words = new Uint32Array(into.buffer, into.byteOffset, 2)
  words[0] = c.view.getUint32(from, true)
  words[1] = c.view.getUint32(from + 4, true)
}

function readSpan(c: Cursor): BucketSpan {
  const { end } = c
  c.end = readLength(c)
  let offset = 0
  let length = 0
  while (c.at < c.end) {
    const head = readUint32(c)
    if (head === 8) offset = readZigzag(c)
    else if (head === 16) length = readUint32(c)
    else skipField(c, head)
  }
  c.end = end
  return { offset, length }
}

/** All items of a packed field; each takes at least a byte, so the bytes bound how many there are. */
export function readPacked(c: Cursor, read: (c: Cursor) => number, into: number[]): void {
  const { end } = c
  c.end = readLength(c)
  while (c.at < c.end) into.push(read(c))
  c.end = end
}

/** Whole counts come as differences, others as they are. */
function countsOf(deltas: readonly number[], counts: readonly number[]): Float64Array {
  if (deltas.length === 0) return Float64Array.from(counts)
  const summed = new Float64Array(deltas.length)
  let count = 0
  for (let i = 0; i < deltas.length; i++) {
    count += deltas[i]
    summed[i] = count
  }
  return summed
}

/**
 * What is wrong with a histogram; undefined when nothing is. One that marks staleness has only its
 * sum.
 */
export function histogramFault(histogram: NativeHistogram): string | undefined {
  const { schema, positiveSpans, positiveCounts, negativeSpans, negativeCounts } = histogram
  const isCustom = schema === -53
  if (!isCustom && !(schema >= -4 && schema <= 8)) return 'schema'
  if (!fits(positiveSpans, positiveCounts) || !fits(negativeSpans, negativeCounts)) return 'spans'
  if (isCustom && !isCustomSound(histogram)) return 'custom_values'
  if (histogram.count < 0 || histogram.zeroCount < 0) return 'negative_count'
  let total = histogram.zeroCount
  for (const counts of [positiveCounts, negativeCounts]) {
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] < 0) return 'negative_count'
      total += counts[i]
    }
  }
  if (histogram.isFloat) return undefined
  // Observations that are NaN are in no bucket.
  const isSound = Number.isNaN(histogram.sum[0])
    ? total <= histogram.count
    : total === histogram.count
  return isSound ? undefined : 'count'
}

function fits(spans: readonly BucketSpan[], counts: Float64Array): boolean {
  let length = 0
  for (let i = 0; i < spans.length; i++) {
    if (i > 0 && spans[i].offset < 0) return false
    length += spans[i].length
  }
  return length === counts.length
}

function isCustomSound({
  customValues,
  negativeCounts,
  positiveSpans,
  zeroCount,
  zeroThreshold,
}: NativeHistogram): boolean {
  if (negativeCounts.length > 0 || zeroCount !== 0 || zeroThreshold !== 0) return false
  let reach = 0
  for (const { offset, length } of positiveSpans) reach += offset + length
  if (reach > customValues.length + 1 || (positiveSpans[0]?.offset ?? 0) < 0) return false
  for (let i = 0; i < customValues.length; i++) {
    if (Number.isNaN(customValues[i])) return false
    if (i > 0 && !(customValues[i] > customValues[i - 1])) return false
  }
  return customValues.at(-1) !== Infinity
}
