/** Accounts and the audit log over a database of their own, with a clock that a test moves. */

import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { type AccountLimits, HubAccounts } from '../../../src/hub/accounts/accounts.ts'
import { AuditLog } from '../../../src/hub/accounts/audit.ts'
import { openRecords } from '../../../src/records/records.ts'
import { JumpingClock } from '../../support/jumpingclock.ts'
import { temporaryFolder, until } from '../../support/processes.ts'

export const LIMITS: AccountLimits = {
  usersMax: 10,
  tokensMax: 10,
  sessionsMax: 10,
  idleMsMax: 3_600_000,
  ageMsMax: 86_400_000,
}

export interface World extends AsyncDisposable {
  readonly accounts: HubAccounts
  /** Of another hub on the same records. */
  readonly other: HubAccounts
  readonly audit: AuditLog
  readonly clock: JumpingClock
  readonly metrics: Metrics
  /** While set, the database does not answer. */
  isAway: boolean
  /** Whether nobody comes in unknown even while there is no account. */
  isGuarded: boolean
  /** Time goes by; what hubs write when it is time is written before anything else happens. */
  pass(byMs: number): Promise<void>
}

export async function openWorld(): Promise<World> {
  const folder = temporaryFolder('accounts')
  const clock = new JumpingClock(1_767_436_620_000)
  const metrics = new Metrics()
  const log = silentLog
  const opened = { path: folder.path, url: undefined, clock, log, metrics: new Metrics() }
  const stored = await openRecords(opened)
  const state = { isAway: false, isGuarded: false }
  const awayOr = <T extends object>(records: T): T =>
    new Proxy(records, {
      get(target, name) {
        if (state.isAway) {
          return () => Promise.reject(new NarthexError('busy', 'cannot reach the database: gone'))
        }
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  const hub = (of: Metrics): HubAccounts =>
    new HubAccounts({
      ...{ records: awayOr(stored.accounts), limits: LIMITS, clock, log, metrics: of },
      alwaysAsks: () => state.isGuarded,
      hasOtherAdmin: () => false,
    })
  const limits = { entriesMax: 100, ageMsMax: 86_400_000 }
  const audit = new AuditLog({ records: awayOr(stored.audit), limits, clock, log, metrics })
  const accounts = hub(metrics)
  const other = hub(new Metrics())
  return Object.assign(state, {
    ...{ accounts, other, audit, clock, metrics },
    async pass(byMs: number): Promise<void> {
      const armed = clock.pending
      await clock.advance(byMs)
      await until('each hub to have written', () => clock.pending >= armed)
    },
    async [Symbol.asyncDispose]() {
      state.isAway = false
      for (const each of [audit, accounts, other]) await each.stop()
      await stored.stop()
      folder.remove()
    },
  })
}
