/**
 * The API of the Pushgateway: groups of metrics of batch jobs, kept in memory and appended again and
 * again, so that they stay visible until they are deleted or too old.
 */
import type { Clock, Timer } from '../../../base/clock.ts'
import { messageOf, NarthexError } from '../../../base/error.ts'
import type { Log } from '../../../base/log.ts'
import type { Metrics } from '../../../base/metrics.ts'
import type { Appender } from '../../../model/appender.ts'
import { faultOf } from '../../../net/server/fault.ts'
import type { Reply } from '../../../net/server/message.ts'
import type { WriteMetadata } from '../../../wire/remotewrite.ts'
import type { Door } from '../door.ts'
import type { LabelLimits } from '../labelcheck.ts'
import { PushedSamples, pushFigures } from '../pushed.ts'
import type { Hear } from '../pushers.ts'
import { DESTINATION_REFUSED } from '../refusals.ts'
import type { Taken } from '../tally.ts'
import { isKnownEncoding, Unpacker } from '../unpack.ts'
import { type BatchBody, type BatchFamily, readBatchProto, readBatchText } from './body.ts'
import { readGroupPath } from './path.ts'

/** Bounds of what is kept. */
export interface BatchLimits {
  /** --push.groups */
  readonly groupsMax: number
  /** --push.series, of all groups together */
  readonly seriesMax: number
  /** --push.group-ttl: a group that nobody pushed to for so long is deleted; 0 for never. */
  readonly groupAgeMsMax: number
}

export interface BatchReceiverOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly labelLimits: LabelLimits
  readonly decodedBytesMax: number
  readonly limits: BatchLimits
  readonly doorOf: (identity: string) => Door
  readonly onMetadata: (metadata: WriteMetadata) => void
}

export interface BatchPush {
  readonly method: string
  /** What follows `/metrics/`. */
  readonly path: string
  readonly contentType: string
  readonly encoding: string
  /** Who pushes: groups of one are not seen by another. */
  readonly identity: string
}

export interface BatchReceiver {
  readonly push: (ask: BatchPush, body: Uint8Array, hear?: Hear) => Promise<Reply>
  /** GET /api/v1/metrics: the groups of one who asks. */
  readonly list: (identity: string) => Reply
  stop(): void
}

/** How often groups are appended. */
const INTERVAL_MS = 15_000

const PUSH_TIME = 'push_time_seconds'
const FAILURE_TIME = 'push_failure_time_seconds'
const HELP_OF: ReadonlyMap<string, string> = new Map([
  [PUSH_TIME, 'Last Unix time when changing this group succeeded.'],
  [FAILURE_TIME, 'Last Unix time when changing this group failed.'],
])

interface Group {
  readonly identity: string
  readonly labels: readonly (readonly [string, string])[]
  readonly families: Map<string, BatchFamily>
  pushedMs: number
  failedMs: number
  /** Monotonic ms of the last push. */
  seenMs: number
}

export function openBatchReceiver(options: BatchReceiverOptions): BatchReceiver {
  return new BatchGroups(options)
}

/** @throws NarthexError `bad_data` for what cannot be read, `too_big` over the bound */
function readBody(bytes: Uint8Array, isProto: boolean, bytesMax: number): BatchBody {
  try {
    return isProto ? readBatchProto(bytes, bytesMax) : readBatchText(bytes)
  } catch (error) {
    if (!(error instanceof NarthexError) || error.kind !== 'bad_data') throw error
    throw new NarthexError('bad_data', `cannot take push: ${messageOf(error)}`, error)
  }
}

class BatchGroups implements BatchReceiver {
  readonly #options: BatchReceiverOptions
  readonly #groups = new Map<string, Group>()
  readonly #samples: PushedSamples
  readonly #unpacker: Unpacker
  readonly #figures: ReturnType<typeof pushFigures>
  readonly #expired: { inc(by?: number): void }
  #timer: Timer | undefined

