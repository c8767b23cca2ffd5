/** Accounts of a hub: users with passwords, tokens of programs, and the sessions of browsers. */
import type { Role } from './role.ts'

/** Somebody who comes in with a name and a password. */
export interface UserAccount {
  readonly name: string
  readonly role: Role
  /** ms since epoch */
  readonly createdMs: number
  /** When the role or the password was last set, ms since epoch. */
  readonly changedMs: number
  readonly changedBy: string
}

/** A program that comes in with a token, of which only the digest is kept. */
export interface TokenAccount {
  readonly name: string
  readonly role: Role
  /** ms since epoch */
  readonly createdMs: number
  readonly createdBy: string
  /** ms since epoch; 0 for never. */
  readonly expiresMs: number
  /** When it was last used, to the minute; 0 for never. */
  readonly usedMs: number
  /** The address that last used it; '' for none. */
  readonly usedFrom: string
}

/** A browser in which a user has logged in. */
export interface SessionAccount {
  readonly id: string
  readonly user: string
  /** Where the user logged in. */
  readonly address: string
  /** What the browser calls itself. */
  readonly agent: string
  /** ms since epoch */
  readonly openedMs: number
  /** When it was last used, to the minute, ms since epoch. */
  readonly usedMs: number
  /** When it ends whether it is used or not, ms since epoch. */
  readonly expiresMs: number
}

/** What is wanted of a user; a password that is absent stays. */
export interface UserWish {
  readonly name: string
  readonly role: Role
  readonly password?: string
}

export interface TokenWish {
  readonly name: string
  readonly role: Role
  /** ms from now on; 0 for never. */
  readonly ageMsMax: number
}

/** A session that was just opened: its secret is known to its browser only. */
export interface OpenedSession {
  readonly secret: string
  readonly expiresMs: number
}

/** Who logs in, as a password has just shown. */
export interface SessionWish {
  readonly user: string
  /** Changes with the password; the session ends when it does. */
  readonly proof: string
  readonly address: string
  readonly agent: string
}

/** What pages and tools do with accounts. Names that cannot be are `bad_data`, what is not there is `not_found`. */
export interface Accounts {
  users(): Promise<readonly UserAccount[]>
  /**
   * Adds a user or changes one.
   *
   * @throws NarthexError `conflict` when nobody would be left who may change accounts
   */
  putUser(wish: UserWish, by: string): Promise<void>
  /** Removes a user with the sessions. @throws NarthexError `conflict` as above */
  removeUser(name: string): Promise<void>
  tokens(): Promise<readonly TokenAccount[]>
  /** @returns the token itself, which is shown once */
  addToken(wish: TokenWish, by: string): Promise<string>
  removeToken(name: string): Promise<void>
  sessions(): Promise<readonly SessionAccount[]>
  openSession(wish: SessionWish): Promise<OpenedSession>
  endSession(id: string): Promise<void>
}
