/** OTLP metrics over HTTP and gRPC into an Appender. */
import type { Clock } from '../../../base/clock.ts'
import { NarthexError } from '../../../base/error.ts'
import type { Metrics } from '../../../base/metrics.ts'
import type { OtlpConfig } from '../../../config/storageshape.ts'
import type { Appender, Shortfall } from '../../../model/appender.ts'
import type { UnaryMethod } from '../../../net/grpc/server.ts'
import { type Fault, faultOf } from '../../../net/server/fault.ts'
import type { Reply } from '../../../net/server/message.ts'
import { decodeOtlpJson } from '../../../wire/otlpjson.ts'
import { decodeOtlp } from '../../../wire/otlpproto.ts'
import { ProtoWriter } from '../../../wire/protobuf.ts'
import type { WriteMetadata } from '../../../wire/remotewrite.ts'
import { type Door, OPEN_DOOR } from '../door.ts'
import type { LabelLimits } from '../labelcheck.ts'
import { PushedSamples, pushFigures } from '../pushed.ts'
import type { Hear } from '../pushers.ts'
import { lessRefused, type Taken } from '../tally.ts'
import { isKnownEncoding, Unpacker } from '../unpack.ts'
import { DELTA_SERIES_MAX, type DeltaRequest, DeltaTotals } from './delta.ts'
import { Translation } from './translate.ts'

export interface OtlpReceiverOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly metrics: Metrics
  readonly labelLimits: LabelLimits
  /** Largest request unpacked (--limit.decoded-bytes). */
  readonly decodedBytesMax: number
  /** Series whose deltas are added up (--otlp.delta-series). */
  readonly deltaSeriesMax?: number
  /** The section `otlp` as it is now. */
  readonly config: () => OtlpConfig
  /** Whose samples come through which door, for gRPC. */
  readonly doorOf: (identity: string) => Door
  /** Who keeps a list of senders takes their requests through it, for gRPC. */
  readonly through?: (
    identity: string,
    peer: string,
    sizeBytes: number,
    act: (hear: Hear) => Promise<Uint8Array>,
  ) => Promise<Uint8Array>
  readonly onMetadata: (metadata: WriteMetadata) => void
}

export interface OtlpReceiver {
  /** POST /v1/metrics */
  readonly handle: (
    header: (name: string) => string | undefined,
    body: Uint8Array,
    door?: Door,
    hear?: Hear,
  ) => Promise<Reply>
  /** MetricsService/Export */
  readonly method: UnaryMethod
}

const JSON_TYPE = 'application/json'
const PROTO_TYPE = 'application/x-protobuf'

/** Codes of google.rpc.Status by HTTP status. */
const RPC_CODES: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [413, 8],
  [415, 3],
  [429, 8],
  [503, 14],
])
const RPC_INTERNAL = 13

/** What of a request was not taken. */
interface Outcome {
  readonly refusedCount: number
  readonly message: string
}

