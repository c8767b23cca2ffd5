/** What each of many callers may do at once, given back with time. */
import type { Clock } from '../../base/clock.ts'

export interface AllowanceLimits {
  /** How often at once. */
  readonly burst: number
  /** Time after which one more is allowed. */
  readonly refillMs: number
  /** Callers that are counted; the one that was counted longest ago goes first. */
  readonly callersMax: number
}

/** Counts by caller, within a bound. */
export class Allowances {
  readonly #limits: AllowanceLimits
  readonly #clock: Clock
  readonly #used = new Map<string, { readonly count: number; readonly atMs: number }>()

  constructor(limits: AllowanceLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** How long the caller has to wait for one more; 0 for not at all. */
  waitMs(caller: string): number {
    const { burst, refillMs } = this.#limits
    return Math.max(0, (this.#usedBy(caller) - (burst - 1)) * refillMs)
  }

  use(caller: string): void {
    const count = this.#usedBy(caller) + 1
    this.#used.delete(caller)
    if (this.#used.size >= this.#limits.callersMax) {
      const [oldest] = this.#used.keys()
      this.#used.delete(oldest)
    }
    this.#used.set(caller, { count, atMs: this.#clock.monotonicMs() })
  }

  #usedBy(caller: string): number {
    const used = this.#used.get(caller)
    if (used === undefined) return 0
    const passedMs = this.#clock.monotonicMs() - used.atMs
    return Math.max(0, used.count - passedMs / this.#limits.refillMs)
  }
}
