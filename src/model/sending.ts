/** What leaves and who sends to us, as status pages and the API see it. */

/** What became of what was handed over: received = written + all dropped + queued. */
export interface SentCounts {
  readonly received: number
  readonly written: number
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>
  readonly queued: number
}

/** A destination as it is now; its own counts are those of samples. */
export interface DestinationStatus extends SentCounts {
  readonly name: string
  readonly kind: string
  /** Its URL or address without secrets. */
  readonly address: string
  readonly health: 'idle' | 'sending' | 'retrying'
  readonly exemplars: SentCounts
  readonly queuedBytes: number
  readonly queuedBytesMax: number
  /** How long the oldest sample waits. */
  readonly queuedSeconds: number
  readonly retried: number
  readonly writesRunning: number
  readonly shards: number
  /** '' while writes succeed. */
  readonly lastError: string
  /** ms since epoch; 0 for never. */
  readonly lastErrorMs: number
  readonly lastWriteMs: number
  /** ms since epoch of the newest sample written; 0 for none. */
  readonly newestWrittenMs: number
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
  /** `stream`, or what its requests are. */
  readonly protocol: string
  /** Whether its stream is open, or a request of it came within the last two minutes. */
  readonly isConnected: boolean
  /** ms since epoch */
  readonly lastSeenMs: number
  /** Series that it has told of on its open streams. */
  readonly series: number
  readonly samples: number
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>
  /** '' or why its last batch has to be sent again. */
  readonly lastError: string
  /** How far its newest sample is behind the clock, in seconds. */
  readonly lagSeconds: number
}

/** The senders that this process hears of. */
export interface SendersView {
  senders(): readonly SenderStatus[]
}
