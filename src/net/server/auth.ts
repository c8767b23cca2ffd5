/** Who asks: names with passwords, bearer tokens by their digests, sessions, client certificates. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { WebToken, WebUser } from '../../config/web.ts'
import { networkOf } from './address.ts'
import { Allowances } from './allowance.ts'
import { type Fault, faultOf } from './fault.ts'
import {
  type IdentitySource,
  type KnownIdentities,
  NOBODY_ELSE,
  nobodyKnown,
  readSessionCookies,
} from './identities.ts'
import { ANYBODY, type Identity } from './message.ts'
import {
  hashCost,
  openPasswordChecks,
  type PasswordChecks,
  requirePasswordHash,
} from './password.ts'

/** Everybody of a web configuration who may come in. */
export interface Credentials {
  readonly users: readonly WebUser[]
  readonly tokens: readonly WebToken[]
}

/** What a request shows of who sends it. */
export interface Shown {
  /** The headers. */
  readonly authorization: string | undefined
  readonly cookie?: string | undefined
  /** Of the client, for the bounds on wrong passwords. */
  readonly address: string
  /** Name in the client's verified certificate; undefined without one. */
  readonly certificate: string | undefined
}

/** An identity, or why there is none. */
export type Verdict = { readonly identity: Identity } | Refusal

export interface Refusal {
  readonly fault: Fault
  /** Whose password was found to be wrong just now; '' for a name that nobody has. */
  readonly wrongFor?: string
}

/** Tells who asks. */
export interface Authenticator {
  /** @throws NarthexError `busy` when too many passwords wait, or nobody can be told any more */
  identify(shown: Shown): Promise<Verdict>
}

/** New wrong passwords an address may send at once; one more is allowed each WRONG_REFILL_MS. */
export const WRONG_MAX = 20
const WRONG_REFILL_MS = 3000
/** The same for one name from all addresses together: who guesses from many is slowed down, too. */
export const WRONG_OF_NAME_MAX = 50
const WRONG_OF_NAME_REFILL_MS = 10_000
/** Addresses and names whose wrong passwords are counted; the oldest goes first. */
const CALLERS_MAX = 4096

/**
 * With nobody in the web configuration and nobody elsewhere, everybody may come in, as admin. While
 * a source fails, those of the web configuration come in, and nobody else.
 *
 * @param workerFile the bundled or plain bcryptworker
 * @param source     of who is known beside the web configuration, which comes first
 * @throws NarthexError `bad_data` for a hash of an unknown kind, without the hash
 */
export function openAuthenticator(
  credentials: Credentials,
  workerFile: URL,
  clock: Clock,
  source?: IdentitySource,
): Authenticator {
  const { users, tokens } = credentials
  for (const user of users) requirePasswordHash(user.name, user.hash.reveal())
  const byName = new Map(users.map((user) => [user.name, user]))
  const digests = tokens.map(readDigest)
  const ownStranger = users.reduce<WebUser | undefined>(dearer, undefined)
  const door = new PasswordDoor(openPasswordChecks(workerFile, clock), clock)
  // Browsers would ask in a box of their own before they show the login page.
  const challenge = challengeOf(
    users.length > 0 && source === undefined,
    tokens.length > 0 || source !== undefined,
  )
  const look = async (from: IdentitySource, isUrgent: boolean): Promise<KnownIdentities> => {
    try {
      return await from.known(isUrgent)
    } catch (error) {
      return nobodyKnown(error)
    }
  }
  const userOf = (name: string, known: KnownIdentities): WebUser | undefined =>
    byName.get(name) ?? known.user(name)

  /** Who shows a token or a session; the user that a password would belong to. */
  const find = (shown: Shown, known: KnownIdentities): Identity | Claim | undefined => {
    const token = readBearer(shown.authorization)
    if (token !== undefined) {
      return findToken(token, tokens, digests) ?? known.token(token, shown.address)
    }
    const basic = readBasic(shown.authorization)
    if (basic !== undefined) {
      const user = userOf(basic.name, known)
      const stranger = dearer(ownStranger, known.stranger)
      return stranger === undefined ? undefined : { ...basic, user, stranger }
    }
    for (const secret of readSessionCookies(shown.cookie)) {
      const session = known.session(secret)
      const user = session && userOf(session.user, known)
      if (session === undefined || user === undefined || proofOf(user) !== session.proof) continue
      return { name: user.name, role: user.role, session: session.id }
    }
    return undefined
  }

  return {
    async identify(shown) {
      let known = source === undefined ? NOBODY_ELSE : await look(source, false)
      if (users.length === 0 && tokens.length === 0 && !known.asks) {
        return { identity: { name: shown.certificate ?? ANYBODY, role: 'admin' } }
      }
      let found = find(shown, known)
      const isUnknown = found === undefined || ('password' in found && found.user === undefined)
      if (source !== undefined && isUnknown && showsAnything(shown)) {
        known = await look(source, true)
        found = find(shown, known)
      }
      const { failure } = known
      if (found === undefined && failure !== undefined) throw failure
      if (found === undefined) return { fault: unauthorized(challenge) }
      if (!('password' in found)) return { identity: found }
      const outcome = await door.open(found, shown.address)
      if (outcome === 'wait') return { fault: tooMany() }
      const { user } = found
      if (outcome === 'right' && user !== undefined) {
        return { identity: { name: user.name, role: user.role, proof: proofOf(user) } }
      }
      // Whose name stands in the file is told no sooner and no otherwise than who may be known elsewhere.
      if (failure !== undefined && user === undefined) throw failure
      const fault = failure === undefined ? unauthorized(challenge) : faultOf(failure)
      return outcome === 'known' ? { fault } : { fault, wrongFor: user?.name ?? '' }
    },
  }
}

