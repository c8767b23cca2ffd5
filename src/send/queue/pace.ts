/** How fast a destination is written to: writes at once, and the pause after trouble. */
import type { QueueConfig } from '../../config/destination.ts'

/** Longest pause that another end may ask for. */
export const RETRY_AFTER_MS_MAX = 300_000

/** Back-off doubles so often at most before the bound holds anyway. */
const DOUBLINGS_MAX = 30

/** The pace of one destination. */
export class Pace {
  queue: QueueConfig
  /** Writes at once at the moment. */
  shards: number
  /** Monotonic ms before which nothing is written. */
  notBeforeMs = 0
  /** Retries since a write succeeded. */
  attempts = 0
  readonly #random: () => number

  /** @param random [0, 1): spreads retries of many senders */
  constructor(queue: QueueConfig, random: () => number) {
    this.queue = queue
    this.shards = queue.shardsMin
    this.#random = random
  }

  /** Whether writes go one at a time until one succeeds. */
  get isProbing(): boolean {
    return this.attempts > 0
  }

  /** Writes that may run at once. */
  get writesMax(): number {
    return this.isProbing ? 1 : this.shards
  }

  succeed(): void {
    this.attempts = 0
    this.notBeforeMs = 0
  }

  /**
   * A write has to be tried again. While writes that began before the trouble come back one after
   * the other, the pause grows once.
   */
  fail(nowMs: number, afterMs: number, wasProbe: boolean): void {
    this.shards = this.queue.shardsMin
    if (wasProbe || this.attempts === 0) this.attempts++
    const askedMs = nowMs + Math.min(afterMs, RETRY_AFTER_MS_MAX)
    this.notBeforeMs = Math.max(this.notBeforeMs, askedMs, this.backOffMs(nowMs, this.attempts))
  }

  /** When to try again after so many failures: between half of the pause and all of it. */
  backOffMs(nowMs: number, attempts: number): number {
    const { backoffMsMin, backoffMsMax } = this.queue
    const pauseMs = backoffMsMin * 2 ** Math.min(attempts - 1, DOUBLINGS_MAX)
    return nowMs + Math.min(pauseMs, backoffMsMax) * (0.5 + this.#random() / 2)
  }

  /** More is ready than can be written: more at once. */
  grow(): void {
    this.shards = Math.min(this.queue.shardsMax, this.shards * 2)
  }

  /** Nothing is left to write. */
  rest(): void {
    this.shards = this.queue.shardsMin
  }
}
