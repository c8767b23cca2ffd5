/** Metrics of what is read from Kafka. */
import type { Cell, Metrics } from '../../../base/metrics.ts'
import type { GroupCounts, GroupMember } from '../../../net/kafka/group.ts'
import type { InMessage } from '../../../net/kafka/partition.ts'
import type { MessageDecoder } from './decode.ts'

/** What is asked for numbers. */
export interface Measured {
  readonly member: GroupMember
  readonly decoder: MessageDecoder
}

/** Names and help of what a member counts. */
const COUNTS: Readonly<Record<keyof GroupCounts, readonly [name: string, help: string]>> = {
  rebalances: ['narthex_kafka_consumer_rebalances_total', 'Times that partitions were shared out.'],
  reconnects: [
    'narthex_kafka_consumer_reconnects_total',
    'Times that the group was joined anew because a partition stood still.',
  ],
  stalls: [
    'narthex_kafka_consumer_stalls_total',
    'Partitions that stood still although there was something to read.',
  ],
  offsetResets: [
    'narthex_kafka_consumer_offset_resets_total',
    'Times that messages were gone before they were read.',
  ],
  fetchFaults: ['narthex_kafka_consumer_fetch_errors_total', 'Fetches that failed.'],
  commitFaults: ['narthex_kafka_consumer_commit_errors_total', 'Commits that failed.'],
}

export class KafkaFigures {
  readonly retries: Cell
  readonly #messages: Cell
  readonly #bytes: Cell
  readonly #samples: Cell
  /** Counts of members that are gone. */
  readonly #before: Partial<GroupCounts> = {}

  constructor(metrics: Metrics, measured: () => Measured) {
    const counter = (name: string, help: string): Cell => metrics.counter(name, help).with()
    this.#messages = counter('narthex_kafka_consumer_messages_total', 'Messages passed on.')
    this.#bytes = counter(
      'narthex_kafka_consumer_bytes_total',
      'Bytes of messages passed on, not compressed.',
    )
    this.#samples = counter('narthex_kafka_consumer_samples_total', 'Samples passed on.')
    this.retries = counter(
      'narthex_kafka_consumer_retries_total',
      'Batches that destinations did not take the first time.',
    )
    this.#registerMember(metrics, measured)
    this.#registerPartitions(metrics, measured)
  }

  /** Messages were passed on. */
  add(messages: readonly InMessage[], sampleCount: number): void {
    this.#messages.inc(messages.length)
    this.#bytes.inc(messages.reduce((sum, { value }) => sum + value.length, 0))
    this.#samples.inc(sampleCount)
  }

  /** A member is about to be replaced: its counts go on. */
  keep(counts: GroupCounts): void {
    for (const key of Object.keys(COUNTS) as (keyof GroupCounts)[]) {
      this.#before[key] = (this.#before[key] ?? 0) + counts[key]
    }
  }

  #registerMember(metrics: Metrics, measured: () => Measured): void {
    const cells = Object.entries(COUNTS).map(
      ([key, [name, help]]) =>
        [key as keyof GroupCounts, metrics.counter(name, help).with()] as const,
    )
    const isWell = metrics
      .gauge('narthex_kafka_consumer_up', 'Whether the group is joined and its brokers answer.')
      .with()
    const known = metrics
      .gauge('narthex_kafka_consumer_known_series', 'Series known by the bytes of their labels.')
      .with()
    metrics.onCollect(() => {
      const { member, decoder } = measured()
      for (const [key, cell] of cells) cell.set((this.#before[key] ?? 0) + member.counts[key])
      isWell.set(member.isWell ? 1 : 0)
      known.set(decoder.knownSeries)
    })
  }

  #registerPartitions(metrics: Metrics, measured: () => Measured): void {
    const labels = ['topic', 'partition']
    const gauge = (name: string, help: string) => metrics.gauge(name, help, labels)
    const lag = gauge(
      'narthex_kafka_consumer_lag',
      'Messages of a partition that are not committed yet.',
    )
    const offset = gauge(
      'narthex_kafka_consumer_committed_offset',
      'Next message of a partition to be committed.',
    )
    const queued = gauge(
      'narthex_kafka_consumer_queued_bytes',
      'Bytes of a partition that are fetched ahead.',
    )
    let shown: readonly (readonly [string, string])[] = []
    metrics.onCollect(() => {
      const partitions = measured().member.partitions()
      const now = partitions.map(({ topic, number }) => [topic, String(number)] as const)
      for (const place of shown) for (const each of [lag, offset, queued]) each.without(...place)
      for (const [i, partition] of partitions.entries()) {
        lag.with(...now[i]).set(partition.lag)
        offset.with(...now[i]).set(Number(partition.committedOffset))
        queued.with(...now[i]).set(partition.queuedBytes)
      }
      shown = now
    })
  }
}