/** A name with a password, and whose it would have to be. */
interface Claim {
  readonly name: string
  readonly password: string
  /** Undefined for a name that nobody has. */
  readonly user: WebUser | undefined
  /** Checked in the place of nobody. */
  readonly stranger: WebUser
}

/** Checks passwords, and lets those wait who send wrong ones. */
class PasswordDoor {
  readonly #checks: PasswordChecks
  readonly #byAddress: Allowances
  readonly #byName: Allowances

  constructor(checks: PasswordChecks, clock: Clock) {
    const callersMax = CALLERS_MAX
    const ofName = { burst: WRONG_OF_NAME_MAX, refillMs: WRONG_OF_NAME_REFILL_MS, callersMax }
    this.#checks = checks
    this.#byName = new Allowances(ofName, clock)
    this.#byAddress = new Allowances(
      { burst: WRONG_MAX, refillMs: WRONG_REFILL_MS, callersMax },
      clock,
    )
  }

  /** @returns `known` for one that was found to be wrong before, which costs nothing */
  async open(claim: Claim, address: string): Promise<'right' | 'wrong' | 'known' | 'wait'> {
    const { name, password, user, stranger } = claim
    const hash = (user ?? stranger).hash.reveal()
    const before = this.#checks.known(name, hash, password)
    if (before !== undefined) return before ? 'right' : 'known'
    const network = networkOf(address)
    if (this.#byAddress.waitMs(network) > 0 || this.#byName.waitMs(name) > 0) return 'wait'
    if (await this.#checks.check(name, hash, password)) return 'right'
    this.#byAddress.use(network)
    this.#byName.use(name)
    return 'wrong'
  }
}

/** Somebody unknown costs what the dearest known one does, so that time tells no names. */
function dearer(one: WebUser | undefined, other: WebUser | undefined): WebUser | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return costOf(other) > costOf(one) ? other : one
}

/** Another one for another password, and no way back to either. */
function proofOf(user: WebUser): string {
  return createHash('sha256').update(`${user.name}\0${user.hash.reveal()}`).digest('base64url')
}

function showsAnything({ authorization, cookie }: Shown): boolean {
  return authorization !== undefined || readSessionCookies(cookie).length > 0
}

function costOf(user: WebUser): number {
  return hashCost(user.hash.reveal())
}

function readDigest(token: WebToken): Buffer {
  if (/^[0-9a-f]{64}$/i.test(token.sha256)) return Buffer.from(token.sha256, 'hex')
  throw new NarthexError(
    'bad_data',
    `cannot use token ${JSON.stringify(token.name)}: wanted its SHA-256 in 64 hexadecimal digits`,
  )
}

/** Compares with every token, so that time does not tell which one was near. */
function findToken(
  token: string,
  tokens: readonly WebToken[],
  digests: readonly Buffer[],
): Identity | undefined {
  const seen = createHash('sha256').update(token).digest()
  let found: WebToken | undefined
  for (let i = 0; i < digests.length; i++) {
    if (timingSafeEqual(seen, digests[i])) found = tokens[i]
  }
  return found && { name: found.name, role: found.role }
}

function readBearer(authorization: string | undefined): string | undefined {
  return /^bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '')?.[1]
}

function readBasic(
  authorization: string | undefined,
): { name: string; password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function challengeOf(hasUsers: boolean, hasTokens: boolean): string {
  const basic = hasUsers ? ['Basic realm="narthex", charset="UTF-8"'] : []
  const bearer = hasTokens ? ['Bearer realm="narthex"'] : []
  return [...basic, ...bearer].join(', ')
}

function unauthorized(challenge: string): Fault {
  return {
    status: 401,
    errorType: 'unauthorized',
    message: 'Unauthorized',
    headers: { 'www-authenticate': challenge },
  }
}

function tooMany(): Fault {
  return {
    status: 429,
    errorType: 'unavailable',
    message:
      'cannot check password: too many wrong ones from this address or for this name, try later',
    headers: { 'retry-after': String(Math.ceil(WRONG_REFILL_MS / 1000)) },
  }
}
