/** Gateways that note what they get, and an agent's writer with series of its own. */
import { systemClock } from '../../../src/base/clock.ts'
import type { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { type Door, OPEN_DOOR } from '../../../src/collect/receive/door.ts'
import { LABEL_LIMITS } from '../../../src/collect/receive/labelcheck.ts'
import type { AgentLimits } from '../../../src/collect/receive/stream/options.ts'
import {
  openStreamReceiver,
  type StreamReceiver,
} from '../../../src/collect/receive/stream/receiver.ts'
import { DEFAULT_QUEUE } from '../../../src/config/destination.ts'
import type { GatewayDestination } from '../../../src/config/destinations/gateway.ts'
import { NO_WEB_CONFIG, type WebConfig } from '../../../src/config/web.ts'
import {
  ACCEPTED,
  type Appender,
  type SeriesId,
  type Shortfall,
} from '../../../src/model/appender.ts'
import { formatLabels, type Labels, labelsFrom, labelsKey } from '../../../src/model/labels.ts'
import { type GrpcServer, startGrpcServer } from '../../../src/net/grpc/server.ts'
import { type GatewayDeps, openGateway } from '../../../src/send/gateway/writer.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import type { SeriesView, Writer } from '../../../src/send/writer.ts'
import type { WriteMetadata } from '../../../src/wire/remotewrite.ts'

const BCRYPT_WORKER = new URL('../../../src/net/server/bcryptworker.ts', import.meta.url)

/** Notes `time bits` by series; commits as the test says. */
export class NotingAppender implements Appender {
  readonly noted: Map<string, string[]> = new Map()
  commitError: NarthexError | undefined
  appendError: NarthexError | undefined
  /** Commits wait for it when it is there. */
  gate: Promise<void> | undefined
  commits = 0
  /** What those further on refuse of each commit. */
  shortfall: Shortfall | undefined
  outcome: number = ACCEPTED
  readonly side = {
    histogram: (timeMs: number, id: SeriesId, histogram: { readonly count: number }): number => {
      this.#note(id, `${timeMs} histogram ${JSON.stringify(histogram)}`)
      return ACCEPTED
    },
    exemplar: (id: SeriesId, exemplar: object): number => {
      this.#note(id, `exemplar ${JSON.stringify(exemplar)}`)
      return ACCEPTED
    },
  }
  readonly #ids = new Map<string, SeriesId>()
  readonly #names: string[] = []

  series(labels: Labels): SeriesId {
    const key = labelsKey(labels)
    let id = this.#ids.get(key)
    if (id === undefined) {
      id = this.#names.length
      this.#ids.set(key, id)
      this.#names.push(formatLabels(labels))
    }
    return id
  }

  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    if (this.appendError !== undefined) throw this.appendError
    outcomes.fill(this.outcome, 0, count)
    if (this.outcome !== ACCEPTED) return 0
    const bits = new BigUint64Array(values.buffer, values.byteOffset, count)
    for (let i = 0; i < count; i++) this.#note(ids[i], `${timeMs} ${bits[i].toString(16)}`)
    return count
  }

  async commit(): Promise<Shortfall | undefined> {
    this.commits++
    await this.gate
    if (this.commitError !== undefined) throw this.commitError
    return this.shortfall
  }

  get sampleCount(): number {
    return [...this.noted.values()].reduce((sum, list) => sum + list.length, 0)
  }

  #note(id: SeriesId, text: string): void {
    const name = this.#names[id]
    const list = this.noted.get(name)
    if (list === undefined) this.noted.set(name, [text])
    else list.push(text)
  }
}

export interface TestGateway {
  readonly address: string
  readonly appender: NotingAppender
  readonly receiver: StreamReceiver
  readonly server: GrpcServer
  readonly metrics: Metrics
  readonly families: WriteMetadata[]
  stop(): Promise<void>
}

/** As `narthex gateway` has them by default. */
const AGENT_LIMITS: AgentLimits = {
  seriesMax: 1_000_000,
  samplesPerSecondMax: 0,
  inflightBytesMax: 4 * 1024 * 1024,
  agentsMax: 10_000,
  messageBytesMax: 16 * 1024 * 1024,
}

export interface GatewayOptions {
  readonly web?: WebConfig
  readonly limits?: Partial<AgentLimits>
  readonly doorOf?: (identity: string) => Door
  readonly appender?: NotingAppender
  readonly port?: number
}

export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const appender = options.appender ?? new NotingAppender()
  const metrics = new Metrics()
  const families: WriteMetadata[] = []
  const common = { clock: systemClock, log: silentLog, metrics }
  const limits = { ...AGENT_LIMITS, ...options.limits }
  const receiver = openStreamReceiver({
    ...common,
    rows: appender,
    pushed: appender,
    doorOf: options.doorOf ?? (() => OPEN_DOOR),
    labelLimits: LABEL_LIMITS,
    limits,
    gateway: 'test',
    version: '1',
    onMetadata: (metadata) => families.push(metadata),
  })
  const server = await startGrpcServer({
    ...common,
    addresses: [{ host: '127.0.0.1', port: options.port ?? 0 }],
    methods: [receiver.method],
    web: options.web ?? NO_WEB_CONFIG,
    bcryptWorkerFile: BCRYPT_WORKER,
    messageBytesMax: limits.messageBytesMax,
  })
  const address = `127.0.0.1:${server.addresses[0].port}`
  return { address, appender, receiver, server, metrics, families, stop: () => server.stop() }
}

/** Series of an agent: labels by id. */
export class TestSeries implements SeriesView {
  readonly #labels: Labels[] = []

  add(labels: Record<string, string>): SeriesId {
    this.#labels.push(labelsFrom(Object.entries(labels)))
    return this.#labels.length - 1
  }

  /** Gives an id that was forgotten to another series. */
  give(id: SeriesId, labels: Record<string, string>): SeriesId {
    this.#labels[id] = labelsFrom(Object.entries(labels))
    return id
  }

  labels(id: SeriesId): Labels {
    return this.#labels[id]
  }

  targetKey(id: SeriesId): string {
    const labels = this.#labels[id]
    return labels.filter((_, i) => labels[i & ~1] === 'instance').join()
  }

  name(id: SeriesId): string {
    return formatLabels(this.#labels[id])
  }
}

/** A row of a target. */
export function rowOf(timeMs: number, ids: Float64Array, values: readonly number[]): Parcel {
  return {
    lane: 0,
    count: ids.length,
    ids,
    values: Float64Array.from(values),
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

export function bitsOf(value: number): string {
  return new BigUint64Array(Float64Array.of(value).buffer)[0].toString(16)
}

function destinationOf(
  addresses: readonly string[],
  more: Partial<GatewayDestination> = {},
): GatewayDestination {
  return {
    name: 'gateway',
    kind: 'gateway',
    relabel: [],
    queue: DEFAULT_QUEUE,
    sendExemplars: true,
    sendNativeHistograms: true,
    addresses,
    tls: undefined,
    authorization: undefined,
    agentName: 'agent-1',
    connectMsMax: 2000,
    answerMsMax: 2000,
    busyMsMax: 30_000,
    ...more,
  }
}

export function openWriter(
  series: SeriesView,
  addresses: readonly string[],
  more: Partial<GatewayDestination> = {},
  metrics: Metrics = new Metrics(),
  others: Partial<GatewayDeps> = {},
): Writer {
  const deps = { clock: systemClock, log: silentLog, metrics, agentName: 'host', ...others }
  return openGateway(destinationOf(addresses, more), deps)(series)
}

/** Never aborted. */
export const GOING: AbortSignal = new AbortController().signal
