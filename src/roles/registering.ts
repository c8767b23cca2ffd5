/** The rooms of a hub that need its database: records, and the registry of targets. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Secret } from '../base/secret.ts'
import { FollowedRegistry, type RegistryLimits } from '../hub/registry/registry.ts'
import type { Registry } from '../model/registry.ts'
import { openRecords, type Records } from '../records/records.ts'
import { registryRoutes, sdRoutes } from '../serve/hub/routes.ts'
import type { DescribedRoute } from '../serve/openapi/operation.ts'

/** What flags say about them. */
export interface RegisteringOptions {
  /** Folder of the records, where no database is named. */
  readonly storagePath: string
  /** A PostgreSQL database. */
  readonly databaseUrl: Secret | undefined
  readonly limits: RegistryLimits
}

/** What they need of the role that has them. */
export interface RegisteringDeps {
  readonly log: Log
  readonly metrics: Metrics
  /** Whether the role goes on while its PostgreSQL database is away; absent for no. */
  readonly mayBeAway?: boolean
  /** Of our own addresses: http or https. */
  scheme(): string
}

/** All of them, running. */
export interface Registering {
  readonly records: Records
  readonly registry: Registry
  readonly routes: readonly DescribedRoute[]
}

/** Opens the records, and the registry in them. @throws NarthexError for a database that cannot be had */
export async function startRegistering(
  { storagePath, databaseUrl, limits }: RegisteringOptions,
  { log, metrics, scheme, mayBeAway = false }: RegisteringDeps,
  life: Lifecycle,
): Promise<Registering> {
  const clock = systemClock
  const records = life.own(
    await openRecords({ path: storagePath, url: databaseUrl, mayBeAway, clock, log, metrics }),
  )
  const registry = life.own(
    new FollowedRegistry({
      ...{ records: records.registry, limits, clock, log, metrics },
      workerFile: new URL('./editworker.js', import.meta.url),
    }),
  )
  return {
    records,
    registry,
    routes: [...registryRoutes(registry), ...sdRoutes({ registry, scheme })],
  }
}
