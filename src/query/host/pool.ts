/** Worker threads, a bounded queue before them, and the end of jobs that take too long. */
import { Worker, type WorkerOptions } from 'node:worker_threads'
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Running } from '../../base/lifecycle.ts'
import type { AskOptions } from '../../model/querier.ts'
import { CANCELED, cancelError, RUN_ON, TIMED_OUT, timeoutError } from './budget.ts'
import type { QueryLimits } from './limits.ts'
import type { JobMessage, JobReply, QueryWorkerData, Request, WorkerRan } from './protocol.ts'

/** How long a worker has to notice that its job must end before it is ended itself. */
const GRACE_MS = 1_000
/** How long a worker without a job is kept: its memory is worth more than its start. */
export const WORKER_IDLE_MS_MAX = 300_000

type Transfer = NonNullable<WorkerOptions['transferList']>

/** The store's part of what a worker gets. */
export interface StoreWorkerData {
  readonly data: unknown
  readonly transfer: Transfer
}

/** What the pool tells of itself. */
export interface PoolEvents {
  /** A worker has ended without being told to. */
  died(message: string): void
  /** A job has failed by a fault of ours. */
  bug(message: string): void
  queueLength(length: number): void
  workers(count: number): void
}

export interface PoolOptions {
  readonly workerFile: URL
  readonly makeWorkerData: () => StoreWorkerData
  readonly host: Omit<QueryWorkerData['host'], 'flag'>
  readonly limits: QueryLimits
  readonly clock: Clock
  readonly events: PoolEvents
}

/** One question on its way. */
class Job {
  readonly id: number
  readonly queuedMs: number
  readonly untilMs: number
  readonly promise: Promise<WorkerRan>
  makeRequest: (queueSeconds: number) => Request
  settled = false
  slot: Slot | undefined
  readonly timers: Timer[] = []
  #resolve: (ran: WorkerRan) => void = () => {}
  #reject: (error: Error) => void = () => {}
  /** Undoes the listening for the client's leaving. */
  unlisten: () => void = () => {}

