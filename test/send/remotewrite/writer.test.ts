/** The remote write writer over a real socket: headers, answers, retries, partial writes, metadata. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { VERSION } from '../../../src/base/version.ts'
import { readConfig } from '../../../src/config/config.ts'
import type { RemoteWriteDestination } from '../../../src/config/remotewrite.ts'
import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram } from '../../../src/model/histogram.ts'
import { labelsFrom } from '../../../src/model/labels.ts'
import type { MetadataView } from '../../../src/model/target.ts'
import type { Frames } from '../../../src/send/frame/part.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { openRemoteWrite, type RemoteWriteDeps } from '../../../src/send/remotewrite/writer.ts'
import type { WriteResult, Writer } from '../../../src/send/writer.ts'
import { type ReadRequest, readWriteRequest, unsnappy } from '../../support/remotewritereader.ts'

const NEVER = new AbortController().signal
const SECOND = 'protobuf_message: io.prometheus.write.v2.Request'

interface Got {
  readonly headers: http.IncomingHttpHeaders
  readonly request: ReadRequest
}

type Answer = readonly [status: number, headers?: http.OutgoingHttpHeaders, body?: string]

/** A receiver that reads requests and answers as told, the last answer for ever. */
async function withReceiver(
  answers: readonly Answer[],
  run: (url: string, got: Got[]) => Promise<void>,
): Promise<void> {
  const got: Got[] = []
  const server = http.createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const version = request.headers['x-prometheus-remote-write-version'] === '2.0.0' ? 2 : 1
    const [status, headers, body] = answers[Math.min(got.length, answers.length - 1)]
    got.push({
      headers: request.headers,
      request: readWriteRequest(version, unsnappy(Buffer.concat(pieces))),
    })
    response.writeHead(status, headers).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`, got)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function configOf(url: string, more: string): RemoteWriteDestination {
  const yaml = `remote_write: [{url: "${url}", name: far, send_exemplars: true, ${more}}]`
  const { config, errors } = readConfig(yaml, '', {})
  assert.deepEqual(errors, [])
  const entry = config?.remoteWrite[0]
  assert.ok(entry)
  return entry
}

function open(url: string, more = '', deps: Partial<RemoteWriteDeps> = {}): Writer {
  const all = { clock: systemClock, metrics: new Metrics(), ...deps }
  const view = {
    labels: (id: number) =>
      labelsFrom([
        ['__name__', 'requests_total'],
        ['i', String(id)],
      ]),
    targetKey: () => '',
  }
  return openRemoteWrite(configOf(url, more), all)(view)
}

function parcelOf(count: number, more: Partial<Parcel> = {}): Parcel {
  return {
    lane: 0,
    count,
    ids: Float64Array.from({ length: count }, (_, i) => i + 1),
    values: Float64Array.from({ length: count }, (_, i) => i),
    timeMs: 1_700_000_000_000,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
    ...more,
  }
}

const HISTOGRAM: NativeHistogram = {
  schema: CUSTOM_BUCKETS_SCHEMA,
  isFloat: false,
  resetHint: 'unknown',
  zeroThreshold: 0,
  zeroCount: 0,
  count: 3,
  sum: Float64Array.of(4),
  positiveSpans: [{ offset: 0, length: 2 }],
  positiveCounts: Float64Array.of(1, 2),
  negativeSpans: [],
  negativeCounts: new Float64Array(0),
  customValues: Float64Array.of(0.5),
}

const written = (refused: readonly [string, number][] = []): WriteResult => ({
  outcome: 'written',
  refused: new Map(refused),
})

test('each version has the headers of its specification', () =>
  withReceiver([[204, { 'X-Prometheus-Remote-Write-Samples-Written': '1' }]], async (url, got) => {
    for (const more of ['', SECOND]) {
      const writer = open(url, `headers: {X-Scope-OrgID: team}, ${more}`)
      assert.deepEqual(await writer.write([parcelOf(1)], NEVER), written())
      await writer.close()
    }
    const shown = got.map(({ headers }) => [
      headers['content-type'],
      headers['content-encoding'],
      headers['x-prometheus-remote-write-version'],
      headers['user-agent'],
      headers['x-scope-orgid'],
    ])
    const agent = `narthex/${VERSION}`
    assert.deepEqual(shown, [
      ['application/x-protobuf', 'snappy', '0.1.0', agent, 'team'],
      [
        'application/x-protobuf;proto=io.prometheus.write.v2.Request',
        'snappy',
        '2.0.0',
        agent,
        'team',
      ],
    ])
    for (const { request } of got) assert.equal(request.series.length, 1)
  }))

for (const [status, more, outcome] of [
  [200, '', 'written'],
  [202, '', 'written'],
  [302, '', 'refused'],
  [400, '', 'refused'],
  [401, '', 'refused'],
  [404, '', 'refused'],
  [409, '', 'refused'],
  [413, '', 'refused'],
  [415, '', 'refused'],
  [429, '', 'retry'],
  [429, 'queue_config: {retry_on_http_429: true}', 'retry'],
  [429, 'queue_config: {retry_on_http_429: false}', 'refused'],
  [500, '', 'retry'],
  [503, '', 'retry'],
] as const) {
  test(`${status} ${more === '' ? 'means' : `with ${more} means`} ${outcome}`, () =>
    withReceiver([[status, { 'Retry-After': '3' }, 'out of order\nmore']], async (url) => {
      const writer = open(url, more)
      const result = await writer.write([parcelOf(1)], NEVER)
      await writer.close()
      assert.equal(result.outcome, outcome)
      if (result.outcome === 'written') return
      assert.equal(result.reason, `status_${status}`)
      const line = http.STATUS_CODES[status]
      assert.ok(
        result.message.startsWith(`server returned HTTP status ${status} ${line}: out of order`),
      )
      if (result.outcome === 'retry') assert.equal(result.afterMs, 3000)
    }))
}

test('429 that does not say when to come again is a refusal, unless it is wanted otherwise', () =>
  withReceiver([[429]], async (url) => {
    for (const [more, outcome] of [
      ['', 'refused'],
      ['queue_config: {retry_on_http_429: true}', 'retry'],
    ] as const) {
      const writer = open(url, more)
      assert.equal((await writer.write([parcelOf(1)], NEVER)).outcome, outcome)
      await writer.close()
    }
  }))

test('what was taken of a request is not sent again, whatever is said of the rest', async () => {
  for (const more of ['', SECOND]) {
    const answer = { ...writtenHeaders(3), 'Retry-After': '1' }
    await withReceiver([[429, answer]], async (url) => {
      const writer = open(url, more)
      const result = await writer.write([parcelOf(5)], NEVER)
      assert.deepEqual(result, written([['status_429', 2]]))
      await writer.close()
    })
  }
})

test('no answer means to try again, with the reason', async () => {
  const server = net.createServer((socket) => socket.on('error', () => {}).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const slow = open(url, 'remote_timeout: 20ms')
  const late = await slow.write([parcelOf(1)], NEVER)
  assert.ok(late.outcome === 'retry' && late.reason === 'timeout', JSON.stringify(late))
  const stop = new AbortController()
  const patient = open(url)
  const stopping = patient.write([parcelOf(1)], stop.signal)
  stop.abort()
  const stopped = await stopping
  assert.ok(stopped.outcome === 'retry' && stopped.reason === 'canceled')
  await Promise.all([slow.close(), patient.close()])
  server.close()
  await once(server, 'close')
  const alone = open(url)
  const refused = await alone.write([parcelOf(1)], NEVER)
  assert.ok(refused.outcome === 'retry' && refused.reason === 'connection')
  assert.match(refused.message, /^Post "http:.*connection refused$/)
  await alone.close()
})

test('a write of several requests: what was written and what was refused are told apart', async () => {
  const limits = 'queue_config: {max_samples_per_send: 2}'
  await withReceiver([[204], [400], [204]], async (url, got) => {
    const writer = open(url, limits)
    const result = await writer.write([parcelOf(3), parcelOf(2)], NEVER)
    assert.deepEqual(result, written([['status_400', 2]]))
    assert.deepEqual(
      got.map(({ request }) => request.series.length),
      [2, 2, 1],
    )
    await writer.close()
  })
  await withReceiver([[204], [503]], async (url) => {
    const writer = open(url, limits)
    assert.equal((await writer.write([parcelOf(5)], NEVER)).outcome, 'retry')
    await writer.close()
  })
  await withReceiver([[400, {}, 'no']], async (url, got) => {
    const writer = open(url, limits)
    assert.equal((await writer.write([parcelOf(5)], NEVER)).outcome, 'refused')
    assert.equal(got.length, 3)
    await writer.close()
  })
})

const writtenHeaders = (samples: number): http.OutgoingHttpHeaders => ({
  'X-Prometheus-Remote-Write-Samples-Written': String(samples),
  'X-Prometheus-Remote-Write-Histograms-Written': '0',
  'X-Prometheus-Remote-Write-Exemplars-Written': '0',
})

for (const [name, answer, wanted] of [
  ['all written', [204, writtenHeaders(5)], written()],
  [
    'some written and a status that refuses',
    [400, writtenHeaders(3)],
    written([['status_400', 2]]),
  ],
  ['some written and success', [204, writtenHeaders(3)], written([['unconfirmed', 2]])],
] as const) {
  test(`2.0: ${name}`, () =>
    withReceiver([answer], async (url) => {
      const writer = open(url, SECOND)
      assert.deepEqual(await writer.write([parcelOf(5)], NEVER), wanted)
      await writer.close()
    }))
}

for (const [name, answer, reason, text] of [
  [
    'success without a word about what was written',
    [204],
    'unconfirmed',
    /may not know remote write 2.0/,
  ],
  [
    'unsupported media type',
    [415, {}, 'no'],
    'status_415',
    /does not take protobuf_message io\.prom/,
  ],
  ['none written', [400, writtenHeaders(0)], 'status_400', /^server returned HTTP status 400/],
] as const) {
  test(`2.0: ${name} is a refusal`, () =>
    withReceiver([answer], async (url) => {
      const writer = open(url, SECOND)
      const result = await writer.write([parcelOf(5)], NEVER)
      await writer.close()
      assert.ok(result.outcome === 'refused')
      assert.equal(result.reason, reason)
      assert.match(result.message, text)
    }))
}

test('histograms that a destination does not want are counted, the others are sent', () =>
  withReceiver([[204]], async (url, got) => {
    const histograms = [{ id: 1, timeMs: 1, histogram: HISTOGRAM }]
    for (const [more, wanted, count] of [
      ['', written([['histograms_off', 1]]), 0],
      ['send_native_histograms: true', written(), 1],
    ] as const) {
      const writer = open(url, more)
      assert.deepEqual(await writer.write([parcelOf(2, { histograms })], NEVER), wanted)
      const series = got.at(-1)?.request.series ?? []
      assert.equal(series.flatMap((one) => one.histograms).length, count)
      assert.equal(series.flatMap((one) => one.samples).length, 2)
      await writer.close()
    }
  }))

const families: MetadataView = {
  families: () =>
    new Map([
      ['requests', [{ type: 'counter', help: 'what comes', unit: '' }]],
      ['age_seconds', [{ type: 'gauge', help: 'how old', unit: 'seconds' }]],
      ['up', [{ type: 'unknown', help: '', unit: '' }]],
    ]),
  ofTargets: () => [],
}

test('2.0 tells type, help and unit beside the samples, unless told not to', () =>
  withReceiver([[204, writtenHeaders(1)]], async (url, got) => {
    for (const [more, wanted] of [
      ['', [1, 'what comes', '']],
      ['metadata_config: {send: false}', undefined],
    ] as const) {
      const writer = open(url, `${SECOND}, ${more}`, { metadata: families })
      await writer.write([parcelOf(1)], NEVER)
      assert.deepEqual(got.at(-1)?.request.series[0].metadata, wanted)
      await writer.close()
    }
  }))

/** A clock whose timers wait until they are told to ring. */
function handClock(): { clock: Clock; ring(): void; delays: number[] } {
  const waiting: (() => void)[] = []
  const delays: number[] = []
  let nowMs = 0
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, callback) {
      const own = (): void => {
        nowMs += delayMs
        callback()
      }
      // Deadlines of requests are not what this test is about.
      if (delayMs !== 30_000) {
        waiting.push(own)
        delays.push(delayMs)
      }
      return {
        cancel: () => {
          const at = waiting.indexOf(own)
          if (at >= 0) waiting.splice(at, 1)
        },
      }
    },
  }
  return { clock, ring: () => waiting.shift()?.(), delays }
}

test('1.0 sends metadata in requests of its own, tries again, and goes on', () =>
  withReceiver([[204], [503, { 'Retry-After': '2' }], [204], [400], [204]], async (url, got) => {
    const { clock, ring, delays } = handClock()
    const metrics = new Metrics()
    const more = 'metadata_config: {send_interval: 60s, max_samples_per_send: 2}'
    const writer = open(url, more, { clock, metrics, metadata: families })
    const waitFor = async (plans: number): Promise<void> => {
      while (delays.length < plans) await new Promise((resolve) => setImmediate(resolve))
    }
    ring()
    await waitFor(2) // the second request was answered 503
    ring()
    await waitFor(3) // the round is over
    ring()
    await waitFor(4)
    await writer.close()
    assert.deepEqual(delays, [60_000, 2000, 60_000, 60_000])
    assert.deepEqual(
      got.map(({ request }) => request.metadata.map(([, family]) => family)),
      [['requests', 'age_seconds'], ['up'], ['up'], ['requests', 'age_seconds'], ['up']],
    )
    assert.deepEqual(got[0].request.metadata[1], [2, 'age_seconds', 'how old', 'seconds'])
    const counts = metrics.render().match(/^prometheus_remote_storage_metadata_\w+{.* \d+$/gm)
    const shown = counts?.map((line) => line.replace(/^prometheus_remote_storage_|{.*}/g, ''))
    assert.deepEqual(
      shown?.filter((line) => !line.startsWith('metadata_bytes')),
      ['metadata_total 4', 'metadata_failed_total 2', 'metadata_retried_total 1'],
    )
  }))

test('framed rows stand beside rows that are not, in the order in which they came', async () => {
  const frames: Frames = {
    encode(parcel) {
      if (parcel.times !== undefined) return undefined
      assert.deepEqual([parcel.histograms, parcel.exemplars], [[], []])
      // A literal of empty series: bytes 0a 00 each.
      return [2, 2, 1].map((count) => ({
        count,
        decodedBytes: 2 * count,
        sizeBytesMax: 1 + 2 * count,
        write(_parcel, block) {
          block.bytes[block.to++] = (2 * count - 1) << 2
          for (let i = 0; i < count; i++) {
            block.bytes[block.to++] = 0x0a
            block.bytes[block.to++] = 0
          }
          block.decodedBytes += 2 * count
        },
      }))
    },
    forget() {},
    sizeBytes: 0,
    close() {},
  }
  const pushed = parcelOf(2, { times: Float64Array.of(1, 2) })
  const exemplar = { labels: labelsFrom([['trace_id', 'a']]), value: 1, timeMs: 5 }
  const scraped = parcelOf(5, { exemplars: [{ id: 1, exemplar }] })
  await withReceiver([[204]], async (url, got) => {
    const limits = 'queue_config: {max_samples_per_send: 4}'
    const writer = open(url, limits, { frames: () => frames })
    assert.deepEqual(await writer.write([pushed, scraped], NEVER), written())
    assert.deepEqual(
      got.map(({ request }) => request.series.map(({ labels }) => labels.length > 0)),
      [
        [true, true, false, false],
        [false, false, false, true],
      ],
    )
    await writer.close()
  })
})

for (const url of ['ftp://h/x', 'h:9090', '/api']) {
  test(`${url} cannot be sent to`, () => {
    const config = { ...configOf('http://h', ''), url }
    assert.throws(
      () => openRemoteWrite(config, { clock: systemClock, metrics: new Metrics() }),
      (error) =>
        error instanceof NarthexError &&
        error.kind === 'bad_data' &&
        error.message.startsWith('cannot send to remote_write far: '),
    )
  })
}
