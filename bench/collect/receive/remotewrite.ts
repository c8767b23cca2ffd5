/** Remote write, a sample each: what every step of a request of 500 series adds, from bytes to append. */
import { systemClock } from '../../../src/base/clock.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { LABEL_LIMITS } from '../../../src/collect/receive/labelcheck.ts'
import { openRemoteWrite } from '../../../src/collect/receive/remotewrite.ts'
import { SeriesHasher } from '../../../src/collect/receive/serieshash.ts'
import type { Appender } from '../../../src/model/appender.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import { WriteReader, type WriteVersion } from '../../../src/wire/remotewrite.ts'
import {
  decodeSnappy,
  encodeSnappy,
  snappyDecodedBytes,
  snappyEncodedBytesMax,
} from '../../../src/wire/snappy.ts'
import { encodeWrite1, encodeWrite2, type WriteSeries } from '../../../test/support/writerequest.ts'
import { printLaps, race } from '../../race.ts'

const REQUESTS = 100
const SERIES_PER_REQUEST = 500
const TURNS = 15
const TYPES = {
  1: 'application/x-protobuf',
  2: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
} as const

/** Series as node_exporter has them: name, instance, job and two labels, 140 bytes in 1.0. */
function seriesOf(request: number, i: number): WriteSeries {
  const instance = `host-${(request * 7 + (i >> 5)) % 200}.example.net:9100`
  const labels = ['__name__', `node_cpu_guest_seconds_total_${i & 31}`, 'cpu', `${request}`]
  return {
    labels: [...labels, 'instance', instance, 'job', 'node', 'mode', `mode-${i >> 5}`],
    times: Float64Array.of(1_700_000_000_000 + (i >> 5)),
    values: Float64Array.of(i * 37.25),
  }
}

/** Accepts everything at once: what is left is our own cost. */
function openVoid(): Appender {
  let next = 0
  return {
    series: () => next++,
    append(_timeMs, _ids, _values, count, outcomes) {
      outcomes.fill(0, 0, count)
      return count
    },
    commit: () => Promise.resolve(undefined),
  }
}

function compressed(version: WriteVersion): Uint8Array[] {
  const writer = new ProtoWriter()
  return Array.from({ length: REQUESTS }, (_, request) => {
    const series = Array.from({ length: SERIES_PER_REQUEST }, (_, i) => seriesOf(request, i))
    const bytes = (version === 1 ? encodeWrite1 : encodeWrite2)(series, writer)
    const into = new Uint8Array(snappyEncodedBytesMax(bytes.length))
    return into.slice(0, encodeSnappy(bytes, bytes.length, into))
  })
}

for (const version of [1, 2] as const) {
  const bodies = compressed(version)
  const decoded = new Uint8Array(1 << 20)
  const hasher = new SeriesHasher(1, 2)
  const decode = (body: Uint8Array): number => {
    const sizeBytes = snappyDecodedBytes(body, decoded.length)
    decodeSnappy(body, sizeBytes, decoded)
    return sizeBytes
  }
  const walk = (body: Uint8Array, hashed: boolean): void => {
    const request = new WriteReader(version, decoded, decode(body))
    if (hashed) hasher.begin(request)
    while (request.nextSeries()) {
      if (hashed) hasher.hashSeries(request)
      while (request.nextSample()) {}
    }
  }
  const handle = openRemoteWrite({
    appender: openVoid(),
    clock: systemClock,
    metrics: new Metrics(),
    labelLimits: LABEL_LIMITS,
    requestBytesMax: 1 << 24,
    decodedBytesMax: 1 << 25,
    onMetadata() {},
  })
  const headers: Record<string, string> = {
    'content-type': TYPES[version],
    'content-encoding': 'snappy',
  }
  const header = (name: string): string | undefined => headers[name]
  const laps = race(REQUESTS * SERIES_PER_REQUEST, TURNS, {
    snappy: () => bodies.forEach(decode),
    'and walking': () => {
      for (const body of bodies) walk(body, false)
    },
    'and hashing': () => {
      for (const body of bodies) walk(body, true)
    },
    'all, into an empty appender': () => {
      for (const body of bodies) void handle(header, body)
    },
  })
  printLaps(`remote write ${version}.0, a sample`, laps)
}
