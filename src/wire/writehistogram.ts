/**
 * A native histogram as both versions of remote write have it.
 *
 * @source prometheus/prompb types.proto, message Histogram
 */
import type { BucketSpan, NativeHistogram, ResetHint } from '../model/histogram.ts'
import { staleHighOf } from '../model/stale.ts'
import type { ProtoWriter } from './protobuf.ts'

const RESET_HINTS: readonly ResetHint[] = ['unknown', 'yes', 'no', 'gauge']

/** Writes a histogram at its time as field `number`. */
export function writeHistogram(
  into: ProtoWriter,
  number: number,
  timeMs: number,
  histogram: NativeHistogram,
): void {
  const start = into.openMessage(number)
  const { isFloat } = histogram
  if (isFloat) into.double(2, histogram.count)
  else into.uint(1, histogram.count)
  const sum = new Uint32Array(histogram.sum.buffer, histogram.sum.byteOffset, 2)
  into.doubleBits(3, sum[0], staleHighOf(sum[0], sum[1]))
  into.sint(4, histogram.schema)
  if (histogram.zeroThreshold !== 0) into.double(5, histogram.zeroThreshold)
  if (isFloat) into.double(7, histogram.zeroCount)
  else into.uint(6, histogram.zeroCount)
  writeSpans(into, 8, histogram.negativeSpans)
  if (isFloat) into.doubles(10, histogram.negativeCounts)
  else writeDeltas(into, 9, histogram.negativeCounts)
  writeSpans(into, 11, histogram.positiveSpans)
  if (isFloat) into.doubles(13, histogram.positiveCounts)
  else writeDeltas(into, 12, histogram.positiveCounts)
  into.int(14, RESET_HINTS.indexOf(histogram.resetHint))
  into.int(15, timeMs)
  into.doubles(16, histogram.customValues)
  into.closeMessage(start)
}

function writeSpans(into: ProtoWriter, number: number, spans: readonly BucketSpan[]): void {
  for (const { offset, length } of spans) {
    const start = into.openMessage(number)
    into.sint(1, offset)
    into.int(2, length)
    into.closeMessage(start)
  }
}

/** Each count as its difference to the one before. */
function writeDeltas(into: ProtoWriter, number: number, counts: Float64Array): void {
  if (counts.length === 0) return
  const start = into.openMessage(number)
  let before = 0
  for (let i = 0; i < counts.length; i++) {
    into.zigzag(counts[i] - before)
    before = counts[i]
  }
  into.closeMessage(start)
}
