/** Who asks for targets: gathered here, written to the records now and then. */
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Consumer, ConsumerStatus } from '../../model/registry.ts'
import type { RegistryRecords } from '../../model/registryrecords.ts'

/** How often what was seen is written, in ms. */
const SAVE_MS = 5000

/** How long a consumer is remembered that does not come any more, in ms. */
export const CONSUMER_MS_MAX: number = 7 * 86_400_000

/** A consumer is late after so many of its intervals, and a little. */
const LATE_INTERVALS = 2
const LATE_MS = 5000

/** A text of a client that is kept, in UTF-16 units. */
const TEXT_LENGTH_MAX = 200

export class Consumers {
  readonly #records: RegistryRecords
  readonly #clock: Clock
  readonly #log: Log
  readonly #consumersMax: number
  readonly #unsaved = new Map<string, Consumer>()
  #timer: Timer | undefined

  constructor(records: RegistryRecords, clock: Clock, log: Log, consumersMax: number) {
    this.#records = records
    this.#clock = clock
    this.#log = log
    this.#consumersMax = consumersMax
  }

  seen(consumer: Omit<Consumer, 'polls' | 'seenMs'>): void {
    const { name, address, status, targets, etag, intervalSeconds } = consumer
    const path = consumer.path.slice(0, TEXT_LENGTH_MAX)
    const agent = consumer.agent.slice(0, TEXT_LENGTH_MAX)
    const key = JSON.stringify([name, address, path, agent])
    const before = this.#unsaved.get(key)
    if (before === undefined && this.#unsaved.size >= this.#consumersMax) return
    const seen = { name, address, path, agent, intervalSeconds, status, targets, etag }
    const polls = (before?.polls ?? 0) + 1
    this.#unsaved.set(key, { ...seen, polls, seenMs: this.#clock.now() })
    this.#timer ??= this.#clock.after(SAVE_MS, () => {
      this.#timer = undefined
      void this.#saveOrSay()
    })
  }

  /** Writes what was seen; what cannot be written is kept for the next time. */
  async save(): Promise<void> {
    const consumers = [...this.#unsaved.values()]
    if (consumers.length === 0) return
    this.#unsaved.clear()
    try {
      await this.#records.saveConsumers(consumers, this.#consumersMax)
    } catch (error) {
      for (const each of consumers) this.#restore(each)
      throw error
    }
  }

  async all(): Promise<readonly ConsumerStatus[]> {
    await this.save()
    const nowMs = this.#clock.now()
    return (await this.#records.consumers()).map((each) => ({
      ...each,
      isLate: isLate(each, nowMs),
    }))
  }

  /** Writes for the last time. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#saveOrSay()
  }

  async #saveOrSay(): Promise<void> {
    await this.save().catch((error: unknown) => {
      const reason = messageOf(error)
      this.#log.warn('who asks for targets could not be written down', { error: reason })
    })
  }

  #restore(consumer: Consumer): void {
    const { name, address, path, agent } = consumer
    const key = JSON.stringify([name, address, path, agent])
    const newer = this.#unsaved.get(key)
    if (newer === undefined && this.#unsaved.size >= this.#consumersMax) return
    const polls = consumer.polls + (newer?.polls ?? 0)
    this.#unsaved.set(key, { ...(newer ?? consumer), polls })
  }
}

/** Whether it should have come again by now; one that does not say how often is never late. */
function isLate({ intervalSeconds, seenMs }: Consumer, nowMs: number): boolean {
  if (intervalSeconds === 0) return false
  return nowMs - seenMs > intervalSeconds * 1000 * LATE_INTERVALS + LATE_MS
}
