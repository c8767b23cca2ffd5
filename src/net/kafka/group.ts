/** A member of a consumer group: takes its share of partitions, reads, commits, gives them back. */
import { type BaseOptions, Consumer } from '@platformatic/kafka'
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { KafkaConfig } from '../../config/kafka.ts'
import { Commits } from './commits.ts'
import { kafkaFault } from './fault.ts'
import { Fetcher } from './fetcher.ts'
import { keyOf, listOffsets, type Place, startOffsets } from './offsets.ts'
import { clientOptions } from './options.ts'
import { type Batch, Partition, type PartitionDeps } from './partition.ts'

const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 5000
/** How often ends are asked for and partitions are looked at that stand still. */
const UPKEEP_MS = 5000
/** How long leaving may take before the group finds out by itself. */
const LEAVE_MS_MAX = 1000
/** Answers of the group itself come later than this only when they never come. */
const REQUEST_MS_SPARE = 10_000

export interface GroupOptions {
  readonly config: KafkaConfig
  readonly topics: readonly string[]
  readonly group: string
  readonly from: 'earliest' | 'latest'
  readonly sessionMsMax: number
  readonly heartbeatMs: number
  readonly rebalanceMsMax: number
  readonly fetchBytesMax: number
  readonly batchMessagesMax: number
  readonly stallMsMax: number
  readonly clock: Clock
  readonly log: Log
  /**
   * Takes messages of one partition; the next batch of it comes when this one was committed.
   *
   * @param signal aborted when the partition is no longer ours: what is not taken then need not be
   */
  readonly take: (batch: Batch, signal: AbortSignal) => Promise<void>
}

/** What happened so far, by number. */
export interface GroupCounts {
  rebalances: number
  reconnects: number
  stalls: number
  offsetResets: number
  fetchFaults: number
  commitFaults: number
}

/** What lives as long as one connection to the group. */
interface Session {
  readonly consumer: Consumer
  readonly fetcher: Fetcher
  readonly commits: Commits
  generation: number
  memberId: string
  partitionCounts: string
}

export class GroupMember {
  readonly counts: GroupCounts = {
    rebalances: 0,
    reconnects: 0,
    stalls: 0,
    offsetResets: 0,
    fetchFaults: 0,
    commitFaults: 0,
  }
  readonly #options: GroupOptions
  readonly #partitions = new Map<string, Partition>()
  #session: Session | undefined
  #isJoined = false
  #isAsking = false
  #isStopped = false
  #backoffMs = BACKOFF_MS_MIN
  #retry: Timer | undefined
  #upkeep: Timer | undefined
  #lastError = ''

  constructor(options: GroupOptions) {
    this.#options = options
  }

  /** Whether the group has given us a share, even an empty one, and its brokers answer. */
  get isWell(): boolean {
    return this.#isJoined && this.#lastError === ''
  }

  /** '' while all is well. */
  get lastError(): string {
    return this.#lastError
  }