export function openOtlpReceiver(options: OtlpReceiverOptions): OtlpReceiver {
  const { appender, clock, metrics, config, onMetadata } = options
  const unpacker = new Unpacker(options.decodedBytesMax)
  const samples = new PushedSamples(appender, options.labelLimits)
  const figures = pushFigures(metrics)
  const totals = new DeltaTotals(clock, options.deltaSeriesMax ?? DELTA_SERIES_MAX)
  const deltaSeries = metrics
    .gauge('narthex_otlp_delta_series', 'Series whose deltas are added up.')
    .with()
  metrics.onCollect(() => deltaSeries.set(totals.count))

  /** Decodes, appends and commits without another request in between. */
  function append(bytes: Uint8Array, isJson: boolean, door: Door): Appended {
    const deltas = totals.begin()
    const translation = new Translation({ config: config(), samples, deltas, onMetadata })
    try {
      samples.begin(door)
      if (isJson) decodeOtlpJson(bytes, translation)
      else decodeOtlp(bytes, translation)
      const result = samples.finish()
      return { result, deltas, committed: appender.commit() }
    } catch (error) {
      deltas.withdraw()
      throw error
    }
  }

  async function settle(appending: Promise<Appended>, hear: Hear | undefined): Promise<Outcome> {
    try {
      const { result: taken, deltas, committed } = await appending
      const shortfall = await committed.catch((error: unknown) => {
        deltas.withdraw()
        throw error
      })
      const result = lessRefused(taken, shortfall)
      figures.count('otlp', result)
      hear?.(result)
      return outcomeOf(result)
    } catch (error) {
      figures.refuse('otlp', error instanceof NarthexError ? error.kind : 'internal')
      throw error
    }
  }

  async function handle(
    header: (name: string) => string | undefined,
    body: Uint8Array,
    door: Door = OPEN_DOOR,
    hear?: Hear,
  ): Promise<Reply> {
    const type = (header('content-type') ?? '').split(';')[0].trim().toLowerCase()
    const isJson = type === JSON_TYPE
    const encoding = header('content-encoding') ?? ''
    if ((!isJson && type !== PROTO_TYPE) || !isKnownEncoding(encoding)) {
      figures.refuse('otlp', 'unsupported')
      const seen = isKnownEncoding(encoding) ? `content type ${type}` : `encoding ${encoding}`
      const message = `cannot take OTLP metrics: ${seen}, wanted protobuf or JSON, plain, gzip, deflate or zstd`
      return failure(isJson, { status: 415, errorType: '', message })
    }
    try {
      const appending = unpacker.take(body, encoding, (bytes) => append(bytes, isJson, door))
      return success(isJson, await settle(appending, hear))
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      return failure(isJson, faultOf(error))
    }
  }

  return {
    handle,
    method: {
      path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
      role: 'editor',
      unary(message, identity, peer) {
        const door = options.doorOf(identity.name)
        const act = async (hear?: Hear): Promise<Uint8Array> => {
          const appending = unpacker.take(message, '', (bytes) => append(bytes, false, door))
          return encodeOutcome(await settle(appending, hear))
        }
        return options.through?.(identity.name, peer, message.length, act) ?? act()
      },
    },
  }
}

/** A request that waits for its acknowledgement. */
interface Appended {
  readonly result: Taken
  readonly deltas: DeltaRequest
  readonly committed: Promise<Shortfall | undefined>
}

/**
 * What the sender hears; a share that is used up alone is no partial success: later it may do.
 *
 * @throws NarthexError `share`
 */
function outcomeOf({ refusals }: Taken): Outcome {
  if (refusals.shareUsed && refusals.byReason().size === 1) {
    throw new NarthexError('share', refusals.message())
  }
  return { refusedCount: refusals.count, message: refusals.message() }
}

function success(isJson: boolean, outcome: Outcome): Reply {
  if (!isJson) return { status: 200, type: PROTO_TYPE, body: encodeOutcome(outcome) }
  const { refusedCount, message } = outcome
  const partialSuccess = { rejectedDataPoints: String(refusedCount), errorMessage: message }
  const body = JSON.stringify(refusedCount === 0 ? {} : { partialSuccess })
  return { status: 200, type: JSON_TYPE, body }
}

/** An ExportMetricsServiceResponse. */
function encodeOutcome({ refusedCount, message }: Outcome): Uint8Array {
  const writer = new ProtoWriter(64)
  if (refusedCount > 0) {
    const start = writer.openMessage(1)
    writer.int(1, refusedCount)
    writer.text(2, message)
    writer.closeMessage(start)
  }
  return writer.written()
}

/** A google.rpc.Status. */
function failure(isJson: boolean, { status, message, headers = {} }: Fault): Reply {
  const code = RPC_CODES.get(status) ?? RPC_INTERNAL
  if (isJson) return { status, type: JSON_TYPE, body: JSON.stringify({ code, message }), headers }
  const writer = new ProtoWriter(64)
  writer.int(1, code)
  writer.text(2, message)
  return { status, type: PROTO_TYPE, body: writer.written(), headers }
}
