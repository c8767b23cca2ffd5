/** What pages show of a destination. */

/** A destination as it is now. received = written + dropped + queued, in samples. */
export interface DestinationStatus {
  readonly name: string
  readonly kind: string
  /** Its URL or address without secrets. */
  readonly address: string
  readonly health: 'idle' | 'sending' | 'retrying'
  readonly received: number
  readonly written: number
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>
  readonly queued: number
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
