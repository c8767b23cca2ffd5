/** Remote write requests 1.0 and 2.0, made from series. */
import type { Labels } from '../model/labels.ts'
import type { ProtoWriter } from './protobuf.ts'
import { METADATA_TYPES, type WriteMetadata } from './remotewrite.ts'

/** A series to be sent. */
export interface WriteSeries {
  readonly labels: Labels
  /** ms since epoch, integers */
  readonly times: Float64Array
  readonly values: Float64Array
  readonly metadata?: WriteMetadata
}

/** Encodes a 1.0 request, not yet compressed; the bytes are the writer's. */
export function encodeWrite1(series: readonly WriteSeries[], into: ProtoWriter): Uint8Array {
  into.clear()
  const families = new Map<string, WriteMetadata>()
  for (const one of series) {
    if (one.metadata !== undefined) families.set(one.metadata.family, one.metadata)
    into.message(1, () => {
      for (let i = 0; i < one.labels.length; i += 2) {
        into.message(1, () => {
          into.text(1, one.labels[i])
          into.text(2, one.labels[i + 1])
        })
      }
      writeSamples(one, into)
    })
  }
  for (const metadata of families.values()) {
    into.message(3, () => {
      into.int(1, typeNumber(metadata))
      into.text(2, metadata.family)
      into.text(4, metadata.help)
      into.text(5, metadata.unit)
    })
  }
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
    if (one.metadata !== undefined) symbolOf(one.metadata.help)
    if (one.metadata !== undefined) symbolOf(one.metadata.unit)
  }
  for (const text of symbols.keys()) into.text(4, text)
  for (const one of series) {
    into.message(5, () => {
      into.message(1, () => {
        for (const text of one.labels) into.varint(symbolOf(text))
      })
      writeSamples(one, into)
      const { metadata } = one
      if (metadata === undefined) return
      into.message(5, () => {
        into.int(1, typeNumber(metadata))
        into.int(3, symbolOf(metadata.help))
        into.int(4, symbolOf(metadata.unit))
      })
    })
  }
  return into.written()
}

function writeSamples(series: WriteSeries, into: ProtoWriter): void {
  const { times, values } = series
  const bits = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
  for (let i = 0; i < times.length; i++) {
    into.message(2, () => {
      into.doubleBits(1, bits[2 * i], bits[2 * i + 1])
      into.int(2, times[i])
    })
  }
}

function typeNumber(metadata: WriteMetadata): number {
  return Math.max(0, METADATA_TYPES.indexOf(metadata.type))
}
