/** Answers as JSON: the very bytes of Prometheus for every kind of result and number. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../src/base/error.ts'
import type { Budget } from '../../src/model/queryable.ts'
import type { Result, ResultData } from '../../src/model/result.ts'
import { formatFixed } from '../../src/query/promql/gotext.ts'
import { writeNames, writeResult, writeSeries } from '../../src/wire/promjson.ts'

function resultOf(data: ResultData, notes: Partial<Result> = {}): Result {
  const stats = { totalQueryableSamples: 12, peakSamples: 7 }
  return { data, warnings: [], infos: [], stats, ...notes }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function valueText(value: number): string {
  const body = textOf(writeResult(resultOf({ kind: 'scalar', timeMs: 0, value })))
  return /\[0,"(.*)"\]/.exec(body)?.[1] ?? body
}

/** Go's rule, slowly: plain digits from 1e-6 to below 1e21, else an exponent of two digits. */
function goText(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || !Number.isFinite(size) || (size >= 1e-6 && size < 1e21))
    return formatFixed(value)
  const [digits, exponent] = value.toExponential().split('e')
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}

for (const [value, text] of [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-1.5, '-1.5'],
  [0.1, '0.1'],
  [0.0001, '0.0001'],
  [0.00001, '0.00001'],
  [0.000001, '0.000001'],
  [0.0000001, '1e-07'],
  [1.25e-10, '1.25e-10'],
  [5e-324, '5e-324'],
  [1e20, '100000000000000000000'],
  [1e21, '1e+21'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [999_999_999, '999999999'],
  [1_000_000_000, '1000000000'],
  [2_147_483_648, '2147483648'],
  [9_007_199_254_740_991, '9007199254740991'],
  [2 ** 53, '9007199254740992'],
  [123_456_789_012_345_680, '123456789012345680'],
  [0.30000000000000004, '0.30000000000000004'],
  [100.01, '100.01'],
  [Number.NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
] as const) {
  test(`the value ${value} is written as ${text}`, () => {
    assert.equal(valueText(value), text)
  })
}

test('any value is written with Go’s digits and reads back as itself', () => {
  const decimals = fc
    .tuple(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 9 }))
    .map(([digits, places]) => digits / 10 ** places)
  fc.assert(
    fc.property(fc.oneof(fc.double(), decimals, fc.maxSafeInteger()), (value) => {
      const text = valueText(value)
      assert.equal(text, goText(value))
      if (Number.isFinite(value)) assert.ok(Object.is(Number(text), value))
    }),
    { seed: 20_261_121, numRuns: 20_000 },
  )
})

for (const [timeMs, text] of [
  [0, '0'],
  [1, '0.001'],
  [-1, '-0.001'],
  [1_435_781_451_781, '1435781451.781'],
  [1_435_781_451_010, '1435781451.010'],
  [1_435_781_451_000, '1435781451'],
  [-12_345, '-12.345'],
  [9_007_199_254_740_991, '9007199254740.991'],
] as const) {
  test(`the time ${timeMs} ms is written as ${text}`, () => {
    const body = textOf(writeResult(resultOf({ kind: 'string', timeMs, value: 'x' })))
    assert.equal(body, `{"status":"success","data":{"resultType":"string","result":[${text},"x"]}}`)
  })
}

test('a matrix leaves out absent points and shares its times', () => {
  const data: ResultData = {
    kind: 'matrix',
    grid: { fromMs: 500, stepMs: 1_000, count: 3 },
    labels: [['__name__', 'up', 'job', 'a"b\\c\n€'], []],
    values: Float64Array.of(1, 1, 0.5, 7, Number.NaN, -0),
    present: Uint8Array.of(1, 1, 1, 0, 1, 1),
  }
  assert.equal(
    textOf(writeResult(resultOf(data))),
    '{"status":"success","data":{"resultType":"matrix","result":[' +
      '{"metric":{"__name__":"up","job":"a\\"b\\\\c\\n€"},"values":[[0.500,"1"],[1.500,"1"],[2.500,"0.5"]]},' +
      '{"metric":{},"values":[[1.500,"NaN"],[2.500,"-0"]]}]}}',
  )
})