  partitions(): readonly Partition[] {
    return [...this.#partitions.values()]
  }

  /** Joins, and tries again for as long as it takes. */
  start(): void {
    void this.#connect()
    this.#planUpkeep()
  }

  /** Ends what is on its way, commits it and gives the partitions back. */
  async stop(graceMsMax: number): Promise<void> {
    this.#isStopped = true
    this.#retry?.cancel()
    this.#upkeep?.cancel()
    for (const partition of this.#partitions.values()) partition.hold()
    await this.#within(graceMsMax, Promise.all(this.partitions().map((each) => each.idle())))
    await this.#disconnect()
  }

  async #connect(): Promise<void> {
    try {
      const { config, sessionMsMax, heartbeatMs, rebalanceMsMax, group } = this.#options
      const options = await clientOptions(config, rebalanceMsMax + REQUEST_MS_SPARE)
      if (this.#isStopped) return
      const consumer = new Consumer({
        ...options,
        groupId: group,
        autocommit: false,
        sessionTimeout: sessionMsMax,
        heartbeatInterval: heartbeatMs,
        rebalanceTimeout: rebalanceMsMax,
      })
      consumer.topics.trackAll(...this.#options.topics)
      const session = this.#open(consumer, options)
      this.#session = session
      await this.#join(session)
    } catch (error) {
      this.#fail('cannot connect to kafka', error, () => this.#connect())
    }
  }

  #open(consumer: Consumer, options: BaseOptions): Session {
    const { clock, topics } = this.#options
    const fetcher = new Fetcher({
      clock,
      consumer,
      topics,
      options,
      partitions: () => this.#partitions.values(),
      onFault: (error) => {
        this.counts.fetchFaults++
        this.#note('cannot fetch from kafka', error)
      },
      onAnswer: () => {
        this.#lastError = ''
      },
      onOutOfRange: (partitions) => this.#resetOffsets(consumer, partitions),
    })
    const session: Session = {
      consumer,
      fetcher,
      commits: new Commits({
        clock,
        consumer,
        onFault: (error) => {
          this.counts.commitFaults++
          this.#note('cannot commit to kafka', error)
        },
      }),
      generation: 0,
      memberId: '',
      partitionCounts: '',
    }
    const isCurrent = (): boolean => this.#session === session && !this.#isStopped
    consumer.on('consumer:group:rebalance', () => {
      if (isCurrent()) for (const partition of this.#partitions.values()) partition.hold()
    })
    consumer.on('consumer:group:join', () => {
      if (isCurrent()) void this.#share(session)
    })
    // The library has given up on joining again; heartbeats that fail it repeats itself.
    consumer.on('error', (error: Error) => {
      if (isCurrent()) this.#fail('cannot join the group', error, () => this.#join(session))
    })
    return session
  }

  async #join(session: Session): Promise<void> {
    try {
      await session.consumer.joinGroup({})
    } catch (error) {
      if (this.#session !== session) return
      this.#isJoined = false
      this.#fail('cannot join the group', error, () => this.#join(session))
    }
  }

  /** Takes over the partitions of a new share-out. */
  async #share(session: Session): Promise<void> {
    const { consumer } = session
    const generation = consumer.generationId
    this.counts.rebalances++
    // Whoever missed a share-out does not know who read meanwhile: it begins where the group is.
    const isContinued =
      session.memberId === consumer.memberId && session.generation + 1 === generation
    session.memberId = consumer.memberId ?? ''
    session.generation = generation
    const mine = new Map<string, Place>()
    for (const { topic, partitions } of consumer.assignments ?? []) {
      for (const number of partitions) mine.set(keyOf(topic, number), { topic, number })
    }
    for (const [key, partition] of this.#partitions) {
      if (isContinued && mine.has(key)) continue
      partition.lose()
      this.#partitions.delete(key)
    }
    const added = [...mine].filter(([key]) => !this.#partitions.has(key)).map(([, one]) => one)
    try {
      const offsets = await startOffsets(consumer, added, this.#options.from)
      const ends = added.length === 0 ? offsets : await listOffsets(consumer, added, false)
      if (this.#session !== session || session.generation !== generation) return
      for (const { topic, number } of added) {
        const key = keyOf(topic, number)
        const offset = offsets.get(key) ?? 0n
        const partition = new Partition(topic, number, offset, this.#partitionDeps(session))
        partition.endOffset = ends.get(key) ?? offset
        this.#partitions.set(key, partition)
      }
    } catch (error) {
      if (session.generation !== generation) return
      this.#fail('cannot find where to read', error, () => this.#share(session))
      return
    }
    for (const partition of this.#partitions.values()) partition.release()
    this.#isJoined = true
    this.#lastError = ''
    this.#backoffMs = BACKOFF_MS_MIN
    this.#options.log.info('partitions are shared out', {
      group: this.#options.group,
      generation,
      partitions: [...mine.keys()].join(' '),
    })
    session.fetcher.poke()
  }

  #partitionDeps(session: Session): PartitionDeps {
    const { clock, batchMessagesMax, fetchBytesMax, take } = this.#options
    return {
      clock,
      batchMessagesMax,
      fetchBytesMax,
      take,
      commit: (partition, nextOffset) => session.commits.commit(partition, nextOffset),
      onRoom: () => session.fetcher.poke(),
    }
  }

  /** What was to be read next is gone from the topic: on with the oldest that is there. */
  async #resetOffsets(consumer: Consumer, partitions: readonly Partition[]): Promise<void> {
    const oldest = await listOffsets(consumer, partitions, true)
    const newest = await listOffsets(consumer, partitions, false)
    for (const partition of partitions) {
      const key = keyOf(partition.topic, partition.number)
      const from = oldest.get(key)
      const to = newest.get(key)
      if (from === undefined || to === undefined) continue
      const { fetchOffset } = partition
      if (fetchOffset >= from && fetchOffset <= to) continue
      this.counts.offsetResets++
      this.#options.log.warn('messages are gone before they were read', {
        partition: key,
        offset: String(fetchOffset),
        oldest: String(from),
        newest: String(to),
      })
      partition.jump(from)
    }
  }

  /** What stands still is looked for also while questions have no answer. */
  #planUpkeep(): void {
    this.#upkeep = this.#options.clock.after(UPKEEP_MS, () => {
      this.#findStalls()
      void this.#ask()
      this.#planUpkeep()
    })
  }

  async #ask(): Promise<void> {
    const session = this.#session
    if (session === undefined || !this.#isJoined || this.#isAsking) return
    this.#isAsking = true
    try {
      await this.#refreshEnds(session)
      await this.#watchTopics(session)
      this.#lastError = ''
    } catch (error) {
      this.#note('cannot ask kafka for its topics', error)
    } finally {
      this.#isAsking = false
    }
  }

  async #refreshEnds({ consumer }: Session): Promise<void> {
    const partitions = this.partitions()
    if (partitions.length === 0) return
    const ends = await listOffsets(consumer, partitions, false)
    for (const partition of partitions) {
      const end = ends.get(keyOf(partition.topic, partition.number))
      if (end !== undefined) partition.endOffset = end
    }
  }

  /** A topic with more partitions than before is shared out anew. */
  async #watchTopics(session: Session): Promise<void> {
    const { topics } = this.#options
    const metadata = await session.consumer.metadata({ topics: [...topics] })
    const counts = topics.map((topic) => metadata.topics.get(topic)?.partitionsCount).join()
    const before = session.partitionCounts
    session.partitionCounts = counts
    if (before === '' || before === counts) return
    this.#options.log.info('topics have other partitions than before', { topics: topics.join(' ') })
    await this.#join(session)
  }

  /**
   * Connects anew when a partition stands still although it has something to read and nobody is
   * being waited for. One that has nothing to read, or whose messages nobody takes now, is well.
   */
  #findStalls(): void {
    const { clock, stallMsMax, log } = this.#options
    const nowMs = clock.monotonicMs()
    for (const partition of this.#partitions.values()) {
      if (partition.lag === 0 || partition.isTaking) {
        partition.movedMs = nowMs
        continue
      }
      if (nowMs - partition.movedMs < stallMsMax) continue
      this.counts.stalls++
      const { topic, number, lag } = partition
      log.warn('a partition stands still, connecting anew', { topic, partition: number, lag })
      this.counts.reconnects++
      void this.#disconnect().then(() => {
        if (!this.#isStopped) return this.#connect()
      })
      return
    }
  }

  async #disconnect(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    this.#isJoined = false
    for (const partition of this.#partitions.values()) partition.lose()
    this.#partitions.clear()
    if (session === undefined) return
    const closing = Promise.all([session.consumer.close(true), session.fetcher.stop()])
    closing.catch((error: unknown) => this.#note('cannot leave the group', error))
    await this.#within(LEAVE_MS_MAX, closing)
  }

  /** Resolves with the work or after a while, whatever became of it. */
  #within(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve)
      const end = (): void => {
        timer.cancel()
        resolve()
      }
      work.then(end, end)
    })
  }

  #fail(what: string, error: unknown, again: () => Promise<void>): void {
    if (this.#isStopped) return
    this.#note(what, error)
    this.#retry?.cancel()
    this.#retry = this.#options.clock.after(this.#backoffMs, () => void again())
    this.#backoffMs = Math.min(2 * this.#backoffMs, BACKOFF_MS_MAX)
  }

  /** Says the same only once. */
  #note(what: string, error: unknown): void {
    if (this.#isStopped) return
    const { reason, message } = kafkaFault(error)
    const text = `${what}: ${message}`
    if (text === this.#lastError) return
    this.#lastError = text
    this.#options.log.warn(what, { reason, error: messageOf(message) })
  }
}
