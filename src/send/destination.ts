/** One destination: its queue, its writer, and what runs between them. */
import type { Clock, Timer } from '../base/clock.ts'
import { messageOf } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { DestinationBase } from '../config/destination.ts'
import type { SeriesId } from '../model/appender.ts'
import type { Commit } from './commit.ts'
import { SendCounters } from './counters.ts'
import { newestMsOf, type Parcel, sampleCountOf, type Tally, tallyOf } from './parcel.ts'
import { tellRefused } from './partly.ts'
import { type Batch, LaneQueue, type QueueBounds } from './queue/lanequeue.ts'
import { Pace } from './queue/pace.ts'
import type { RowValues } from './rowvalues.ts'
import { type DestinationEnd, Sieve } from './sieve.ts'
import { isOfSetup, type WriteResult } from './writer.ts'

/** Rows wait for company at most so long, however long the deadline of a request is. */
const ROW_WAIT_MS_MAX = 1000
/** Company for what a sender waits for. */
const COMMIT_WAIT_MS = 10
/** Who answers faster than this gets one request after the other, on a connection that stays warm. */
const GROW_MS_MIN = 10

/** How long a writer may take to give up its writes. */
const ABORT_MS_MAX = 300

const TOO_OLD_WORDS = 'samples are too old'

/** How long writes that run at a reload may go on. */
const REPLACE_MS_MAX = 2000

/** What a destination needs besides its configuration. */
export interface DestinationDeps {
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  readonly values: RowValues
  /** For what the configuration leaves open. */
  readonly bufferBytesMax: number
  readonly bufferAgeMsMax: number
}

type Health = 'idle' | 'sending' | 'retrying'

/** A destination from its first configuration until it is taken out. */
export class Destination {
  readonly name: string
  readonly counters: SendCounters = new SendCounters()
  /** What is wrong while writes fail; '' while they do not. */
  lastError = ''
  /** ms since epoch; 0 for never. */
  lastWriteMs = 0
  lastErrorMs = 0
  readonly #deps: DestinationDeps
  readonly #queue: LaneQueue
  readonly #pace: Pace
  readonly #sieve: Sieve
  #end: DestinationEnd
  #abort = new AbortController()
  /** Writes that run, and when they began, monotonic ms. */
  readonly #writes = new Map<Promise<void>, number>()
  #timer: Timer | undefined
  #timerMs = Infinity
  #isPumpPlanned = false
  #isFlushing = false
  #isStopped = false
  #onIdle: () => void = () => {}

