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

/** A session that was just opened: its secret is known to its browser only. */
export interface OpenedSession {
  readonly secret: string
  /** How long it may last, in ms. */
  readonly ageMsMax: number
}

/** Who logs in, as a password has just shown. */
export interface SessionWish {
  readonly user: string
  /** Changes with the password; the session ends when it does. */
  readonly proof: string
  readonly address: string
  readonly agent: string
}

/** A token that was just added, which is shown this once. */
export interface AddedToken {
  readonly name: string
  readonly token: string
}

/**
 * What pages and tools do with accounts. What cannot be taken is `bad_data`, what is not there is
 * `not_found`; `conflict` when nobody would be left who may change accounts.
 */
export interface Accounts {
  users(): Promise<readonly UserAccount[]>
  /** Adds a user or changes one. @param value `{role, password}`; a password that is absent stays */
  putUser(name: string, value: unknown, by: string): Promise<void>
  /** @param value `{password}` */
  changePassword(name: string, value: unknown): Promise<void>
  /** Removes a user with the sessions. */
  removeUser(name: string): Promise<void>
  tokens(): Promise<readonly TokenAccount[]>
  /** @param value `{role, expires}`; without `expires` it lasts */
  addToken(name: string, value: unknown, by: string): Promise<AddedToken>
  removeToken(name: string): Promise<void>
  sessions(): Promise<readonly SessionAccount[]>
  openSession(wish: SessionWish): Promise<OpenedSession>
  endSession(id: string): Promise<void>
}
