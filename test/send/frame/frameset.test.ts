/** Which rows become frames, what a frame is asked for, and what it costs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { FrameSet } from '../../../src/send/frame/frameset.ts'
import type { Frames } from '../../../src/send/frame/part.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import {
  encodeSnappy,
  snappyDecodedBytes,
  snappyEncodedBytesMax,
} from '../../../src/wire/snappy.ts'
import { readCaptures } from '../../support/captures.ts'
import { encodeWrite1 } from '../../support/writerequest.ts'
import { exporterLabels, noise, requestOf, rowOf, samplesIn, samplesOf, viewOf } from './rows.ts'

const FROM_MS = 1_700_000_000_000
const SAMPLES_MAX = 2000

function idsOf(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => i + 1)
}

/** Encodes and checks what a receiver reads; the bytes of the request. */
function take(frames: Frames, row: Parcel, view: ReturnType<typeof viewOf>): Uint8Array {
  const parts = frames.encode(row, SAMPLES_MAX)
  assert.ok(parts, 'a frame')
  const request = requestOf(parts, row)
  assert.deepEqual(samplesIn(request), samplesOf(row, view))
  return request
}

/** A frame set that has a frame for these ids. */
function framesFor(view: ReturnType<typeof viewOf>, ids: Float64Array): FrameSet {
  const frames = new FrameSet(view)
  for (let k = -2; k < 0; k++) {
    frames.encode(rowOf(ids, Float64Array.from(ids), FROM_MS + k), SAMPLES_MAX)
  }
  return frames
}

test('a row that comes again leaves as a frame and says exactly what came', () => {
  const view = viewOf(exporterLabels)
  const frames = new FrameSet(view)
  const ids = idsOf(1010)
  const first = rowOf(ids, Float64Array.from(ids), FROM_MS)
  assert.equal(frames.encode(first, SAMPLES_MAX), undefined, 'once is not enough to build for')
  for (let scrape = 1; scrape < 40; scrape++) {
    const values = Float64Array.from(ids, (id) => (id % 4 === 0 ? Math.sin(id + scrape) : id % 3))
    take(frames, rowOf(ids, values, FROM_MS + 15_000 * scrape), view)
  }
})

test('two layouts of one target, row and report, each have their frame', () => {
  const view = viewOf(exporterLabels)
  const frames = new FrameSet(view)
  const [body, report] = [idsOf(300), Float64Array.of(901, 902, 903, 904, 905)]
  for (let k = 0; k < 6; k++) {
    for (const ids of [body, report]) {
      const row = rowOf(ids, Float64Array.from(ids), FROM_MS + k)
      if (k === 0) assert.equal(frames.encode(row, SAMPLES_MAX), undefined)
      else take(frames, row, view)
    }
  }
  assert.equal(frames.counts.built, 2)
  assert.equal(frames.counts.evolved, 0)
})

const whole = rowOf(idsOf(20), Float64Array.from(idsOf(20)), FROM_MS)
for (const [name, row] of [
  ['no samples', { ...whole, count: 0 }],
  ['times of their own', { ...whole, times: new Float64Array(20).fill(FROM_MS) }],
  ['a time before 1971', { ...whole, timeMs: 2 ** 35 - 1 }],
  ['a negative time', { ...whole, timeMs: -FROM_MS }],
  ['a time after 2109', { ...whole, timeMs: 2 ** 42 }],
  ['a time between two ms', { ...whole, timeMs: FROM_MS + 0.5 }],
  ['no time', { ...whole, timeMs: NaN }],
] as const) {
  test(`what a frame cannot say is left to others: ${name}`, () => {
    const frames = framesFor(viewOf(exporterLabels), whole.ids)
    assert.equal(frames.encode(row, SAMPLES_MAX), undefined)
    assert.ok(frames.encode(whole, SAMPLES_MAX))
  })
}

for (const timeMs of [2 ** 35, 2 ** 42 - 1, FROM_MS]) {
  test(`a time of six bytes is exact: ${timeMs}`, () => {
    const view = viewOf(exporterLabels)
    take(framesFor(view, whole.ids), { ...whole, timeMs }, view)
  })
}

test('labels that look like the time do not change with it', () => {
  const timeMs =
    0x43 + 0x29 * 2 ** 7 + 0x43 * 2 ** 14 + 0x29 * 2 ** 21 + 0x31 * 2 ** 28 + 49 * 2 ** 35
  // Its bytes begin with C3 A9 C3 A9, the text éé.
  const view = viewOf((id) => [...exporterLabels(id), 'z', `éé${id % 3}éé`])
  const ids = idsOf(40)
  const values = Float64Array.from(ids)
  const frames = new FrameSet(view)
  for (const ms of [timeMs, timeMs]) frames.encode(rowOf(ids, values, ms), SAMPLES_MAX)
  take(frames, rowOf(ids, values, timeMs + 1), view)
  take(frames, rowOf(ids, values, FROM_MS), view)
})

