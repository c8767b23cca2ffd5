/** The parts of remote write requests 1.0 and 2.0: labels, samples, histograms, exemplars, metadata. */
import type { Exemplar } from '../model/exemplar.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import { type ProtoWriter, varintBytes } from './protobuf.ts'
import { METADATA_TYPES, type WriteMetadata } from './remotewrite.ts'
import { writeHistogram } from './writehistogram.ts'

/** Field numbers that senders need. */
export const SERIES_1 = 1
export const SYMBOL_2 = 4
export const SERIES_2 = 5
const HISTOGRAM_1 = 4
const HISTOGRAM_2 = 3

/** Head and length of a sample, head of its value, the value, head of its time. */
const SAMPLE_BYTES = 12
const SAMPLE_HEAD = 0x12
const VALUE_HEAD = 0x09
const TIME_HEAD = 0x10

/** Labels as fields of a 1.0 series or exemplar. */
export function writeLabels1(into: ProtoWriter, labels: Labels): void {
  for (let i = 0; i < labels.length; i += 2) {
    const start = into.openMessage(1)
    into.text(1, labels[i])
    into.text(2, labels[i + 1])
    into.closeMessage(start)
  }
}

/**
 * One sample of one 1.0 series, as most series of a request are.
 *
 * @param labels bytes [from, to) are what writeLabels1 made of its labels
 * @param low    lower half of the value's bits
 */
export function writeSeries1(
  into: ProtoWriter,
  labels: Uint8Array,
  from: number,
  to: number,
  timeMs: number,
  low: number,
  high: number,
): void {
  into.varint(SERIES_1 * 8 + 2)
  into.varint(to - from + SAMPLE_BYTES + timeBytes(timeMs))
  into.raw(labels, from, to)
  writeSample(into, timeMs, low, high)
}

/** One sample with the two halves of its value. */
export function writeSample(into: ProtoWriter, timeMs: number, low: number, high: number): void {
  into.reserve(SAMPLE_BYTES)
  const { bytes } = into
  let at = into.at
  bytes[at++] = SAMPLE_HEAD
  bytes[at++] = SAMPLE_BYTES - 2 + timeBytes(timeMs)
  bytes[at++] = VALUE_HEAD
  for (let shift = 0; shift < 32; shift += 8) bytes[at++] = low >>> shift
  for (let shift = 0; shift < 32; shift += 8) bytes[at++] = high >>> shift
  bytes[at++] = TIME_HEAD
  into.at = at
  into.varint(timeMs)
}

function timeBytes(timeMs: number): number {
  return timeMs < 0 ? 10 : varintBytes(timeMs)
}

export function writeHistogram1(
  into: ProtoWriter,
  timeMs: number,
  histogram: NativeHistogram,
): void {
  writeHistogram(into, HISTOGRAM_1, timeMs, histogram)
}

export function writeHistogram2(
  into: ProtoWriter,
  timeMs: number,
  histogram: NativeHistogram,
): void {
  writeHistogram(into, HISTOGRAM_2, timeMs, histogram)
}

/** An exemplar of a 1.0 series; `timeMs` is its time where it has none of its own. */
export function writeExemplar1(into: ProtoWriter, exemplar: Exemplar, timeMs: number): void {
  const start = into.openMessage(3)
  writeLabels1(into, exemplar.labels)
  if (exemplar.value !== 0) into.double(2, exemplar.value)
  into.int(3, exemplar.timeMs ?? timeMs)
  into.closeMessage(start)
}

/** An exemplar of a 2.0 series; `timeMs` is its time where it has none of its own. */
export function writeExemplar2(
  into: ProtoWriter,
  exemplar: Exemplar,
  timeMs: number,
  symbolOf: (text: string) => number,
): void {
  const start = into.openMessage(4)
  writeRefs2(into, exemplar.labels, symbolOf)
  if (exemplar.value !== 0) into.double(2, exemplar.value)
  into.int(3, exemplar.timeMs ?? timeMs)
  into.closeMessage(start)
}

/** Labels as numbers of symbols, in a 2.0 series or exemplar. */
export function writeRefs2(
  into: ProtoWriter,
  labels: Labels,
  symbolOf: (text: string) => number,
): void {
  if (labels.length === 0) return
  const start = into.openMessage(1)
  for (const text of labels) into.varint(symbolOf(text))
  into.closeMessage(start)
}

/** Type, help and unit of a family, in a 1.0 request. */
export function writeMetadata1(into: ProtoWriter, metadata: WriteMetadata): void {
  const start = into.openMessage(3)
  into.int(1, typeNumber(metadata.type))
  into.text(2, metadata.family)
  into.text(4, metadata.help)
  into.text(5, metadata.unit)
  into.closeMessage(start)
}

/** Type, help and unit of a 2.0 series. */
export function writeMetadata2(into: ProtoWriter, type: number, help: number, unit: number): void {
  const start = into.openMessage(5)
  into.int(1, type)
  into.int(3, help)
  into.int(4, unit)
  into.closeMessage(start)
}

/** The number of a metadata type; `unknown` for one that is none. */
export function typeNumber(type: string): number {
  return Math.max(0, METADATA_TYPES.indexOf(type))
}
