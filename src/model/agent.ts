/** Agents that send to this process, as status pages and the API show them. */
import type { Labels } from './labels.ts'

/** One agent, connected or gone. */
export interface AgentStatus {
  readonly name: string
  readonly version: string
  /** Its own labels, for people. */
  readonly labels: Labels
  /** Address and port that it came from last. */
  readonly address: string
  /** Who it is by its token or certificate. */
  readonly identity: string
  readonly isConnected: boolean
  /** ms since epoch */
  readonly connectedMs: number
  /** ms since epoch, of its last message. */
  readonly lastSeenMs: number
  readonly series: number
  /** Samples acknowledged since this process started. */
  readonly samples: number
  /** Seconds between its newest sample and the moment that it was acknowledged; NaN before. */
  readonly lagSeconds: number
  /** Samples that were not taken, by reason. */
  readonly refused: ReadonlyMap<string, number>
  /** '' or why its last batch has to be sent again. */
  readonly lastTrouble: string
}

/** All of them, by name. */
export interface AgentView {
  agents(): readonly AgentStatus[]
}
