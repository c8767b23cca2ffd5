/** Bounds on how many requests come: of all clients together, and of each that changes something. */
import type { Clock } from '../../base/clock.ts'
import type { Cell, Metrics } from '../../base/metrics.ts'
import type { WebRateLimit } from '../../config/web.ts'
import { networkOf } from './address.ts'
import { Allowances } from './allowance.ts'
import type { Fault } from './fault.ts'
import { ANYBODY, type Identity } from './message.ts'

/** Seconds' worth of changes that a caller may send at once. */
const CHANGES_BURST_SECONDS = 10
/** Callers whose changes are counted; the one seen longest ago goes first. */
const CALLERS_MAX = 4096

/** As `rate_limit` of a web configuration asks for: lets `burst` requests in at once and then one each interval. */
export class RequestRate {
  readonly #limit: WebRateLimit
  readonly #clock: Clock
  #tokens: number
  #atMs: number

  constructor(limit: WebRateLimit, clock: Clock) {
    this.#limit = limit
    this.#clock = clock
    this.#tokens = limit.burst
    this.#atMs = clock.monotonicMs()
  }

  /** Takes one request; a fault when there is none left. */
  take(): Fault | undefined {
    const { intervalMs, burst } = this.#limit
    if (intervalMs <= 0) return undefined
    const nowMs = this.#clock.monotonicMs()
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#atMs) / intervalMs)
    this.#atMs = nowMs
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return undefined
    }
    const waitSeconds = Math.ceil(((1 - this.#tokens) * intervalMs) / 1000)
    return {
      status: 429,
      errorType: 'unavailable',
      message: 'cannot take request: the rate limit of the web configuration is reached, try later',
      headers: { 'retry-after': String(waitSeconds) },
    }
  }
}

/** A bound on what each caller changes: a user or token at an address, or an address. */
export class ChangeRate {
  readonly #perSecondMax: number
  readonly #allowances: Allowances
  readonly #refused: Cell

  /** @param perSecondMax in the long run */
  constructor(perSecondMax: number, metrics: Metrics, clock: Clock) {
    const burst = perSecondMax * CHANGES_BURST_SECONDS
    const limits = { burst, refillMs: 1000 / perSecondMax, callersMax: CALLERS_MAX }
    this.#perSecondMax = perSecondMax
    this.#allowances = new Allowances(limits, clock)
    metrics
      .gauge('narthex_http_changes_per_second_max', 'Bound on what one caller may change.')
      .with()
      .set(perSecondMax)
    this.#refused = metrics
      .counter(
        'narthex_http_refused_changes_total',
        'Changes over narthex_http_changes_per_second_max.',
      )
      .with()
  }

  /** Takes one request; a fault when there is none left. */
  take(identity: Identity, address: string): Fault | undefined {
    const network = networkOf(address)
    const caller = identity.name === ANYBODY ? network : `${identity.name}\0${network}`
    const waitMs = this.#allowances.waitMs(caller)
    if (waitMs === 0) {
      this.#allowances.use(caller)
      return undefined
    }
    this.#refused.inc()
    return {
      status: 429,
      errorType: 'unavailable',
      message: `cannot take change: more than ${this.#perSecondMax} a second (--limit.changes), try later`,
      headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
    }
  }
}
