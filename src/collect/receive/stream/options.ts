/** What the gateway's end of the stream is made with. */
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { Metrics } from '../../../base/metrics.ts'
import type { Appender } from '../../../model/appender.ts'
import type { WriteMetadata } from '../../../wire/remotewrite.ts'
import type { Door } from '../door.ts'
import type { LabelLimits } from '../labelcheck.ts'

/** Bounds of one agent, and how many there may be. */
export interface AgentLimits {
  /** --gateway.agent-series */
  readonly seriesMax: number
  /** --gateway.agent-samples-per-second; 0 for none. */
  readonly samplesPerSecondMax: number
  /** --gateway.agent-inflight-bytes: batches that have no answer yet. */
  readonly inflightBytesMax: number
  /** --gateway.agents */
  readonly agentsMax: number
  /** --limit.request-bytes: one message. */
  readonly messageBytesMax: number
}

export interface StreamReceiverOptions {
  /** Takes rows: series of one target at one time. */
  readonly rows: Appender
  /** Takes samples with times of their own; its ids are the same. */
  readonly pushed: Appender
  /** How samples of an identity enter. */
  doorOf(identity: string): Door
  readonly labelLimits: LabelLimits
  readonly limits: AgentLimits
  /** Name of this gateway, for the agents. */
  readonly gateway: string
  readonly version: string
  readonly onMetadata: (metadata: WriteMetadata) => void
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}
