/** Who is known, as the records have it: asked again every second, and kept for a while without them. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { AccountRecords } from '../../model/accountrecords.ts'
import type { IdentitySource } from '../../net/server/identities.ts'
import { KnownAccounts, type KnownDeps } from './known.ts'
import { SAVE_MS } from './uses.ts'

/** So long another hub's change may take to count here, in ms. */
export const FRESH_MS = 1000

/** How long a request waits for the records before it goes on with who was known, in ms. */
export const WAIT_MS_MAX = 1000

/** The same while the records did not answer the last time. */
const AWAY_WAIT_MS_MAX = 100

/** How long those who are known may go on while the database is away, in ms. */
export const AWAY_MS_MAX = 600_000

/** Where the database is and what is wrong with it is nothing for strangers. */
const CANNOT_TELL = 'cannot tell who asks: the database is away, the log of narthex says why'

/** Follows the records at each request, as long as the last answer is not fresh any more. */
export class FollowedAccounts implements IdentitySource {
  readonly #records: AccountRecords
  readonly #clock: Clock
  readonly #deps: KnownDeps
  readonly #log: Log
  #known: KnownAccounts | undefined
  #loadedMs = 0
  /** When the records last answered. */
  #answeredMs = 0
  /** When they were last asked, whatever came of it. */
  #askedMs = Number.NEGATIVE_INFINITY
  #failure: NarthexError | undefined
  /** The log says that nobody can be told, and why. */
  #isSaid = false
  #asking: Promise<KnownAccounts> | undefined
  /** Another one after each write: what was asked before it does not count any more. */
  #round = 0

  constructor(records: AccountRecords, clock: Clock, deps: KnownDeps, log: Log) {
    this.#records = records
    this.#clock = clock
    this.#deps = deps
    this.#log = log
  }

  /** As it was when the records last answered. */
  get latest(): KnownAccounts | undefined {
    return this.#known
  }

  async known(isUrgent: boolean): Promise<KnownAccounts> {
    const isFresh = this.#clock.monotonicMs() - this.#askedMs < FRESH_MS
    if (isFresh && this.#failure !== undefined) return this.#fallBack(isUrgent, this.#failure)
    if (isFresh && !isUrgent && this.#known !== undefined) return this.#known
    try {
      this.#asking ??= this.#ask(isUrgent)
      return await (isUrgent ? this.#asking : this.#inTime(this.#asking))
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      return this.#fallBack(isUrgent, error)
    }
  }

  /** Something was written here: it counts at the next request. */
  forget(): void {
    this.#round++
    this.#askedMs = Number.NEGATIVE_INFINITY
    this.#loadedMs = Number.NEGATIVE_INFINITY
    this.#asking = undefined
  }

  /** A database that hangs holds up no request that can do without it. @throws NarthexError `busy` */
  async #inTime(asking: Promise<KnownAccounts>): Promise<KnownAccounts> {
    if (this.#known === undefined && this.#failure === undefined) return await asking
    const boundMs = this.#failure === undefined ? WAIT_MS_MAX : AWAY_WAIT_MS_MAX
    const leftMs = Math.max(0, this.#askedMs + boundMs - this.#clock.monotonicMs())
    const late = Promise.withResolvers<never>()
    const timer = this.#clock.after(leftMs, () => late.reject(this.#failure ?? tooLate()))
    try {
      return await Promise.race([asking, late.promise])
    } finally {
      timer.cancel()
    }
  }

  /** Those who are known go on for a while; nobody else comes in. @throws NarthexError `busy` */
  #fallBack(isUrgent: boolean, failure: NarthexError): KnownAccounts {
    const ageMs = this.#clock.monotonicMs() - this.#answeredMs
    if (!isUrgent && this.#known !== undefined && ageMs <= AWAY_MS_MAX) return this.#known
    if (!this.#isSaid) {
      this.#log.warn('the database does not say who may come in', { error: messageOf(failure) })
      this.#isSaid = true
    }
    throw new NarthexError('busy', CANNOT_TELL, failure)
  }

  async #ask(isUrgent: boolean): Promise<KnownAccounts> {
    const round = this.#round
    const askedMs = this.#clock.monotonicMs()
    this.#askedMs = askedMs
    let failure: NarthexError | undefined
    let known = this.#known
    try {
      const revision = await this.#records.revision()
      if (known?.stored.revision !== revision || this.#isOld(askedMs, isUrgent)) {
        known = new KnownAccounts(await this.#records.all(), this.#deps)
        if (round === this.#round) this.#loadedMs = askedMs
      }
      return known
    } catch (error) {
      if (error instanceof NarthexError) failure = error
      throw error
    } finally {
      if (round === this.#round) this.#take(known, failure, askedMs)
    }
  }

  /** Whether what was loaded may lack uses, which have no revision. */
  #isOld(nowMs: number, isUrgent: boolean): boolean {
    const ageMs = nowMs - this.#loadedMs
    return isUrgent ? ageMs > SAVE_MS : ageMs === Number.POSITIVE_INFINITY
  }

  #take(
    known: KnownAccounts | undefined,
    failure: NarthexError | undefined,
    askedMs: number,
  ): void {
    this.#asking = undefined
    this.#failure = failure
    if (failure !== undefined) return
    this.#known = known
    this.#answeredMs = askedMs
    this.#isSaid = false
  }
}

function tooLate(): NarthexError {
  return new NarthexError('busy', 'cannot reach the database: it does not answer in time')
}
