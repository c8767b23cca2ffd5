/** Remote write as every role takes it that receives: its bounds, and the doors to come in by. */
import { systemClock } from '../base/clock.ts'
import type { Metrics } from '../base/metrics.ts'
import type { LabelLimits } from '../collect/receive/labelcheck.ts'
import { openRemoteWrite } from '../collect/receive/remotewrite.ts'
import type { Appender } from '../model/appender.ts'
import type { Reply } from '../net/server/message.ts'
import type { WriteMetadata } from '../wire/remotewrite.ts'
import type { Configuration } from './configuration.ts'
import { Doors } from './tenants.ts'

export interface PushLimits {
  readonly labels: LabelLimits
  /** Largest request as it is sent, in bytes. */
  readonly requestBytesMax: number
  /** Largest request decoded, in bytes. */
  readonly decodedBytesMax: number
}

export interface PushDeps {
  readonly appender: Appender
  readonly metrics: Metrics
  readonly onMetadata: (metadata: WriteMetadata) => void
}

/** What takes remote write. */
export interface Push {
  readonly doors: Doors
  /** @param identity name of who sends; nobody in particular when absent */
  write(
    header: (name: string) => string | undefined,
    body: Uint8Array,
    identity?: string,
  ): Promise<Reply>
}

/** Opens it; tenants and pairs of senders follow the configuration. */
export function openPush(limits: PushLimits, configuration: Configuration, deps: PushDeps): Push {
  const { metrics } = deps
  const doors = new Doors(systemClock, metrics)
  configuration.follow(({ narthex }) => doors.apply(narthex.gateway))
  const take = openRemoteWrite({
    ...deps,
    clock: systemClock,
    labelLimits: limits.labels,
    requestBytesMax: limits.requestBytesMax,
    decodedBytesMax: limits.decodedBytesMax,
  })
  return {
    doors,
    write: (header, body, identity = '') => take(header, body, doors.of(identity)),
  }
}
