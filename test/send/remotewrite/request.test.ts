/** Requests made of random parcels are read back as what went in, by two decoders. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../../src/base/clock.ts'
import type { Exemplar } from '../../../src/model/exemplar.ts'
import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../../src/model/histogram.ts'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { STALE } from '../../../src/model/stale.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { Encoder1 } from '../../../src/send/remotewrite/encoder1.ts'
import { Encoder2 } from '../../../src/send/remotewrite/encoder2.ts'
import { RequestMaker, type WriteRequest } from '../../../src/send/remotewrite/request.ts'
import { FamilyBook } from '../../../src/send/series/families.ts'
import type { SeriesView } from '../../../src/send/writer.ts'
import { WriteReader } from '../../../src/wire/remotewrite.ts'
import { decodeSnappy, snappyDecodedBytes } from '../../../src/wire/snappy.ts'
import {
  type ReadHistogram,
  type ReadSeries,
  readWriteRequest,
  unsnappy,
} from '../../support/remotewritereader.ts'

/** Series by their id. */
function viewOf(labels: readonly Labels[]): SeriesView {
  return { labels: (id) => labels[id], targetKey: () => '' }
}

function makerOf(
  version: 1 | 2,
  labels: readonly Labels[],
  samplesMax: number,
  more: { sendHistograms?: boolean; sendExemplars?: boolean } = {},
): RequestMaker {
  const view = viewOf(labels)
  const encoder =
    version === 1
      ? new Encoder1(view)
      : new Encoder2(view, new FamilyBook(undefined, systemClock, 1))
  return new RequestMaker({
    encoder,
    frames: undefined,
    samplesMax,
    sendHistograms: true,
    sendExemplars: true,
    ...more,
  })
}

function blockOf(request: WriteRequest): Buffer {
  const block = Buffer.concat(request.pieces)
  assert.equal(block.length, request.sizeBytes)
  return block
}

/** All requests of parcels, read by the independent decoder. */
function readAll(version: 1 | 2, maker: RequestMaker, parcels: readonly Parcel[]): ReadSeries[][] {
  const requests: ReadSeries[][] = []
  for (const request of maker.requests(parcels, { histograms: 0, exemplars: 0 })) {
    const { series } = readWriteRequest(version, unsnappy(blockOf(request)))
    const count = (of: (one: ReadSeries) => readonly unknown[]): number =>
      series.reduce((sum, one) => sum + of(one).length, 0)
    assert.equal(
      request.sampleCount,
      count(({ samples }) => samples),
    )
    assert.equal(
      request.histogramCount,
      count(({ histograms }) => histograms),
    )
    assert.equal(
      request.exemplarCount,
      count(({ exemplars }) => exemplars),
    )
    request.release()
    requests.push([...series])
  }
  return requests
}

function bitsOf(values: Float64Array, i: number): string {
  const bytes = Buffer.from(values.buffer, values.byteOffset + 8 * i, 8)
  return Buffer.from(bytes).reverse().toString('hex')
}

interface Flat {
  readonly samples: string[]
  readonly histograms: string[]
  readonly exemplars: string[]
}

const flat = (): Flat => ({ samples: [], histograms: [], exemplars: [] })

/** What parcels hold, one line each, in order. */
function flattenParcels(parcels: readonly Parcel[], labels: readonly Labels[]): Flat {
  const all = flat()
  for (const parcel of parcels) {
    for (let i = 0; i < parcel.count; i++) {
      const timeMs = parcel.times?.[i] ?? parcel.timeMs
      const bits = bitsOf(parcel.values, i)
      all.samples.push(JSON.stringify([labels[parcel.ids[i]], timeMs, bits]))
    }
    for (const { id, timeMs, histogram } of parcel.histograms) {
      all.histograms.push(JSON.stringify([labels[id], readForm(timeMs, histogram)]))
    }
    for (const { id, exemplar } of parcel.exemplars) {
      const { labels: own, value, timeMs } = exemplar
      all.exemplars.push(JSON.stringify([labels[id], own, value, timeMs ?? parcel.timeMs]))
    }
  }
  return all
}

