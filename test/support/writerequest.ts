/** Whole remote write requests 1.0 and 2.0, put together from the parts that senders use. */

import type { Exemplar } from '../../src/model/exemplar.ts'
import type { NativeHistogram } from '../../src/model/histogram.ts'
import type { Labels } from '../../src/model/labels.ts'
import type { ProtoWriter } from '../../src/wire/protobuf.ts'
import type { WriteMetadata } from '../../src/wire/remotewrite.ts'
import {
  SERIES_1,
  SERIES_2,
  SYMBOL_2,
  typeNumber,
  writeExemplar1,
  writeExemplar2,
  writeHistogram1,
  writeHistogram2,
  writeLabels1,
  writeMetadata1,
  writeMetadata2,
  writeRefs2,
  writeSample,
} from '../../src/wire/writeencode.ts'

/** A series to be sent. */
export interface WriteSeries {
  readonly labels: Labels
  /** ms since epoch, integers */
  readonly times: Float64Array
  readonly values: Float64Array
  readonly histograms?: readonly {
    readonly timeMs: number
    readonly histogram: NativeHistogram
  }[]
  readonly exemplars?: readonly Exemplar[]
  readonly metadata?: WriteMetadata
}

/** Encodes a 1.0 request, not yet compressed; the bytes are the writer's. */
export function encodeWrite1(series: readonly WriteSeries[], into: ProtoWriter): Uint8Array {
  into.clear()
  const families = new Map<string, WriteMetadata>()
  for (const one of series) {
    if (one.metadata !== undefined) families.set(one.metadata.family, one.metadata)
    const start = into.openMessage(SERIES_1)
    writeLabels1(into, one.labels)
    writeSamples(one, into)
    for (const exemplar of one.exemplars ?? []) writeExemplar1(into, exemplar, 0)
    for (const { timeMs, histogram } of one.histograms ?? []) {
      writeHistogram1(into, timeMs, histogram)
    }
    into.closeMessage(start)
  }
  for (const metadata of families.values()) writeMetadata1(into, metadata)
  return into.written()
}

/** Encodes a 2.0 request, not yet compressed; the bytes are the writer's. */
export function encodeWrite2(series: readonly WriteSeries[], into: ProtoWriter): Uint8Array {
  into.clear()
  const symbols = new Map<string, number>([['', 0]])
  const symbolOf = (text: string): number => {
    const known = symbols.get(text)
    if (known !== undefined) return known
    symbols.set(text, symbols.size)
    return symbols.size - 1
  }
  for (const one of series) {
    for (const text of one.labels) symbolOf(text)
    for (const { labels } of one.exemplars ?? []) for (const text of labels) symbolOf(text)
    if (one.metadata !== undefined) symbolOf(one.metadata.help)
    if (one.metadata !== undefined) symbolOf(one.metadata.unit)
  }
  for (const text of symbols.keys()) into.text(SYMBOL_2, text)
  for (const one of series) {
    const start = into.openMessage(SERIES_2)
    writeRefs2(into, one.labels, symbolOf)
    writeSamples(one, into)
    for (const { timeMs, histogram } of one.histograms ?? []) {
      writeHistogram2(into, timeMs, histogram)
    }
    for (const exemplar of one.exemplars ?? []) writeExemplar2(into, exemplar, 0, symbolOf)
    const { metadata } = one
    if (metadata !== undefined) {
      const { help, unit } = metadata
      writeMetadata2(into, typeNumber(metadata.type), symbolOf(help), symbolOf(unit))
    }
    into.closeMessage(start)
  }
  return into.written()
}

function writeSamples(series: WriteSeries, into: ProtoWriter): void {
  const { times, values } = series
  const bits = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
  for (let i = 0; i < times.length; i++) writeSample(into, times[i], bits[2 * i], bits[2 * i + 1])
}
