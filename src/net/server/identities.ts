/** Who is known beside the web configuration: users, tokens and sessions that are kept elsewhere. */
import { NarthexError } from '../../base/error.ts'
import type { WebUser } from '../../config/web.ts'
import type { Identity } from './message.ts'

/** Where they are kept, such as in a database. A server with one has a login page. */
export interface IdentitySource {
  /**
   * Everybody who is known.
   *
   * @param isUrgent somebody was not found: looks again, however short ago it looked
   * @throws NarthexError, `busy` mostly, when it cannot be told any more who is known
   */
  known(isUrgent: boolean): Promise<KnownIdentities>
}

/** Everybody who is known at one moment. */
export interface KnownIdentities {
  /** Whether nobody comes in unknown. */
  readonly asks: boolean
  /** Anybody with a password, so that somebody unknown costs as much to refuse; undefined for none. */
  readonly stranger: WebUser | undefined
  user(name: string): WebUser | undefined
  /** @param address notes from where the token was used */
  token(text: string, address: string): Identity | undefined
  session(secret: string): KnownSession | undefined
  /** Why it cannot be told who else is known: others are refused with it, as they may be known. */
  readonly failure?: NarthexError
}

/** Nobody, who does not have to be there either. */
export const NOBODY_ELSE: KnownIdentities = {
  asks: false,
  stranger: undefined,
  user: () => undefined,
  token: () => undefined,
  session: () => undefined,
}

/** What is left of a source that fails: nobody, and everybody has to be there. @throws what is ours */
export function nobodyKnown(failure: unknown): KnownIdentities {
  if (!(failure instanceof NarthexError)) throw failure
  return { ...NOBODY_ELSE, asks: true, failure }
}

/** A session that is not over. */
export interface KnownSession {
  readonly id: string
  readonly user: string
  /** The proof of the identity that opened it: over when the user has another one now. */
  readonly proof: string
}

/** The cookie of a session. */
export const SESSION_COOKIE = 'narthex_session'

/** The secrets of sessions in a `cookie` header; several where addresses below each other have one. */
export function readSessionCookies(header: string | undefined): readonly string[] {
  if (header === undefined) return []
  const secrets: string[] = []
  for (const pair of header.split(';', COOKIES_MAX)) {
    const [, name, value] = /^\s*([^=\s]+)=([A-Za-z0-9_-]{1,64})\s*$/.exec(pair) ?? []
    if (name === SESSION_COOKIE) secrets.push(value)
  }
  return secrets
}

/** Cookies that are looked at; others of the same host may be many. */
const COOKIES_MAX = 100
