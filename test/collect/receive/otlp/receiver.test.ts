/** The OTLP receiver: names, labels, sorts of points, deltas, partial success, bad input. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { NarthexError } from '../../../../src/base/error.ts'
import { Metrics } from '../../../../src/base/metrics.ts'
import { OPEN_DOOR, openDoor } from '../../../../src/collect/receive/door.ts'
import { LABEL_LIMITS } from '../../../../src/collect/receive/labelcheck.ts'
import { openOtlpReceiver } from '../../../../src/collect/receive/otlp/receiver.ts'
import { defaultConfig } from '../../../../src/config/config.ts'
import type { OtlpConfig } from '../../../../src/config/storageshape.ts'
import type { Reply } from '../../../../src/net/server/message.ts'
import type { OtlpSink } from '../../../../src/wire/otlp.ts'
import { decodeOtlpJson } from '../../../../src/wire/otlpjson.ts'
import { decodeOtlp } from '../../../../src/wire/otlpproto.ts'
import { ProtoWriter } from '../../../../src/wire/protobuf.ts'
import { ManualClock } from '../../../store/log/disk.ts'
import { type Recorder, SideRecorder } from '../recorder.ts'

const EXAMPLES = new URL('../../../../../shared/conformance/data/otlp/', import.meta.url)
const DEFAULTS: OtlpConfig = defaultConfig().otlp

function open(
  change: Partial<OtlpConfig> = {},
  recorder: Recorder = new SideRecorder(),
  decodedBytesMax = 1_000_000,
): {
  post: (body: unknown, headers?: Record<string, string>) => Promise<Reply>
  recorder: SideRecorder
  metrics: Metrics
  method: ReturnType<typeof openOtlpReceiver>['method']
} {
  const metrics = new Metrics()
  const { handle, method } = openOtlpReceiver({
    appender: recorder,
    clock: new ManualClock(),
    metrics,
    labelLimits: LABEL_LIMITS,
    decodedBytesMax,
    config: () => ({ ...DEFAULTS, ...change }),
    doorOf: () => OPEN_DOOR,
    onMetadata: () => {},
  })
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
    const all: Record<string, string> = { 'content-type': 'application/json', ...headers }
    const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))
    return handle((name) => all[name], bytes)
  }
  return { post, recorder: recorder as SideRecorder, metrics, method }
}

const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
const nanos = (timeMs: number): string => `${timeMs}000000`

function request(metrics: readonly object[], resource: readonly object[] = []): object {
  return {
    resourceMetrics: [
      { resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 's' }, metrics }] },
    ],
  }
}

function sum(points: readonly object[], temporality: number, isMonotonic = true): object {
  return {
    name: 'requests',
    unit: 's',
    sum: { aggregationTemporality: temporality, isMonotonic, dataPoints: points },
  }
}

test('the examples of the protocol are taken', async () => {
  const { post, recorder } = open()
  const reply = await post(readFileSync(new URL('metrics.json', EXAMPLES)))
  assert.equal(reply.status, 200)
  assert.equal(reply.body, '{}')
  const at = 1544712660300
  assert.deepEqual(recorder.content(), {
    'my_counter_total{job="my.service", my_counter_attr="some value"}': [`${at}=5`],
    'my_gauge_ratio{job="my.service", my_gauge_attr="some value"}': [`${at}=10`],
    'my_histogram_sum{job="my.service", my_histogram_attr="some value"}': [`${at}=2`],
    'my_histogram_count{job="my.service", my_histogram_attr="some value"}': [`${at}=2`],
    'my_histogram_bucket{job="my.service", le="1", my_histogram_attr="some value"}': [`${at}=1`],
    'my_histogram_bucket{job="my.service", le="+Inf", my_histogram_attr="some value"}': [`${at}=2`],
    'my_exponential_histogram{job="my.service", my_exponential_histogram_attr="some value"}': [],
  })
  const [{ histogram, timeMs }] = recorder.histograms
  assert.equal(timeMs, at)
  assert.deepEqual(histogram.positiveSpans, [{ offset: 3, length: 1 }])
  assert.deepEqual([...histogram.positiveCounts], [2])
  assert.deepEqual([histogram.count, histogram.zeroCount, histogram.sum[0]], [3, 1, 10])
})

test('what destinations refuse of a request is a partial success', async () => {
  const { post, recorder } = open()
  recorder.shortfall = { count: 3, reason: 'destination vm: status_400' }
  const reply = await post(readFileSync(new URL('metrics.json', EXAMPLES)))
  assert.equal(reply.status, 200)
  assert.deepEqual(JSON.parse(String(reply.body)), {
    partialSuccess: {
      rejectedDataPoints: '3',
      errorMessage:
        'cannot take 3 items of the request: destination vm: status_400: destination_refused; …',
    },
  })
})

test('other signals hold no metrics: they are taken and come to nothing', async () => {
  for (const file of ['logs.json', 'trace.json', 'events.json']) {
    const { post, recorder } = open()
    assert.equal((await post(readFileSync(new URL(file, EXAMPLES)))).status, 200)
    assert.deepEqual(recorder.content(), {})
  }
})

for (const [strategy, metric, label] of [
  ['UnderscoreEscapingWithSuffixes', 'http_load_bytes_per_second_total', 'a_b'],
  ['UnderscoreEscapingWithoutSuffixes', 'http_load', 'a_b'],
  ['NoUTF8EscapingWithSuffixes', 'http.load_bytes_per_second_total', 'a.b'],
  ['NoTranslation', 'http.load', 'a.b'],
] as const) {
  test(`names under ${strategy}`, async () => {
    const { post, recorder } = open({ translationStrategy: strategy })
    const point = { asInt: '3', timeUnixNano: nanos(7), attributes: [attribute('a.b', 'x')] }
    const metricOf = { ...sum([point], 2), name: 'http.load', unit: 'By/s' }
    await post(request([metricOf]))
    const [series] = Object.keys(recorder.content())
    assert.ok(series.includes(metric) && series.includes(label), series)
  })
}

test('the resource becomes job, instance and target_info; chosen attributes become labels', async () => {
  const resource = [
    attribute('service.name', 'shop'),
    attribute('service.namespace', 'eu'),
    attribute('service.instance.id', 'i1'),
    attribute('k8s.pod', 'p'),
    attribute('zone', 'z'),
  ]
  const gauge = { name: 'g', gauge: { dataPoints: [{ asDouble: 1.5, timeUnixNano: nanos(9) }] } }
  const { post, recorder } = open({
    promoteResourceAttributes: ['k8s.pod'],
    promoteScopeMetadata: true,
  })
  await post(request([gauge], resource))
  assert.deepEqual(recorder.content(), {
    'g{instance="i1", job="eu/shop", k8s_pod="p", otel_scope_name="s"}': ['9=1.5'],
    'target_info{instance="i1", job="eu/shop", k8s_pod="p", zone="z"}': ['9=1'],
  })
})

test('deltas are added up, a repeated request counts once, an older one is refused', async () => {
  const { post, recorder } = open()
  const at = (timeMs: number, asInt: number): object =>
    request([sum([{ asInt, timeUnixNano: nanos(timeMs) }], 1)])
  await post(at(1000, 5))
  await post(at(2000, 7))
  assert.equal((await post(at(2000, 7))).body, '{}')
  const late = await post(at(1500, 1))
  assert.match(String(late.body), /"rejectedDataPoints":"1".*delta_out_of_order/)
  assert.deepEqual(recorder.content(), { requests_seconds_total: ['1000=5', '2000=12'] })
})

test('a delta that was not acknowledged counts once when it is sent again', async () => {
  const { post, recorder } = open()
  const at = (timeMs: number, asInt: number): object =>
    request([sum([{ asInt, timeUnixNano: nanos(timeMs) }], 1)])
  await post(at(1000, 5))
  recorder.busy = true
  assert.equal((await post(at(2000, 7))).status, 503)
  recorder.busy = false
  await post(at(2000, 7))
  assert.deepEqual(recorder.content(), { requests_seconds_total: ['1000=5', '2000=12'] })
})

test('deltas of exponential histograms are added up at the coarser scale', async () => {
  const { post, recorder } = open()
  const at = (timeMs: number, scale: number, offset: number, counts: number[]): object =>
    request([
      {
        name: 'e',
        exponentialHistogram: {
          aggregationTemporality: 1,
          dataPoints: [
            {
              timeUnixNano: nanos(timeMs),
              count: counts.reduce((a, b) => a + b, 0),
              sum: 1,
              scale,
              positive: { offset, bucketCounts: counts },
            },
          ],
        },
      },
    ])
  await post(at(1000, 1, 0, [1, 2]))
  await post(at(2000, 0, 0, [4, 8]))
  const { histogram } = recorder.histograms[1]
  assert.equal(histogram.schema, 0)
  assert.deepEqual([...histogram.positiveCounts], [7, 8])
  assert.deepEqual(histogram.positiveSpans, [{ offset: 1, length: 2 }])
})

test('a scale beyond 8 is brought down, one below -4 is refused', async () => {
  const { post, recorder } = open()
  const withScale = (scale: number): object =>
    request([
      {
        name: 'e',
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [
            { timeUnixNano: nanos(1), count: 4, scale, positive: { bucketCounts: [1, 1, 1, 1] } },
          ],
        },
      },
    ])
  await post(withScale(10))
  assert.deepEqual([...recorder.histograms[0].histogram.positiveCounts], [4])
  assert.match(String((await post(withScale(-5))).body), /histogram_scale/)
})

test('where nobody keeps native histograms they are refused by name', async () => {
  const plain = new SideRecorder()
  Object.defineProperty(plain, 'side', { value: undefined })
  const { post, metrics } = open({}, plain)
  const reply = await post(readFileSync(new URL('metrics.json', EXAMPLES)))
  assert.match(String(reply.body), /"rejectedDataPoints":"1".*native_histogram/)
  assert.match(
    metrics.render(),
    /narthex_push_refused_total\{protocol="otlp",reason="native_histogram"\} 1/,
  )
})

test('classic histograms become native ones with custom buckets where that is wanted', async () => {
  const { post, recorder } = open({ convertHistogramsToNhcb: true })
  await post(readFileSync(new URL('metrics.json', EXAMPLES)))
  const custom = recorder.histograms.find(({ text }) => text.startsWith('my_histogram'))?.histogram
  assert.equal(custom?.schema, -53)
  assert.deepEqual([...(custom?.customValues ?? [])], [1])
  assert.deepEqual([...(custom?.positiveCounts ?? [])], [1, 1])
})

test('a point without a value ends its series; exemplars and summaries come through', async () => {
  const { post, recorder } = open()
  const exemplars = [{ asDouble: 2, timeUnixNano: nanos(5), traceId: '0'.repeat(31).concat('a') }]
  await post(
    request([
      sum([{ asInt: 1, timeUnixNano: nanos(5), exemplars }], 2),
      { name: 'gone', gauge: { dataPoints: [{ flags: 1, timeUnixNano: nanos(6) }] } },
      {
        name: 'sy',
        summary: {
          dataPoints: [
            {
              count: '2',
              sum: 3,
              timeUnixNano: nanos(5),
              quantileValues: [{ quantile: 0.5, value: 1 }],
            },
          ],
        },
      },
    ]),
  )
  assert.equal(recorder.markers, 1)
  assert.deepEqual(recorder.exemplars[0].exemplar, {
    labels: ['trace_id', '0'.repeat(31).concat('a')],
    value: 2,
    timeMs: 5,
  })
  assert.deepEqual(recorder.content()['sy{quantile="0.5"}'], ['5=1'])
})

test('an unspecified temporality is refused, its neighbours are kept', async () => {
  const { post, recorder } = open()
  const point = { asInt: 1, timeUnixNano: nanos(5) }
  const reply = await post(request([sum([point], 0), { ...sum([point], 2), name: 'other' }]))
  assert.equal(reply.status, 200)
  assert.match(String(reply.body), /invalid_temporality/)
  assert.deepEqual(Object.keys(recorder.content()), ['other_seconds_total'])
})

function protobuf(timeMs: number, value: number): Uint8Array {
  const writer = new ProtoWriter()
  writer.message(1, () =>
    writer.message(2, () =>
      writer.message(2, () => {
        // What it holds before what it is called: any order is valid.
        writer.message(5, () =>
          writer.message(1, () => {
            const time = BigInt(timeMs) * 1_000_000n
            writer.doubleBits(3, Number(time & 0xffffffffn), Number(time >> 32n))
            writer.double(4, value)
          }),
        )
        writer.text(1, 'proto.gauge')
      }),
    ),
  )
  return writer.written()
}

test('protobuf in any encoding, over HTTP and gRPC', async () => {
  const { post, recorder, method } = open()
  const type = { 'content-type': 'application/x-protobuf' }
  const first = await post(protobuf(1544712660301, 1), type)
  assert.deepEqual([first.status, first.body.length], [200, 0])
  await post(gzipSync(protobuf(1544712660302, 2)), { ...type, 'content-encoding': 'gzip' })
  await post(zstdCompressSync(protobuf(1544712660303, 3)), { ...type, 'content-encoding': 'zstd' })
  await method.unary(protobuf(1544712660304, 4), { name: '', role: 'editor' }, '127.0.0.1:9')
  assert.deepEqual(recorder.content(), {
    proto_gauge: [1, 2, 3, 4].map((i) => `${1544712660300 + i}=${i}`),
  })
})

for (const [name, body, headers, status] of [
  ['a chain of encodings', new Uint8Array(0), { 'content-encoding': 'gzip, gzip' }, 415],
  ['an unknown type', new Uint8Array(0), { 'content-type': 'text/plain' }, 415],
  ['no gzip', Buffer.from('x'), { 'content-encoding': 'gzip' }, 400],
  ['a gzip bomb', gzipSync(Buffer.alloc(4_000_000)), { 'content-encoding': 'gzip' }, 413],
  ['a zstd bomb', zstdCompressSync(Buffer.alloc(4_000_000)), { 'content-encoding': 'zstd' }, 413],
  ['no JSON', Buffer.from('{'), {}, 400],
  ['a list', Buffer.from('[]'), {}, 400],
  ['bad UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 400],
  ['more than the bound, plain', Buffer.from(`{"a":[${'[],'.repeat(300_000)}[]]}`), {}, 413],
  ['no protobuf', Buffer.from([0xff]), { 'content-type': 'application/x-protobuf' }, 400],
] as const) {
  test(`refused: ${name}`, async () => {
    const { post } = open({}, new SideRecorder(), 800_000)
    assert.equal((await post(body, headers)).status, status)
  })
}

test('values nested without end are refused', async () => {
  let value: object = { stringValue: 'x' }
  for (let i = 0; i < 40; i++) value = { arrayValue: { values: [value] } }
  const point = { asInt: 1, timeUnixNano: nanos(5), attributes: [{ key: 'a', value }] }
  const { post } = open()
  assert.equal((await post(request([sum([point], 2)]))).status, 400)
})

const NOWHERE: OtlpSink = {
  resource() {},
  scope() {},
  metric() {},
  number() {},
  histogram() {},
  exponential() {},
  summary() {},
  resourceEnd() {},
}

test('C31: any bytes are a request or are refused', () => {
  const base = protobuf(5, 1)
  const mutated = fc
    .array(fc.tuple(fc.nat(base.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 })
    .map((changes) => {
      const bytes = base.slice()
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      for (const decode of [decodeOtlp, decodeOtlpJson]) {
        try {
          decode(bytes, NOWHERE)
        } catch (error) {
          assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
        }
      }
    }),
    { seed: 4, numRuns: 2000 },
  )
})

test('C31: any JSON is a request or is refused', () => {
  const key = fc.constantFrom(
    'resourceMetrics',
    'resource',
    'scopeMetrics',
    'metrics',
    'sum',
    'dataPoints',
    'attributes',
    'value',
    'timeUnixNano',
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'large', withCrossShrink: true },
      fc.constantFrom(null, 1, 'x', '12', true),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      try {
        decodeOtlpJson(Buffer.from(JSON.stringify({ resourceMetrics: [value] })), NOWHERE)
      } catch (error) {
        assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
      }
    }),
    { seed: 4, numRuns: 1000 },
  )
})

test('samples get the labels of their door', async () => {
  const recorder = new SideRecorder()
  const metrics = new Metrics()
  const { handle } = openOtlpReceiver({
    appender: recorder,
    clock: new ManualClock(),
    metrics,
    labelLimits: LABEL_LIMITS,
    decodedBytesMax: 1_000_000,
    config: () => DEFAULTS,
    doorOf: () => OPEN_DOOR,
    onMetadata: () => {},
  })
  const door = openDoor('t', ['tenant', 'blue'])
  const type = 'application/x-protobuf'
  await handle((name) => (name === 'content-type' ? type : undefined), protobuf(5, 1), door)
  assert.deepEqual(Object.keys(recorder.content()), ['proto_gauge{tenant="blue"}'])
})
