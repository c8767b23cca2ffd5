/** Rows with real frames, pushed cells and exemplars in one stream: per series nothing is lost or out of order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { labelsFrom } from '../../../src/model/labels.ts'
import { STALE } from '../../../src/model/stale.ts'
import { FrameSet } from '../../../src/send/frame/frameset.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { Encoder1 } from '../../../src/send/remotewrite/encoder1.ts'
import { RequestMaker } from '../../../src/send/remotewrite/request.ts'
import { readWriteRequest, unsnappy } from '../../support/remotewritereader.ts'
import { noise } from '../frame/rows.ts'

const TARGETS = 3
const SERIES_OF_TARGET = 40

/** What a target does next: its usual row, a row with another layout, pushed cells, an exemplar. */
const step = fc.record({
  target: fc.nat(TARGETS - 1),
  kind: fc.constantFrom('row', 'row', 'row', 'fewer', 'stale', 'pushed', 'exemplar'),
  value: fc.double({ noNaN: true }),
  count: fc.integer({ min: 1, max: SERIES_OF_TARGET }),
})

test('every sample arrives once, in order, whether framed or not', () => {
  let framedRows = 0
  fc.assert(
    fc.property(
      fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 5, maxLength: 25 }),
      fc.integer({ min: 7, max: 130 }),
      (writes, samplesMax) => {
        const view = {
          labels: (id: number) =>
            labelsFrom([
              ['__name__', `metric_${id % SERIES_OF_TARGET}`],
              ['instance', String(Math.floor(id / SERIES_OF_TARGET))],
            ]),
          targetKey: (id: number) => String(Math.floor(id / SERIES_OF_TARGET)),
        }
        const frames = new FrameSet(view)
        const maker = new RequestMaker({
          encoder: new Encoder1(view),
          frames,
          samplesMax,
          sendHistograms: true,
          sendExemplars: true,
        })
        const layouts = Array.from({ length: TARGETS }, (_, target) =>
          idsOf(target, SERIES_OF_TARGET),
        )
        const sent = new Map<string, string[]>()
        const seen = new Map<string, string[]>()
        let timeMs = 1_700_000_000_000
        for (const steps of writes) {
          const parcels: Parcel[] = []
          for (const { target, kind, value, count } of steps) {
            timeMs += 15_000
            if (kind === 'fewer') layouts[target] = idsOf(target, count)
            const parcel = parcelOf(layouts[target], timeMs, value)
            if (kind === 'stale') parcel.values.set(STALE, parcel.count - 1)
            if (kind === 'pushed') parcel.times = parcel.ids.map((_id, i) => timeMs + i)
            if (kind === 'exemplar') {
              const labels = labelsFrom([['trace_id', 'a']])
              parcel.exemplars = [{ id: parcel.ids[0], exemplar: { labels, value, timeMs } }]
            }
            parcels.push(parcel)
            note(parcel, view.labels, sent)
          }
          for (const request of maker.requests(parcels, { histograms: 0, exemplars: 0 })) {
            const { series } = readWriteRequest(1, unsnappy(Buffer.concat(request.pieces)))
            request.release()
            let count = 0
            for (const { labels, samples } of series) {
              count += samples.length
              for (const [atMs, bits] of samples) add(seen, labels.join(), `${atMs} ${bits}`)
            }
            assert.ok(count <= samplesMax, `${count} samples`)
          }
        }
        framedRows += frames.counts.framedRows
        frames.close()
        assert.deepEqual(seen, sent)
      },
    ),
    { seed: 7, numRuns: 40 },
  )
  assert.ok(framedRows > 100, `${framedRows} rows were framed`)
})

