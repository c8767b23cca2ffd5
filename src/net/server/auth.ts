/** Who asks: names with passwords, bearer tokens by their digests, client certificates. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { WebToken, WebUser } from '../../config/web.ts'
import type { Fault } from './fault.ts'
import { ANYBODY, type Identity } from './message.ts'
import {
  hashCost,
  openPasswordChecks,
  type PasswordChecks,
  requirePasswordHash,
} from './password.ts'

/** Everybody who may come in; nobody listed means that everybody may, as admin. */
export interface Credentials {
  readonly users: readonly WebUser[]
  readonly tokens: readonly WebToken[]
}

/** An identity, or why there is none. */
export type Verdict = { readonly identity: Identity } | { readonly fault: Fault }

/** Tells who asks. */
export interface Authenticator {
  /**
   * @param authorization the header
   * @param address       of the client, for the bound on wrong passwords
   * @param certificate   name in the client's verified certificate; undefined without one
   * @throws NarthexError `busy` when too many passwords wait to be checked
   */
  identify(
    authorization: string | undefined,
    address: string,
    certificate: string | undefined,
  ): Promise<Verdict>
}

/** New wrong passwords an address may send at once; one more is allowed each WRONG_REFILL_MS. */
export const WRONG_MAX = 20
const WRONG_REFILL_MS = 3000
/** Addresses whose wrong passwords are counted; the oldest goes first. */
const ADDRESSES_MAX = 4096

/**
 * @param workerFile the bundled or plain bcryptworker
 * @throws NarthexError `bad_data` for a hash of an unknown kind, without the hash
 */
export function openAuthenticator(
  credentials: Credentials,
  workerFile: URL,
  clock: Clock,
): Authenticator {
  const { users, tokens } = credentials
  for (const user of users) requirePasswordHash(user.name, user.hash.reveal())
  const byName = new Map(users.map((user) => [user.name, user]))
  // Somebody unknown costs what the dearest known one does, so that time tells no names.
  const stranger = users.reduce<WebUser | undefined>(
    (dearest, user) => (dearest === undefined || costOf(user) > costOf(dearest) ? user : dearest),
    undefined,
  )
  const checks = openPasswordChecks(workerFile, clock)
  const wrong = new WrongPasswords(clock)
  const digests = tokens.map(readDigest)
  const challenge = challengeOf(users.length > 0, tokens.length > 0)

  return {
    async identify(authorization, address, certificate) {
      if (users.length === 0 && tokens.length === 0) {
        return { identity: { name: certificate ?? ANYBODY, role: 'admin' } }
      }
      const token = readBearer(authorization)
      if (token !== undefined) {
        const owner = findToken(token, tokens, digests)
        return owner === undefined ? unauthorized(challenge) : { identity: owner }
      }
      const basic = readBasic(authorization)
      if (basic === undefined || stranger === undefined) return unauthorized(challenge)
      const user = byName.get(basic.name)
      const matches = await checkPassword(checks, wrong, user ?? stranger, basic, address)
      if (matches === 'wait') return tooMany()
      if (!matches || user === undefined) return unauthorized(challenge)
      return { identity: { name: user.name, role: user.role } }
    },
  }
}

async function checkPassword(
  checks: PasswordChecks,
  wrong: WrongPasswords,
  user: WebUser,
  basic: { name: string; password: string },
  address: string,
): Promise<boolean | 'wait'> {
  const hash = user.hash.reveal()
  const known = checks.known(basic.name, hash, basic.password)
  if (known !== undefined) return known
  if (!wrong.mayTry(address)) return 'wait'
  const matches = await checks.check(basic.name, hash, basic.password)
  if (!matches) wrong.count(address)
  return matches
}

/** Wrong passwords of each address, forgiven with time. */
class WrongPasswords {
  readonly #clock: Clock
  readonly #byAddress = new Map<string, { count: number; atMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  mayTry(address: string): boolean {
    const seen = this.#byAddress.get(address)
    return seen === undefined || this.#remaining(seen) <= WRONG_MAX - 1
  }

  count(address: string): void {
    const seen = this.#byAddress.get(address)
    const before = seen === undefined ? 0 : this.#remaining(seen)
    this.#byAddress.delete(address)
    if (this.#byAddress.size >= ADDRESSES_MAX) {
      const [oldest] = this.#byAddress.keys()
      this.#byAddress.delete(oldest)
    }
    this.#byAddress.set(address, { count: before + 1, atMs: this.#clock.monotonicMs() })
  }

  #remaining(seen: { count: number; atMs: number }): number {
    return Math.max(0, seen.count - (this.#clock.monotonicMs() - seen.atMs) / WRONG_REFILL_MS)
  }
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

function unauthorized(challenge: string): Verdict {
  return {
    fault: {
      status: 401,
      errorType: 'unauthorized',
      message: 'Unauthorized',
      headers: { 'www-authenticate': challenge },
    },
  }
}

function tooMany(): Verdict {
  const seconds = String(Math.ceil(WRONG_REFILL_MS / 1000))
  return {
    fault: {
      status: 429,
      errorType: 'unavailable',
      message: 'cannot check password: too many wrong ones from this address, try later',
      headers: { 'retry-after': seconds },
    },
  }
}
