/** Where accounts are kept. Each method throws NarthexError `busy` while the database is away. */
import type { SessionAccount, TokenAccount, UserAccount } from './accounts.ts'

/** A user with the hash of the password. */
export interface StoredUser extends UserAccount {
  /** `$scrypt$ln=…,r=…,p=…$salt$hash` */
  readonly hash: string
}

/** A token by the hexadecimal SHA-256 of its text. */
export interface StoredToken extends TokenAccount {
  readonly digest: string
}

/** A session by the hexadecimal SHA-256 of its secret. */
export interface StoredSession extends SessionAccount {
  readonly digest: string
  readonly proof: string
}

/** Everybody who is known, at one moment. */
export interface StoredAccounts {
  /** Grows with each change of who may come in. */
  readonly revision: number
  readonly users: readonly StoredUser[]
  readonly tokens: readonly StoredToken[]
  readonly sessions: readonly StoredSession[]
}

/** Bounds that a change must not break; it is refused with `limit` or `conflict` otherwise. */
export interface AccountRules {
  readonly usersMax: number
  readonly tokensMax: number
  /** Whether accounts need a user among them who is admin. */
  readonly needsAdmin: boolean
}

/** When and where something was last used. */
export interface Use {
  readonly kind: 'token' | 'session'
  /** Name of the token, id of the session. */
  readonly key: string
  readonly usedMs: number
  readonly usedFrom: string
}

export interface AccountRecords {
  revision(): Promise<number>
  all(): Promise<StoredAccounts>
  /** Adds or replaces. @param hash undefined leaves that of a user who is there: `not_found` where none is */
  putUser(
    user: Omit<StoredUser, 'hash'>,
    hash: string | undefined,
    rules: AccountRules,
  ): Promise<void>
  /** Also ends the sessions. @returns whether there was one */
  removeUser(name: string, rules: AccountRules): Promise<boolean>
  /** @throws NarthexError `conflict` when the name is taken */
  addToken(token: StoredToken, rules: AccountRules): Promise<void>
  /** @returns whether there was one */
  removeToken(name: string): Promise<boolean>
  /** Beyond the bounds the longest unused go. */
  addSession(session: StoredSession, sessionsMax: number, ofUserMax: number): Promise<void>
  /** @returns whether there was one */
  removeSession(id: string): Promise<boolean>
  /** Notes uses; no change of who may come in. */
  saveUses(uses: readonly Use[]): Promise<void>
  /** Forgets sessions and tokens that are over. @param unusedMs sessions not used since then */
  sweep(nowMs: number, unusedMs: number): Promise<void>
}