function flattenRead(series: readonly ReadSeries[]): Flat {
  const all = flat()
  for (const { labels, samples, histograms, exemplars } of series) {
    for (const [timeMs, bits] of samples) all.samples.push(JSON.stringify([labels, timeMs, bits]))
    for (const one of histograms) all.histograms.push(JSON.stringify([labels, one]))
    for (const { labels: own, value, timeMs } of exemplars) {
      all.exemplars.push(JSON.stringify([labels, own, value, timeMs]))
    }
  }
  return all
}

/** The histogram as the independent decoder shows it. */
function readForm(timeMs: number, histogram: NativeHistogram): ReadHistogram {
  const pairs = (spans: NativeHistogram['positiveSpans']): [number, number][] =>
    spans.map(({ offset, length }) => [offset, length])
  return {
    timeMs,
    isFloat: histogram.isFloat,
    count: histogram.count,
    sumBits: bitsOf(histogram.sum, 0),
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    resetHint: ['unknown', 'yes', 'no', 'gauge'].indexOf(histogram.resetHint),
    positiveSpans: pairs(histogram.positiveSpans),
    positiveCounts: [...histogram.positiveCounts],
    negativeSpans: pairs(histogram.negativeSpans),
    negativeCounts: [...histogram.negativeCounts],
    customValues: [...histogram.customValues],
  }
}

const SERIES_COUNT = 12
const anyTime = fc.integer({ min: -1e12, max: 8e15 })
const anyText = fc.string({ minLength: 1, unit: 'grapheme', maxLength: 40 })
const anyLabels: fc.Arbitrary<Labels> = fc
  .array(fc.tuple(anyText, anyText), { maxLength: 4 })
  .map((pairs) => labelsFrom([['__name__', 'm'], ...pairs]))
const anyValues = (length: number): fc.Arbitrary<Float64Array> =>
  fc
    .array(fc.oneof(fc.double(), fc.constant(undefined)), { minLength: length, maxLength: length })
    .map((list) => {
      const values = new Float64Array(length)
      for (const [i, value] of list.entries()) {
        if (value === undefined) values.set(STALE, i)
        else values[i] = value
      }
      return values
    })
