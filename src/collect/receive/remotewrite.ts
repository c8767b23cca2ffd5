/** POST /api/v1/write: remote write 1.0 and 2.0 into an Appender. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Cell, Family, Metrics } from '../../base/metrics.ts'
import type { Appender } from '../../model/appender.ts'
import { faultOf } from '../../net/server/fault.ts'
import type { Reply } from '../../net/server/message.ts'
import {
  readMetadata1,
  type WriteMetadata,
  WriteReader,
  type WriteVersion,
} from '../../wire/remotewrite.ts'
import { decodeSnappy, snappyDecodedBytes } from '../../wire/snappy.ts'
import { type Door, OPEN_DOOR } from './door.ts'
import { Intake } from './intake.ts'
import type { LabelLimits } from './labelcheck.ts'
import type { Hear } from './pushers.ts'
import type { Refusals } from './refusals.ts'
import { SeriesHasher } from './serieshash.ts'
import { SeriesTable } from './seriestable.ts'
import { lessRefused, type Taken } from './tally.ts'

export interface RemoteWriteOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly metrics: Metrics
  readonly labelLimits: LabelLimits
  /** Largest request as it is sent (--limit.request-bytes). */
  readonly requestBytesMax: number
  /** Largest request decoded (--limit.decoded-bytes). */
  readonly decodedBytesMax: number
  /** Gets type, help and unit of metric families as senders tell them. */
  readonly onMetadata: (metadata: WriteMetadata) => void
}

/** Takes one request; `header` by lower-case name, the body as it was sent. */
export type RemoteWriteHandler = (
  header: (name: string) => string | undefined,
  body: Uint8Array,
  /** How samples of this sender enter; a door that stays the same finds its series again. */
  door?: Door,
  hear?: Hear,
) => Promise<Reply>

const MESSAGE_VERSIONS: ReadonlyMap<string, WriteVersion> = new Map([
  ['prometheus.WriteRequest', 1],
  ['io.prometheus.write.v2.Request', 2],
])

/** Series known by their bytes; beyond that each one is looked up by its labels. */
const KNOWN_SERIES_MAX = 8 * 1024 * 1024

/** A known series that was not sent for so long is forgotten. */
const UNUSED_MINUTES_MAX = 60

/** A decode buffer up to this size is kept for good, a larger one for a while. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024
const LARGE_KEPT_MS_MAX = 60_000
const DECODE_BYTES_MIN = 64 * 1024

/**
 * Makes the handler.
 *
 * A request is decoded and appended in one go, without waiting in between, into the one decode
 * buffer there is: however many arrive at once, no more than `decodedBytesMax` is held decoded.
 */
export function openRemoteWrite(options: RemoteWriteOptions): RemoteWriteHandler {
  const { appender, clock, onMetadata } = options
  const seeds = randomBytes(8)
  const hasher = new SeriesHasher(seeds.readInt32LE(0), seeds.readInt32LE(4))
  const entries = new Map<Door, Entry>()
  const figures = registerFigures(options.metrics, () => [...entries.values()])
  let decoded = new Uint8Array(DECODE_BYTES_MIN)
  /** Bytes of `decoded` that the last request used, and when that was last much. */
  let decodedBytes = 0
  let largeAtMs = 0

  /** Decodes the body; the bytes are good until the next request. */
  function decode(body: Uint8Array): void {
    if (body.length > options.requestBytesMax) {
      throw new NarthexError(
        'too_big',
        `cannot take write request: ${body.length} bytes, the bound is ${options.requestBytesMax} (--limit.request-bytes)`,
      )
    }
    decodedBytes = snappyDecodedBytes(body, options.decodedBytesMax)
    if (decoded.length < decodedBytes) decoded = new Uint8Array(decodedBytes)
    decodeSnappy(body, decodedBytes, decoded)
  }

  /**
   * Lets a large buffer go a while after the last request that needed it: one that came and went
   * with each of many large requests would pile up until the garbage collector comes.
   */
  function shrink(): void {
    const nowMs = clock.monotonicMs()
    if (decodedBytes > KEPT_BYTES_MAX) largeAtMs = nowMs
    else if (decoded.length > KEPT_BYTES_MAX && nowMs - largeAtMs > LARGE_KEPT_MS_MAX) {
      decoded = new Uint8Array(DECODE_BYTES_MIN)
    }
  }

  /** What is known of the series behind a door. */
  function entryOf(door: Door, nowMinutes: number): Entry {
    let entry = entries.get(door)
    if (entry === undefined) {
      for (const [other, { usedMinutes }] of entries) {
        if (usedMinutes < nowMinutes - UNUSED_MINUTES_MAX) entries.delete(other)
      }
      const table = new SeriesTable(KNOWN_SERIES_MAX)
      const limits = options.labelLimits
      const intake = new Intake({ appender, table, hasher, limits, door, onMetadata })
      entry = { table, intake, usedMinutes: nowMinutes }
      entries.set(door, entry)
    }
    entry.usedMinutes = nowMinutes
    return entry
  }

  /** Counts why nothing of a request is acknowledged: its damage by where it shows, all else by kind. */
  function noteFault(error: unknown, where: string): void {
    if (!(error instanceof NarthexError)) return
    figures.refusedRequests.with(error.kind === 'bad_data' ? where : error.kind).inc()
  }

  function take(version: WriteVersion, body: Uint8Array, door: Door): Taken {
    let where = 'snappy'
    try {
      decode(body)
      where = 'message'
      const nowMinutes = 1 + Math.floor(clock.monotonicMs() / 60_000)
      const { table, intake } = entryOf(door, nowMinutes)
      table.sweep(nowMinutes - UNUSED_MINUTES_MAX)
      const result = intake.take(new WriteReader(version, decoded, decodedBytes), nowMinutes)
      if (version === 1) readMetadata1(decoded, decodedBytes, onMetadata)
      return result
    } catch (error) {
      noteFault(error, where)
      throw error
    } finally {
      shrink()
    }
  }

  return async (header, body, door = OPEN_DOOR, hear) => {
    const version = negotiate(header('content-type') ?? '', header('content-encoding') ?? '')
    if (typeof version !== 'number') {
      figures.refusedRequests.with('media_type').inc()
      return version
    }
    let result = take(version, body, door)
    try {
      result = lessRefused(result, await appender.commit())
    } catch (error) {
      noteFault(error, 'destination')
      throw error
    }
    figures.requests.with(version === 1 ? '1.0' : '2.0').inc()
    figures.samples.inc(result.acceptedCount)
    figures.histograms.inc(result.histogramCount)
    figures.exemplars.inc(result.exemplarCount)
    figures.exemplarsDropped.inc(result.exemplarsDropped)
    for (const [reason, count] of result.refusals.byReason()) {
      figures.refused.with(reason).inc(count)
    }
    hear?.(result)
    return replyOf(version, result)
  }
}

