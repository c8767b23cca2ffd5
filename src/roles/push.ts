/** Everything that may be pushed, as every role takes it that receives: bounds, and doors to come in by. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import {
  type BatchLimits,
  type BatchReceiver,
  openBatchReceiver,
} from '../collect/receive/batch/receiver.ts'
import { type InfluxReceiver, openInfluxReceiver } from '../collect/receive/influx/receiver.ts'
import type { LabelLimits } from '../collect/receive/labelcheck.ts'
import { type OtlpReceiver, openOtlpReceiver } from '../collect/receive/otlp/receiver.ts'
import { type Hear, type Pusher, type PusherLimits, Pushers } from '../collect/receive/pushers.ts'
import { openRemoteWrite } from '../collect/receive/remotewrite.ts'
import type { WebConfig } from '../config/web.ts'
import type { Appender } from '../model/appender.ts'
import { ANYBODY, type Reply } from '../net/server/message.ts'
import type { WriteMetadata } from '../wire/remotewrite.ts'
import type { Configuration } from './configuration.ts'
import { Doors } from './tenants.ts'

export interface PushLimits {
  readonly labels: LabelLimits
  /** Largest request as it is sent, in bytes. */
  readonly requestBytesMax: number
  /** Largest request decoded, in bytes. */
  readonly decodedBytesMax: number
  /** What batch jobs leave here. */
  readonly batch: BatchLimits
  /** Series whose deltas are added up. */
  readonly otlpDeltaSeriesMax: number
  /** Where OTLP over gRPC is taken, `host:port` each; none by default. */
  readonly otlpGrpcAddresses: readonly string[]
}

export interface PushDeps {
  readonly appender: Appender
  readonly log: Log
  readonly metrics: Metrics
  readonly onMetadata: (metadata: WriteMetadata) => void
  /** Bounds of senders, where a list of them is kept. */
  readonly senders?: PusherLimits
}

/** What a listener for OTLP over gRPC needs besides. */
export interface OtlpGrpcDeps {
  readonly log: Log
  readonly metrics: Metrics
  /** Who may come in, as it is now. */
  readonly web: () => WebConfig
  readonly insecureListen: boolean
}

/** What takes pushes. */
export interface Push {
  readonly doors: Doors
  readonly otlp: OtlpReceiver
  readonly influx: InfluxReceiver
  readonly batch: BatchReceiver
  /** The list of senders, where one is kept. */
  readonly pushers: Pushers | undefined
  /**
   * Remote write.
   *
   * @param identity name of who sends; nobody in particular when absent
   */
  write(
    header: (name: string) => string | undefined,
    body: Uint8Array,
    identity?: string,
    hear?: Hear,
  ): Promise<Reply>
}

/** Opens it; tenants, pairs of senders and `otlp` follow the configuration. */
export function openPush(
  limits: PushLimits,
  configuration: Configuration,
  deps: PushDeps,
  life: Lifecycle,
): Push {
  const { metrics } = deps
  const clock = systemClock
  const doors = new Doors(clock, metrics)
  configuration.follow(({ narthex }) => doors.apply(narthex.gateway))
  const doorOf = (identity: string): ReturnType<Doors['of']> => doors.of(identity)
  const { labels: labelLimits, requestBytesMax, decodedBytesMax } = limits
  const shared = { ...deps, clock, labelLimits, decodedBytesMax }
  const take = openRemoteWrite({ ...shared, requestBytesMax })
  const batch = openBatchReceiver({ ...shared, limits: limits.batch, doorOf })
  life.own(batch)
  const pushers = deps.senders === undefined ? undefined : new Pushers(clock, deps.senders, metrics)
  return {
    doors,
    otlp: openOtlpReceiver({
      ...shared,
      deltaSeriesMax: limits.otlpDeltaSeriesMax,
      config: () => configuration.current.otlp,
      doorOf,
      ...(pushers === undefined
        ? {}
        : {
            through: (identity, peer, sizeBytes, act) =>
              pushers.take(grpcPusher(identity, peer), sizeBytes, act),
          }),
    }),
    pushers,
    influx: openInfluxReceiver(shared),
    batch,
    write: (header, body, identity = '', hear) => take(header, body, doors.of(identity), hear),
  }
}

/** The name of a sender, '' where nobody had to say who they are. */
export function pusherName(identity: string): string {
  return identity === ANYBODY ? '' : identity
}

/** The peer of a call is an address with a port, which is another for each connection. */
function grpcPusher(identity: string, peer: string): Pusher {
  const address = peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return { name: pusherName(identity), address, agent: '', protocol: 'OTLP' }
}
