/** What all exchanges share, and how one learns that nobody waits for it any more. */
import type { Clock } from '../../base/clock.ts'
import type { NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Access } from './access.ts'
import type { ByteBudget } from './budget.ts'
import type { ServerLimits } from './limits.ts'
import type { Witness } from './message.ts'
import type { ChangeRate } from './rate.ts'
import type { RouteTable } from './route.ts'
import type { RefusedLogins, RequestMetrics } from './telemetry.ts'

/** What every exchange needs; `access` may be another one for the next request. */
export interface Hall {
  readonly table: RouteTable
  readonly limits: ServerLimits
  /** Bodies of requests that are held. */
  readonly bodies: ByteBudget
  /** Replies that are on their way. */
  readonly replies: ByteBudget
  readonly requests: RequestMetrics
  readonly logins: RefusedLogins
  /** Undefined where changes are not bounded. */
  readonly changes: ChangeRate | undefined
  readonly witness: Witness | undefined
  readonly clock: Clock
  readonly log: Log
  /** Requests under way, so that stopping can end them. */
  readonly underWay: Set<Departure>
  isStopping(): boolean
  access(): Access
}

/** Tells a handler that nobody waits for its reply any more. */
export class Departure {
  #controller: AbortController | undefined
  #reason: NarthexError | undefined

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  leave(reason: NarthexError): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }
}
