/** The accounts that a tool works on: of a hub that runs, or the records themselves. */
import { HubAccounts } from '../../hub/accounts/accounts.ts'
import { AuditLog } from '../../hub/accounts/audit.ts'
import { readAdmitting } from '../admittingflags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { callerName, clientOf, withRecords } from './recordsplace.ts'
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

/** Opens the accounts, uses them, and closes them. @param deed what is changed @throws NarthexError */
export async function withAccounts<T>(
  flags: FlagReader,
  deed: Deed | undefined,
  use: (accounts: ToolAccounts) => Promise<T>,
): Promise<T> {
  const client = clientOf(flags)
  if (client !== undefined) return await use(new RemoteAccounts(client))
  const [path, url] = [flags.text('storage.path'), flags.secret('database.url')]
  const { accounts: limits, audit: auditLimits } = readAdmitting(flags)
  const isFirst = deed?.isFirst === true
  return await withRecords(path, url, isFirst, async ({ records, life, room }) => {
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
  })
}
