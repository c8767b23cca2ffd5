/** Commits offsets: of all partitions that wait, in one request at a time. */
import type { Consumer } from '@platformatic/kafka'
import type { Clock } from '../../base/clock.ts'
import { pause } from '../../base/pause.ts'
import { isKafkaError } from './fault.ts'
import type { Partition } from './partition.ts'

const BACKOFF_MS_MIN = 100
const BACKOFF_MS_MAX = 2000

export interface CommitsDeps {
  readonly clock: Clock
  readonly consumer: Consumer
  readonly onFault: (error: unknown) => void
}

/** Partitions whose commits leave together. */
interface Round {
  readonly offsets: Map<Partition, bigint>
  readonly done: Promise<void>
}

export class Commits {
  readonly #deps: CommitsDeps
  #last: Promise<void> = Promise.resolve()
  #next: Round | undefined

  constructor(deps: CommitsDeps) {
    this.#deps = deps
  }

  /**
   * Resolves when the group knows where to go on, or when the partition is lost: then nothing is
   * committed, and its next owner reads the batch again.
   */
  async commit(partition: Partition, nextOffset: bigint): Promise<void> {
    let backoffMs = BACKOFF_MS_MIN
    while (!partition.isLost) {
      try {
        await this.#join(partition, nextOffset)
        return
      } catch (error) {
        if (partition.isLost) return
        // While partitions are shared out nothing can be committed: that is no fault.
        if (!isKafkaError(error, 'REBALANCE_IN_PROGRESS')) this.#deps.onFault(error)
        await pause(this.#deps.clock, backoffMs, partition.lost)
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MS_MAX)
      }
    }
  }

  /** Goes with the round that leaves next. */
  #join(partition: Partition, nextOffset: bigint): Promise<void> {
    if (this.#next === undefined) {
      const offsets = new Map<Partition, bigint>()
      const done = this.#last.then(() => this.#send(offsets))
      this.#next = { offsets, done }
      this.#last = done.catch(() => {})
    }
    this.#next.offsets.set(partition, nextOffset)
    return this.#next.done
  }

  async #send(offsets: ReadonlyMap<Partition, bigint>): Promise<void> {
    this.#next = undefined
    const mine = [...offsets].filter(([partition]) => !partition.isLost)
    if (mine.length === 0) return
    await this.#deps.consumer.commit({
      offsets: mine.map(([{ topic, number }, offset]) => ({
        topic,
        partition: number,
        offset,
        leaderEpoch: -1,
      })),
    })
  }
}