test('labels of new series that look like the value of an old one stay as they are', () => {
  const view = viewOf((id) => [...exporterLabels(id % 20), 'z', '\u0000'.repeat(id < 100 ? 1 : 5)])
  const ids = idsOf(20)
  const values = new Float64Array(20).fill(42)
  const frames = framesFor(view, ids)
  for (let k = 0; k < 30; k++) take(frames, rowOf(ids, values, FROM_MS + k), view)
  const more = Float64Array.from([...ids, 100, 101, 102])
  take(frames, rowOf(more, new Float64Array(23).fill(42), FROM_MS + 31), view)
})

test('a staleness marker leaves with its exact bits, quiet or not', () => {
  const view = viewOf(exporterLabels)
  const ids = idsOf(12)
  const frames = framesFor(view, ids)
  const values = Float64Array.from(ids, (id) => id % 2)
  take(frames, rowOf(ids, values.slice(), FROM_MS), view)
  const bits = new Uint32Array(values.buffer)
  for (let i = 0; i < 12; i++) bits.set([2, i % 3 === 0 ? 0x7ff80000 : 0x7ff00000], 2 * i)
  const request = take(frames, rowOf(ids, values, FROM_MS + 1), view)
  const texts = samplesIn(request)
  assert.ok(texts.every((text) => text.endsWith('"7ff00000","2"]')))
})

test('other NaNs keep their bits', () => {
  const view = viewOf(exporterLabels)
  const ids = idsOf(4)
  const values = new Float64Array(4)
  new Uint32Array(values.buffer).set([1, 0x7ff80000, 0, 0xfff80000, 3, 0x7ff80000, 2, 0xfff80000])
  take(framesFor(view, ids), rowOf(ids, values, FROM_MS), view)
})

test('a series that left leaves nothing behind, and returns without the frame being built again', () => {
  const view = viewOf(exporterLabels)
  const ids = idsOf(100)
  const frames = framesFor(view, ids)
  const fewer = ids.filter((id) => id % 10 !== 0)
  const anew = framesFor(view, fewer)
  for (const [k, row] of [ids, fewer, fewer, ids, fewer, ids].entries()) {
    const values = Float64Array.from(row, (id) => id + k)
    const request = take(frames, rowOf(row, values, FROM_MS + k), view)
    if (row !== fewer) continue
    const wanted = take(anew, rowOf(row, values, FROM_MS + k), view)
    assert.equal(snappyDecodedBytes(request, 2 ** 20), snappyDecodedBytes(wanted, 2 ** 20))
    assert.ok(
      request.length < 1.1 * wanted.length,
      `${request.length}, anew ${wanted.length} bytes`,
    )
  }
  assert.equal(frames.counts.built, 1)
})

test('a series that left, from which one was copied that is far from all others, is no loss', () => {
  // The text of the ninth is that of the fifth, and that of the first, further back than a copy reaches.
  const view = viewOf((id) => [...exporterLabels(id), 'z', noise(id % 4, 9500)])
  const ids = idsOf(10)
  const frames = framesFor(view, ids.slice(0, 6))
  take(frames, rowOf(ids, Float64Array.from(ids), FROM_MS), view)
  assert.equal(frames.counts.built, 1)
  const without = ids.filter((id) => id !== 5)
  take(frames, rowOf(without, Float64Array.from(without), FROM_MS + 1), view)
  assert.equal(frames.counts.built, 1)
})

test('a frame whose series come and go for long is on average nearly as small as one that is new', () => {
  const view = viewOf(exporterLabels)
  let ids = idsOf(600)
  const frames = framesFor(view, ids)
  let sizeBytes = 0
  for (let k = 0; k < 300; k++) {
    const from = (13 * k) % 590
    ids = ids.map((id, i) => (i >= from && i < from + 10 ? 1000 + 10 * k + i - from : id))
    const row = rowOf(
      ids,
      Float64Array.from(ids, (id) => (id * k) % 4000),
      FROM_MS + k,
    )
    sizeBytes += take(frames, row, view).length
    if (k % 50 !== 49) continue
    const anew = new FrameSet(view)
    anew.encode(row, SAMPLES_MAX)
    anew.encode({ ...row, timeMs: FROM_MS + k + 1 }, SAMPLES_MAX)
    // All of its values change.
    const next = rowOf(
      ids,
      row.values.map((value) => value + 2),
      FROM_MS + k + 2,
    )
    const wanted = take(anew, next, view).length
    assert.ok(sizeBytes < 1.35 * 50 * wanted, `${sizeBytes / 50} bytes to row ${k}, anew ${wanted}`)
    sizeBytes = 0
  }
  assert.equal(frames.counts.built, 1)
})

