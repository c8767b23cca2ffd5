/** Tools that work at a hub that runs, or on its records themselves. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { systemClock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import { Lifecycle } from '../../base/lifecycle.ts'
import { silentLog } from '../../base/log.ts'
import { Metrics } from '../../base/metrics.ts'
import type { Secret } from '../../base/secret.ts'
import { recordsFile } from '../../records/place.ts'
import { openRecords, type Records, type RecordsOptions } from '../../records/records.ts'
import type { FlagReader } from '../sharedflags.ts'
import { HubClient } from './client.ts'
import { HUB_URL, readToken } from './place.ts'

/** Records that are open while a tool works. */
export interface OpenedRecords {
  readonly records: Records
  /** Ends what is opened on them. */
  readonly life: Lifecycle
  readonly room: Pick<RecordsOptions, 'clock' | 'log' | 'metrics'>
}

/** How history names who works on the records themselves. */
export function callerName(): string {
  return `${userInfo().username} (command line)`
}

/** The hub that flags name; undefined where they name its records. @throws NarthexError `bad_data` for both */
export function clientOf(flags: FlagReader): HubClient | undefined {
  const url = flags.text('url')
  const isDirect = flags.text('storage.path') !== '' || flags.secret('database.url') !== undefined
  if (isDirect && url !== '') {
    throw new NarthexError(
      'bad_data',
      'cannot use --url with --storage.path or --database.url: wanted one of them',
    )
  }
  if (isDirect) return undefined
  return new HubClient(url || HUB_URL, readToken(flags.text('url.token-file')))
}

/**
 * Opens records, uses them, and closes them.
 *
 * @param mayMake whether they are made where there are none
 * @throws NarthexError `not_found` where there are none, `io` and `busy` for those that cannot be used
 */
export async function withRecords<T>(
  path: string,
  url: Secret | undefined,
  mayMake: boolean,
  use: (opened: OpenedRecords) => Promise<T>,
): Promise<T> {
  const file = recordsFile(path)
  if (url === undefined && !mayMake && !existsSync(file)) {
    throw new NarthexError('not_found', `cannot open ${file}: it is not there, start a hub first`)
  }
  const life = new Lifecycle()
  const room = { clock: systemClock, log: silentLog, metrics: new Metrics() }
  try {
    const records = life.own(await openRecords({ path, url, ...room }))
    return await use({ records, life, room })
  } finally {
    await life.stop()
  }
}
