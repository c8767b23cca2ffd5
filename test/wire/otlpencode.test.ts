/** OTLP requests, read back field by field. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BucketSpan, NativeHistogram } from '../../src/model/histogram.ts'
import { kindOfHistogram, OTLP_TIME_MS_MAX, OtlpRequest } from '../../src/wire/otlpencode.ts'
import { ProtoWriter } from '../../src/wire/protobuf.ts'
import { doubleOf, messages, packed, readOtlp } from '../support/otlpreader.ts'

const NONE = new Uint8Array(0)

function encode(write: (request: OtlpRequest) => void): ReturnType<typeof readOtlp> {
  const request = new OtlpRequest(new ProtoWriter(16), 'scope', '1')
  request.begin()
  request.resource(NONE, 0, 0)
  write(request)
  return readOtlp(Buffer.from(request.end()))
}

test('every time in milliseconds is exact in nanoseconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: OTLP_TIME_MS_MAX }), fc.double(), (timeMs, value) => {
      const [point] = encode((request) => {
        request.metric({ name: 'm', description: '', unit: '', kind: 'gauge' })
        request.number(NONE, 0, 0, timeMs, Float64Array.of(value), 0)
      })
      assert.equal(point.timeNs, BigInt(timeMs) * 1_000_000n)
      assert.ok(Object.is(point.value, value))
    }),
    { seed: 43, numRuns: 500 },
  )
})

const spans = fc.array(fc.record({ offset: fc.nat(40), length: fc.integer({ min: 1, max: 5 }) }), {
  maxLength: 5,
})

/** Counts by the number of their bucket. */
function bucketsOf(list: readonly BucketSpan[], counts: Float64Array): Map<number, number> {
  const found = new Map<number, number>()
  let bucket = 0
  let at = 0
  for (const { offset, length } of list) {
    bucket += offset
    for (let i = 0; i < length; i++) found.set(bucket++, counts[at++])
  }
  return found
}

test('the buckets of exponential histograms keep their borders and counts', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: -60, max: 60 }), (list, first) => {
      const moved = list.map((span, i) => (i === 0 ? { ...span, offset: first } : span))
      const size = moved.reduce((sum, { length }) => sum + length, 0)
      const counts = Float64Array.from({ length: size }, (_, i) => i + 1)
      const histogram: NativeHistogram = {
        schema: -1,
        isFloat: false,
        resetHint: 'unknown',
        zeroThreshold: 0,
        zeroCount: 2 ** 33 + 1,
        count: 2 ** 52,
        sum: Float64Array.of(1),
        positiveSpans: moved,
        positiveCounts: counts,
        negativeSpans: [],
        negativeCounts: new Float64Array(0),
        customValues: new Float64Array(0),
      }
      assert.equal(kindOfHistogram(histogram), 'exponential')
      const [{ fields }] = encode((request) => {
        request.metric({ name: 'm', description: '', unit: '', kind: 'exponential' })
        request.histogram(NONE, 0, 0, 1, histogram)
      })
      assert.deepEqual([fields.get(4), fields.get(7)], [[2n ** 52n], [2n ** 33n + 1n]])
      assert.equal(doubleOf(fields, 5), 1)
      if (size === 0) return
      const [side] = messages(fields, 8)
      const folded = Number(side.get(1)?.[0] ?? 0n)
      const offset = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
      const read = packed(side, 2).map((count, i) => [offset + i + 1, Number(count)] as const)
      const wanted = bucketsOf(moved, counts)
      assert.deepEqual(new Map(read.filter(([, count]) => count > 0)), wanted)
    }),
    { seed: 44, numRuns: 300 },
  )
})
