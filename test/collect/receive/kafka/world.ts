/** Both sides of a topic for tests: a sender with a real writer, and readers into memory. */
import type { TestContext } from 'node:test'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { Metrics } from '../../../../src/base/metrics.ts'
import { KafkaReceiver } from '../../../../src/collect/receive/kafka/receiver.ts'
import { LABEL_LIMITS } from '../../../../src/collect/receive/labelcheck.ts'
import { DEFAULT_QUEUE, type DestinationBase } from '../../../../src/config/destination.ts'
import type { KafkaDestination } from '../../../../src/config/destinations/kafka.ts'
import type { KafkaSourceConfig } from '../../../../src/config/ingester.ts'
import type { KafkaConfig } from '../../../../src/config/kafka.ts'
import { GroupMember } from '../../../../src/net/kafka/group.ts'
import type { InMessage } from '../../../../src/net/kafka/partition.ts'
import { MessageProducer } from '../../../../src/net/kafka/producer.ts'
import type { Policy } from '../../../../src/send/commit.ts'
import { openKafka } from '../../../../src/send/kafka/writer.ts'
import { DEFAULT_SEND_LIMITS, type Sending, startSending } from '../../../../src/send/sending.ts'
import type { SeriesView } from '../../../../src/send/writer.ts'
import { destinationOf, MemoryWriter } from '../../../send/support.ts'
import { until } from '../../../support/processes.ts'

function clusterOf(address: string): KafkaConfig {
  return { brokers: [address], clientId: 'test', tls: undefined, sasl: undefined }
}

export function kafkaDestination(
  address: string,
  topic: string,
  more: Partial<KafkaDestination> = {},
): KafkaDestination {
  return {
    ...clusterOf(address),
    name: topic,
    kind: 'kafka',
    relabel: [],
    queue: { ...DEFAULT_QUEUE, batchSendDeadlineMs: 20, backoffMsMin: 50, backoffMsMax: 500 },
    sendExemplars: true,
    sendNativeHistograms: true,
    topic,
    encoding: 'protobuf',
    compression: 'zstd',
    tenant: '',
    messageBytesMax: 1_000_000,
    timeoutMsMax: 5000,
    createTopic: true,
    partitions: 4,
    replicas: 1,
    ...more,
  }
}

export function sourceOf(
  address: string,
  topic: string,
  more: Partial<KafkaSourceConfig> = {},
): KafkaSourceConfig {
  return {
    ...clusterOf(address),
    topics: [topic],
    group: `readers-of-${topic}`,
    from: 'earliest',
    deadLetterTopic: '',
    tenantLabel: '',
    sessionMsMax: 6000,
    heartbeatMs: 300,
    rebalanceMsMax: 6000,
    fetchBytesMax: 4 * 1024 * 1024,
    batchMessagesMax: 500,
    stallMsMax: 60_000,
    ...more,
  }
}

/** What waits goes to one topic; `commit` of its appenders resolves when it is there. Ends with `t`. */
export async function startSender(
  t: TestContext,
  config: KafkaDestination,
): Promise<Sending<KafkaDestination>> {
  const sending = await startSending<KafkaDestination>({
    destinations: [config],
    externalLabels: [],
    policy: () => 'all',
    limits: { ...DEFAULT_SEND_LIMITS, commitMsMax: 60_000, flushMsMax: 100 },
    deps: {
      clock: systemClock,
      log: silentLog,
      metrics: new Metrics(),
      openWriter: (each, view) => openKafka(each)(view),
    },
  })
  t.after(() => sending.stop())
  return sending
}

export interface Reader {
  readonly receiver: KafkaReceiver
  readonly metrics: Metrics
  readonly writers: ReadonlyMap<string, MemoryWriter>
  readonly views: ReadonlyMap<string, SeriesView>
  stop(): Promise<void>
}

/** An ingester without a process: two destinations in memory. Ends with `t`, if not before. */
export async function startReader(
  t: TestContext,
  config: KafkaSourceConfig,
  options: { readonly policy?: Policy; readonly commitMsMax?: number } = {},
): Promise<Reader> {
  const metrics = new Metrics()
  const writers = new Map<string, MemoryWriter>()
  const views = new Map<string, SeriesView>()
  const sending = await startSending<DestinationBase>({
    destinations: [
      destinationOf('a', {}, { batchSendDeadlineMs: 10, backoffMsMax: 100 }),
      destinationOf('b', {}, { batchSendDeadlineMs: 10, backoffMsMax: 100 }),
    ],
    externalLabels: [],
    policy: () => options.policy ?? 'all',
    limits: {
      ...DEFAULT_SEND_LIMITS,
      commitMsMax: options.commitMsMax ?? 10_000,
      flushMsMax: 100,
    },
    deps: {
      clock: systemClock,
      log: silentLog,
      metrics,
      openWriter(each, view) {
        const writer = new MemoryWriter(view)
        writers.set(each.name, writer)
        views.set(each.name, view)
        return writer
      },
    },
  })
  const receiver = new KafkaReceiver({
    config,
    appender: sending.pushed(),
    labelLimits: LABEL_LIMITS,
    messageBytesMax: 32 * 1024 * 1024,
    onMetadata: () => {},
    clock: systemClock,
    log: silentLog,
    metrics,
  })
  const stop = async (): Promise<void> => {
    await receiver.stop()
    await sending.stop()
  }
  t.after(stop)
  return { receiver, metrics, writers, views, stop }
}

/** The value of a metric without labels, or with these. */
export function metricOf(metrics: Metrics, name: string): number {
  const line = metrics
    .render()
    .split('\n')
    .find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? Number.NaN)
}

/** Makes a topic, so that nothing is sent before it has leaders. */
export async function makeTopic(address: string, topic: string, partitions = 4): Promise<void> {
  const producer = openProducer(address)
  await producer.createTopic({ topic, partitions, replicas: 1 })
  await producer.close()
}

/** Sends messages as somebody else would. */
export function openProducer(address: string): MessageProducer {
  return new MessageProducer({
    config: clusterOf(address),
    compression: 'none',
    timeoutMsMax: 5000,
  })
}

/** A message with its place. */
export interface Placed {
  readonly partition: number
  readonly message: InMessage
}

/** Reads a topic from its beginning, as a group of its own. */
export function readTopic(
  address: string,
  topic: string,
): { readonly messages: Placed[]; stop(): Promise<void> } {
  const messages: Placed[] = []
  const config = sourceOf(address, topic, { group: `look-at-${topic}-${Math.random()}` })
  const member = new GroupMember({
    ...config,
    config,
    clock: systemClock,
    log: silentLog,
    async take(batch) {
      for (const message of batch.messages) messages.push({ partition: batch.partition, message })
    },
  })
  member.start()
  return { messages, stop: () => member.stop(100) }
}

export function headersOf({ message }: Placed): Record<string, string> {
  return Object.fromEntries(
    message.headers.map(([name, value]) => [name, Buffer.from(value).toString()]),
  )
}

/** Distinct samples by series, in order of arrival. */
export function distinct(writer: MemoryWriter): Map<string, readonly string[]> {
  const entries = [...writer.series].map(([key, list]) => [key, [...new Set(list)]] as const)
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function sizeOf(series: ReadonlyMap<string, readonly string[]>): number {
  return [...series.values()].reduce((sum, list) => sum + list.length, 0)
}

/** Resolves when a reader has committed everything that is there to be read. */
export async function untilCaughtUp({ receiver }: Reader): Promise<void> {
  await until('no lag', () => {
    const partitions = receiver.view.partitions()
    return partitions.length > 0 && partitions.every(({ lag }) => lag === 0)
  })
}
