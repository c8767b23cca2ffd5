/** Remote write to those who take native histograms and exemplars, and to those who do not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../../src/base/metrics.ts'
import { LABEL_LIMITS } from '../../../src/collect/receive/labelcheck.ts'
import { openRemoteWrite } from '../../../src/collect/receive/remotewrite.ts'
import type { NativeHistogram } from '../../../src/model/histogram.ts'
import type { Reply } from '../../../src/net/server/message.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import { encodeSnappy, snappyEncodedBytesMax } from '../../../src/wire/snappy.ts'
import { writeHistogram } from '../../../src/wire/writehistogram.ts'
import { ManualClock } from '../../store/log/disk.ts'
import { Recorder, SideRecorder } from './recorder.ts'

const HISTOGRAM: NativeHistogram = {
  schema: 2,
  isFloat: false,
  resetHint: 'no',
  zeroThreshold: 0.5,
  zeroCount: 1,
  count: 4,
  sum: Float64Array.of(7),
  positiveSpans: [{ offset: -1, length: 2 }],
  positiveCounts: Float64Array.of(1, 2),
  negativeSpans: [],
  negativeCounts: new Float64Array(0),
  customValues: new Float64Array(0),
}

/** A 2.0 request: one series with a histogram, an exemplar and, if wanted, a sample. */
function request(histogram: NativeHistogram, hasSample: boolean): Uint8Array {
  const writer = new ProtoWriter()
  for (const symbol of ['', '__name__', 'h', 'trace_id', 'x']) writer.text(4, symbol)
  writer.message(5, () => {
    writer.message(1, () => {
      writer.varint(1)
      writer.varint(2)
    })
    if (hasSample) {
      writer.message(2, () => {
        writer.double(1, 3)
        writer.int(2, 1000)
      })
    }
    writeHistogram(writer, 3, 1000, histogram)
    writer.message(4, () => {
      writer.message(1, () => {
        writer.varint(3)
        writer.varint(4)
      })
      writer.double(2, 0.5)
      writer.int(3, 999)
    })
  })
  const bytes = writer.written()
  const packed = new Uint8Array(snappyEncodedBytesMax(bytes.length))
  return packed.slice(0, encodeSnappy(bytes, bytes.length, packed))
}

function open(recorder: Recorder): (body: Uint8Array) => Promise<Reply> {
  const handle = openRemoteWrite({
    appender: recorder,
    clock: new ManualClock(),
    metrics: new Metrics(),
    labelLimits: LABEL_LIMITS,
    requestBytesMax: 10_000,
    decodedBytesMax: 10_000,
    onMetadata: () => {},
  })
  const headers = new Map([
    ['content-type', 'application/x-protobuf;proto=io.prometheus.write.v2.Request'],
    ['content-encoding', 'snappy'],
  ])
  return (body) => handle((name) => headers.get(name), body)
}

function written({ headers = {} }: Reply): (string | undefined)[] {
  return ['samples', 'histograms', 'exemplars'].map(
    (what) => headers[`x-prometheus-remote-write-${what}-written`],
  )
}

test('histograms and exemplars are taken as they are, and counted in the answer', async () => {
  const recorder = new SideRecorder()
  const reply = await open(recorder)(request(HISTOGRAM, false))
  assert.equal(reply.status, 204)
  assert.deepEqual(written(reply), ['0', '1', '1'])
  assert.deepEqual(recorder.histograms, [{ text: 'h', timeMs: 1000, histogram: HISTOGRAM }])
  assert.deepEqual(recorder.exemplars, [
    { text: 'h', exemplar: { labels: ['trace_id', 'x'], value: 0.5, timeMs: 999 } },
  ])
})

test('an unsound histogram is refused, what is beside it is taken', async () => {
  const recorder = new SideRecorder()
  const reply = await open(recorder)(request({ ...HISTOGRAM, count: 9 }, true))
  assert.equal(reply.status, 400)
  assert.match(String(reply.body), /h: invalid_histogram/)
  assert.deepEqual(written(reply), ['1', '0', '1'])
})

test('where nobody takes them, histograms are refused and exemplars left out', async () => {
  const recorder = new Recorder()
  const reply = await open(recorder)(request(HISTOGRAM, true))
  assert.equal(reply.status, 400)
  assert.match(String(reply.body), /native_histogram/)
  assert.deepEqual(written(reply), ['1', '0', '0'])
  assert.deepEqual(recorder.content(), { h: ['1000=3'] })
})
