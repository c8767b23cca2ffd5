/** Checks passwords against their hashes without holding up the loop, and remembers the verdicts. */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import { JobThread } from '../../base/thread.ts'
import { Turns } from '../../base/turns.ts'
import type { PasswordJobs } from './bcryptworker.ts'

/** Verdicts remembered; the oldest goes first. */
const VERDICTS_MAX = 1024
/** Checks that may wait for their turn; one more is refused. */
export const WAITING_MAX = 64
/** Bytes that one scrypt hash may ask for. */
const SCRYPT_BYTES_MAX = 256 * 1024 * 1024

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const SCRYPT =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Of the hashes that we make: 32 MiB and three rounds. @source OWASP, as good as 128 MiB in one */
const MADE = { ln: 15, r: 8, p: 3 } as const
const MADE_BYTES = 32
const SALT_BYTES = 16

/** What a check may find out beside the verdict. */
export interface PasswordChecks {
  /** Whether the pair has been checked before: true, false, or undefined for not yet. */
  known(user: string, hash: string, password: string): boolean | undefined
  /**
   * Whether the password belongs to the hash.
   *
   * @throws NarthexError `busy` when too many checks wait
   */
  check(user: string, hash: string, password: string): Promise<boolean>
}

/**
 * Opens a memory of verdicts. It holds keyed digests only, over all three parts with their lengths,
 * so that no two different triples meet and nobody reads a password out of it.
 *
 * @param workerFile the bundled or plain bcryptworker
 */
export function openPasswordChecks(workerFile: URL, clock: Clock): PasswordChecks {
  const thread: PasswordThread = new JobThread({
    ...{ file: workerFile, name: 'passwords', verb: 'check password', clock },
  })
  const turns = new Turns({ verb: 'check password', things: 'checks' }, WAITING_MAX)
  const secret = randomBytes(32)
  const verdicts = new Map<string, boolean>()
  const underWay = new Map<string, Promise<boolean>>()

  const keyOf = (user: string, hash: string, password: string): string => {
    const hmac = createHmac('sha256', secret)
    for (const part of [user, hash, password])
      hmac.update(`${Buffer.byteLength(part)}:`).update(part)
    return hmac.digest('base64')
  }
  const remember = (key: string, verdict: boolean): boolean => {
    if (verdicts.size >= VERDICTS_MAX) {
      const [oldest] = verdicts.keys()
      verdicts.delete(oldest)
    }
    verdicts.set(key, verdict)
    return verdict
  }

  return {
    known: (user, hash, password) => verdicts.get(keyOf(user, hash, password)),
    check(user, hash, password) {
      const key = keyOf(user, hash, password)
      const running = underWay.get(key)
      if (running !== undefined) return running
      const verdict = turns
        .take(() => matchesHash(password, hash, thread))
        .then((matches) => remember(key, matches))
        .finally(() => underWay.delete(key))
      underWay.set(key, verdict)
      return verdict
    },
  }
}

/**
 * Refuses a hash that no password could be checked against.
 *
 * @throws NarthexError `bad_data`, without the hash
 */
export function requirePasswordHash(user: string, hash: string): void {
  const parts = SCRYPT.exec(hash)
  if (parts !== null && scryptBytes(parts) <= SCRYPT_BYTES_MAX) return
  if (BCRYPT.test(hash)) return
  throw new NarthexError(
    'bad_data',
    `cannot use password of ${JSON.stringify(user)}: wanted a bcrypt hash ($2y$...) ` +
      'or a scrypt hash ($scrypt$ln=..,r=..,p=..$salt$hash) of at most 256 MiB',
  )
}

/** The hash of a new password, counted on a thread of the runtime. */
export async function hashPassword(password: string): Promise<string> {
  const { ln, r, p } = MADE
  const salt = randomBytes(SALT_BYTES)
  const key = await deriveKey(password, salt, MADE_BYTES, { N: 2 ** ln, r, p })
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(key)}`
}

/** How long a check takes beside others; the larger, the longer. */
export function hashCost(hash: string): number {
  const bcryptParts = BCRYPT.exec(hash)
  if (bcryptParts !== null) return 2 ** Number(bcryptParts[1])
  const parts = SCRYPT.exec(hash)
  return parts === null ? 0 : scryptBytes(parts) / 1024
}

type PasswordThread = JobThread<PasswordJobs>

async function matchesHash(
  password: string,
  hash: string,
  thread: PasswordThread,
): Promise<boolean> {
  const parts = SCRYPT.exec(hash)
  if (parts === null) return thread.run('compare', { password, hash })
  const wanted = Buffer.from(parts[5], 'base64')
  const options = {
    N: 2 ** Number(parts[1]),
    r: Number(parts[2]),
    p: Number(parts[3]),
  }
  const salt = Buffer.from(parts[4], 'base64')
  return timingSafeEqual(await deriveKey(password, salt, wanted.length, options), wanted)
}

function deriveKey(
  password: string,
  salt: Buffer,
  sizeBytes: number,
  options: { readonly N: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(password, salt, sizeBytes, { ...options, maxmem: SCRYPT_BYTES_MAX * 2 }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  )
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function scryptBytes(parts: RegExpExecArray): number {
  return 128 * 2 ** Number(parts[1]) * Number(parts[2]) * Number(parts[3])
}
