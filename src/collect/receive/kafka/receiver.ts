/** Reads topics of Kafka into an Appender; offsets are committed when its destinations have it all. */
import type { Clock } from '../../../base/clock.ts'
import { messageOf, NarthexError } from '../../../base/error.ts'
import type { Log } from '../../../base/log.ts'
import type { Metrics } from '../../../base/metrics.ts'
import { pause } from '../../../base/pause.ts'
import { equalConfig } from '../../../config/equal.ts'
import type { KafkaSourceConfig } from '../../../config/ingester.ts'
import type { Appender, Shortfall } from '../../../model/appender.ts'
import type { PartitionStatus, PartitionsView } from '../../../model/partition.ts'
import { GroupMember } from '../../../net/kafka/group.ts'
import type { Batch, InMessage } from '../../../net/kafka/partition.ts'
import type { WriteMetadata } from '../../../wire/remotewrite.ts'
import type { LabelLimits } from '../labelcheck.ts'
import { DeadLetters, type Poison } from './deadletters.ts'
import { MessageDecoder } from './decode.ts'
import { KafkaFigures } from './figures.ts'

const BACKOFF_MS_MIN = 100
const BACKOFF_MS_MAX = 5000

/** How long stopping waits for what is on its way, in ms. */
const GRACE_MS_MAX = 1500

export interface KafkaReceiverOptions {
  readonly config: KafkaSourceConfig
  /** Its `commit` resolves when as many destinations have written as the policy wants. */
  readonly appender: Appender
  readonly labelLimits: LabelLimits
  /** Largest message. */
  readonly messageBytesMax: number
  readonly onMetadata: (metadata: WriteMetadata) => void
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** What reads one configuration. */
interface Reading {
  readonly config: KafkaSourceConfig
  readonly decoder: MessageDecoder
  readonly deadLetters: DeadLetters
  readonly member: GroupMember
}

export class KafkaReceiver {
  readonly view: PartitionsView
  readonly #options: KafkaReceiverOptions
  readonly #figures: KafkaFigures
  #reading: Reading
  /** Why destinations do not take what is there; '' while they do. */
  #refusal = ''

  /** Begins to read; brokers that are not there are waited for. */
  constructor(options: KafkaReceiverOptions) {
    this.#options = options
    this.#reading = this.#start(options.config)
    this.#figures = new KafkaFigures(options.metrics, () => this.#reading)
    const receiver = this
    this.view = {
      partitions: () => this.#partitions(),
      get lastError() {
        return receiver.#refusal || receiver.#reading.member.lastError
      },
    }
  }

  /** Whether the group has given us our share, and brokers answer. */
  get isReady(): boolean {
    return this.#reading.member.isWell
  }

  /** Goes on with another configuration; the same again changes nothing. */
  async apply(config: KafkaSourceConfig): Promise<void> {
    if (equalConfig(config, this.#reading.config)) return
    const before = this.#reading
    this.#figures.keep(before.member.counts)
    await this.#end(before)
    this.#reading = this.#start(config)
  }

  async stop(): Promise<void> {
    await this.#end(this.#reading)
  }

  #start(config: KafkaSourceConfig): Reading {
    const { appender, clock, log, metrics, labelLimits, messageBytesMax, onMetadata } =
      this.#options
    const decoder = new MessageDecoder({
      appender,
      clock,
      limits: labelLimits,
      messageBytesMax,
      tenantLabel: config.tenantLabel,
      onMetadata,
    })
    const deadLetters = new DeadLetters(config, { clock, log, metrics })
    const take = (batch: Batch, signal: AbortSignal): Promise<void> =>
      this.#take(batch, decoder, deadLetters, signal)
    const member = new GroupMember({ ...config, config, clock, log, take })
    member.start()
    return { config, decoder, deadLetters, member }
  }

  async #end({ member, deadLetters }: Reading): Promise<void> {
    await member.stop(GRACE_MS_MAX)
    await deadLetters.close()
  }

  /** Tries until the destinations have it, or until others own the partition. */
  async #take(
    batch: Batch,
    decoder: MessageDecoder,
    deadLetters: DeadLetters,
    signal: AbortSignal,
  ): Promise<void> {
    let backoffMs = BACKOFF_MS_MIN
    while (!signal.aborted) {
      try {
        const poison = await this.#pass(batch.messages, decoder)
        this.#refusal = ''
        await deadLetters.put(batch, poison, signal)
        return
      } catch (error) {
        if (!(error instanceof NarthexError)) throw error
        this.#noteRefusal(batch, error)
        await pause(this.#options.clock, backoffMs, signal)
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MS_MAX)
      }
    }
  }

  /**
   * Passes messages on; hands back what nobody will ever take.
   *
   * @throws NarthexError `busy` when destinations do not accept now
   */
  async #pass(messages: readonly InMessage[], decoder: MessageDecoder): Promise<readonly Poison[]> {
    const poison: Poison[] = []
    let sampleCount = 0
    for (const message of messages) {
      try {
        const { acceptedCount, refusals } = decoder.take(message)
        sampleCount += acceptedCount
        const [reason] = refusals.byReason().keys()
        if (reason !== undefined) poison.push({ message, reason, text: refusals.message() })
      } catch (error) {
        if (!isPoison(error)) throw error
        poison.push({ message, reason: 'undecodable', text: messageOf(error) })
      }
    }
    try {
      requireWhole(await this.#options.appender.commit())
    } catch (error) {
      if (!isPoison(error)) throw error
      if (messages.length === 1) {
        return [{ message: messages[0], reason: 'refused', text: messageOf(error) }]
      }
      return await this.#passEach(messages, decoder)
    }
    this.#figures.add(messages, sampleCount)
    return poison
  }

  /** One of them is refused for good: which one is found out one by one. */
  async #passEach(
    messages: readonly InMessage[],
    decoder: MessageDecoder,
  ): Promise<readonly Poison[]> {
    const poison: Poison[] = []
    for (const message of messages) poison.push(...(await this.#pass([message], decoder)))
    return poison
  }

  #noteRefusal({ topic, partition }: Batch, error: NarthexError): void {
    this.#figures.retries.inc()
    if (this.#refusal === '') {
      const said = { topic, partition, error: error.message }
      this.#options.log.warn('destinations do not take what was read, waiting', said)
    }
    this.#refusal = error.message
  }

  #partitions(): readonly PartitionStatus[] {
    const nowMs = this.#options.clock.monotonicMs()
    return this.#reading.member.partitions().map((each) => ({
      topic: each.topic,
      partition: each.number,
      committedOffset: Number(each.committedOffset),
      endOffset: Number(each.endOffset),
      lag: each.lag,
      queuedBytes: each.queuedBytes,
      isWaiting: each.isTaking,
      stillSeconds: (nowMs - each.movedMs) / 1000,
    }))
  }
}

/** @throws NarthexError `bad_data` when destinations have refused some of it for good */
function requireWhole(shortfall: Shortfall | undefined): void {
  if (shortfall === undefined) return
  const samples = shortfall.count === 1 ? '1 sample' : `${shortfall.count} samples`
  throw new NarthexError('bad_data', `cannot pass on ${samples}: ${shortfall.reason}`)
}

/** Whether the same will be refused however often it is tried. */
function isPoison(error: unknown): error is NarthexError {
  return error instanceof NarthexError && (error.kind === 'bad_data' || error.kind === 'too_big')
}
