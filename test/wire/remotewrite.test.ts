/** Remote write requests: what is encoded is read, fields in any order, damage is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../src/base/error.ts'
import { labelsFrom } from '../../src/model/labels.ts'
import { STALE } from '../../src/model/stale.ts'
import { ProtoWriter } from '../../src/wire/protobuf.ts'
import {
  readMetadata1,
  type WriteMetadata,
  WriteReader,
  type WriteVersion,
} from '../../src/wire/remotewrite.ts'
import { encodeWrite1, encodeWrite2, type WriteSeries } from '../support/writerequest.ts'

interface Read {
  labels: string[] | string
  samples: [timeMs: number, bits: string][]
}

function readAll(version: WriteVersion, bytes: Uint8Array): Read[] {
  const reader = new WriteReader(version, bytes, bytes.length)
  const all: Read[] = []
  while (reader.nextSeries()) {
    const samples: [number, string][] = []
    while (reader.nextSample()) {
      samples.push([
        reader.timeMs,
        `${reader.valueHigh.toString(16)}:${reader.valueLow.toString(16)}`,
      ])
    }
    assert.equal(samples.length, reader.sampleCount)
    all.push({ labels: reader.readLabels(reader.seriesFrom, reader.seriesTo, 40), samples })
  }
  return all
}

function bitsOf(value: number): string {
  const bits = new Uint32Array(Float64Array.of(value).buffer)
  return `${bits[1].toString(16)}:${bits[0].toString(16)}`
}

const anySeries: fc.Arbitrary<WriteSeries> = fc
  .tuple(
    fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ minLength: 1 })),
    fc.array(fc.tuple(fc.maxSafeInteger(), fc.double({ noNaN: true })), { maxLength: 4 }),
  )
  .map(([labels, samples]) => ({
    labels: labelsFrom([['__name__', 'm'], ...Object.entries(labels)]),
    times: Float64Array.from(samples, (sample) => sample[0]),
    values: Float64Array.from(samples, (sample) => sample[1]),
    metadata: { family: 'm', type: 'counter', help: 'what m is', unit: 's' },
  }))

for (const [version, encode] of [
  [1, encodeWrite1],
  [2, encodeWrite2],
] as const) {
  test(`a ${version}.0 request comes back`, () => {
    fc.assert(
      fc.property(fc.array(anySeries, { maxLength: 5 }), (series) => {
        const bytes = encode(series, new ProtoWriter())
        assert.deepEqual(
          readAll(version, bytes),
          series.map((one) => ({
            labels: one.labels,
            samples: Array.from(one.times, (time, i) => [time, bitsOf(one.values[i])]),
          })),
        )
      }),
      { seed: 15, numRuns: 200 },
    )
  })

  test(`C31: damaged ${version}.0 requests are refused or read, never more`, () => {
    fc.assert(
      fc.property(
        fc.array(anySeries, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(10),
        (series, flips, cut) => {
          const bytes = encode(series, new ProtoWriter()).slice()
          for (const [at, byte] of flips) bytes[at % bytes.length] = byte
          const kept = bytes.subarray(0, Math.max(0, bytes.length - cut))
          try {
            readAll(version, kept)
            readMetadata1(kept, kept.length, () => {})
          } catch (error) {
            assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
          }
        },
      ),
      { seed: 16, numRuns: 2000 },
    )
  })
}

test('a staleness marker keeps its bits, a value and a time of 0 are left out and read as 0', () => {
  const series: WriteSeries = {
    labels: ['__name__', 'm'],
    times: Float64Array.of(5, 0, 7),
    values: Float64Array.of(STALE[0], 1, 0),
  }
  for (const version of [1, 2] as const) {
    const bytes = (version === 1 ? encodeWrite1 : encodeWrite2)([series], new ProtoWriter())
    assert.deepEqual(readAll(version, bytes)[0].samples, [
      [5, '7ff00000:2'],
      [0, bitsOf(1)],
      [7, '0:0'],
    ])
  }
})

test('labels may come after the samples and in pieces; then their range does not stand for them', () => {
  const writer = new ProtoWriter()
  writer.message(1, () => {
    writer.message(1, () => {
      writer.text(1, '__name__')
      writer.text(2, 'm')
    })
    writer.message(2, () => writer.int(2, 9))
    writer.message(1, () => {
      writer.text(2, 'v')
      writer.text(1, 'n')
    })
  })
  const bytes = writer.written()
  const reader = new WriteReader(1, bytes, bytes.length)
  assert.equal(reader.nextSeries(), true)
  assert.equal(reader.labelsInOnePiece, false)
  assert.deepEqual(readAll(1, bytes), [
    { labels: ['__name__', 'm', 'n', 'v'], samples: [[9, '0:0']] },
  ])
})

test('symbols behind the series and label numbers one by one are read', () => {
  const writer = new ProtoWriter()
  writer.message(5, () => {
    writer.int(1, 1)
    writer.int(1, 2)
    writer.message(2, () => writer.int(2, 9))
  })
  for (const symbol of ['', '__name__', 'm']) writer.text(4, symbol)
  assert.deepEqual(readAll(2, writer.written())[0].labels, ['__name__', 'm'])
})

test('C31: symbols that are not there, half pairs and broken UTF-8 are faults of their series', () => {
  const withLabels = (refs: number[], symbol: Uint8Array): Read[] => {
    const writer = new ProtoWriter()
    writer.text(4, '')
    writer.message(4, () => {
      for (const byte of symbol) writer.varint(byte)
    })
    writer.message(5, () => {
      writer.message(1, () => {
        for (const ref of refs) writer.varint(ref)
      })
    })
    return readAll(2, writer.written())
  }
  assert.equal(withLabels([0, 9], Uint8Array.of(65))[0].labels, 'invalid_symbol')
  assert.equal(withLabels([0], Uint8Array.of(65))[0].labels, 'invalid_symbol')
  assert.equal(withLabels(new Array(82).fill(1), Uint8Array.of(65))[0].labels, 'too_many_labels')
  const writer = new ProtoWriter()
  writer.message(1, () => {
    writer.message(1, () => {
      writer.text(1, '__name__')
      writer.message(2, () => writer.varint(0x80))
    })
  })
  assert.equal(readAll(1, writer.written())[0].labels, 'invalid_utf8')
})

test('metadata of both versions is read', () => {
  const metadata: WriteMetadata = { family: 'm', type: 'gauge', help: 'the m', unit: 'bytes' }
  const series: WriteSeries = {
    labels: ['__name__', 'm'],
    times: Float64Array.of(1),
    values: Float64Array.of(1),
    metadata,
  }
  const first = encodeWrite1([series], new ProtoWriter())
  const seen: WriteMetadata[] = []
  readMetadata1(first, first.length, (one) => seen.push(one))
  assert.deepEqual(seen, [metadata])
  const second = encodeWrite2([series], new ProtoWriter())
  const reader = new WriteReader(2, second, second.length)
  reader.nextSeries()
  assert.deepEqual(reader.readMetadata('m'), metadata)
})

test('histograms and exemplars are counted', () => {
  const writer = new ProtoWriter()
  writer.message(1, () => {
    writer.message(4, () => writer.int(1, 5))
    writer.message(3, () => writer.int(3, 5))
    writer.message(3, () => writer.int(3, 6))
  })
  const bytes = writer.written()
  const reader = new WriteReader(1, bytes, bytes.length)
  reader.nextSeries()
  assert.deepEqual([reader.histogramCount, reader.exemplarCount, reader.sampleCount], [1, 2, 0])
})