test('what requests of framed rows were written into is used again once they are released', () => {
  const view = {
    labels: (id: number) => labelsFrom([['__name__', `metric_${id}`]]),
    targetKey: () => 'one',
  }
  const frames = new FrameSet(view)
  const maker = new RequestMaker({
    encoder: new Encoder1(view),
    frames,
    samplesMax: 10,
    sendHistograms: true,
    sendExemplars: true,
  })
  const ids = idsOf(0, SERIES_OF_TARGET)
  const buffers = new Set<ArrayBufferLike>()
  let framed = 0
  for (let k = 0; k < 20; k++) {
    const requests = maker.requests([parcelOf(ids, 1_700_000_000_000 + k, k)], {
      histograms: 0,
      exemplars: 0,
    })
    assert.equal(requests.length, SERIES_OF_TARGET / 10)
    if (k > 0) framed += requests.length
    for (const { pieces } of k > 0 ? requests : []) buffers.add(pieces[1].buffer)
    for (const request of requests) request.release()
  }
  assert.equal(frames.counts.framedRows, 19)
  assert.ok(buffers.size < framed / 5, `${buffers.size} buffers for ${framed} requests`)
  frames.close()
})

test('targets that are alike have their texts once in a request, also when it is longer than a copy reaches', () => {
  const targets = Array.from({ length: 60 }, (_, target) => target)
  const paths = Array.from({ length: SERIES_OF_TARGET }, (_, i) => noise(i, 24))
  const view = {
    labels: (id: number) =>
      labelsFrom([
        ['__name__', 'requests_total'],
        ['path', paths[id % SERIES_OF_TARGET]],
        ['instance', `127.0.0.${100 + Math.floor(id / SERIES_OF_TARGET)}:9100`],
        ['job', 'a service with a name'],
      ]),
    targetKey: (id: number) => String(Math.floor(id / SERIES_OF_TARGET)),
  }
  const frames = new FrameSet(view)
  const maker = new RequestMaker({
    encoder: new Encoder1(view),
    frames,
    samplesMax: 10_000,
    sendHistograms: true,
    sendExemplars: true,
  })
  const ids = targets.map((target) => idsOf(target, SERIES_OF_TARGET))
  /** Bytes of the request of some targets, all samples of which are in it. */
  const take = (some: readonly number[], timeMs: number): number => {
    const sent = new Map<string, string[]>()
    const seen = new Map<string, string[]>()
    const parcels = some.map((target) => parcelOf(ids[target], timeMs, target))
    for (const parcel of parcels) note(parcel, view.labels, sent)
    const [request] = maker.requests(parcels, { histograms: 0, exemplars: 0 })
    const raw = unsnappy(Buffer.concat(request.pieces))
    if (some === targets) assert.ok(raw.length > 3 * 65_536, `${raw.length} bytes`)
    for (const { labels, samples } of readWriteRequest(1, raw).series) {
      for (const [atMs, bits] of samples) add(seen, labels.join(), `${atMs} ${bits}`)
    }
    assert.deepEqual(seen, sent)
    request.release()
    return request.sizeBytes
  }
  for (let k = 0; k < 2; k++) take(targets, 1_700_000_000_000 + k)
  const together = take(targets, 1_700_000_000_002)
  let alone = 0
  for (const target of targets) alone += take([target], 1_700_000_000_003 + target)
  assert.equal(frames.counts.plainRows, targets.length)
  assert.ok(together < 0.6 * alone, `${together} bytes together, ${alone} alone`)
  frames.close()
})

type Draft = { -readonly [K in keyof Parcel]: Parcel[K] }

function idsOf(target: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => target * SERIES_OF_TARGET + i)
}

function parcelOf(ids: Float64Array, timeMs: number, value: number): Draft {
  return {
    lane: 0,
    count: ids.length,
    ids,
    values: ids.map((_id, i) => (i % 3 === 0 ? value : i)),
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

function note(
  parcel: Parcel,
  labels: (id: number) => readonly string[],
  into: Map<string, string[]>,
): void {
  const bytes = Buffer.from(parcel.values.buffer)
  for (let i = 0; i < parcel.count; i++) {
    const bits = bytes
      .readBigUInt64LE(8 * i)
      .toString(16)
      .padStart(16, '0')
    add(into, labels(parcel.ids[i]).join(), `${parcel.times?.[i] ?? parcel.timeMs} ${bits}`)
  }
}

function add(into: Map<string, string[]>, key: string, line: string): void {
  const known = into.get(key)
  if (known === undefined) into.set(key, [line])
  else known.push(line)
}
