/** Native histograms and exemplars of write requests: what was written is what is read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../src/base/bytes.ts'
import { NarthexError } from '../../src/base/error.ts'
import type { Exemplar } from '../../src/model/exemplar.ts'
import type { BucketSpan, NativeHistogram } from '../../src/model/histogram.ts'
import { STALE } from '../../src/model/stale.ts'
import { ProtoWriter, readZigzag } from '../../src/wire/protobuf.ts'
import { histogramFault, readHistogram } from '../../src/wire/readhistogram.ts'
import { WriteReader } from '../../src/wire/remotewrite.ts'
import { writeHistogram } from '../../src/wire/writehistogram.ts'
import { eachExemplar, eachHistogram } from '../../src/wire/writeside.ts'

const spansOf = fc.array(
  fc.record(
    { offset: fc.integer({ min: 0, max: 1e6 }), length: fc.integer({ min: 0, max: 5 }) },
    { noNullPrototype: true },
  ),
  { maxLength: 4 },
)

function bucketsFor(spans: readonly BucketSpan[], seed: number, isFloat: boolean): Float64Array {
  const length = spans.reduce((sum, span) => sum + span.length, 0)
  return Float64Array.from({ length }, (_, i) => {
    const count = (seed * (i + 7)) % 1e12
    return isFloat ? count / 3 : Math.floor(count)
  })
}

const histograms: fc.Arbitrary<NativeHistogram> = fc
  .record(
    {
      schema: fc.constantFrom(-53, -4, 0, 3, 8),
      isFloat: fc.boolean(),
      resetHint: fc.constantFrom('unknown', 'yes', 'no', 'gauge' as const),
      zeroThreshold: fc.double({ noNaN: true }),
      zeroCount: fc.nat(),
      sum: fc.double(),
      positiveSpans: spansOf,
      negativeSpans: spansOf,
      seed: fc.integer({ min: 1, max: 1e9 }),
      customValues: fc.array(fc.double({ noNaN: true }), { maxLength: 5 }),
    },
    { noNullPrototype: true },
  )
  .map(({ seed, sum, customValues, resetHint, ...rest }) => ({
    ...rest,
    resetHint: resetHint as NativeHistogram['resetHint'],
    // -0 is left out of the bytes, as protobuf does with defaults.
    zeroThreshold: rest.zeroThreshold + 0,
    count: seed,
    sum: Float64Array.of(sum),
    positiveCounts: bucketsFor(rest.positiveSpans, seed, rest.isFloat),
    negativeCounts: bucketsFor(rest.negativeSpans, seed + 1, rest.isFloat),
    customValues: Float64Array.from(customValues),
  }))

test('a native histogram comes back as it was written, to the bit', () => {
  fc.assert(
    fc.property(histograms, fc.integer(), (histogram, timeMs) => {
      const writer = new ProtoWriter()
      writeHistogram(writer, 1, timeMs, histogram)
      const request = new ProtoWriter()
      request.raw(writer.written(), 0, writer.written().length)
      const bytes = request.written()
      const c = new Cursor(bytes, 1)
      const from = 1 + lengthBytes(bytes)
      assert.ok(c.end > from)
      assert.deepEqual(readHistogram(bytes, from, bytes.length), { timeMs, histogram })
    }),
    { seed: 4, numRuns: 300 },
  )
})

function lengthBytes(bytes: Uint8Array): number {
  let at = 1
  while (bytes[at] >= 0x80) at++
  return at
}

test('a staleness marker is one after reading', () => {
  const writer = new ProtoWriter()
  writeHistogram(writer, 1, 5, { ...plain(), count: 0, zeroCount: 0, sum: STALE.slice() })
  const bytes = writer.written()
  const { histogram } = readHistogram(bytes, 1 + lengthBytes(bytes), bytes.length)
  assert.deepEqual([...new Uint32Array(histogram.sum.buffer)], [2, 0x7ff00000])
})

function plain(): NativeHistogram {
  return {
    schema: 0,
    isFloat: false,
    resetHint: 'unknown',
    zeroThreshold: 0,
    zeroCount: 1,
    count: 3,
    sum: Float64Array.of(4),
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveCounts: Float64Array.of(2),
    negativeSpans: [],
    negativeCounts: new Float64Array(0),
    customValues: new Float64Array(0),
  }
}

for (const [fault, change] of [
  ['schema', { schema: 9 }],
  ['spans', { positiveSpans: [{ offset: 0, length: 4_000_000_000 }] }],
  ['count', { count: 4 }],
  ['negative_count', { positiveCounts: Float64Array.of(-2) }],
  ['custom_values', { schema: -53, customValues: Float64Array.of(2, 1), zeroCount: 0 }],
] as const) {
  test(`a histogram is refused for its ${fault}`, () => {
    assert.equal(histogramFault(plain()), undefined)
    assert.equal(histogramFault({ ...plain(), ...change }), fault)
  })
}

test('folded integers are exact up to 2^53', () => {
  for (const value of [0, -1, 1, -2, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53) + 1]) {
    const writer = new ProtoWriter()
    writer.zigzag(value)
    assert.equal(readZigzag(new Cursor(writer.written())), value)
  }
})

test('histograms and exemplars of a series are found in both versions', () => {
  const writer = new ProtoWriter()
  writer.message(1, () => {
    writer.message(1, () => {
      writer.text(1, '__name__')
      writer.text(2, 'a')
    })
    writer.message(3, () => {
      writer.message(1, () => {
        writer.text(1, 'trace')
        writer.text(2, 'x')
      })
      writer.double(2, 1.5)
      writer.int(3, 77)
    })
    writeHistogram(writer, 4, 42, plain())
  })
  const request = new WriteReader(1, writer.written(), writer.written().length)
  assert.ok(request.nextSeries())
  const exemplars: (Exemplar | undefined)[] = []
  const times: number[] = []
  eachExemplar(request, 10, (each) => exemplars.push(each))
  eachHistogram(request, ({ timeMs }) => times.push(timeMs))
  assert.deepEqual(exemplars, [{ labels: ['trace', 'x'], value: 1.5, timeMs: 77 }])
  assert.deepEqual(times, [42])
})

test('C31: any bytes are a histogram or are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        histogramFault(readHistogram(bytes, 0, bytes.length).histogram)
      } catch (error) {
        assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
      }
    }),
    { seed: 4, numRuns: 1000 },
  )
})
