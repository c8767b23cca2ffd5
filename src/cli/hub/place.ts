/** Flags that say where a tool works: at a hub that runs, and as whom. */
import { readFileSync } from 'node:fs'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Flag } from '../flags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { HubClient } from './client.ts'

/** The address where `narthex hub` listens if it is not told otherwise. */
export const HUB_URL = 'http://127.0.0.1:9395'

export const TOKEN_FILE_FLAG: Flag = {
  name: 'url.token-file',
  value: 'file',
  help: 'token for that address, where it asks who comes',
}

/** Of tools that only work at a hub that runs. */
export const URL_FLAGS: readonly Flag[] = [
  { name: 'url', value: 'url', help: 'address of the hub', preset: HUB_URL },
  TOKEN_FILE_FLAG,
]

/** The hub of --url and --url.token-file. @throws NarthexError `bad_data` */
export function openClient(flags: FlagReader): HubClient {
  return new HubClient(flags.text('url'), readToken(flags.text('url.token-file')))
}

/** The token of --url.token-file; empty for none. @throws NarthexError `bad_data` */
export function readToken(file: string): string {
  if (file === '') return ''
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read --url.token-file: ${messageOf(error)}`, error)
  }
}
