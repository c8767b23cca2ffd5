/** Every step of the schema, in order; what has been released is never changed again. */
import type { Migration } from '../migrate.ts'
import { accounts } from './accounts.ts'
import { consumers } from './consumers.ts'
import { interest } from './interest.ts'
import { leaseLog } from './leaselog.ts'
import { registry } from './registry.ts'
import { sources } from './sources.ts'
import { sourceSettings } from './sourcesettings.ts'

/** The n-th makes version n. */
export const MIGRATIONS: readonly Migration[] = [
  registry,
  consumers,
  sources,
  interest,
  accounts,
  sourceSettings,
  leaseLog,
]
