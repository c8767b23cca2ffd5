/** One partition that this member of a group reads: fetched ahead, handed over in order, committed. */
import type { Clock } from '../../base/clock.ts'

/** One message as it lies in the topic. */
export interface InMessage {
  readonly offset: bigint
  readonly key: Uint8Array | undefined
  readonly value: Uint8Array
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[]
}

/** Messages of one partition that are handed over, and committed, together. */
export interface Batch {
  readonly topic: string
  readonly partition: number
  readonly messages: readonly InMessage[]
}

export interface PartitionDeps {
  readonly clock: Clock
  readonly batchMessagesMax: number
  readonly fetchBytesMax: number
  /** Takes a batch; resolves when it may be committed, whenever that is. */
  readonly take: (batch: Batch, signal: AbortSignal) => Promise<void>
  /** Resolves when the group knows, or when the partition is lost. */
  readonly commit: (partition: Partition, nextOffset: bigint) => Promise<void>
  /** There is room again for what is fetched ahead. */
  readonly onRoom: () => void
}

/** What came in one answer, and where the next one begins. */
interface Fetched {
  readonly messages: readonly InMessage[]
  readonly nextOffset: bigint
  readonly sizeBytes: number
}

/** Fetched ahead of what is taken; one batch is on its way at a time. */
export class Partition {
  readonly topic: string
  readonly number: number
  /** Where the next fetch begins. */
  fetchOffset: bigint
  /** Everything before it is committed. */
  committedOffset: bigint
  /** One past the newest message, as far as we know. */
  endOffset: bigint
  /** Monotonic ms at which it moved on, or had nothing to do. */
  movedMs: number
  /** Whether a batch waits for whoever takes it. */
  isTaking = false
  readonly #deps: PartitionDeps
  readonly #lost = new AbortController()
  readonly #queue: Fetched[] = []
  /** Messages of the first answer that are handed over already. */
  #handed = 0
  #queuedBytes = 0
  #isHeld = false
  #running: Promise<void> | undefined

  constructor(topic: string, number: number, offset: bigint, deps: PartitionDeps) {
    this.topic = topic
    this.number = number
    this.fetchOffset = offset
    this.committedOffset = offset
    this.endOffset = offset
    this.#deps = deps
    this.movedMs = deps.clock.monotonicMs()
  }

  /** Whether more should be fetched. */
  get hasRoom(): boolean {
    return !this.isLost && !this.#isHeld && this.#queuedBytes < this.#deps.fetchBytesMax
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Messages that are in the topic and not committed. */
  get lag(): number {
    return Math.max(0, Number(this.endOffset - this.committedOffset))
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Adds what was fetched from `fetchOffset` on. */
  add(messages: readonly InMessage[], nextOffset: bigint, sizeBytes: number): void {
    this.fetchOffset = nextOffset
    this.#queue.push({ messages, nextOffset, sizeBytes })
    this.#queuedBytes += sizeBytes
    this.#start()
  }

  /** Begins elsewhere: what it was to read next is gone. */
  jump(offset: bigint): void {
    this.fetchOffset = offset
  }

  /** No new batch is begun: partitions are being shared out anew. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#start()
  }

  /** It is no longer ours: nothing is begun or committed any more. */
  lose(): void {
    this.#lost.abort()
    this.#queue.length = 0
    this.#queuedBytes = 0
  }

  /** Resolves when no batch is on its way. */
  async idle(): Promise<void> {
    await this.#running
  }

  #start(): void {
    if (this.#running !== undefined || this.#isHeld || this.#queue.length === 0) return
    // A mistake of ours ends the process: whoever lost count must commit nothing any more.
    this.#running = this.#run().then(() => {
      this.#running = undefined
      this.#start()
    })
  }

  async #run(): Promise<void> {
    const { signal } = this.#lost
    while (this.#queue.length > 0 && !this.#isHeld && !signal.aborted) {
      const { messages, nextOffset } = this.#cut()
      if (messages.length > 0) {
        this.isTaking = true
        const batch = { topic: this.topic, partition: this.number, messages }
        try {
          await this.#deps.take(batch, signal)
        } finally {
          this.isTaking = false
          this.movedMs = this.#deps.clock.monotonicMs()
        }
      }
      if (signal.aborted) return
      await this.#deps.commit(this, nextOffset)
      if (signal.aborted) return
      this.committedOffset = nextOffset
      this.movedMs = this.#deps.clock.monotonicMs()
    }
  }

  /** The next messages, of one answer. */
  #cut(): { messages: readonly InMessage[]; nextOffset: bigint } {
    const { batchMessagesMax, onRoom } = this.#deps
    const first = this.#queue[0]
    const to = this.#handed + batchMessagesMax
    if (to < first.messages.length) {
      const messages = first.messages.slice(this.#handed, to)
      this.#handed = to
      return { messages, nextOffset: messages[messages.length - 1].offset + 1n }
    }
    const messages = first.messages.slice(this.#handed)
    this.#queue.shift()
    this.#handed = 0
    this.#queuedBytes -= first.sizeBytes
    onRoom()
    return { messages, nextOffset: first.nextOffset }
  }
}