  constructor(id: number, nowMs: number, timeoutMs: number, request: Job['makeRequest']) {
    this.id = id
    this.queuedMs = nowMs
    this.untilMs = nowMs + timeoutMs
    this.makeRequest = request
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  resolve(ran: WorkerRan): void {
    if (this.#settle()) this.#resolve(ran)
  }

  reject(error: Error): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    for (const timer of this.timers) timer.cancel()
    this.unlisten()
    return true
  }
}

/** One worker thread, started with its first job, and the job it has. */
interface Slot {
  worker: Worker | undefined
  flag: Int32Array
  job: Job | undefined
  grace: Timer | undefined
  idle: Timer | undefined
}

export class WorkerPool implements Running {
  readonly #options: PoolOptions
  readonly #slots: Slot[]
  readonly #queue: Job[] = []
  #nextId = 1
  #stopped = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.limits.concurrencyMax }, () => ({
      worker: undefined,
      flag: new Int32Array(0),
      job: undefined,
      grace: undefined,
      idle: undefined,
    }))
  }

  /**
   * Has a question answered by the next free worker.
   *
   * @param request is made when the job starts, from the time that it has waited
   * @throws NarthexError as Querier has it; `busy` when the queue is full or too slow
   */
  run(request: (queueSeconds: number) => Request, ask: AskOptions): Promise<WorkerRan> {
    const { clock, limits } = this.#options
    if (ask.signal.aborted) return Promise.reject(cancelError())
    if (this.#stopped) return Promise.reject(stoppedError())
    if (!this.#slots.some(isFree) && this.#queue.length >= limits.queueLengthMax) {
      const waiting = `${this.#queue.length} queries wait already, at most ${limits.queueLengthMax}`
      return Promise.reject(new NarthexError('busy', `cannot run query: ${waiting}`))
    }
    const job = new Job(this.#nextId++, clock.monotonicMs(), ask.timeoutMs, request)
    this.#listen(job, ask)
    this.#queue.push(job)
    this.#startNext()
    if (job.slot === undefined && !job.settled) {
      job.timers.push(clock.after(limits.queueMsMax, () => this.#giveUpWaiting(job)))
    }
    return job.promise
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const job of this.#queue.splice(0)) job.reject(stoppedError())
    const ended = this.#slots.map(async (slot) => {
      slot.job?.reject(stoppedError())
      slot.grace?.cancel()
      slot.idle?.cancel()
      await slot.worker?.terminate()
    })
    await Promise.all(ended)
  }

  #listen(job: Job, ask: AskOptions): void {
    const leave = (): void => this.#end(job, CANCELED, cancelError())
    ask.signal.addEventListener('abort', leave, { once: true })
    job.unlisten = () => ask.signal.removeEventListener('abort', leave)
    const late = (): void => this.#end(job, TIMED_OUT, timeoutError())
    job.timers.push(this.#options.clock.after(ask.timeoutMs, late))
  }

  /** Answers the client now; the worker is told, and ended if it does not listen. */
  #end(job: Job, word: number, error: NarthexError): void {
    job.reject(error)
    const { slot } = job
    if (slot === undefined) {
      this.#leaveQueue(job)
    } else if (slot.job === job) {
      Atomics.store(slot.flag, 0, word)
      slot.grace = this.#options.clock.after(GRACE_MS, () => void slot.worker?.terminate())
    }
  }

  #giveUpWaiting(job: Job): void {
    if (job.slot !== undefined) return
    this.#leaveQueue(job)
    const { queueMsMax } = this.#options.limits
    const reason = `no worker was free for ${queueMsMax / 1000} s (--query.max-queue)`
    job.reject(new NarthexError('busy', `cannot run query: ${reason}`))
  }

  #leaveQueue(job: Job): void {
    const at = this.#queue.indexOf(job)
    if (at >= 0) this.#queue.splice(at, 1)
    this.#options.events.queueLength(this.#queue.length)
  }

  #startNext(): void {
    for (const slot of this.#slots) {
      // A job that finds no worker is answered at once, and the next one has its try.
      while (this.#queue.length > 0 && isFree(slot)) this.#assign(slot)
    }
    this.#options.events.queueLength(this.#queue.length)
  }

  #assign(slot: Slot): void {
    const job = this.#queue.shift()
    if (job === undefined) return
    const nowMs = this.#options.clock.monotonicMs()
    try {
      slot.worker ??= this.#startWorker(slot)
    } catch (error) {
      job.reject(diedError(messageOf(error)))
      return
    }
    slot.idle?.cancel()
    slot.job = job
    job.slot = slot
    Atomics.store(slot.flag, 0, RUN_ON)
    const request = job.makeRequest((nowMs - job.queuedMs) / 1000)
    const message: JobMessage = { id: job.id, request, leftMs: job.untilMs - nowMs }
    slot.worker.postMessage(message)
  }

  #startWorker(slot: Slot): Worker {
    const { workerFile, makeWorkerData, host, limits } = this.#options
    const shared = new SharedArrayBuffer(4)
    slot.flag = new Int32Array(shared)
    const { data, transfer } = makeWorkerData()
    const workerData: QueryWorkerData = { store: data, host: { ...host, flag: shared } }
    const worker = new Worker(workerFile, {
      workerData,
      transferList: transfer,
      resourceLimits: { maxOldGenerationSizeMb: limits.workerHeapMebibytesMax },
    })
    worker.unref()
    worker.on('message', (reply: JobReply) => this.#finish(slot, reply))
    let reason = 'it was ended'
    worker.on('error', (error) => {
      reason = messageOf(error)
    })
    worker.on('exit', () => this.#bury(slot, worker, reason))
    this.#options.events.workers(this.#slots.filter(isStarted).length + 1)
    return worker
  }

  #finish(slot: Slot, reply: JobReply): void {
    const { job } = slot
    if (job === undefined || job.id !== reply.id) return
    if ('ran' in reply) job.resolve(reply.ran)
    else {
      if (reply.bug) this.#options.events.bug(reply.message)
      job.reject(new NarthexError(reply.kind, reply.message))
    }
    this.#free(slot)
  }

  /** A worker that has ended takes its job with it and is made anew for the next one. */
  #bury(slot: Slot, worker: Worker, reason: string): void {
    if (slot.worker !== worker) return
    slot.worker = undefined
    const { events } = this.#options
    events.workers(this.#slots.filter(isStarted).length)
    if (this.#stopped) return
    events.died(reason)
    slot.job?.reject(diedError(reason))
    this.#free(slot)
  }

  #free(slot: Slot): void {
    slot.grace?.cancel()
    slot.grace = undefined
    slot.job = undefined
    this.#startNext()
    if (!isFree(slot) || slot.worker === undefined) return
    slot.idle = this.#options.clock.after(WORKER_IDLE_MS_MAX, () => this.#retire(slot))
  }

  #retire(slot: Slot): void {
    const { worker } = slot
    slot.worker = undefined
    this.#options.events.workers(this.#slots.filter(isStarted).length)
    void worker?.terminate()
  }
}

function isFree(slot: Slot): boolean {
  return slot.job === undefined
}

function isStarted(slot: Slot): boolean {
  return slot.worker !== undefined
}

function stoppedError(): NarthexError {
  return new NarthexError('busy', 'cannot run query: the server is stopping')
}

function diedError(reason: string): NarthexError {
  return new NarthexError('execution', `cannot run query: its worker has ended: ${reason}`)
}