  constructor(options: BatchReceiverOptions) {
    const { metrics } = options
    this.#options = options
    this.#samples = new PushedSamples(options.appender, options.labelLimits)
    this.#unpacker = new Unpacker(options.decodedBytesMax)
    this.#figures = pushFigures(metrics)
    const groups = metrics.gauge('narthex_push_groups', 'Groups of pushed metrics kept.').with()
    const series = metrics.gauge('narthex_push_group_series', 'Series of all groups kept.').with()
    metrics.onCollect(() => {
      groups.set(this.#groups.size)
      series.set(this.#seriesCount())
    })
    this.#expired = metrics
      .counter('narthex_push_groups_expired_total', 'Groups deleted for their age.')
      .with()
  }

  push = async (ask: BatchPush, body: Uint8Array, hear?: Hear): Promise<Reply> => {
    try {
      return ask.method === 'DELETE' ? await this.#delete(ask) : await this.#take(ask, body, hear)
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      this.#figures.refuse('pushgateway', error.kind)
      const { status, message, headers = {} } = faultOf(error)
      return { status, type: 'text/plain; charset=utf-8', body: `${message}\n`, headers }
    }
  }

  list = (identity: string): Reply => {
    const own = [...this.#groups.values()].filter((group) => group.identity === identity)
    const body = JSON.stringify({ status: 'success', data: own.map(describeGroup) })
    return { status: 200, type: 'application/json', body }
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #take(ask: BatchPush, body: Uint8Array, hear: Hear | undefined): Promise<Reply> {
    const { labels, key } = keyOf(ask)
    if (!isKnownEncoding(ask.encoding)) {
      return { status: 415, type: 'text/plain', body: 'cannot take push: unknown encoding\n' }
    }
    const { decodedBytesMax } = this.#options
    const isProto = ask.contentType.startsWith('application/vnd.google.protobuf')
    const committed = await this.#unpacker.take(body, ask.encoding, (bytes) => {
      const { families, fault } = readBody(bytes, isProto, decodedBytesMax)
      const group = this.#groups.get(key) ?? this.#newGroup(ask.identity, labels)
      try {
        if (fault !== undefined) throw fault
        this.#check(group, families, ask.method === 'PUT')
        return { promise: this.#store(key, group, families, ask.method === 'PUT', hear) }
      } catch (error) {
        this.#noteFailure(key, group)
        throw error
      }
    })
    await committed.promise
    return { status: 200, type: '', body: '' }
  }

  #newGroup(identity: string, labels: Group['labels']): Group {
    if (this.#groups.size >= this.#options.limits.groupsMax) {
      const { groupsMax } = this.#options.limits
      throw new NarthexError('share', `cannot take push: ${groupsMax} groups (--push.groups)`)
    }
    return { identity, labels, families: new Map(), pushedMs: 0, failedMs: 0, seenMs: 0 }
  }

  /** @throws NarthexError `bad_data` for what does not fit to others, `share` over the bound */
  #check(group: Group, families: readonly BatchFamily[], replaces: boolean): void {
    for (const family of families) {
      if (HELP_OF.has(family.name)) {
        throw new NarthexError('bad_data', `cannot take push: ${family.name} is made here`)
      }
      for (const other of this.#groups.values()) {
        if (other.identity !== group.identity || (replaces && other === group)) continue
        const known = other === group ? undefined : other.families.get(family.name)
        if (known === undefined || known.type === family.type) continue
        const types = `has type ${family.type}, in another group ${known.type}`
        throw new NarthexError('bad_data', `cannot take push: ${family.name} ${types}`)
      }
    }
    const replaced = replaces
      ? [...group.families.values()]
      : families.flatMap(({ name }) => group.families.get(name) ?? [])
    const seriesCount = this.#seriesCount() - countSeries(replaced) + countSeries(families)
    const { seriesMax } = this.#options.limits
    if (seriesCount <= seriesMax) return
    throw new NarthexError(
      'share',
      `cannot take push: ${seriesCount} series, at most ${seriesMax} (--push.series)`,
    )
  }

