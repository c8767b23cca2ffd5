/** What an ingester reads, as status pages and the API see it. */

/** A partition of a topic that this process reads. */
export interface PartitionStatus {
  readonly topic: string
  readonly partition: number
  /** Offset of the next message that is not yet committed. */
  readonly committedOffset: number
  /** One past the newest message. */
  readonly endOffset: number
  /** Messages in between. */
  readonly lag: number
  /** Fetched ahead. */
  readonly queuedBytes: number
  /** Whether a batch waits for the destinations. */
  readonly isWaiting: boolean
  /** How long it has been standing where it is, in seconds. */
  readonly stillSeconds: number
}

/** The partitions of this process. */
export interface PartitionsView {
  partitions(): readonly PartitionStatus[]
  /** '' while brokers answer and destinations accept. */
  readonly lastError: string
}