function replyOf(version: WriteVersion, result: Taken): Reply {
  if (result.refusals.count === 0) {
    const headers = version === 1 ? {} : writtenHeaders(result)
    return { status: 204, type: '', body: '', headers }
  }
  const fault = faultOf(refusalError(result.refusals))
  const written = version === 1 && fault.status !== 429 ? {} : writtenHeaders(result)
  return textReply(fault.status, fault.message, { ...written, ...fault.headers })
}

/** Something that will never be stored weighs more than what may be stored later. */
function refusalError(refusals: Refusals): NarthexError {
  const onlyShare = refusals.shareUsed && refusals.byReason().size === 1
  return new NarthexError(onlyShare ? 'share' : 'bad_data', refusals.message())
}

/** What 2.0 wants to know, and 1.0 at the bound on series: what is known goes on, and need not come again. */
function writtenHeaders(result: Taken): Record<string, string> {
  return {
    'x-prometheus-remote-write-samples-written': String(result.acceptedCount),
    'x-prometheus-remote-write-histograms-written': String(result.histogramCount),
    'x-prometheus-remote-write-exemplars-written': String(result.exemplarCount),
  }
}

/** Version of the message, or the reply to what we cannot read. */
function negotiate(contentType: string, encoding: string): WriteVersion | Reply {
  if (encoding !== 'snappy') {
    return cannotTake(415, `content encoding ${JSON.stringify(encoding)}, wanted snappy`)
  }
  const [type, ...parameters] = contentType.split(';')
  if (type.trim().toLowerCase() !== 'application/x-protobuf') {
    // The specification has 415 here; Prometheus 3 answers 400, and so do we.
    return cannotTake(400, `content type ${JSON.stringify(contentType)}, wanted protobuf`)
  }
  let version: WriteVersion | undefined = 1
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=')
    if (name.trim().toLowerCase() === 'proto') version = MESSAGE_VERSIONS.get(value.trim())
  }
  const wanted = [...MESSAGE_VERSIONS.keys()].join(' or ')
  return version ?? cannotTake(415, `content type ${JSON.stringify(contentType)}, wanted ${wanted}`)
}

function cannotTake(status: number, what: string): Reply {
  return textReply(status, `cannot take write request: ${what}`)
}

function textReply(status: number, message: string, headers: Record<string, string> = {}): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${message}\n`, headers }
}

/** Series that come through one door. */
interface Entry {
  readonly table: SeriesTable
  readonly intake: Intake
  usedMinutes: number
}

interface WriteFigures {
  readonly requests: Family
  readonly samples: Cell
  readonly histograms: Cell
  readonly exemplars: Cell
  readonly exemplarsDropped: Cell
  readonly refused: Family
  readonly refusedRequests: Family
}

function registerFigures(metrics: Metrics, entries: () => readonly Entry[]): WriteFigures {
  const known = metrics
    .gauge(
      'narthex_remote_write_known_series',
      'Series that are known by the bytes of their labels.',
    )
    .with()
  const knownBytes = metrics
    .gauge('narthex_remote_write_known_series_bytes', 'Memory of the table of known series.')
    .with()
  metrics.onCollect(() => {
    known.set(entries().reduce((sum, { table }) => sum + table.count, 0))
    knownBytes.set(entries().reduce((sum, { table }) => sum + table.sizeBytes, 0))
  })
  return {
    requests: metrics.counter(
      'narthex_remote_write_requests_total',
      'Write requests decoded and committed, by version of the protocol.',
      ['version'],
    ),
    samples: metrics
      .counter('narthex_remote_write_samples_total', 'Samples stored from write requests.')
      .with(),
    histograms: metrics
      .counter(
        'narthex_remote_write_histograms_total',
        'Native histograms passed on from write requests.',
      )
      .with(),
    exemplars: metrics
      .counter('narthex_remote_write_exemplars_total', 'Exemplars passed on from write requests.')
      .with(),
    exemplarsDropped: metrics
      .counter('narthex_remote_write_exemplars_dropped_total', 'Exemplars received and not stored.')
      .with(),
    refused: metrics.counter(
      'narthex_remote_write_refused_total',
      'Samples, histograms and empty series of write requests that were not stored, by reason.',
      ['reason'],
    ),
    refusedRequests: metrics.counter(
      'narthex_remote_write_refused_requests_total',
      'Write requests of which nothing was acknowledged, by reason.',
      ['reason'],
    ),
  }
}