test('an id that was forgotten may be another series', () => {
  let generation = 'first'
  const view = viewOf((id) => [...exporterLabels(id), 'z', id === 10 ? generation : 'same'])
  const ids = idsOf(30)
  const frames = framesFor(view, ids)
  take(frames, rowOf(ids, Float64Array.from(ids), FROM_MS), view)
  const without = ids.filter((id) => id !== 10)
  take(frames, rowOf(without, Float64Array.from(without), FROM_MS + 1), view)
  frames.forget([10])
  generation = 'second'
  take(frames, rowOf(ids.slice(), Float64Array.from(ids), FROM_MS + 2), view)
  assert.equal(frames.counts.built, 1)
})

test('a frame whose layout has a forgotten series is dropped', () => {
  const view = viewOf(exporterLabels)
  const ids = idsOf(30)
  const frames = framesFor(view, ids)
  const before = frames.sizeBytes
  frames.forget([7])
  assert.ok(frames.sizeBytes < before)
  assert.equal(frames.encode(rowOf(ids, Float64Array.from(ids), FROM_MS), SAMPLES_MAX), undefined)
})

test('smaller pieces than before are asked for: frames are made anew', () => {
  const view = viewOf(exporterLabels)
  const ids = idsOf(700)
  const frames = framesFor(view, ids)
  const row = (k: number): Parcel => rowOf(ids, Float64Array.from(ids), FROM_MS + k)
  assert.equal(frames.encode(row(0), 100), undefined)
  const parts = frames.encode(row(1), 100)
  assert.ok(parts && parts.length >= 7)
  assert.ok(parts.every((part) => part.count <= 100))
  assert.deepEqual(samplesIn(requestOf(parts, row(1))), samplesOf(row(1), view))
})

test('a large row is built in the background, in slices', async () => {
  const view = viewOf(exporterLabels)
  const ids = idsOf(5000)
  const frames = new FrameSet(view, { buildSeriesMax: 1000 })
  const row = (k: number): Parcel => rowOf(ids, Float64Array.from(ids), FROM_MS + k)
  assert.equal(frames.encode(row(0), SAMPLES_MAX), undefined)
  assert.equal(frames.encode(row(1), SAMPLES_MAX), undefined, 'begun')
  let turns = 0
  while (frames.encode(row(2), SAMPLES_MAX) === undefined) {
    assert.ok(turns++ < 10)
    await turn()
  }
  assert.ok(turns >= 4, 'a thousand series at a time')
  take(frames, row(3), view)
  frames.close()
})

test('layouts that change too much are encoded the plain way, those that change a little are not', () => {
  const view = viewOf(exporterLabels)
  for (const [share, framedMin, framedMax] of [
    [0.02, 59, 60],
    [0.4, 4, 12],
  ]) {
    const frames = new FrameSet(view)
    let ids = idsOf(200)
    let next = 1000
    for (let k = 0; k < 61; k++) {
      if (k > 1) ids = ids.map((id, i) => ((i * 7 + k) % 200 < 200 * share ? next++ : id))
      const row = rowOf(ids, Float64Array.from(ids), FROM_MS + k)
      const parts = frames.encode(row, SAMPLES_MAX)
      if (parts === undefined) continue
      assert.deepEqual(samplesIn(requestOf(parts, row)), samplesOf(row, view))
    }
    const { framedRows } = frames.counts
    assert.ok(framedRows >= framedMin && framedRows <= framedMax, `${framedRows} at ${share}`)
  }
})

test('a series too long for a frame is left to others, and so is its row', () => {
  const long = 'x'.repeat(70_000)
  const view = viewOf((id) => (id === 3 ? labelsFrom([['__name__', long]]) : exporterLabels(id)))
  const frames = framesFor(view, whole.ids)
  assert.equal(frames.encode(whole, SAMPLES_MAX), undefined)
})

/** A row of `count` series from the given one on. */
function partOf(from: number, count: number, timeMs: number): Parcel {
  const ids = Float64Array.from({ length: count }, (_, i) => from + i)
  return rowOf(ids, ids, timeMs)
}

