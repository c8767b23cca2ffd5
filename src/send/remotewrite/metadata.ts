/** Metadata of remote write 1.0: requests of their own, every so often. */
import type { Clock, Timer } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { QueueConfig } from '../../config/destination.ts'
import type { MetadataSending } from '../../config/remotewrite.ts'
import type { MetadataView, MetricMetadata } from '../../model/target.ts'
import type { PostReply } from '../../net/client/poster.ts'
import { ProtoWriter } from '../../wire/protobuf.ts'
import { encodeSnappy, snappyEncodedBytesMax } from '../../wire/snappy.ts'
import { writeMetadata1 } from '../../wire/writeencode.ts'
import { isLater } from './answer.ts'
import type { RemoteWriteCounters } from './telemetry.ts'

export interface MetadataOptions {
  readonly view: MetadataView
  readonly clock: Clock
  readonly config: MetadataSending
  /** For back-off. */
  readonly queue: QueueConfig
  readonly counters: RemoteWriteCounters
  readonly post: (pieces: readonly Uint8Array[], signal: AbortSignal) => Promise<PostReply>
}

type Family = readonly [name: string, metadata: MetricMetadata]

/** Sends all families each interval, from one interval after it was made until it is closed. */
export class MetadataSender {
  readonly #options: MetadataOptions
  readonly #stop = new AbortController()
  #timer: Timer | undefined
  /** Ends the pause that a round is in. */
  #wake: (() => void) | undefined

  constructor(options: MetadataOptions) {
    this.#options = options
    this.#plan()
  }

  close(): void {
    this.#stop.abort()
    this.#timer?.cancel()
    this.#wake?.()
  }

  #plan(): void {
    const { clock, config } = this.#options
    this.#timer = clock.after(config.intervalMs, () => void this.#round())
  }

  async #round(): Promise<void> {
    const { clock, view, config } = this.#options
    const endMs = clock.monotonicMs() + config.intervalMs
    const families: Family[] = []
    for (const [name, [metadata]] of view.families('', 0, 1)) families.push([name, metadata])
    for (let from = 0; from < families.length; from += config.familiesPerSendMax) {
      const part = families.slice(from, from + config.familiesPerSendMax)
      await this.#send(part, endMs)
      if (this.#stop.signal.aborted) return
    }
    this.#plan()
  }

  /** Tries until the receiver has an answer, or until the next round is due. */
  async #send(families: readonly Family[], endMs: number): Promise<void> {
    const { clock, queue, counters } = this.#options
    const block = encodeFamilies(families)
    for (
      let backoffMs = queue.backoffMsMin;
      ;
      backoffMs = Math.min(2 * backoffMs, queue.backoffMsMax)
    ) {
      const reply = await this.#post(block)
      if (reply !== undefined && reply.status >= 200 && reply.status < 300) {
        counters.metadata.inc(families.length)
        counters.metadataBytes.inc(block.length)
        return
      }
      const pauseMs = Math.max(backoffMs, reply?.retryAfterMs ?? 0)
      const isLate = clock.monotonicMs() + pauseMs >= endMs
      if (this.#stop.signal.aborted || isLate || !this.#isRetryable(reply)) {
        counters.metadataFailed.inc(families.length)
        return
      }
      counters.metadataRetried.inc(families.length)
      await this.#pause(pauseMs)
    }
  }

  /** The answer; undefined where there was none. */
  async #post(block: Uint8Array): Promise<PostReply | undefined> {
    try {
      return await this.#options.post([block], this.#stop.signal)
    } catch (error) {
      if (error instanceof NarthexError) return undefined
      throw error
    }
  }

  #isRetryable(reply: PostReply | undefined): boolean {
    return reply === undefined || isLater(reply, this.#options.queue.retryOn429)
  }

  #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    this.#timer = this.#options.clock.after(delayMs, resolve)
    return promise
  }
}

/** A request with the metadata of families and nothing else, compressed. */
function encodeFamilies(families: readonly Family[]): Uint8Array {
  const into = new ProtoWriter(64 * families.length)
  for (const [family, metadata] of families) writeMetadata1(into, { family, ...metadata })
  const block = new Uint8Array(snappyEncodedBytesMax(into.at))
  return block.subarray(0, encodeSnappy(into.bytes, into.at, block))
}
