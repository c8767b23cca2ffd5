/** Fetches ahead for the partitions that have room: one request at a time to each broker. */
import {
  type BaseOptions,
  type ClusterMetadata,
  ConnectionPool,
  type Consumer,
  FetchIsolationLevels,
  type FetchOptions,
  IS_CONTROL,
} from '@platformatic/kafka'
import type { Clock, Timer } from '../../base/clock.ts'
import { isKafkaError } from './fault.ts'
import type { InMessage, Partition } from './partition.ts'

type FetchRequestTopic = FetchOptions<Buffer, Buffer, Buffer, Buffer>['topics'][number]
type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>
type FetchResponsePartition = FetchResponse['responses'][number]['partitions'][number]

/** How long a broker waits for new messages before it answers that there are none. */
const WAIT_MS_MAX = 500
const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 5000
/** Memory of a message beside its key and value, about. */
const MESSAGE_BYTES = 200
/** Bytes of all partitions of a broker in one answer. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
const PARTITION_BYTES_MAX = 1024 * 1024

export interface FetcherDeps {
  readonly clock: Clock
  readonly consumer: Consumer
  readonly topics: readonly string[]
  readonly options: BaseOptions
  /** The partitions that are ours now. */
  readonly partitions: () => Iterable<Partition>
  readonly onFault: (error: unknown) => void
  /** Hears that a broker answered. */
  readonly onAnswer: () => void
  /** What a partition was to read next is not in the topic any more. */
  readonly onOutOfRange: (partitions: readonly Partition[]) => Promise<void>
}

/** What was asked for, to be compared with what is wanted when the answer comes. */
interface Asked {
  readonly partition: Partition
  readonly offset: bigint
}

export class Fetcher {
  readonly #deps: FetcherDeps
  readonly #pool: ConnectionPool
  readonly #busy = new Set<number>()
  #backoffMs = BACKOFF_MS_MIN
  #timer: Timer | undefined
  #isPlanned = false
  #isStopped = false

  constructor(deps: FetcherDeps) {
    this.#deps = deps
    const { clientId, ...options } = deps.options
    // Answers wait for messages: on the connections of the group they would hold up its heartbeats.
    this.#pool = new ConnectionPool(clientId, options)
  }

  /** Fetches for whoever has room, soon. */
  poke(): void {
    if (this.#isPlanned || this.#isStopped || this.#timer !== undefined) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      void this.#pump()
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#pool.close()
  }

  async #pump(): Promise<void> {
    try {
      const wanted = [...this.#deps.partitions()].filter((partition) => partition.hasRoom)
      if (wanted.length === 0 || this.#isStopped) return
      const { consumer, topics } = this.#deps
      const metadata = await consumer.metadata({ topics: [...topics] })
      for (const [node, asked] of byLeader(wanted, metadata, this.#busy)) {
        void this.#fetch(node, asked, metadata)
      }
    } catch (error) {
      this.#retreat(error)
    }
  }

  async #fetch(node: number, asked: readonly Asked[], metadata: ClusterMetadata): Promise<void> {
    this.#busy.add(node)
    try {
      const response = await this.#deps.consumer.fetch({
        node,
        topics: requestOf(asked, metadata),
        minBytes: 1,
        maxBytes: ANSWER_BYTES_MAX,
        maxWaitTime: WAIT_MS_MAX,
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
        connectionPool: this.#pool,
      })
      const names = new Map([...metadata.topics].map(([name, { id }]) => [id, name]))
      for (const { topicId, partitions } of response.responses) {
        for (const part of partitions) deliver(part, names.get(topicId), asked)
      }
      this.#backoffMs = BACKOFF_MS_MIN
      this.#deps.onAnswer()
      this.#busy.delete(node)
      this.poke()
    } catch (error) {
      this.#busy.delete(node)
      if (isKafkaError(error, 'OFFSET_OUT_OF_RANGE')) await this.#jump(asked)
      this.#retreat(error)
    }
  }

  async #jump(asked: readonly Asked[]): Promise<void> {
    try {
      await this.#deps.onOutOfRange(asked.map(({ partition }) => partition))
    } catch (error) {
      this.#deps.onFault(error)
    }
  }

  /** Waits longer from time to time until the brokers answer again. */
  #retreat(error: unknown): void {
    if (this.#isStopped) return
    this.#deps.onFault(error)
    this.#deps.consumer.clearMetadata()
    this.#timer ??= this.#deps.clock.after(this.#backoffMs, () => {
      this.#timer = undefined
      this.poke()
    })
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_MS_MAX)
  }
}

/** Partitions by the broker that leads them, without those that are asked already. */
function byLeader(
  partitions: readonly Partition[],
  metadata: ClusterMetadata,
  busy: ReadonlySet<number>,
): ReadonlyMap<number, readonly Asked[]> {
  const nodes = new Map<number, Asked[]>()
  for (const partition of partitions) {
    const leader = metadata.topics.get(partition.topic)?.partitions[partition.number]?.leader ?? -1
    if (leader < 0 || busy.has(leader)) continue
    const asked = nodes.get(leader) ?? []
    asked.push({ partition, offset: partition.fetchOffset })
    nodes.set(leader, asked)
  }
  return nodes
}

function requestOf(asked: readonly Asked[], metadata: ClusterMetadata): FetchRequestTopic[] {
  const topics = new Map<string, FetchRequestTopic>()
  for (const { partition, offset } of asked) {
    const topicId = metadata.topics.get(partition.topic)?.id ?? ''
    const topic = topics.get(topicId) ?? { topicId, partitions: [] }
    topic.partitions.push({
      partition: partition.number,
      currentLeaderEpoch: -1,
      fetchOffset: offset,
      lastFetchedEpoch: -1,
      partitionMaxBytes: PARTITION_BYTES_MAX,
    })
    topics.set(topicId, topic)
  }
  return [...topics.values()]
}

/** Hands over what came, unless the partition was lost or moved meanwhile. */
function deliver(
  part: FetchResponsePartition,
  topic: string | undefined,
  all: readonly Asked[],
): void {
  const asked = all.find(
    ({ partition }) => partition.topic === topic && partition.number === part.partitionIndex,
  )
  if (asked === undefined) return
  const { partition, offset } = asked
  if (partition.isLost || partition.fetchOffset !== offset) return
  if (part.highWatermark >= 0n) partition.endOffset = part.highWatermark
  const messages: InMessage[] = []
  let nextOffset = offset
  let sizeBytes = 0
  for (const batch of part.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
    if (last > nextOffset) nextOffset = last
    if ((batch.attributes & IS_CONTROL) !== 0) continue
    for (const { offsetDelta, key, value, headers } of batch.records) {
      const at = batch.firstOffset + BigInt(offsetDelta)
      if (at < offset) continue
      sizeBytes += MESSAGE_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
      messages.push({
        offset: at,
        key: key ?? undefined,
        value: value ?? new Uint8Array(0),
        headers: headers.map(([name, text]) => [String(name ?? ''), text ?? new Uint8Array(0)]),
      })
    }
  }
  if (nextOffset > offset) partition.add(messages, nextOffset, sizeBytes)
}