test('a target larger than a request leaves as frames in all of its parts', () => {
  const frames = new FrameSet(viewOf(exporterLabels))
  const parts = Array.from({ length: 12 }, (_, part) => partOf(1 + 50 * part, 50, FROM_MS))
  for (let k = 0; k < 4; k++) {
    const framed = parts.filter(
      (part) => frames.encode({ ...part, timeMs: FROM_MS + k }, SAMPLES_MAX) !== undefined,
    )
    assert.equal(framed.length, k === 0 ? 0 : parts.length, `row ${k}`)
  }
})

test('of a target whose layout is another one again and again few frames are kept', () => {
  const frames = new FrameSet(viewOf(exporterLabels))
  let sizeOfFour = 0
  for (let k = 0; k < 60; k++) {
    const part = partOf(1 + 50 * Math.floor(k / 2), 50, FROM_MS + k)
    frames.encode(part, SAMPLES_MAX)
    if (k === 7) sizeOfFour = frames.sizeBytes
  }
  assert.ok(frames.counts.built >= 4)
  assert.ok(frames.sizeBytes < 3 * sizeOfFour, `${frames.sizeBytes} bytes, ${sizeOfFour} of four`)
})

test('a target whose series are mixed anew in each row is soon encoded the plain way, and tried again later', () => {
  const frames = new FrameSet(viewOf(exporterLabels))
  const builtAt: number[] = []
  for (let k = 0; k < 1200; k++) {
    const ids = Float64Array.from({ length: 60 }, (_, i) => 1 + ((i * (1 + (k % 3)) + 7 * k) % 180))
    const row = rowOf(Float64Array.from(new Set(ids)), ids, FROM_MS + k)
    const { built } = frames.counts
    frames.encode(row, SAMPLES_MAX)
    if (frames.counts.built > built) builtAt.push(k)
  }
  assert.ok(builtAt.length < 30, `built at ${builtAt}`)
  assert.ok((builtAt.at(-1) ?? 0) > 500, `built at ${builtAt}`)
})

test('scrapes of a real exporter: no more bytes than the plain way, 40 bytes a series held', () => {
  const { keys, rows } = readCaptures()
  const labels = keys.map((key) => labelsOfKey(key))
  const view = viewOf((id) => labels[id - 1])
  const ids = idsOf(keys.length)
  const frames = new FrameSet(view)
  let framed = 0
  let plain = 0
  for (let k = 0; k < 3 * rows.length; k++) {
    const values = rows[k % rows.length].slice()
    const row = rowOf(ids, values, FROM_MS + 15_000 * k)
    if (k === 0) assert.equal(frames.encode(row, SAMPLES_MAX), undefined)
    else if (k < rows.length) take(frames, row, view)
    else {
      framed += take(frames, row, view).length
      plain += plainBytes(row, labels)
    }
  }
  assert.ok(framed < plain, `${framed} against ${plain} bytes`)
  assert.ok(frames.sizeBytes < 40 * keys.length + 1000, `${frames.sizeBytes} bytes held`)
})

test('small whole numbers that change: as few bytes as the plain way, however they go on', () => {
  const ids = idsOf(1000)
  const labels = Array.from(ids, (id) => exporterLabels(id))
  const view = viewOf((id) => labels[id - 1])
  const frames = framesFor(view, ids)
  const values = Float64Array.from(ids, (id) => (7 * id) % 900)
  for (let k = 0; k < 200; k++) {
    for (let i = k % 4; i < values.length; i += 4) values[i] += 1 + (i % 13)
    const row = rowOf(ids, values.slice(), FROM_MS + 15_000 * k)
    if (k % 20 !== 0) continue
    const framed = take(frames, row, view).length
    const plain = plainBytes(row, labels)
    assert.ok(framed < 1.05 * plain, `${framed} against ${plain} bytes in row ${k}`)
  }
  assert.equal(frames.counts.built, 1)
})

function labelsOfKey(key: string): Labels {
  const pairs: [string, string][] = [
    ['__name__', key.split('{')[0]],
    ['instance', '127.0.0.1:9100'],
    ['job', 'node'],
  ]
  for (const [, name, value] of key.matchAll(/(\w+)="([^"]*)"/g)) pairs.push([name, value])
  return labelsFrom(pairs)
}

function plainBytes(row: Parcel, labels: readonly Labels[]): number {
  const times = Float64Array.of(row.timeMs)
  const series = labels.map((one, i) => ({
    labels: one,
    times,
    values: row.values.slice(i, i + 1),
  }))
  const raw = encodeWrite1(series, new ProtoWriter())
  return encodeSnappy(raw, raw.length, new Uint8Array(snappyEncodedBytesMax(raw.length)))
}
