/** The key that seals the tokens of sources: a file that is given, or one that is made beside the records. */

import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import { makeFolder } from '../../base/folder.ts'
import { SEAL_KEY_BYTES, Sealer } from '../../base/seal.ts'
import { syncFolder } from '../../base/wholefile.ts'
import type { TokenKeeper } from './settings.ts'

/** What a key file is called in the folder of the records. */
const FILE = 'secret.key'

export interface TokenKeeperOptions {
  /** `--hub.secret-key-file`; '' for none. */
  readonly keyFile: string
  /** Where a key may be made; undefined where several hubs must have the same. */
  readonly folder: string | undefined
}

/** Opens no file before there is a token. */
export function openTokenKeeper({ keyFile, folder }: TokenKeeperOptions): TokenKeeper {
  const made = folder === undefined ? '' : join(folder, FILE)
  let sealer: Sealer | undefined
  const sealerOf = (isMade: boolean): Sealer => {
    sealer ??= new Sealer(isMade ? readOrMake(made) : readKey(keyFile || made))
    return sealer
  }
  return {
    seal: (token, purpose) => sealerOf(keyFile === '' && made !== '').seal(token, purpose),
    open: (sealed, purpose) => sealerOf(false).open(sealed, purpose),
  }
}

/** @throws NarthexError `io`, `bad_data` */
function readKey(file: string): Buffer {
  if (file === '') {
    const wanted = 'wanted --hub.secret-key-file, the same for all hubs of the database'
    throw new NarthexError('bad_data', `cannot keep a token: there is no key, ${wanted}`)
  }
  let text: string
  try {
    text = readFileSync(file, 'latin1').trim()
  } catch (error) {
    throw new NarthexError('io', `cannot read the secret key: ${messageOf(error)}`, error)
  }
  const isHex = /^[0-9a-f]{64}$/i.test(text)
  const key = Buffer.from(text, isHex ? 'hex' : 'base64')
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
  if ((isHex || isBase64) && key.length === SEAL_KEY_BYTES) return key
  const wanted = `wanted ${SEAL_KEY_BYTES} bytes in base64 or hexadecimal`
  throw new NarthexError('bad_data', `cannot use the secret key in ${file}: ${wanted}`)
}

/** Made once, for the owner only; of several that make it at once, the first is right. */
function readOrMake(file: string): Buffer {
  try {
    makeFolder(dirname(file))
    const descriptor = openSync(file, 'wx', 0o600)
    try {
      writeFileSync(descriptor, `${randomBytes(SEAL_KEY_BYTES).toString('base64')}\n`)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    syncFolder(dirname(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new NarthexError('io', `cannot make the secret key: ${messageOf(error)}`, error)
    }
  }
  return readKey(file)
}
