/** The account of one query: samples, bytes, time, and the word that it must end. */
import { type Clock, systemClock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Budget } from '../../model/queryable.ts'
import type { QueryLimits } from './limits.ts'

/** Why a query is told to end, as the flag that its thread watches says it. */
export const RUN_ON = 0
export const CANCELED = 1
export const TIMED_OUT = 2

/** Time is asked for at every so many checks only. */
const CHECKS_PER_CLOCK = 8

/** When the query must be done, and whose fault it is when it is not. */
export interface Deadline {
  readonly clock: Clock
  /** Of the clock's `monotonicMs`: it comes when the wall clock jumps, too. */
  readonly atMs: number
  overdue(): Error
}

/** The error of a query that took too long, in Prometheus's words. */
export function timeoutError(): NarthexError {
  return new NarthexError('timeout', 'query timed out in expression evaluation')
}

/** The error of a query whose client has left, in Prometheus's words. */
export function cancelError(): NarthexError {
  return new NarthexError('canceled', 'query was canceled in expression evaluation')
}

/** A deadline that ends the query for good. */
export function finalDeadline(leftMs: number, clock: Clock = systemClock): Deadline {
  return { clock, atMs: clock.monotonicMs() + leftMs, overdue: timeoutError }
}

/** Refuses what goes over the limits, before it is allocated. */
export class QueryBudget implements Budget {
  readonly #limits: QueryLimits
  readonly #deadline: Deadline
  readonly #flag: Int32Array | undefined
  #samples = 0
  #heldBytes = 0
  #heldBytesMax = 0
  #checks = 0

  /** @param flag int32[>= 1] that another thread may set to CANCELED or TIMED_OUT */
  constructor(limits: QueryLimits, deadline: Deadline, flag?: Int32Array) {
    this.#limits = limits
    this.#deadline = deadline
    this.#flag = flag
  }

  /** Samples read so far. */
  get samples(): number {
    return this.#samples
  }

  /** Most bytes held at a time. */
  get heldBytesMax(): number {
    return this.#heldBytesMax
  }

  chargeSamples(count: number): void {
    this.#samples += count
    if (this.#samples > this.#limits.samplesMax) throw samplesError(this.#limits)
    this.check()
  }

  chargeBytes(sizeBytes: number): void {
    const { memoryBytesMax } = this.#limits
    this.#heldBytes += sizeBytes
    if (!(this.#heldBytes <= memoryBytesMax)) {
      throw new NarthexError(
        'limit',
        `cannot run query: it needs ${this.#heldBytes} bytes of memory, at most ${memoryBytesMax} (--query.max-memory)`,
      )
    }
    if (this.#heldBytes > this.#heldBytesMax) this.#heldBytesMax = this.#heldBytes
  }

  releaseBytes(sizeBytes: number): void {
    this.#heldBytes -= sizeBytes
  }

  check(): void {
    this.#heed()
    if (this.#checks++ % CHECKS_PER_CLOCK === 0) this.#heedDeadline()
  }

  /** As `check`, for places that are passed seldom: the clock is always asked. */
  checkNow(): void {
    this.#heed()
    this.#heedDeadline()
  }

  #heed(): void {
    if (this.#flag === undefined) return
    const word = Atomics.load(this.#flag, 0)
    if (word === CANCELED) throw cancelError()
    if (word === TIMED_OUT) throw timeoutError()
  }

  #heedDeadline(): void {
    const { clock, atMs } = this.#deadline
    if (clock.monotonicMs() > atMs) throw this.#deadline.overdue()
  }
}

/** The error of a query that reads too much; the first half is Prometheus's. */
export function samplesError(limits: QueryLimits): NarthexError {
  return new NarthexError(
    'limit',
    `query processing would load too many samples into memory in query execution: at most ${limits.samplesMax} (--query.max-samples)`,
  )
}
