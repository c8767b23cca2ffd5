/** `narthex.ingester`: which topics are read, by which group, and where poison goes. */
import {
  buildKafka,
  checkKafka,
  isTopicName,
  KAFKA_KEYS,
  type KafkaConfig,
  type RawKafka,
} from './kafka.ts'
import { isLabelName } from './relabel.ts'
import { duration, maybeSize, oneOf, text, textOr, whole } from './scalars.ts'
import { type Keys, listOf, type MapPlace, mapOf, optional, type Shape } from './shape.ts'

const STARTS = ['earliest', 'latest'] as const

export type KafkaStart = (typeof STARTS)[number]

export interface KafkaSourceConfig extends KafkaConfig {
  readonly topics: readonly string[]
  readonly group: string
  /** Where a partition begins that the group has not read yet. */
  readonly from: KafkaStart
  /** '': what cannot be taken is counted and left out. */
  readonly deadLetterTopic: string
  /** Label that gets the tenant of a message; '' for none. */
  readonly tenantLabel: string
  /** How long the cluster waits for a sign of us before others get our partitions. */
  readonly sessionMsMax: number
  readonly heartbeatMs: number
  /** How long members have to take part in a new share-out. */
  readonly rebalanceMsMax: number
  /** Bytes of a partition that are fetched ahead. */
  readonly fetchBytesMax: number
  /** Messages that are passed on and committed at once, per partition. */
  readonly batchMessagesMax: number
  /** How long a partition may stand still although there is something to read. */
  readonly stallMsMax: number
}

export interface IngesterConfig {
  /** undefined: nothing is configured to be read. */
  readonly kafka: KafkaSourceConfig | undefined
}

interface RawSource extends RawKafka {
  readonly topics: readonly string[]
  readonly group: string
  readonly from: KafkaStart | undefined
  readonly dead_letter_topic: string
  readonly tenant_label: string
  readonly session_timeout: number
  readonly heartbeat_interval: number
  readonly rebalance_timeout: number
  readonly fetch_max_bytes: number | undefined
  readonly batch_max_messages: number
  readonly stall_timeout: number
}

export const FETCH_BYTES_DEFAULT: number = 4 * 1024 * 1024
export const BATCH_MESSAGES_DEFAULT = 500
const FETCH_BYTES_MIN = 64 * 1024

const SOURCE_KEYS: Keys<RawSource> = {
  ...KAFKA_KEYS,
  topics: listOf(text, 'empty or null topic'),
  group: textOr('narthex'),
  from: oneOf<KafkaStart>(
    STARTS,
    'earliest',
    (word) => `unknown start "${word}", wanted earliest or latest`,
  ),
  dead_letter_topic: text,
  tenant_label: text,
  session_timeout: duration(15_000),
  heartbeat_interval: duration(1000),
  rebalance_timeout: duration(20_000),
  fetch_max_bytes: maybeSize,
  batch_max_messages: whole(BATCH_MESSAGES_DEFAULT),
  stall_timeout: duration(60_000),
}

const source: Shape<KafkaSourceConfig> = mapOf(
  'narthex.plain',
  SOURCE_KEYS,
  (raw) => ({
    ...buildKafka(raw),
    topics: raw.topics,
    group: raw.group,
    from: raw.from ?? 'earliest',
    deadLetterTopic: raw.dead_letter_topic,
    tenantLabel: raw.tenant_label,
    sessionMsMax: raw.session_timeout,
    heartbeatMs: raw.heartbeat_interval,
    rebalanceMsMax: raw.rebalance_timeout,
    fetchBytesMax: raw.fetch_max_bytes ?? FETCH_BYTES_DEFAULT,
    batchMessagesMax: raw.batch_max_messages,
    stallMsMax: raw.stall_timeout,
  }),
  (raw, place) => {
    checkKafka(raw, place)
    checkTopics(raw, place)
    checkTimes(raw, place)
  },
)

function checkTopics(raw: RawSource, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.topics.length === 0) refuse('topics', 'topics are missing')
  for (const topic of raw.topics) {
    if (!isTopicName(topic)) refuse('topics', `${JSON.stringify(topic)} is no name of a topic`)
  }
  const letters = raw.dead_letter_topic
  if (letters !== '' && !isTopicName(letters)) {
    refuse('dead_letter_topic', `${JSON.stringify(letters)} is no name of a topic`)
  }
  if (raw.topics.includes(letters)) {
    refuse('dead_letter_topic', 'dead_letter_topic is one of the topics that are read')
  }
  if (raw.group === '') refuse('group', 'group is empty')
  if (raw.tenant_label !== '' && !isLabelName(raw.tenant_label, 'utf8')) {
    refuse('tenant_label', `"${raw.tenant_label}" is not a valid label name`)
  }
}

function checkTimes(raw: RawSource, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  for (const key of [
    'session_timeout',
    'heartbeat_interval',
    'batch_max_messages',
    'stall_timeout',
  ] as const) {
    if (raw[key] <= 0) refuse(key, `${key} must be positive`)
  }
  if (raw.heartbeat_interval * 2 > raw.session_timeout) {
    refuse('heartbeat_interval', 'heartbeat_interval must be at most half of session_timeout')
  }
  if (raw.rebalance_timeout < raw.session_timeout) {
    refuse('rebalance_timeout', 'rebalance_timeout must not be less than session_timeout')
  }
  if ((raw.fetch_max_bytes ?? FETCH_BYTES_DEFAULT) < FETCH_BYTES_MIN) {
    refuse('fetch_max_bytes', 'fetch_max_bytes below 64KB, wanted 64KB or more')
  }
}

/** The section; absent, nothing is read. */
export const ingesterShape: Shape<IngesterConfig> = mapOf(
  'narthex.plain',
  { kafka: optional(source) },
  (raw) => raw,
)
