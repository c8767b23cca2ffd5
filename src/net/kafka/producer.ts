/** Puts messages into topics, each batch on all replicas in sync. */
import { Admin, ProduceAcks, Producer } from '@platformatic/kafka'
import type { KafkaConfig } from '../../config/kafka.ts'
import { isKafkaError } from './fault.ts'
import { clientOptions } from './options.ts'

export interface OutMessage {
  readonly topic: string
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[]
}

/** A topic that is made when it is not there. */
export interface TopicSpec {
  readonly topic: string
  /** undefined: as the cluster has it. */
  readonly partitions: number | undefined
  readonly replicas: number | undefined
}

export interface ProducerOptions {
  readonly config: KafkaConfig
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly timeoutMsMax: number
}

/** Connects when it is first used, and again when it lost its connection. */
export class MessageProducer {
  readonly #options: ProducerOptions
  #producer: Promise<Producer> | undefined
  #isClosed = false

  constructor(options: ProducerOptions) {
    this.#options = options
  }

  /**
   * Resolves when all messages are written on all replicas in sync. Messages of one key are in one
   * partition, in order.
   *
   * @throws whatever the library does: `kafkaFault` tells
   */
  async send(messages: readonly OutMessage[]): Promise<void> {
    const producer = await this.#open()
    await producer.send({
      messages: messages.map(({ topic, key, value, headers }) => ({
        topic,
        key: bufferOf(key),
        value: bufferOf(value),
        headers: new Map(headers.map(([name, text]) => [Buffer.from(name), bufferOf(text)])),
      })),
      acks: ProduceAcks.ALL,
      compression: this.#options.compression,
      autocreateTopics: false,
    })
  }

  /** Makes a topic; one that is there stays as it is. */
  async createTopic(spec: TopicSpec): Promise<void> {
    const { config, timeoutMsMax } = this.#options
    const admin = new Admin(await clientOptions(config, timeoutMsMax))
    try {
      await admin.createTopics({
        topics: [spec.topic],
        partitions: spec.partitions ?? -1,
        replicas: spec.replicas ?? -1,
      })
    } catch (error) {
      if (!isKafkaError(error, 'TOPIC_ALREADY_EXISTS')) throw error
    } finally {
      await admin.close()
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const opening = this.#producer
    this.#producer = undefined
    const producer = await opening?.catch(() => undefined)
    await producer?.close(true)
  }

  #open(): Promise<Producer> {
    if (this.#isClosed) throw new Error('BUG: expected a producer that is open')
    const { config, timeoutMsMax } = this.#options
    this.#producer ??= clientOptions(config, timeoutMsMax)
      .then((options) => new Producer({ ...options, timeout: timeoutMsMax }))
      .catch((error: unknown) => {
        this.#producer = undefined // the next one reads the files again
        throw error
      })
    return this.#producer
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Whether a topic has to be made before anything can be written. */
export function isTopicMissing(error: unknown): boolean {
  if (isKafkaError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return true
  return error instanceof Error && /^Unknown topic /.test(error.message)
}
