/** Accounts of a hub: who may come in, as the records say it, and how that is changed. */
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import type { AccountRecords, AccountRules } from '../../model/accountrecords.ts'
import type {
  Accounts,
  AddedToken,
  OpenedSession,
  SessionAccount,
  SessionWish,
  TokenAccount,
  UserAccount,
} from '../../model/accounts.ts'
import type { IdentitySource } from '../../net/server/identities.ts'
import { hashPassword } from '../../net/server/password.ts'
import { FollowedAccounts } from './follow.ts'
import type { KnownAccounts } from './known.ts'
import { digestOf, idOf, newSecret, newToken } from './secret.ts'
import { SAVE_MS, Uses } from './uses.ts'
import { readPasswordWish, readTokenWish, readUserWish, type UserWish } from './wish.ts'

/** Sessions of one user; the longest unused of them end. */
export const SESSIONS_OF_USER_MAX = 20

/** Of what a browser calls itself, in UTF-16 units. */
const AGENT_LENGTH_MAX = 200

export interface AccountLimits {
  readonly usersMax: number
  readonly tokensMax: number
  readonly sessionsMax: number
  /** How long a session may be unused, in ms. */
  readonly idleMsMax: number
  /** How long a session may last, in ms. */
  readonly ageMsMax: number
}

export interface AccountsDeps {
  readonly records: AccountRecords
  readonly limits: AccountLimits
  /** Whether nobody comes in unknown even while there is no account. */
  alwaysAsks(): boolean
  /** Whether somebody else than a user of the records may change accounts. */
  hasOtherAdmin(): boolean
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Accounts until they are stopped. */
export class HubAccounts implements Accounts, IdentitySource {
  readonly #deps: AccountsDeps
  readonly #uses: Uses
  readonly #followed: FollowedAccounts
  #timer: Timer | undefined