  constructor(end: DestinationEnd, deps: DestinationDeps) {
    this.name = end.config.name
    this.#end = end
    this.#deps = deps
    this.#pace = new Pace(end.config.queue, deps.random)
    this.#sieve = new Sieve(end, this.counters, deps.clock)
    this.#queue = new LaneQueue(
      this.#boundsOf(end.config),
      deps.values,
      (reason, gone, commit) => this.#drop(reason, gone, commit),
      (commit) => commit.expect(this),
    )
  }

  get end(): DestinationEnd {
    return this.#end
  }

  get queuedSamples(): number {
    return this.#queue.samples
  }

  get queuedExemplars(): number {
    return this.#queue.exemplars
  }

  get queuedBytes(): number {
    return this.#queue.sizeBytes
  }

  /** When the oldest parcel that waits was taken over, monotonic ms; Infinity without one. */
  get oldestMs(): number {
    return this.#queue.oldestMs
  }

  get writesRunning(): number {
    return this.#writes.size
  }

  get shards(): number {
    return this.#pace.writesMax
  }

  get bufferBytesMax(): number {
    return this.#queue.bounds.bytesMax
  }

  get health(): Health {
    if (this.#pace.isProbing) return 'retrying'
    return this.#writes.size > 0 ? 'sending' : 'idle'
  }

  /** Takes a parcel over. */
  offer(parcel: Parcel, commit: Commit | undefined): void {
    const { counters } = this
    counters.received += sampleCountOf(parcel)
    counters.exemplars.received += parcel.exemplars.length
    counters.highestReceivedMs = Math.max(counters.highestReceivedMs, newestMsOf(parcel))
    const kept = this.#sieve.admit(parcel)
    if (kept === undefined) return
    commit?.expect(this)
    if (this.lastError !== '') commit?.note(this.#saying(this.lastError))
    if (this.#isStopped) {
      this.#drop('shutdown', tallyOf(kept), commit)
      return
    }
    this.#queue.push(kept, commit, this.#deps.clock.monotonicMs() + this.#waitMs(commit))
    this.#planPump()
  }

  withdraw(commit: Commit): void {
    this.#queue.withdraw(commit)
  }

  /** Housekeeping: what waits too long leaves, what waits long is packed. */
  age(): void {
    this.#queue.age(this.#deps.clock.monotonicMs())
  }

  forget(ids: readonly SeriesId[]): void {
    this.#end.writer.forget(ids)
  }

  /** Goes on with another configuration; what waits stays. */
  async replace(end: DestinationEnd): Promise<void> {
    const { writer } = this.#end
    const abort = this.#abort
    const writes = [...this.#writes.keys()]
    this.#end = end
    this.#sieve.replace(end)
    this.#abort = new AbortController()
    this.#pace.queue = end.config.queue
    this.#pace.rest()
    this.#pace.succeed()
    this.#queue.bounds = this.#boundsOf(end.config)
    this.#planPump()
    await this.#settledOr(writes, REPLACE_MS_MAX)
    abort.abort()
    await writer.close()
  }

  /**
   * Writes what waits for at most `flushMs`, then gives up.
   *
   * @returns samples that were dropped
   */
  async stop(flushMs: number): Promise<number> {
    this.#isFlushing = true
    this.#planPump()
    await this.#idleOr(flushMs)
    this.#isStopped = true
    this.#abort.abort()
    await this.#idleOr(ABORT_MS_MAX)
    this.#timer?.cancel()
    const before = this.counters.droppedTotal
    this.#queue.clear('shutdown')
    await this.#end.writer.close()
    return this.counters.droppedTotal - before
  }

  /** Resolves when some writes have ended, or after a while. */
  async #settledOr(writes: readonly Promise<void>[], waitMs: number): Promise<void> {
    if (writes.length === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#deps.clock.after(waitMs, resolve)
      void Promise.all(writes).then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  /** Resolves when nothing waits and nothing is being written, or after a while. */
  async #idleOr(waitMs: number): Promise<void> {
    if (this.#writes.size === 0 && (this.#isStopped || this.#queue.isEmpty)) return
    await new Promise<void>((resolve) => {
      const timer = this.#deps.clock.after(waitMs, resolve)
      this.#onIdle = () => {
        timer.cancel()
        resolve()
      }
    })
    this.#onIdle = () => {}
  }

  #boundsOf(config: DestinationBase): QueueBounds {
    const { bufferBytesMax, bufferAgeMsMax, capacitySamples, shardsMax } = config.queue
    return {
      bytesMax: bufferBytesMax ?? this.#deps.bufferBytesMax,
      ageMsMax: bufferAgeMsMax ?? this.#deps.bufferAgeMsMax,
      plainSamplesMax: capacitySamples * shardsMax,
    }
  }

  #waitMs(commit: Commit | undefined): number {
    const { batchSendDeadlineMs } = this.#end.config.queue
    const waitMs = commit === undefined ? ROW_WAIT_MS_MAX : COMMIT_WAIT_MS
    return Math.min(waitMs, batchSendDeadlineMs)
  }

  #count(reason: string, { samples, exemplars }: Tally): void {
    this.counters.drop(reason, samples)
    this.counters.exemplars.drop(reason, exemplars)
  }

  #drop(reason: string, gone: Tally, commit: Commit | undefined): void {
    this.#count(reason, gone)
    commit?.failed(this, this.#saying(reason))
  }

  /** Writing begins when everything of this turn has been handed over. */
  #planPump(): void {
    if (this.#isPumpPlanned) return
    this.#isPumpPlanned = true
    queueMicrotask(() => {
      this.#isPumpPlanned = false
      this.#pump()
    })
  }

  /** Starts as many writes as may run now, and plans the next look. */
  #pump(): void {
    if (this.#isStopped) return
    const nowMs = this.#deps.clock.monotonicMs()
    while (this.#freeMs(nowMs) <= nowMs && this.#pace.notBeforeMs <= nowMs) {
      const batch = this.#takeBatch(nowMs)
      if (batch === undefined) break
      const write = this.#write(batch).finally(() => {
        this.#writes.delete(write)
        this.#pump()
      })
      this.#writes.set(write, nowMs)
    }
    if (this.#writes.size === 0 && this.#queue.isEmpty) {
      this.#pace.rest()
      this.#onIdle()
    }
    this.#planTimer(nowMs)
  }

  /**
   * When one more write may begin: now, Infinity for when another ends, or when a probe has hung for
   * so long that the next one need not wait for it.
   */
  #freeMs(nowMs: number): number {
    const { writesMax, isProbing, queue } = this.#pace
    if (!isProbing) return this.#writes.size < writesMax ? nowMs : Infinity
    let fresh = 0
    let freeMs = Infinity
    for (const sinceMs of this.#writes.values()) {
      const patienceMs = sinceMs + queue.backoffMsMax
      if (patienceMs <= nowMs) continue
      fresh++
      freeMs = Math.min(freeMs, patienceMs)
    }
    if (this.#writes.size >= queue.shardsMax) return Infinity
    return fresh < writesMax ? nowMs : freeMs
  }

  #planTimer(nowMs: number): void {
    const readyMs = this.#queue.readyMs(this.#isFlushing)
    const atMs = Math.max(this.#freeMs(nowMs), this.#pace.notBeforeMs, readyMs)
    if (atMs === this.#timerMs) return
    this.#timer?.cancel()
    this.#timerMs = atMs
    if (atMs === Infinity) return
    this.#timer = this.#deps.clock.after(Math.max(0, Math.ceil(atMs - nowMs)), () => {
      this.#timerMs = Infinity
      this.#pump()
    })
  }

  /** The next batch, without what must not be sent any more. */
  #takeBatch(nowMs: number): Batch | undefined {
    for (;;) {
      const batch = this.#queue.take({
        samplesMax: this.#end.config.queue.samplesPerSendMax,
        nowMs,
        isUrgent: this.#isFlushing,
        isProbe: this.#pace.isProbing,
      })
      if (batch === undefined) return undefined
      this.#trim(batch)
      if (batch.entries.length > 0) return batch
      this.#queue.finish(batch)
    }
  }

  /** Takes out what is too old, or what a new configuration does not want. */
  #trim(batch: Batch): void {
    const why = this.#saying(TOO_OLD_WORDS)
    for (const entry of batch.entries.slice()) {
      const { parcel, commit } = entry
      const left = this.#sieve.readmit(parcel)
      if (left.parcel === parcel) continue
      if (left.parcel !== undefined) {
        if (left.oldCount > 0) commit?.lose(this, left.oldCount, why)
        this.#queue.replace(entry, left.parcel)
        continue
      }
      // Who wants nothing of it has done what is to be done, as with what comes now.
      if (left.oldCount === 0) commit?.written(this)
      else commit?.refused(this, sampleCountOf(parcel), why)
      this.#queue.remove(batch, entry)
    }
  }

  async #write(batch: Batch): Promise<void> {
    const wasProbe = this.#pace.isProbing
    const startMs = this.#deps.clock.monotonicMs()
    const { writer, config } = this.#end
    const parcels = batch.entries.map((entry) => entry.parcel)
    let result: WriteResult
    try {
      result = await writer.write(parcels, this.#abort.signal)
    } catch (error) {
      const message = messageOf(error)
      this.#deps.log.error('cannot write samples: a fault of ours', { name: this.name, message })
      result = { outcome: 'retry', reason: 'fault', message, afterMs: config.queue.backoffMsMax }
    }
    if (result.outcome === 'written') this.#noteWritten(batch, result, startMs)
    else if (result.outcome === 'refused') this.#noteRefused(batch, result.reason, result.message)
    else this.#noteRetry(batch, result, wasProbe)
  }

  #noteWritten(
    batch: Batch,
    result: WriteResult & { readonly outcome: 'written' },
    startMs: number,
  ): void {
    const { counters } = this
    counters.writes++
    let samples = 0
    let exemplars = 0
    tellRefused(this, batch, result.refused)
    for (const { parcel, commit } of batch.entries) {
      samples += sampleCountOf(parcel)
      exemplars += parcel.exemplars.length
      counters.highestWrittenMs = Math.max(counters.highestWrittenMs, newestMsOf(parcel))
      commit?.written(this)
    }
    counters.write(samples, result.refused)
    counters.exemplars.write(exemplars, result.exemplarsRefused)
    this.#queue.finish(batch)
    this.#recover()
    const tookMs = this.#deps.clock.monotonicMs() - startMs
    if (tookMs >= GROW_MS_MIN && this.#writes.size >= this.#pace.writesMax) this.#pace.grow()
  }

  #saying(what: string): string {
    return `destination ${this.name}: ${what}`
  }

  #noteRefused(batch: Batch, reason: string, message: string): void {
    this.counters.failures++
    this.lastErrorMs = this.#deps.clock.now()
    let samples = 0
    for (const { parcel, commit } of batch.entries) {
      samples += sampleCountOf(parcel)
      this.#count(`refused_${reason}`, tallyOf(parcel))
      const why = this.#saying(message)
      if (isOfSetup(reason)) commit?.failed(this, why)
      else commit?.refused(this, sampleCountOf(parcel), why)
    }
    this.#queue.finish(batch)
    this.#recover()
    this.#deps.log.warn('destination refused samples', { name: this.name, samples, error: message })
  }

  #noteRetry(
    batch: Batch,
    result: { readonly reason: string; readonly message: string; readonly afterMs: number },
    wasProbe: boolean,
  ): void {
    const { counters } = this
    const nowMs = this.#deps.clock.monotonicMs()
    counters.failures++
    for (const { parcel, commit } of batch.entries) {
      counters.retried += sampleCountOf(parcel)
      counters.exemplars.retried += parcel.exemplars.length
      commit?.note(this.#saying(result.message))
    }
    this.#pace.fail(nowMs, result.afterMs, wasProbe)
    this.#queue.putBack(batch, (attempts) => this.#pace.backOffMs(nowMs, attempts))
    if (this.#isStopped) return
    if (this.lastError === '') {
      this.#deps.log.warn('cannot write to destination, trying again', {
        name: this.name,
        error: result.message,
      })
    }
    this.lastError = result.message
    this.lastErrorMs = this.#deps.clock.now()
  }

  #recover(): void {
    this.#pace.succeed()
    this.lastWriteMs = this.#deps.clock.now()
    if (this.lastError === '') return
    this.lastError = ''
    this.#deps.log.info('destination takes samples again', { name: this.name })
  }
}