test('a vector, samples and a scalar have their shapes', () => {
  const labels = [['a', 'b']]
  const vector: ResultData = { kind: 'vector', timeMs: 1_000, labels, values: Float64Array.of(2) }
  const times = Float64Array.of(0, 1_000, 2_500)
  const values = Float64Array.of(9, 1, 2)
  const series = [{ labels: labels[0], times, values, from: 1, to: 3, stale: false }]
  for (const [data, wanted] of [
    [vector, '"vector","result":[{"metric":{"a":"b"},"value":[1,"2"]}]'],
    [
      { kind: 'samples', series },
      '"matrix","result":[{"metric":{"a":"b"},"values":[[1,"1"],[2.500,"2"]]}]',
    ],
    [{ kind: 'scalar', timeMs: 5, value: 1 }, '"scalar","result":[0.005,"1"]'],
    [{ kind: 'vector', timeMs: 0, labels: [], values }, '"vector","result":[]'],
  ] as const) {
    const body = textOf(writeResult(resultOf(data)))
    assert.equal(body, `{"status":"success","data":{"resultType":${wanted}}}`)
  }
})

test('notes and statistics stand where Prometheus has them', () => {
  const data: ResultData = { kind: 'scalar', timeMs: 0, value: 0 }
  const notes = { warnings: ['PromQL warning: "x" (1:1)'], infos: ['a', 'b'] }
  const timings = {
    evalTotalSeconds: 0.5,
    preparationSeconds: 0.1,
    innerEvalSeconds: 0.3,
    sortSeconds: 0,
    queueSeconds: 0.01,
    totalSeconds: 0.6,
  }
  assert.deepEqual(JSON.parse(textOf(writeResult(resultOf(data, notes), { timings }))), {
    status: 'success',
    data: {
      resultType: 'scalar',
      result: [0, '0'],
      stats: {
        timings: {
          evalTotalTime: 0.5,
          resultSortTime: 0,
          queryPreparationTime: 0.1,
          innerEvalTime: 0.3,
          execQueueTime: 0.01,
          execTotalTime: 0.6,
        },
        samples: { totalQueryableSamples: 12, peakSamples: 7 },
      },
    },
    ...notes,
  })
})

test('any label set comes out as JSON would have it', () => {
  const label = fc.string({ unit: 'binary', maxLength: 20 })
  fc.assert(
    fc.property(fc.uniqueArray(label, { maxLength: 6 }), (texts) => {
      const wanted = { status: 'success', data: texts.map((text) => text.toWellFormed()) }
      const body = textOf(writeNames(texts, []))
      assert.deepEqual(JSON.parse(body.replaceAll(/\\ud[89a-f]../g, '\ufffd')), wanted)
    }),
    { seed: 7, numRuns: 500 },
  )
  const body = textOf(writeSeries([['a', '1'], []], ['cut']))
  assert.equal(body, '{"status":"success","data":[{"a":"1"},{}],"warnings":["cut"]}')
})

test('a large answer is paid for, and refused when the budget ends', () => {
  let charged = 0
  const budget: Budget = {
    chargeSamples() {},
    chargeBytes(sizeBytes) {
      charged += sizeBytes
      if (charged > 1 << 20) throw new NarthexError('limit', 'too much memory')
    },
    releaseBytes() {},
    check() {},
  }
  const count = 10_000
  const values = Float64Array.from({ length: count * 20 }, (_, i) => Math.sqrt(i))
  const present = new Uint8Array(values.length).fill(1)
  const grid = { fromMs: 0, stepMs: 15_000, count }
  const rows = (length: number): string[][] => Array.from({ length }, (_, i) => ['i', `${i}`])
  const small: ResultData = { kind: 'matrix', grid, labels: rows(1), values, present }
  const body = writeResult(resultOf(small), { budget })
  assert.equal(JSON.parse(textOf(body)).data.result[0].values.length, count)
  assert.ok(charged >= body.length - 1_024)
  const large: ResultData = { kind: 'matrix', grid, labels: rows(20), values, present }
  assert.throws(() => writeResult(resultOf(large), { budget }), NarthexError)
})