  constructor(deps: AccountsDeps) {
    const { records, clock, log, limits } = deps
    this.#deps = deps
    this.#uses = new Uses(records, clock)
    const known = {
      ...{ uses: this.#uses, clock, idleMsMax: limits.idleMsMax },
      alwaysAsks: () => deps.alwaysAsks(),
    }
    this.#followed = new FollowedAccounts(records, clock, known, log)
    this.#measure()
    this.#saveLater()
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#saveOrSay()
  }

  known(isUrgent: boolean): Promise<KnownAccounts> {
    return this.#followed.known(isUrgent)
  }

  async users(): Promise<readonly UserAccount[]> {
    const { users } = await this.#deps.records.all()
    return users.map(({ hash: _, ...user }) => user)
  }

  async putUser(name: string, value: unknown, by: string): Promise<void> {
    await this.#put(readUserWish(name, value), by)
  }

  async changePassword(name: string, value: unknown): Promise<void> {
    const password = readPasswordWish(value)
    const user = (await this.users()).find((each) => each.name === name)
    if (user === undefined) {
      const reason = 'it is set in the web configuration'
      throw new NarthexError('conflict', `cannot change password of ${name}: ${reason}`)
    }
    await this.#put({ name, role: user.role, password }, name)
  }

  async removeUser(name: string): Promise<void> {
    const { records } = this.#deps
    requireThere(await this.#change(() => records.removeUser(name, this.#rules())), 'user', name)
  }

  async tokens(): Promise<readonly TokenAccount[]> {
    await this.#uses.save()
    const { tokens } = await this.#deps.records.all()
    return tokens.map(({ digest: _, ...token }) => token)
  }

  async addToken(wanted: string, value: unknown, by: string): Promise<AddedToken> {
    const { records, clock } = this.#deps
    const { name, role, ageMsMax } = readTokenWish(wanted, value)
    const token = newToken()
    const createdMs = clock.now()
    const expiresMs = ageMsMax === 0 ? 0 : createdMs + ageMsMax
    const unused = { expiresMs, usedMs: 0, usedFrom: '' }
    const stored = { name, role, digest: digestOf(token), createdMs, createdBy: by, ...unused }
    await this.#change(() => records.addToken(stored, this.#rules()))
    return { name, token }
  }

  async removeToken(name: string): Promise<void> {
    const { records } = this.#deps
    requireThere(await this.#change(() => records.removeToken(name)), 'token', name)
  }

  async sessions(): Promise<readonly SessionAccount[]> {
    await this.#uses.save()
    const { sessions } = await this.#deps.records.all()
    return sessions.map(({ digest: _, proof: __, ...session }) => session)
  }

  async openSession({ user, proof, address, agent }: SessionWish): Promise<OpenedSession> {
    const { records, clock, limits } = this.#deps
    const secret = newSecret()
    const digest = digestOf(secret)
    const nowMs = clock.now()
    const { ageMsMax, sessionsMax } = limits
    const browser = { address, agent: agent.slice(0, AGENT_LENGTH_MAX) }
    const times = { openedMs: nowMs, usedMs: nowMs, expiresMs: nowMs + ageMsMax }
    const session = { id: idOf(digest), digest, user, proof, ...browser, ...times }
    await this.#change(() => records.addSession(session, sessionsMax, SESSIONS_OF_USER_MAX))
    return { secret, ageMsMax }
  }

  async endSession(id: string): Promise<void> {
    const { records } = this.#deps
    requireThere(await this.#change(() => records.removeSession(id)), 'session', id)
  }

  async #put({ name, role, password }: UserWish, by: string): Promise<void> {
    const { records, clock } = this.#deps
    const nowMs = clock.now()
    const hash = password === undefined ? undefined : await hashPassword(password)
    const user = { name, role, createdMs: nowMs, changedMs: nowMs, changedBy: by }
    await this.#change(() => records.putUser(user, hash, this.#rules()))
  }

  async #change<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } finally {
      this.#followed.forget()
    }
  }

  #rules(): AccountRules {
    const { usersMax, tokensMax } = this.#deps.limits
    return { usersMax, tokensMax, needsAdmin: !this.#deps.hasOtherAdmin() }
  }

  #saveLater(): void {
    this.#timer = this.#deps.clock.after(SAVE_MS, () => {
      void this.#saveOrSay().finally(() => this.#saveLater())
    })
  }

  /** Writes what was used, and forgets what is over. */
  async #saveOrSay(): Promise<void> {
    const { records, clock, log, limits } = this.#deps
    const nowMs = clock.now()
    try {
      await this.#uses.save()
      this.#followed.forget()
      // What other hubs have not written yet may be as old as that.
      await records.sweep(nowMs, nowMs - limits.idleMsMax - 2 * SAVE_MS)
    } catch (error) {
      log.warn('uses of tokens and sessions could not be written down', { error: messageOf(error) })
    }
  }

  #measure(): void {
    const { metrics, limits } = this.#deps
    const count = (kind: 'users' | 'tokens' | 'sessions'): number =>
      this.#followed.latest?.stored[kind].length ?? 0
    const gauges = [
      ['narthex_hub_users', 'Users of the records.', () => count('users')],
      ['narthex_hub_tokens', 'Tokens of the records.', () => count('tokens')],
      ['narthex_hub_sessions', 'Sessions that are open.', () => count('sessions')],
      ['narthex_hub_sessions_max', 'Bound on narthex_hub_sessions.', () => limits.sessionsMax],
    ] as const
    const families = gauges.map(([name, help]) => metrics.gauge(name, help))
    metrics.onCollect(() => {
      for (const [i, [, , measure]] of gauges.entries()) families[i].with().set(measure())
    })
  }
}

function requireThere(isThere: boolean, kind: string, name: string): void {
  if (isThere) return
  throw new NarthexError(
    'not_found',
    `cannot find ${kind} ${JSON.stringify(name)}: it is not there`,
  )
}
