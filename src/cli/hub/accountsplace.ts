/** The accounts that a tool works on: of a hub that runs, or the records themselves. */
import { existsSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import { Lifecycle } from '../../base/lifecycle.ts'
import { silentLog } from '../../base/log.ts'
import { Metrics } from '../../base/metrics.ts'
import { HubAccounts } from '../../hub/accounts/accounts.ts'
import { AuditLog } from '../../hub/accounts/audit.ts'
import { recordsFile } from '../../records/place.ts'
import { openRecords } from '../../records/records.ts'
import { readAdmitting } from '../admittingflags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { HubClient } from './client.ts'
import { HUB_URL, readToken } from './place.ts'
import { callerName } from './registryplace.ts'
import { RemoteAccounts, type ToolAccounts } from './remoteaccounts.ts'

/** What a tool does, for the audit log. */
export interface Deed {
  /** The words of the command. */
  readonly action: string
  /** The account. */
  readonly object: string
  /** Whether records are made where there are none: a first user may come before the first hub. */
  readonly isFirst?: boolean
}

type Use<T> = (accounts: ToolAccounts) => Promise<T>

/** Opens the accounts, uses them, and closes them. @param deed what is changed @throws NarthexError */
export async function withAccounts<T>(
  flags: FlagReader,
  deed: Deed | undefined,
  use: Use<T>,
): Promise<T> {
  const url = flags.text('url')
  const isDirect = flags.text('storage.path') !== '' || flags.secret('database.url') !== undefined
  if (isDirect && url !== '') {
    throw new NarthexError(
      'bad_data',
      'cannot use --url with --storage.path or --database.url: wanted one of them',
    )
  }
  if (isDirect) return await withRecords(flags, deed, use)
  const client = new HubClient(url || HUB_URL, readToken(flags.text('url.token-file')))
  return await use(new RemoteAccounts(client))
}

async function withRecords<T>(flags: FlagReader, deed: Deed | undefined, use: Use<T>): Promise<T> {
  const [path, url] = [flags.text('storage.path'), flags.secret('database.url')]
  const file = recordsFile(path)
  if (url === undefined && deed?.isFirst !== true && !existsSync(file)) {
    throw new NarthexError('not_found', `cannot open ${file}: it is not there, start a hub first`)
  }
  const { accounts: limits, audit: auditLimits } = readAdmitting(flags)
  const life = new Lifecycle()
  const room = { clock: systemClock, log: silentLog, metrics: new Metrics() }
  try {
    const records = life.own(await openRecords({ path, url, ...room }))
    const audit = life.own(new AuditLog({ records: records.audit, limits: auditLimits, ...room }))
    const accounts = life.own(
      new HubAccounts({
        ...{ records: records.accounts, limits, ...room },
        alwaysAsks: () => false,
        hasOtherAdmin: () => false,
      }),
    )
    const done = await use(accounts)
    if (deed !== undefined) {
      const { action, object } = deed
      audit.note({ who: callerName(), address: '', action, object, status: 200 })
    }
    return done
  } finally {
    await life.stop()
  }
}
