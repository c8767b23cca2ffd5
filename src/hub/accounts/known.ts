/** Everybody whom the records know, at one revision, ready to be looked up at each request. */
import type { Clock } from '../../base/clock.ts'
import { Secret } from '../../base/secret.ts'
import type { WebUser } from '../../config/web.ts'
import type { StoredAccounts, StoredSession, StoredToken } from '../../model/accountrecords.ts'
import type { KnownIdentities, KnownSession } from '../../net/server/identities.ts'
import type { Identity } from '../../net/server/message.ts'
import { digestOf } from './secret.ts'
import type { Uses } from './uses.ts'

export interface KnownDeps {
  readonly uses: Uses
  readonly clock: Clock
  readonly idleMsMax: number
  /** Whether nobody comes in unknown even while there is no account. */
  alwaysAsks(): boolean
}

export class KnownAccounts implements KnownIdentities {
  readonly #deps: KnownDeps
  readonly #users: ReadonlyMap<string, WebUser>
  readonly #tokens: ReadonlyMap<string, StoredToken>
  readonly #sessions: ReadonlyMap<string, StoredSession>
  readonly stored: StoredAccounts

  constructor(stored: StoredAccounts, deps: KnownDeps) {
    this.stored = stored
    this.#deps = deps
    this.#users = new Map(
      stored.users.map(({ name, role, hash }) => [name, { name, role, hash: new Secret(hash) }]),
    )
    this.#tokens = new Map(stored.tokens.map((token) => [token.digest, token]))
    this.#sessions = new Map(stored.sessions.map((session) => [session.digest, session]))
  }

  /** Whether there is no account. */
  get isEmpty(): boolean {
    return this.#users.size === 0 && this.#tokens.size === 0
  }

  get asks(): boolean {
    return !this.isEmpty || this.#deps.alwaysAsks()
  }

  /** All hashes are made alike, so any of them costs what each does. */
  get stranger(): WebUser | undefined {
    return this.#users.values().next().value
  }

  user(name: string): WebUser | undefined {
    return this.#users.get(name.normalize('NFC'))
  }

  token(text: string, address: string): Identity | undefined {
    const token = this.#tokens.get(digestOf(text))
    if (token === undefined) return undefined
    const { name, role, expiresMs } = token
    if (expiresMs > 0 && expiresMs <= this.#deps.clock.now()) return undefined
    this.#deps.uses.note('token', name, address)
    return { name, role }
  }

  session(secret: string): KnownSession | undefined {
    const session = this.#sessions.get(digestOf(secret))
    if (session === undefined || this.#isOver(session)) return undefined
    const { id, user, proof } = session
    this.#deps.uses.note('session', id, '')
    return { id, user, proof }
  }

  #isOver({ id, usedMs, expiresMs }: StoredSession): boolean {
    const { uses, clock, idleMsMax } = this.#deps
    const nowMs = clock.now()
    const lastMs = Math.max(usedMs, uses.lastMs('session', id))
    return expiresMs <= nowMs || lastMs + idleMsMax <= nowMs
  }
}
