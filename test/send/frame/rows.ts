/** Rows for tests of frames, and what a receiver reads of them. */
import assert from 'node:assert/strict'
import type { Labels } from '../../../src/model/labels.ts'
import { Block, KnownTexts } from '../../../src/send/frame/block.ts'
import type { FramePart } from '../../../src/send/frame/part.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import type { SeriesView } from '../../../src/send/writer.ts'
import { WriteReader } from '../../../src/wire/remotewrite.ts'
import { decodeSnappy, snappyDecodedBytes } from '../../../src/wire/snappy.ts'

/** A request of the parts of a row: the length in front, then all elements. */
export function requestOf(parts: readonly FramePart[], row: Parcel): Uint8Array {
  let rest = parts.reduce((sum, part) => sum + part.decodedBytes, 0)
  const roomBytes = parts.reduce((sum, part) => sum + part.sizeBytesMax, 10)
  const request = new Uint8Array(roomBytes)
  let at = 0
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) request[at++] = (rest & 0x7f) | 0x80
  request[at++] = rest
  const block = new Block(request, at, new KnownTexts())
  for (const part of parts) {
    const from = block.to
    part.write(row, block)
    assert.ok(block.to - from <= part.sizeBytesMax, `${block.to - from} of ${part.sizeBytesMax}`)
  }
  return request.subarray(0, block.to)
}

/** What a request says: `labels time bits` of each sample, sorted. */
export function samplesIn(request: Uint8Array): string[] {
  const sizeBytes = snappyDecodedBytes(request, 2 ** 28)
  const raw = new Uint8Array(sizeBytes)
  decodeSnappy(request, sizeBytes, raw)
  const reader = new WriteReader(1, raw, sizeBytes)
  const samples: string[] = []
  while (reader.nextSeries()) {
    const labels = reader.readLabels(reader.seriesFrom, reader.seriesTo, 100)
    while (reader.nextSample()) {
      samples.push(sampleText(labels as Labels, reader.timeMs, reader.valueLow, reader.valueHigh))
    }
  }
  return samples.sort()
}

/** What a parcel says, in the same form. */
export function samplesOf(parcel: Parcel, view: SeriesView): string[] {
  const bits = new Uint32Array(parcel.values.buffer, parcel.values.byteOffset, 2 * parcel.count)
  const samples: string[] = []
  for (let i = 0; i < parcel.count; i++) {
    const high = bits[2 * i + 1]
    const isStale = bits[2 * i] === 2 && high === 0x7ff80000
    const labels = view.labels(parcel.ids[i])
    samples.push(sampleText(labels, parcel.timeMs, bits[2 * i], isStale ? 0x7ff00000 : high))
  }
  return samples.sort()
}

function sampleText(labels: Labels, timeMs: number, low: number, high: number): string {
  return JSON.stringify([labels, timeMs, high.toString(16), low.toString(16)])
}

/** A row at one time. */
export function rowOf(ids: Float64Array, values: Float64Array, timeMs: number): Parcel {
  return {
    lane: 3,
    count: ids.length,
    ids,
    values,
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

/** A view that knows series by number. */
export function viewOf(labelsOf: (id: number) => Labels, target = 'job/instance'): SeriesView {
  return { labels: labelsOf, targetKey: () => target }
}

/** Labels like an exporter's. */
export function exporterLabels(id: number): Labels {
  const labels: [string, string][] = [
    ['__name__', `node_thing_${id % 17}_${id % 3 === 0 ? 'total' : 'bytes'}`],
    ['device', `disk${id}`],
    ['instance', '127.0.0.1:9100'],
    ['job', 'node'],
  ]
  return labels.flat()
}

/** Text without repetitions, the same for the same seed. */
export function noise(seed: number, length: number): string {
  let state = seed + 1
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return String.fromCharCode(33 + ((state >>> 16) % 90))
  }).join('')
}
