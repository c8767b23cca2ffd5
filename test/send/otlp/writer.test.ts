/** The OTLP writer before a receiver that reads every field. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../../src/model/histogram.ts'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { STALE } from '../../../src/model/stale.ts'
import type { MetadataView } from '../../../src/model/target.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { startHttpGate } from '../../support/httpgate.ts'
import { doubleOf, messages, packed, type ReadPoint, readOtlp } from '../../support/otlpreader.ts'
import { type Simulated, type SimulatedReply, startSimulated } from '../../support/simulated.ts'
import { openListed } from '../opened.ts'
import { type SuiteEnd, seriesKey, writerSuite } from '../writer.suite.ts'

const NEVER = new AbortController().signal

async function startReceiver(
  got: ReadPoint[],
  reply: SimulatedReply = { status: 200 },
): Promise<Simulated> {
  return await startSimulated(({ method, url, headers, body }) => {
    assert.equal(method, 'POST')
    assert.equal(url.pathname, '/v1/metrics')
    assert.equal(headers['content-type'], 'application/x-protobuf')
    got.push(...readOtlp(body))
    return reply
  })
}

function keyOf({ metric, resource, attributes }: ReadPoint): string {
  return seriesKey([
    ['__name__', metric],
    ['job', resource['service.name'] ?? ''],
    ['instance', resource['service.instance.id'] ?? ''],
    ...Object.entries(attributes),
  ])
}

async function start(): Promise<SuiteEnd> {
  const got: ReadPoint[] = []
  const server = await startReceiver(got)
  const gate = await startHttpGate(server.url)
  return {
    open: (view) =>
      openListed(
        `type: otlp, url: "${gate.url}", queue_config: {max_samples_per_send: 1000}`,
        view,
      ),
    trouble: gate.trouble,
    async read() {
      const stored = new Map<string, [number, string][]>()
      for (const point of got) {
        const timeMs = Number(point.timeNs / 1_000_000n)
        assert.equal(point.timeNs % 1_000_000n, 0n)
        const shown = point.flags === 1n && point.value === undefined ? 'stale' : `${point.value}`
        const known = stored.get(keyOf(point)) ?? []
        if (known.every(([time]) => time !== timeMs)) known.push([timeMs, shown])
        stored.set(keyOf(point), known)
      }
      return stored
    },
    async close() {
      gate.close()
      server.close()
    },
  }
}

writerSuite(undefined, start, {
  shown: { NaN: 'NaN', Infinity: 'Infinity', '-Infinity': '-Infinity', stale: 'stale' },
})

const FAMILIES: MetadataView = {
  families: () =>
    new Map([
      ['hits_total', [{ type: 'counter', help: 'how often', unit: '' }]],
      ['took_seconds', [{ type: 'histogram', help: '', unit: 'seconds' }]],
      ['heat', [{ type: 'gauge', help: '', unit: '' }]],
    ]),
  ofTargets: () => [],
}

const SERIES: readonly Labels[] = [
  labelsFrom([
    ['__name__', 'hits_total'],
    ['job', 'web'],
    ['instance', 'a:1'],
    ['code', '200'],
  ]),
  labelsFrom([
    ['__name__', 'hits_total'],
    ['job', 'web'],
    ['instance', 'a:1'],
    ['code', '500'],
  ]),
  labelsFrom([
    ['__name__', 'took_seconds_bucket'],
    ['job', 'web'],
    ['instance', 'a:1'],
    ['le', '+Inf'],
  ]),
  labelsFrom([
    ['__name__', 'took_seconds_count'],
    ['job', 'web'],
    ['instance', 'a:1'],
  ]),
  labelsFrom([
    ['__name__', 'took_seconds_sum'],
    ['job', 'web'],
    ['instance', 'a:1'],
  ]),
  labelsFrom([
    ['__name__', 'heat'],
    ['job', 'web'],
    ['instance', 'b:1'],
  ]),
  labelsFrom([
    ['__name__', 'target_info'],
    ['job', 'web'],
    ['instance', 'a:1'],
    ['region', 'north'],
  ]),
  labelsFrom([
    ['__name__', 'native'],
    ['job', 'web'],
    ['instance', 'a:1'],
    ['q', 'x'],
  ]),
]

const VIEW = { labels: (id: number) => SERIES[id], targetKey: () => '' }

function parcelOf(count: number, more: Partial<Parcel> = {}): Parcel {
  return {
    lane: 0,
    count,
    ids: Float64Array.from({ length: count }, (_, i) => i),
    values: Float64Array.from({ length: count }, (_, i) => i + 1),
    timeMs: 1_700_000_000_001,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
    ...more,
  }
}

test('types, help, units and what targets are come along', async (t) => {
  const got: ReadPoint[] = []
  const server = await startReceiver(got)
  t.after(() => server.close())
  const writer = openListed(`type: otlp, url: "${server.url}/v1/metrics"`, VIEW, {
    metadata: FAMILIES,
  })
  assert.equal((await writer.write([parcelOf(7)], NEVER)).outcome, 'written')
  assert.deepEqual(
    got.map(({ metric, kind, value }) => `${metric} ${kind} ${value}`),
    [
      'hits_total monotonic 1',
      'hits_total monotonic 2',
      'took_seconds_bucket monotonic 3',
      'took_seconds_count monotonic 4',
      'took_seconds_sum sum 5',
      'heat gauge 6',
      'target_info gauge 7',
    ],
  )
  assert.equal(got[0].description, 'how often')
  assert.equal(got[2].unit, 'seconds')
  assert.equal(got[0].timeNs, 1_700_000_000_001_000_000n)
  const a = { 'service.name': 'web', 'service.instance.id': 'a:1', region: 'north' }
  assert.deepEqual(got[0].resource, a)
  assert.deepEqual(got[0].attributes, { code: '200' })
  assert.deepEqual(got[5].resource, { 'service.name': 'web', 'service.instance.id': 'b:1' })
  assert.deepEqual(got[6].resource, a)
  await writer.close()
})

const HISTOGRAM: NativeHistogram = {
  schema: 3,
  isFloat: false,
  resetHint: 'unknown',
  zeroThreshold: 0.5,
  zeroCount: 2,
  count: 2 ** 40,
  sum: Float64Array.of(9.5),
  positiveSpans: [
    { offset: -2, length: 1 },
    { offset: 2, length: 2 },
  ],
  positiveCounts: Float64Array.of(1, 300, 5),
  negativeSpans: [{ offset: 4, length: 1 }],
  negativeCounts: Float64Array.of(7),
  customValues: new Float64Array(0),
}

const CUSTOM: NativeHistogram = {
  ...HISTOGRAM,
  schema: CUSTOM_BUCKETS_SCHEMA,
  zeroCount: 0,
  count: 6,
  positiveSpans: [{ offset: 1, length: 2 }],
  positiveCounts: Float64Array.of(2, 4),
  negativeSpans: [],
  negativeCounts: new Float64Array(0),
  customValues: Float64Array.of(0.1, 0.2, 0.3),
}

test('native histograms are passed on, save for those that OTLP cannot say', async (t) => {
  const got: ReadPoint[] = []
  const server = await startReceiver(got)
  t.after(() => server.close())
  const writer = openListed(`type: otlp, url: "${server.url}", send_native_histograms: true`, VIEW)
  const histograms = [
    HISTOGRAM,
    CUSTOM,
    { ...HISTOGRAM, sum: STALE.slice() },
    { ...HISTOGRAM, positiveCounts: Float64Array.of(0.5, 1, 1) },
    {
      ...HISTOGRAM,
      positiveSpans: [
        { offset: 0, length: 1 },
        { offset: 2 ** 31, length: 2 },
      ],
    },
    { ...CUSTOM, positiveSpans: [{ offset: 3, length: 2 }] },
  ].map((histogram, i) => ({ id: 7, timeMs: i, histogram }))
  const result = await writer.write([parcelOf(0, { histograms })], NEVER)
  assert.deepEqual(result, { outcome: 'written', refused: new Map([['unrepresentable', 3]]) })
  const [exponential, explicit, stale] = got
  assert.deepEqual(
    got.map(({ kind }) => kind),
    ['exponential', 'histogram', 'exponential'],
  )
  assert.equal(stale.flags, 1n)
  assert.deepEqual(exponential.attributes, { q: 'x' })
  assert.equal(exponential.fields.get(4)?.[0], 2n ** 40n)
  assert.equal(doubleOf(exponential.fields, 5), 9.5)
  assert.equal(exponential.fields.get(6)?.[0], 6n, 'scale 3, folded')
  assert.equal(exponential.fields.get(7)?.[0], 2n)
  assert.equal(doubleOf(exponential.fields, 14), 0.5)
  const [positive] = messages(exponential.fields, 8)
  assert.equal(positive.get(1)?.[0], 5n, 'offset -3, folded')
  assert.deepEqual(packed(positive, 2), [1n, 0n, 0n, 300n, 5n])
  const [negative] = messages(exponential.fields, 9)
  assert.deepEqual([negative.get(1)?.[0], packed(negative, 2)], [6n, [7n]])
  const counts = explicit.fields.get(6)?.[0] as Buffer
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => counts.readBigUInt64LE(8 * i)),
    [0n, 2n, 4n, 0n],
  )
  const bounds = explicit.fields.get(7)?.[0] as Buffer
  assert.deepEqual(
    [0, 1, 2].map((i) => bounds.readDoubleLE(8 * i)),
    [0.1, 0.2, 0.3],
  )
  await writer.close()
})

for (const [name, body, wanted] of [
  ['rejects two points', Buffer.from([0x0a, 2, 0x08, 2]), [['partial_success', 2]]],
  ['rejects more than there were', Buffer.from([0x0a, 2, 0x08, 99]), [['partial_success', 3]]],
  ['only warns', Buffer.from([0x0a, 3, 0x12, 1, 0x41]), []],
  ['answers with something else', Buffer.from('{"partialSuccess"'), []],
] as const) {
  test(`a receiver that ${name}`, async (t) => {
    const server = await startReceiver([], { status: 200, body: Buffer.from(body) })
    t.after(() => server.close())
    const writer = openListed(`type: otlp, url: "${server.url}"`, VIEW)
    const result = await writer.write([parcelOf(3)], NEVER)
    assert.deepEqual(result, {
      outcome: 'written',
      refused: new Map(wanted as readonly (readonly [string, number])[]),
    })
    await writer.close()
  })
}

for (const [status, outcome] of [
  [429, 'retry'],
  [500, 'refused'],
  [502, 'retry'],
  [503, 'retry'],
  [504, 'retry'],
  [401, 'refused'],
] as const) {
  test(`status ${status} means ${outcome}`, async (t) => {
    const server = await startReceiver([], { status, headers: { 'retry-after': '7' } })
    t.after(() => server.close())
    const writer = openListed(`type: otlp, url: "${server.url}"`, VIEW)
    const result = await writer.write([parcelOf(1)], NEVER)
    assert.equal(result.outcome, outcome)
    if (result.outcome === 'retry') assert.equal(result.afterMs, 7000)
    await writer.close()
  })
}
