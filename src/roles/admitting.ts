/** The rooms of a hub that say who may come in, and keep what they did. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { WebConfig } from '../config/web.ts'
import { type AccountLimits, HubAccounts } from '../hub/accounts/accounts.ts'
import { type AuditLimits, AuditLog } from '../hub/accounts/audit.ts'
import type { AuditSink } from '../model/audit.ts'
import type { IdentitySource } from '../net/server/identities.ts'
import type { Witness } from '../net/server/message.ts'
import type { Records } from '../records/records.ts'
import { accountRoutes, auditRoutes } from '../serve/hub/accounts.ts'
import { sessionRoutes } from '../serve/hub/session.ts'
import type { DescribedRoute } from '../serve/openapi/operation.ts'
import { isUnguarded, requireGuard, type WebOptions } from './web.ts'

/** What flags say about them. */
export interface AdmittingOptions {
  readonly accounts: AccountLimits
  readonly audit: AuditLimits
  /** Changing requests a second of one caller; 0 for no bound. */
  readonly changesPerSecondMax: number
}

/** What they need of the role that has them. */
export interface AdmittingDeps {
  readonly records: Records
  readonly options: WebOptions
  /** The web configuration as it is now. */
  web(): WebConfig
  /** Of our own addresses: http or https. */
  scheme(): string
  readonly log: Log
  readonly metrics: Metrics
}

/** All of them, running. */
export interface Admitting {
  readonly accounts: HubAccounts
  readonly identities: IdentitySource
  readonly witness: Witness
  readonly audit: AuditSink
  readonly routes: readonly DescribedRoute[]
}

/**
 * Starts them.
 *
 * @throws NarthexError `bad_data` where other machines could come in unknown
 */
export async function startAdmitting(
  limits: AdmittingOptions,
  deps: AdmittingDeps,
  life: Lifecycle,
): Promise<Admitting> {
  const admitting = openAdmitting(limits, deps, life)
  if ((await admitting.accounts.known(true)).isEmpty) requireGuard(deps.options, deps.web())
  return admitting
}

/** Opens them where the listener is guarded in any case. */
export function openAdmitting(
  { accounts: limits, audit: auditLimits }: Omit<AdmittingOptions, 'changesPerSecondMax'>,
  { records, options, web, scheme, log, metrics }: AdmittingDeps,
  life: Lifecycle,
): Admitting {
  const clock = systemClock
  const accounts = life.own(
    new HubAccounts({
      ...{ records: records.accounts, limits, clock, log, metrics },
      alwaysAsks: () => isUnguarded(options, web()),
      hasOtherAdmin: () => [...web().users, ...web().tokens].some(({ role }) => role === 'admin'),
    }),
  )
  const audit = life.own(
    new AuditLog({ records: records.audit, limits: auditLimits, clock, log, metrics }),
  )
  return {
    ...{ accounts, identities: accounts, witness: audit, audit },
    routes: [
      ...sessionRoutes({ accounts, scheme }),
      ...accountRoutes(accounts),
      ...auditRoutes(audit),
    ],
  }
}
