/** The remote write receiver: answers, refusals by reason, no text for what is known. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { LABEL_LIMITS } from '../../../src/collect/receive/labelcheck.ts'
import { openRemoteWrite } from '../../../src/collect/receive/remotewrite.ts'
import { STALE } from '../../../src/model/stale.ts'
import type { Reply } from '../../../src/net/server/message.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import type { WriteMetadata, WriteVersion } from '../../../src/wire/remotewrite.ts'
import { encodeSnappy, snappyEncodedBytesMax } from '../../../src/wire/snappy.ts'
import { ManualClock } from '../../store/log/disk.ts'
import { encodeWrite1, encodeWrite2, type WriteSeries } from '../../support/writerequest.ts'
import { Recorder } from './recorder.ts'

const REQUEST_BYTES_MAX = 16 * 1024 * 1024
const DECODED_BYTES_MAX = 32 * 1024 * 1024

const TYPE_1 = 'application/x-protobuf'
const TYPE_2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request'

function compress(bytes: Uint8Array): Uint8Array {
  const into = new Uint8Array(snappyEncodedBytesMax(bytes.length))
  return into.slice(0, encodeSnappy(bytes, bytes.length, into))
}

function open(): {
  recorder: Recorder
  clock: ManualClock
  metrics: Metrics
  metadata: WriteMetadata[]
  post: (body: Uint8Array, headers?: Record<string, string>) => Promise<Reply>
  send: (series: readonly WriteSeries[], version?: WriteVersion) => Promise<Reply>
} {
  const recorder = new Recorder()
  const metrics = new Metrics()
  const clock = new ManualClock()
  const metadata: WriteMetadata[] = []
  const handle = openRemoteWrite({
    appender: recorder,
    clock,
    metrics,
    labelLimits: LABEL_LIMITS,
    requestBytesMax: REQUEST_BYTES_MAX,
    decodedBytesMax: DECODED_BYTES_MAX,
    onMetadata: (one) => metadata.push(one),
  })
  const post = (body: Uint8Array, headers: Record<string, string> = {}): Promise<Reply> => {
    const all: Record<string, string> = {
      'content-type': TYPE_1,
      'content-encoding': 'snappy',
      ...headers,
    }
    return handle((name) => all[name], body)
  }
  const send = (series: readonly WriteSeries[], version: WriteVersion = 1): Promise<Reply> => {
    const encode = version === 1 ? encodeWrite1 : encodeWrite2
    return post(compress(encode(series, new ProtoWriter())), {
      'content-type': version === 1 ? TYPE_1 : TYPE_2,
    })
  }
  return { recorder, clock, metrics, metadata, post, send }
}

function seriesOf(labels: string[], ...samples: [timeMs: number, value: number][]): WriteSeries {
  return {
    labels,
    times: Float64Array.from(samples, (sample) => sample[0]),
    values: Float64Array.from(samples, (sample) => sample[1]),
  }
}

const isKind =
  (kind: string) =>
  (error: unknown): boolean =>
    error instanceof NarthexError && error.kind === kind

for (const version of [1, 2] as const) {
  test(`${version}.0: samples are stored, then acknowledged by 204`, async () => {
    const { recorder, send } = open()
    const reply = await send(
      [
        seriesOf(['__name__', 'a', 'x', '1'], [1000, 1.5], [2000, 0]),
        seriesOf(['__name__', 'b'], [1000, -2]),
      ],
      version,
    )
    assert.equal(reply.status, 204)
    assert.equal(recorder.commits, 1)
    assert.deepEqual(recorder.content(), { 'a{x="1"}': ['1000=1.5', '2000=0'], b: ['1000=-2'] })
    assert.equal(
      reply.headers?.['x-prometheus-remote-write-samples-written'],
      version === 1 ? undefined : '3',
    )
  })

  test(`${version}.0: a known series is not looked up again, in any order`, async () => {
    const { recorder, send } = open()
    const names = Array.from({ length: 300 }, (_, i) => `m${i}`)
    const row = (timeMs: number, order: string[]): WriteSeries[] =>
      order.map((name) => seriesOf(['__name__', name], [timeMs, 1]))
    await send(row(1000, names), version)
    assert.equal(recorder.lookups, 300)
    await send(row(2000, names), version)
    await send(row(3000, [...names].reverse()), version)
    await send(row(4000, names.slice(100, 200)), version)
    assert.equal(recorder.lookups, 300)
    assert.equal(recorder.appends, 4, 'cells of one time are appended together')
    for (const [name, samples] of Object.entries(recorder.content())) {
      assert.ok(samples.length >= 3, name)
    }
  })

  test(`${version}.0: a series that the store forgot is asked for again and loses nothing`, async () => {
    const { recorder, send } = open()
    const row = (timeMs: number): WriteSeries[] =>
      ['a', 'b', 'c'].map((name) => seriesOf(['__name__', name], [timeMs, timeMs]))
    await send(row(1), version)
    recorder.forget()
    assert.equal((await send(row(2), version)).status, 204)
    assert.equal((await send(row(3), version)).status, 204)
    assert.equal(recorder.lookups, 6)
    assert.deepEqual(recorder.content(), {
      a: ['1=1', '2=2', '3=3'],
      b: ['1=1', '2=2', '3=3'],
      c: ['1=1', '2=2', '3=3'],
    })
  })
}

test('staleness markers arrive as they were sent', async () => {
  const { recorder, send } = open()
  let bits = ''
  const append = recorder.append.bind(recorder)
  recorder.append = (timeMs, ids, values, count, outcomes) => {
    bits = Buffer.from(values.buffer, 0, 8).toString('hex')
    return append(timeMs, ids, values, count, outcomes)
  }
  for (let i = 0; i < 2000; i++) {
    await send([{ labels: ['__name__', 'a'], times: Float64Array.of(i), values: STALE.slice() }])
    assert.equal(bits, '020000000000f07f')
  }
})

const refused: [name: string, reason: string, labels: string[]][] = [
  ['no metric name', 'missing_name', ['job', 'a']],
  ['no labels', 'missing_name', []],
  ['an empty metric name', 'missing_name', ['__name__', '']],
  ['an empty label name', 'empty_label_name', ['', 'x', '__name__', 'a']],
  ['a label twice', 'duplicate_label', ['__name__', 'a', 'x', '1', 'x', '2']],
  [
    'too many labels',
    'too_many_labels',
    ['__name__', 'a', ...Array.from({ length: 80 }, (_, i) => `l${100 + i}`)],
  ],
  ['a long label name', 'label_name_too_long', ['__name__', 'a', 'n'.repeat(257), 'x']],
  ['a long label value', 'label_value_too_long', ['__name__', 'a', 'x', 'v'.repeat(4097)]],
  [
    'a value long in bytes alone',
    'label_value_too_long',
    ['__name__', 'a', 'x', '가'.repeat(1400)],
  ],
]
for (const version of [1, 2] as const) {
  for (const [name, reason, labels] of refused) {
    test(`${version}.0: a series with ${name} is refused as ${reason}, the rest is stored`, async () => {
      const { recorder, metrics, send } = open()
      const reply = await send(
        [
          seriesOf(['__name__', 'good'], [1, 1]),
          seriesOf(labels, [1, 1]),
          seriesOf(['__name__', 'fine'], [1, 1]),
        ],
        version,
      )
      assert.equal(reply.status, 400)
      assert.match(String(reply.body), new RegExp(reason))
      assert.deepEqual(Object.keys(recorder.content()), ['good', 'fine'])
      assert.match(metrics.render(), new RegExp(`refused_total\\{reason="${reason}"\\} 1\n`))
      if (version === 2) {
        assert.equal(reply.headers?.['x-prometheus-remote-write-samples-written'], '2')
      }
    })
  }
}

test('labels in any order are one series, and empty values are none', async () => {
  const { recorder, send } = open()
  await send([seriesOf(['x', '1', '__name__', 'a', 'e', ''], [1, 1])])
  await send([seriesOf(['__name__', 'a', 'x', '1'], [2, 2])])
  assert.deepEqual(recorder.content(), { 'a{x="1"}': ['1=1', '2=2'] })
})

test('what the store does not accept is counted by its reason', async () => {
  const { recorder, metrics, send } = open()
  recorder.outOfOrder = false
  await send([seriesOf(['__name__', 'a'], [1000, 1])])
  const reply = await send([seriesOf(['__name__', 'a'], [1000, 2], [500, 1], [1500, 1])])
  assert.equal(reply.status, 400)
  assert.match(String(reply.body), /a: duplicate; a: out_of_order/)
  assert.match(metrics.render(), /refused_total\{reason="duplicate"\} 1\n/)
  assert.deepEqual(recorder.content(), { a: ['1000=1', '1500=1'] })
})

test('times beyond what any store holds are refused', async () => {
  const { recorder, send } = open()
  const reply = await send([seriesOf(['__name__', 'a'], [2 ** 62, 1], [-(2 ** 62), 1], [5, 1])])
  assert.equal(reply.status, 400)
  assert.match(String(reply.body), /too_far_in_future.*too_old/)
  assert.deepEqual(recorder.content(), { a: ['5=1'] })
})

test('at the series limit known series go on, new ones are 429 with Retry-After', async () => {
  const { recorder, send } = open()
  recorder.seriesMax = 1
  await send([seriesOf(['__name__', 'old'], [1, 1])])
  const reply = await send([
    seriesOf(['__name__', 'old'], [2, 2]),
    seriesOf(['__name__', 'new'], [2, 2]),
  ])
  assert.equal(reply.status, 429)
  assert.ok(Number(reply.headers?.['retry-after']) >= 1)
  assert.equal(reply.headers?.['x-prometheus-remote-write-samples-written'], '1')
  assert.deepEqual(recorder.content(), { old: ['1=1', '2=2'] })
  const both = await send([seriesOf(['__name__', 'new'], [3, 3]), seriesOf(['x', 'y'], [3, 3])])
  assert.equal(both.status, 400, 'what can never be stored weighs more')
})

test('a store that cannot write is busy, while appending and while committing', async () => {
  const { recorder, send } = open()
  recorder.busy = true
  await assert.rejects(send([seriesOf(['__name__', 'a'], [1, 1])]), isKind('busy'))
  await assert.rejects(send([]), isKind('busy'))
})

test('native histograms are refused by number, exemplars are dropped and counted', async () => {
  const { metrics, post, recorder } = open()
  const writer = new ProtoWriter()
  writer.message(1, () => {
    writer.message(1, () => {
      writer.text(1, '__name__')
      writer.text(2, 'h')
    })
    writer.message(4, () => writer.int(1, 5))
    writer.message(4, () => writer.int(1, 6))
    writer.message(3, () => writer.int(3, 5))
    writer.message(2, () => writer.int(2, 5))
  })
  const reply = await post(compress(writer.written()))
  assert.equal(reply.status, 400)
  assert.match(metrics.render(), /refused_total\{reason="native_histogram"\} 2\n/)
  assert.match(metrics.render(), /exemplars_dropped_total 1\n/)
  assert.deepEqual(recorder.content(), { h: ['5=0'] })
})

for (const version of [1, 2] as const) {
  test(`${version}.0: metadata is handed on`, async () => {
    const { metadata, send } = open()
    const one = { family: 'a_total', type: 'counter', help: 'all of a', unit: '' }
    await send([{ ...seriesOf(['__name__', 'a_total'], [1, 1]), metadata: one }], version)
    assert.deepEqual(metadata, [one])
  })
}

for (const [name, status, headers] of [
  ['no encoding', 415, { 'content-encoding': '' }],
  ['gzip', 415, { 'content-encoding': 'gzip' }],
  ['an encoding chain', 415, { 'content-encoding': 'snappy, snappy' }],
  ['json', 400, { 'content-type': 'application/json' }],
  ['no type', 400, { 'content-type': '' }],
  ['an unknown message', 415, { 'content-type': 'application/x-protobuf;proto=other' }],
] as const) {
  test(`a request with ${name} is ${status}`, async () => {
    const { post, recorder } = open()
    assert.equal((await post(compress(new Uint8Array(0)), headers)).status, status)
    assert.equal(recorder.commits, 0)
  })
}

test('requests that are refused whole are counted by reason', async () => {
  const { metrics, post, recorder } = open()
  const counted = (reason: string): boolean =>
    metrics.render().includes(`refused_requests_total{reason="${reason}"} 1\n`)
  for (const [reason, body, headers] of [
    ['media_type', compress(new Uint8Array(0)), { 'content-encoding': 'gzip' }],
    ['snappy', Uint8Array.of(5, 1, 2), {}],
    ['message', compress(Uint8Array.of(0x0a, 200, 1)), {}],
    ['too_big', new Uint8Array(REQUEST_BYTES_MAX + 1), {}],
  ] as const) {
    assert.equal(counted(reason), false)
    await post(body, headers).catch(() => {})
    assert.ok(counted(reason), reason)
  }
  recorder.busy = true
  await assert.rejects(post(compress(new Uint8Array(0))), isKind('busy'))
  assert.ok(counted('busy'))
})

test('the message is found in the content type, however it is written', async () => {
  const { post } = open()
  for (const type of [TYPE_1, `${TYPE_1}; proto=prometheus.WriteRequest`, TYPE_2]) {
    const reply = await post(compress(new Uint8Array(0)), { 'content-type': type })
    assert.equal(reply.status, 204, type)
  }
})

test('too large requests are too big, damaged ones bad data', async () => {
  const { post } = open()
  await assert.rejects(post(new Uint8Array(REQUEST_BYTES_MAX + 1)), isKind('too_big'))
  const bomb = new Uint8Array(2_000_000)
  bomb.set([0x80, 0x80, 0x80, 0x80, 0x01])
  await assert.rejects(post(bomb), isKind('too_big'))
  await assert.rejects(post(Uint8Array.of(5, 1, 2)), isKind('bad_data'))
  await assert.rejects(post(compress(Uint8Array.of(0x0a, 200, 1))), isKind('bad_data'))
})

test('C27: twenty bombs of 31 MiB at once take no more than one of them', async () => {
  const { post } = open()
  const zeros = compress(new Uint8Array(31 * 1024 * 1024))
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      await post(zeros).catch(() => {})
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }),
  )
  assert.ok(most - before < 64 * 1024 * 1024, `${most - before} bytes more`)
})

test('a request of nothing but refusals is not read to its end', async () => {
  const { post } = open()
  const empty = Uint8Array.of(0x0a, 2, 0x12, 0)
  const many = new Uint8Array(4 * 200_000)
  for (let at = 0; at < many.length; at += empty.length) many.set(empty, at)
  await assert.rejects(post(compress(many)), isKind('bad_data'))
})

test('series unused for an hour are forgotten, others are not', async () => {
  const { recorder, clock, metrics, send } = open()
  const row = (names: string[]): WriteSeries[] =>
    names.map((name) => seriesOf(['__name__', name], [clock.now() + 1, 1]))
  await send(row(['a', 'b']))
  for (let minute = 0; minute < 65; minute += 5) {
    await clock.advance(5 * 60_000)
    await send(row(['a']))
  }
  assert.match(metrics.render(), /known_series 1\n/)
  assert.equal(recorder.lookups, 2)
  await send(row(['b']))
  assert.equal(recorder.lookups, 3)
})

interface Case {
  readonly id: string
  readonly headers: Record<string, string>
  readonly body_b64: string
  readonly status: number
  readonly written: Record<string, string>
}

test('recorded requests get the answers of Prometheus, but for what is not stored', async () => {
  const file = '../../../../shared/conformance/data/remote-write/receiver-cases.json'
  const { cases } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as {
    cases: Case[]
  }
  const { post } = open()
  const differing: string[] = []
  for (const one of cases) {
    const reply = await post(Buffer.from(one.body_b64, 'base64'), one.headers).catch((error) => {
      assert.ok(isKind('bad_data')(error), `${one.id}: ${error}`)
      return { status: 400, headers: {} as Record<string, string> }
    })
    const sameWritten = Object.entries(one.written).every(
      ([name, value]) => (reply.headers?.[name] ?? '') === value,
    )
    const same = reply.status === one.status && (one.status !== 204 || sameWritten)
    const notStored =
      Number(one.written['x-prometheus-remote-write-histograms-written'] ?? 0) +
      Number(one.written['x-prometheus-remote-write-exemplars-written'] ?? 0)
    if (!same && notStored === 0) differing.push(`${one.id}: ${reply.status}`)
  }
  assert.deepEqual(differing, [])
  assert.ok(cases.length > 100)
})

test('what destinations refuse of a request is told to its sender, and counted', async () => {
  const { recorder, metrics, send } = open()
  recorder.shortfall = { count: 2, reason: 'destination vm: status_400' }
  const series = [
    seriesOf(['__name__', 'a'], [1000, 1], [2000, 2], [3000, 3]),
    seriesOf(['__name__', 'b'], [1000, 1]),
  ]
  const message =
    'cannot take 2 items of the request: destination vm: status_400: destination_refused; …\n'
  const first = await send(series, 1)
  assert.deepEqual([first.status, first.body, first.headers], [400, message, {}])
  const second = await send(series, 2)
  assert.deepEqual([second.status, second.body], [400, message])
  assert.deepEqual(second.headers, {
    'x-prometheus-remote-write-samples-written': '2',
    'x-prometheus-remote-write-histograms-written': '0',
    'x-prometheus-remote-write-exemplars-written': '0',
  })
  const text = metrics.render()
  assert.match(text, /^narthex_remote_write_samples_total 4$/m)
  assert.match(text, /^narthex_remote_write_refused_total\{reason="destination_refused"\} 4$/m)
})
