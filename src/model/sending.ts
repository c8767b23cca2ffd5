/** What leaves and who sends to us, as status pages and the API see it. */

/** How a destination does. */
export type DestinationState = 'idle' | 'sending' | 'waiting' | 'failing'

/**
 * One destination. At every moment received = written + all dropped + queued, in samples since the
 * start of the process.
 */
export interface DestinationStatus {
  readonly name: string
  readonly kind: string
  /** URL or addresses without credentials. */
  readonly address: string
  readonly state: DestinationState
  readonly receivedSamples: number
  readonly writtenSamples: number
  readonly queuedSamples: number
  readonly droppedSamples: ReadonlyMap<string, number>
  readonly queuedBytes: number
  readonly queueBytesMax: number
  /** Age of the oldest sample that waits, in seconds; 0 when none does. */
  readonly lagSeconds: number
  readonly retryCount: number
  readonly writesInFlight: number
  /** '' when the last write went well. */
  readonly lastError: string
  /** ms since epoch; 0 for never */
  readonly lastErrorMs: number
  readonly lastWrittenMs: number
}

/** The destinations of this process. */
export interface SendingView {
  destinations(): readonly DestinationStatus[]
}

/** One sender that pushes to us: an agent, or what a token or address stands for. */
export interface SenderStatus {
  readonly name: string
  readonly address: string
  /** '' when it did not say. */
  readonly version: string
  readonly tenant: string
  readonly isConnected: boolean
  /** ms since epoch */
  readonly lastSeenMs: number
  readonly samples: number
  readonly refusedSamples: ReadonlyMap<string, number>
  /** How far its newest sample is behind the clock, in seconds. */
  readonly lagSeconds: number
}

/** The senders that this process hears of. */
export interface SendersView {
  senders(): readonly SenderStatus[]
}