  #store(
    key: string,
    group: Group,
    families: readonly BatchFamily[],
    replaces: boolean,
    hear: Hear | undefined,
  ): Promise<void> {
    const { clock, onMetadata } = this.#options
    const nowMs = clock.now()
    const before = labelSets(group)
    if (replaces) group.families.clear()
    for (const family of families) {
      group.families.set(family.name, family)
      onMetadata({ family: family.name, type: typeName(family.type), help: family.help, unit: '' })
    }
    group.pushedMs = nowMs
    group.seenMs = clock.monotonicMs()
    this.#groups.set(key, group)
    this.#plan()
    const after = labelSets(group)
    const gone = [...before].filter(([name]) => !after.has(name)).map(([, pairs]) => pairs)
    return this.#append(group, nowMs, gone, group.identity, hear)
  }

  #noteFailure(key: string, group: Group): void {
    group.failedMs = this.#options.clock.now()
    group.seenMs = this.#options.clock.monotonicMs()
    this.#groups.set(key, group)
    this.#plan()
  }

  async #delete(ask: BatchPush): Promise<Reply> {
    const { key } = keyOf(ask)
    await this.#remove(key)
    return { status: 202, type: '', body: '' }
  }

  /** Forgets a group; its series get their markers. */
  #remove(key: string): Promise<void> {
    const group = this.#groups.get(key)
    if (group === undefined) return Promise.resolve()
    this.#groups.delete(key)
    const gone = [...labelSets(group).values(), ...ownSeries(group).map(({ pairs }) => pairs)]
    group.families.clear()
    return this.#append(undefined, this.#options.clock.now(), gone, group.identity)
  }

  /** Appends what a group has now, and markers for what it has no longer. */
  #append(
    group: Group | undefined,
    timeMs: number,
    gone: readonly (readonly string[])[],
    identity: string = group?.identity ?? '',
    hear?: Hear,
  ): Promise<void> {
    const samples = this.#samples
    samples.begin(this.#options.doorOf(identity))
    for (const { pairs, value } of group === undefined ? [] : everySeries(group)) {
      const series = samples.series(pairs)
      if (series !== undefined) samples.sample(series, timeMs, value)
    }
    for (const pairs of gone) {
      const series = samples.series(pairs)
      if (series !== undefined) samples.stale(series, timeMs)
    }
    const result: Taken = samples.finish()
    this.#figures.count('pushgateway', result)
    hear?.(result)
    // What destinations refuse of it is counted there and here; a job has no use for hearing of it.
    return this.#options.appender.commit().then((shortfall) => {
      if (shortfall === undefined) return
      this.#figures.refuse('pushgateway', DESTINATION_REFUSED, shortfall.count)
    })
  }

  #plan(): void {
    this.#timer ??= this.#options.clock.after(INTERVAL_MS, () => void this.#appendAll())
  }

  async #appendAll(): Promise<void> {
    const { clock, limits, log } = this.#options
    this.#timer = undefined
    const nowMs = clock.now()
    const commits: Promise<void>[] = []
    try {
      for (const [key, group] of [...this.#groups]) {
        const ageMs = clock.monotonicMs() - group.seenMs
        const isOld = limits.groupAgeMsMax > 0 && ageMs > limits.groupAgeMsMax
        if (isOld) this.#expired.inc()
        commits.push(isOld ? this.#remove(key) : this.#append(group, nowMs, []))
      }
    } catch (error) {
      log.warn('cannot append pushed groups', { error: messageOf(error) })
    }
    if (this.#groups.size > 0) this.#plan()
    const failed = (await Promise.allSettled(commits)).find(({ status }) => status === 'rejected')
    if (failed === undefined) return
    const { reason } = failed as PromiseRejectedResult
    log.warn('cannot commit pushed groups', { error: messageOf(reason) })
  }

  #seriesCount(): number {
    let count = 0
    for (const { families } of this.#groups.values()) count += countSeries(families.values())
    return count
  }
}

function keyOf({ identity, path }: BatchPush): { labels: Group['labels']; key: string } {
  const labels = readGroupPath(path)
  return { labels, key: JSON.stringify([identity, ...labels]) }
}

function countSeries(families: Iterable<BatchFamily>): number {
  let count = 0
  for (const { series } of families) count += series.length
  return count
}

/** Labels of a series: those of the group win. */
function grouped(group: Group, pairs: readonly string[]): string[] {
  const names = new Set(group.labels.map(([name]) => name))
  const labels: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    if (!names.has(pairs[i])) labels.push(pairs[i], pairs[i + 1])
  }
  for (const pair of group.labels) labels.push(...pair)
  return labels
}

interface GroupedSeries {
  readonly pairs: readonly string[]
  readonly value: number
}

/** When the group was pushed to: well, and in vain. */
function ownSeries(group: Group): GroupedSeries[] {
  return [
    { pairs: grouped(group, ['__name__', PUSH_TIME]), value: group.pushedMs / 1000 },
    { pairs: grouped(group, ['__name__', FAILURE_TIME]), value: group.failedMs / 1000 },
  ]
}

function* everySeries(group: Group): Generator<GroupedSeries> {
  for (const { series } of group.families.values()) {
    for (const { pairs, value } of series) yield { pairs: grouped(group, pairs), value }
  }
  yield* ownSeries(group)
}

/** The pushed series of a group by a text of their labels. */
function labelSets(group: Group): Map<string, readonly string[]> {
  const sets = new Map<string, readonly string[]>()
  for (const { series } of group.families.values()) {
    for (const { pairs } of series) {
      const labels = grouped(group, pairs)
      sets.set(JSON.stringify(labels), labels)
    }
  }
  return sets
}

function typeName(type: string): string {
  return type === 'untyped' ? 'unknown' : type
}

/** A group as the Pushgateway shows it. */
function describeGroup(group: Group): object {
  const time = new Date(group.pushedMs).toISOString()
  const own = ownSeries(group).map(({ pairs, value }) => ({
    name: pairs[1],
    type: 'gauge',
    help: HELP_OF.get(pairs[1]) ?? '',
    series: [{ pairs, value }],
  }))
  const entries = [...group.families.values(), ...own].map(({ name, type, help, series }) => [
    name,
    {
      time_stamp: time,
      type: type.toUpperCase(),
      help,
      metrics: series.map(({ pairs, value }) => ({
        labels: labelRecord(group, pairs),
        value: String(value),
      })),
    },
  ])
  return {
    labels: Object.fromEntries(group.labels),
    last_push_successful: group.failedMs <= group.pushedMs,
    ...Object.fromEntries(entries),
  }
}

function labelRecord(group: Group, pairs: readonly string[]): Record<string, string> {
  const labels = grouped(group, pairs)
  const record: Record<string, string> = Object.create(null)
  record.instance = ''
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] !== '__name__') record[labels[i]] = labels[i + 1]
  }
  return record
}
