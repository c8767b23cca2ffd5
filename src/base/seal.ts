/** Small secrets at rest: AES-256-GCM under one key, each bound to what it is for. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { NarthexError } from './error.ts'
import { Secret } from './secret.ts'

const CIPHER = 'aes-256-gcm'
export const SEAL_KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = 'v1'

/** Seals and opens with one key. */
export class Sealer {
  readonly #key: KeyObject
  /** Tells keys apart and says nothing about them. */
  readonly #name: string

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key)
    this.#name = createHash('sha256').update('narthex seal ').update(key).digest('hex').slice(0, 12)
  }

  /**
   * A text that only the same key and purpose open again.
   *
   * @param purpose what it is for; a sealed text that is moved elsewhere does not open there
   */
  seal(secret: Secret, purpose: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(purpose))
    const body = [cipher.update(secret.reveal(), 'utf8'), cipher.final(), cipher.getAuthTag()]
    return `${VERSION}.${this.#name}.${Buffer.concat([nonce, ...body]).toString('base64url')}`
  }

  /** @throws NarthexError `corrupt` for another key, another purpose, and what was changed */
  open(sealed: string, purpose: string): Secret {
    const [version, name, text = ''] = sealed.split('.')
    if (version !== VERSION) throw refusal('it was sealed by a newer program')
    if (name !== this.#name) throw refusal('it was sealed with another key')
    const bytes = Buffer.from(text, 'base64url')
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw refusal('a part of it is missing')
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES))
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const body = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
      return new Secret(Buffer.concat([body, decipher.final()]).toString('utf8'))
    } catch (error) {
      throw refusal('it was changed, or sealed for something else', error)
    }
  }
}

function refusal(why: string, cause?: unknown): NarthexError {
  return new NarthexError('corrupt', `cannot open a sealed secret: ${why}`, cause)
}
