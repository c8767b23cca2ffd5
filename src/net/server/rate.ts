/** A bound on requests of all clients together, as `rate_limit` of a web configuration asks for. */
import type { Clock } from '../../base/clock.ts'
import type { WebRateLimit } from '../../config/web.ts'
import type { Fault } from './fault.ts'

/** Lets `burst` requests in at once and then one each interval. */
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