const anySpans = fc.array(
  fc.record({
    offset: fc.integer({ min: -100, max: 100 }),
    length: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 3 },
)
const total = (spans: readonly { length: number }[]): number =>
  spans.reduce((sum, { length }) => sum + length, 0)
const anyCounts = (length: number, isFloat: boolean): fc.Arbitrary<Float64Array> =>
  fc
    .array(isFloat ? fc.double({ min: 0, noNaN: true }) : fc.oneof(fc.nat(), fc.maxSafeNat()), {
      minLength: length,
      maxLength: length,
    })
    .map((list) => Float64Array.from(list))
const anyHistogram: fc.Arbitrary<NativeHistogram> = fc
  .tuple(fc.boolean(), anySpans, anySpans)
  .chain(([isFloat, positiveSpans, negativeSpans]) =>
    fc.record({
      schema: fc.oneof(fc.integer({ min: -4, max: 8 }), fc.constant(CUSTOM_BUCKETS_SCHEMA)),
      isFloat: fc.constant(isFloat),
      resetHint: fc.constantFrom('unknown', 'yes', 'no', 'gauge'),
      zeroThreshold: fc.double({ min: 0, noNaN: true }),
      zeroCount: isFloat ? fc.double({ min: 0, noNaN: true }) : fc.maxSafeNat(),
      count: isFloat ? fc.double({ min: 0, noNaN: true }) : fc.maxSafeNat(),
      sum: anyValues(1),
      positiveSpans: fc.constant(positiveSpans),
      positiveCounts: anyCounts(total(positiveSpans), isFloat),
      negativeSpans: fc.constant(negativeSpans),
      negativeCounts: anyCounts(total(negativeSpans), isFloat),
      customValues: fc
        .array(fc.double({ noNaN: true }), { maxLength: 3 })
        .map((list) => Float64Array.from(list)),
    }),
  )
const anyExemplar: fc.Arbitrary<Exemplar> = fc.record({
  labels: fc.array(fc.tuple(anyText, anyText), { maxLength: 2 }).map((pairs) => labelsFrom(pairs)),
  value: fc.double({ noNaN: true }).map((value) => value + 0),
  timeMs: anyTime,
})
const anyId = fc.nat(SERIES_COUNT - 1)

function anyParcel(withSides: boolean): fc.Arbitrary<Parcel> {
  return fc.tuple(fc.nat(SERIES_COUNT), anyTime, fc.boolean()).chain(([count, timeMs, hasTimes]) =>
    fc.record({
      lane: fc.constant(0),
      count: fc.constant(count),
      ids: fc
        .uniqueArray(anyId, { minLength: count, maxLength: count })
        .map((ids) => Float64Array.from(ids)),
      values: anyValues(count),
      timeMs: fc.constant(timeMs),
      times: hasTimes
        ? fc
            .array(anyTime, { minLength: count, maxLength: count })
            .map((times) => Float64Array.from(times))
        : fc.constant(undefined),
      histograms: withSides
        ? fc.array(fc.record({ id: anyId, timeMs: anyTime, histogram: anyHistogram }), {
            maxLength: 4,
          })
        : fc.constant([]),
      exemplars: withSides
        ? fc.array(fc.record({ id: anyId, exemplar: anyExemplar }), { maxLength: 4 })
        : fc.constant([]),
      takenMs: fc.constant(0),
    }),
  )
}

const anyBatch = (withSides: boolean): fc.Arbitrary<[Labels[], Parcel[], number]> =>
  fc.tuple(
    fc.array(anyLabels, { minLength: SERIES_COUNT, maxLength: SERIES_COUNT }),
    fc.array(anyParcel(withSides), { maxLength: 4 }),
    fc.integer({ min: 1, max: 20 }),
  )

for (const version of [1, 2] as const) {
  test(`${version}.0: floats come back in order, bit by bit, in requests that hold the bound`, () => {
    fc.assert(
      fc.property(anyBatch(false), ([labels, parcels, samplesMax]) => {
        const requests = readAll(version, makerOf(version, labels, samplesMax), parcels)
        for (const request of requests) assert.ok(request.length <= samplesMax)
        assert.deepEqual(
          flattenRead(requests.flat()).samples,
          flattenParcels(parcels, labels).samples,
        )
      }),
      { seed: 41, numRuns: 150 },
    )
  })

  test(`${version}.0: histograms come back in order, exemplars all that have a sample`, () => {
    fc.assert(
      fc.property(anyBatch(true), ([labels, parcels, samplesMax]) => {
        const requests = readAll(version, makerOf(version, labels, samplesMax), parcels)
        const seen = flattenRead(requests.flat())
        const sent = flattenParcels(parcels, labels)
        assert.deepEqual(seen.samples, sent.samples)
        assert.deepEqual(seen.histograms, sent.histograms)
        const left = [...sent.exemplars]
        for (const exemplar of seen.exemplars) {
          const at = left.indexOf(exemplar)
          assert.ok(at >= 0, exemplar)
          left.splice(at, 1)
        }
        if (version === 1) assert.deepEqual(left, [])
        for (const one of requests.flat()) {
          if (version === 2) assert.ok(one.samples.length + one.histograms.length === 1)
        }
      }),
      { seed: 42, numRuns: 150 },
    )
  })

  test(`${version}.0: our own receiver reads the very same`, () => {
    fc.assert(
      fc.property(anyBatch(false), ([labels, parcels]) => {
        const seen: string[] = []
        const maker = makerOf(version, labels, 10)
        for (const request of maker.requests(parcels, { histograms: 0, exemplars: 0 })) {
          const block = blockOf(request)
          const sizeBytes = snappyDecodedBytes(block, 1e9)
          const bytes = new Uint8Array(sizeBytes + 16)
          decodeSnappy(block, sizeBytes, bytes)
          const reader = new WriteReader(version, bytes, sizeBytes)
          const hex = (word: number): string => word.toString(16).padStart(8, '0')
          while (reader.nextSeries()) {
            const own = reader.readLabels(reader.seriesFrom, reader.seriesTo, 40)
            while (reader.nextSample()) {
              const bits = hex(reader.valueHigh) + hex(reader.valueLow)
              seen.push(JSON.stringify([own, reader.timeMs, bits]))
            }
          }
          request.release()
        }
        assert.deepEqual(seen, flattenParcels(parcels, labels).samples)
      }),
      { seed: 43, numRuns: 100 },
    )
  })

  test(`${version}.0: an exemplar without a time has its sample's, and stands beside it`, () => {
    const labels = [labelsFrom([['__name__', 'm']])]
    const exemplar = { labels: labelsFrom([['trace_id', 'abc']]), value: 3, timeMs: undefined }
    const parcel = parcelOf(labels.length, { exemplars: [{ id: 0, exemplar }] })
    const [[series]] = readAll(version, makerOf(version, labels, 10), [parcel])
    assert.equal(series.samples.length, 1)
    assert.deepEqual(series.exemplars, [
      { labels: ['trace_id', 'abc'], value: 3, timeMs: parcel.timeMs },
    ])
    const off = makerOf(version, labels, 10, { sendExemplars: false })
    assert.deepEqual(readAll(version, off, [parcel])[0][0].exemplars, [])
  })

  test(`${version}.0: a quiet staleness marker leaves as the marker`, () => {
    const parcel = parcelOf(1, {})
    new Uint32Array(parcel.values.buffer).set([2, 0x7ff80000])
    const [[series]] = readAll(version, makerOf(version, [labelsFrom([['__name__', 'm']])], 10), [
      parcel,
    ])
    assert.equal(series.samples[0][1], '7ff0000000000002')
  })

  test(`${version}.0: what was forgotten is asked for again, room is used again`, () => {
    const labels = Array.from({ length: 3000 }, (_, i) =>
      labelsFrom([
        ['__name__', `metric_${i}`],
        ['path', 'x'.repeat(i % 50)],
      ]),
    )
    const maker = makerOf(version, labels, 5000)
    const view = labels.map((one) => one)
    const encoder =
      version === 1
        ? new Encoder1(viewOf(view))
        : new Encoder2(viewOf(view), new FamilyBook(undefined, systemClock, 1))
    const own = new RequestMaker({
      encoder,
      frames: undefined,
      samplesMax: 5000,
      sendHistograms: true,
      sendExemplars: true,
    })
    const parcel = parcelOf(labels.length, {})
    for (let round = 0; round < 5; round++) {
      const [series] = readAll(version, own, [parcel])
      assert.deepEqual(
        series.map((one) => one.labels),
        view,
      )
      const gone = view.flatMap((_one, id) => (id % 5 === round ? [id] : []))
      encoder.forget(gone)
      for (const id of gone) view[id] = labelsFrom([['__name__', `again_${round}_${id}`]])
    }
    assert.ok(encoder.sizeBytes < 1_000_000)
    assert.equal(readAll(version, maker, [parcel]).length, 1)
  })

  for (const samplesMax of [1000, 1024, 2000]) {
    test(`${version}.0: no series is lost at ${samplesMax} samples a request`, () => {
      for (const count of [1, 1023, 1024, 1025, 2047, 2048, 2049, 3072, 5000]) {
        const labels = Array.from({ length: count }, (_, i) => labelsFrom([['__name__', `m${i}`]]))
        const requests = readAll(version, makerOf(version, labels, samplesMax), [
          parcelOf(count, {}),
        ])
        assert.deepEqual(
          requests.map((request) => request.length),
          Array.from({ length: Math.ceil(count / samplesMax) }, (_, i) =>
            Math.min(samplesMax, count - i * samplesMax),
          ),
        )
        assert.deepEqual(
          requests.flat().map((series) => series.labels),
          labels,
        )
      }
    })
  }
}

function parcelOf(count: number, more: Partial<Parcel>): Parcel {
  return {
    lane: 0,
    count,
    ids: Float64Array.from({ length: count }, (_, i) => i),
    values: Float64Array.from({ length: count }, (_, i) => i + 0.5),
    timeMs: 1_700_000_000_000,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
    ...more,
  }
}
