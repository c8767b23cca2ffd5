/** Secrets of tokens and sessions: 256 random bits, of which only the digest is kept. */
import { createHash, randomBytes } from 'node:crypto'

const SECRET_BYTES = 32

/** What tokens begin with, so that tools that look for secrets in texts know them. */
const TOKEN_PREFIX = 'narthex_'

/** Hexadecimal digits that are enough to tell sessions apart. */
const ID_DIGITS = 16

export function newToken(): string {
  return TOKEN_PREFIX + newSecret()
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** The hexadecimal SHA-256. Nothing slower is needed: what is random cannot be guessed. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** How a session is called where it is listed. */
export function idOf(digest: string): string {
  return digest.slice(0, ID_DIGITS)
}
