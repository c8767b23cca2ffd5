/** `type: kafka`: samples as messages of a topic. */
import { type DestinationBase, destinationOf } from '../destination.ts'
import {
  buildKafka,
  checkKafka,
  isTopicName,
  KAFKA_KEYS,
  type KafkaConfig,
  type RawKafka,
} from '../kafka.ts'
import { duration, maybeCount, maybeSize, oneOf, text, truth } from '../scalars.ts'
import type { Shape } from '../shape.ts'

const ENCODINGS = ['protobuf', 'json'] as const
const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type KafkaEncoding = (typeof ENCODINGS)[number]
export type KafkaCompression = (typeof COMPRESSIONS)[number]

export interface KafkaDestination extends DestinationBase, KafkaConfig {
  readonly kind: 'kafka'
  readonly topic: string
  readonly encoding: KafkaEncoding
  readonly compression: KafkaCompression
  /** Header of every message; '' for none. */
  readonly tenant: string
  /** Largest message and largest batch of messages, before compression. */
  readonly messageBytesMax: number
  /** How long the cluster has to write a batch on all replicas in sync. */
  readonly timeoutMsMax: number
  /** Whether a topic that is not there is made. */
  readonly createTopic: boolean
  /** Of a topic that is made; undefined: as the cluster has it. */
  readonly partitions: number | undefined
  readonly replicas: number | undefined
}

interface RawDestination extends RawKafka {
  readonly topic: string
  readonly encoding: KafkaEncoding | undefined
  readonly compression: KafkaCompression | undefined
  readonly tenant: string
  readonly message_max_bytes: number | undefined
  readonly timeout: number
  readonly create_topic: boolean
  readonly partitions: number | undefined
  readonly replicas: number | undefined
}

/** Below what brokers take by default: 1,048,588 B. */
export const MESSAGE_BYTES_DEFAULT = 1_000_000
const MESSAGE_BYTES_MIN = 1024
const REPLICAS_MAX = 32_767

export const kafkaDestination: Shape<KafkaDestination> = destinationOf(
  'kafka',
  {
    ...KAFKA_KEYS,
    topic: text,
    encoding: oneOf<KafkaEncoding>(
      ENCODINGS,
      'protobuf',
      (word) => `unknown encoding "${word}", wanted ${ENCODINGS.join(' or ')}`,
    ),
    compression: oneOf<KafkaCompression>(
      COMPRESSIONS,
      'zstd',
      (word) => `unknown compression "${word}", wanted ${COMPRESSIONS.join(', ')}`,
    ),
    tenant: text,
    message_max_bytes: maybeSize,
    timeout: duration(10_000),
    create_topic: truth(true),
    partitions: maybeCount,
    replicas: maybeCount,
  },
  (raw: RawDestination) => ({
    ...buildKafka(raw),
    topic: raw.topic,
    encoding: raw.encoding ?? 'protobuf',
    compression: raw.compression ?? 'zstd',
    tenant: raw.tenant,
    messageBytesMax: raw.message_max_bytes ?? MESSAGE_BYTES_DEFAULT,
    timeoutMsMax: raw.timeout,
    createTopic: raw.create_topic,
    partitions: raw.partitions,
    replicas: raw.replicas,
  }),
  (raw, place) => {
    checkKafka(raw, place)
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), message)
    if (!isTopicName(raw.topic)) {
      refuse('topic', `${JSON.stringify(raw.topic)} is no name of a topic`)
    }
    if ((raw.message_max_bytes ?? MESSAGE_BYTES_DEFAULT) < MESSAGE_BYTES_MIN) {
      refuse('message_max_bytes', `message_max_bytes below 1KB, wanted 1KB or more`)
    }
    if (raw.timeout <= 0) refuse('timeout', 'timeout must be positive')
    if (raw.partitions === 0) refuse('partitions', 'partitions must be positive')
    if (raw.replicas !== undefined && (raw.replicas < 1 || raw.replicas > REPLICAS_MAX)) {
      refuse('replicas', `replicas must be between 1 and ${REPLICAS_MAX}`)
    }
  },
)
