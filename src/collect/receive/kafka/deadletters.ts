/** Messages that nobody will ever take, put where people can look at them. */
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { Cell, Family, Metrics } from '../../../base/metrics.ts'
import { pause } from '../../../base/pause.ts'
import type { KafkaSourceConfig } from '../../../config/ingester.ts'
import { kafkaFault } from '../../../net/kafka/fault.ts'
import type { Batch, InMessage } from '../../../net/kafka/partition.ts'
import { isTopicMissing, MessageProducer, type OutMessage } from '../../../net/kafka/producer.ts'

/** Tries after which a message is left where it is; a cluster that does not answer is waited for. */
const TRIES_MAX = 5
const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 5000
const TIMEOUT_MS_MAX = 10_000
/** A reason is told up to this length. */
const REASON_LENGTH_MAX = 1000

/** Faults that say nothing about the message. */
const OUTAGES: ReadonlySet<string> = new Set(['connection', 'timeout'])

/** A message with why it is poison. */
export interface Poison {
  readonly message: InMessage
  /** One word for the counter. */
  readonly reason: string
  readonly text: string
}

export interface DeadLetterDeps {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

export class DeadLetters {
  readonly #config: KafkaSourceConfig
  readonly #deps: DeadLetterDeps
  readonly #producer: MessageProducer
  readonly #poison: Family
  readonly #written: Cell
  readonly #lost: Cell

  constructor(config: KafkaSourceConfig, deps: DeadLetterDeps) {
    this.#config = config
    this.#deps = deps
    this.#producer = new MessageProducer({
      config,
      compression: 'none',
      timeoutMsMax: TIMEOUT_MS_MAX,
    })
    const { metrics } = deps
    this.#poison = metrics.counter(
      'narthex_kafka_poison_messages_total',
      'Messages that could not be taken, or not all of them, by reason.',
      ['reason'],
    )
    this.#written = metrics
      .counter('narthex_kafka_dead_letters_total', 'Messages put into the dead-letter topic.')
      .with()
    this.#lost = metrics
      .counter(
        'narthex_kafka_dead_letters_failed_total',
        'Poison messages that could not be put into the dead-letter topic.',
      )
      .with()
  }

  /** Puts them away, in order; resolves when that is done, given up, or `signal` is aborted. */
  async put(batch: Batch, poison: readonly Poison[], signal: AbortSignal): Promise<void> {
    const { topic, partition } = batch
    for (const one of poison) {
      const offset = String(one.message.offset)
      const { reason, text } = one
      this.#poison.with(reason).inc()
      this.#deps.log.warn('a message cannot be taken', {
        topic,
        partition,
        offset,
        reason,
        error: text,
      })
      if (this.#config.deadLetterTopic === '') continue
      await this.#write(this.#letterOf(batch, one), `${topic}/${partition}/${offset}`, signal)
    }
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }

  async #write(letter: OutMessage, place: string, signal: AbortSignal): Promise<void> {
    let backoffMs = BACKOFF_MS_MIN
    for (let tries = 1; !signal.aborted; ) {
      try {
        await this.#produce(letter)
        this.#written.inc()
        return
      } catch (error) {
        const { isRetryable, reason, message } = kafkaFault(error)
        if (!OUTAGES.has(reason)) tries++
        if (!isRetryable || tries > TRIES_MAX) {
          this.#lost.inc()
          this.#deps.log.error('cannot write dead letter', { place, reason, error: message })
          return
        }
        await pause(this.#deps.clock, backoffMs, signal)
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MS_MAX)
      }
    }
  }

  async #produce(letter: OutMessage): Promise<void> {
    try {
      await this.#producer.send([letter])
    } catch (error) {
      if (!isTopicMissing(error)) throw error
      const { topic } = letter
      await this.#producer.createTopic({ topic, partitions: undefined, replicas: undefined })
      await this.#producer.send([letter])
    }
  }

  /** The message as it was, and in headers where it was and why it is here. */
  #letterOf({ topic, partition }: Batch, { message, reason, text }: Poison): OutMessage {
    const header = (name: string, value: string): OutMessage['headers'][number] => [
      name,
      new TextEncoder().encode(value),
    ]
    return {
      topic: this.#config.deadLetterTopic,
      key: message.key ?? new Uint8Array(0),
      value: message.value,
      headers: [
        ...message.headers,
        header('dead-letter-reason', reason),
        header('dead-letter-error', text.slice(0, REASON_LENGTH_MAX)),
        header('dead-letter-topic', topic),
        header('dead-letter-partition', String(partition)),
        header('dead-letter-offset', String(message.offset)),
        header('dead-letter-group', this.#config.group),
      ],
    }
  }
}
