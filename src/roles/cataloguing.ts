/** The rooms of a hub, put together once: records, registry, catalogue, sources and installing. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Secret } from '../base/secret.ts'
import { openCatalogue } from '../hub/catalogue/catalogue.ts'
import { openPlanner } from '../hub/install/installer.ts'
import { readInstallRequest } from '../hub/install/request.ts'
import { FollowedRegistry, type RegistryLimits } from '../hub/registry/registry.ts'
import { Bundled } from '../hub/sources/bundled.ts'
import { readSource } from '../hub/sources/kinds.ts'
import { Sources } from '../hub/sources/sources.ts'
import type { Route } from '../net/server/message.ts'
import { openRecords } from '../records/records.ts'
import { catalogueRoutes } from '../serve/hub/catalogue.ts'
import { planRoutes } from '../serve/hub/install.ts'
import { registryRoutes, sdRoutes } from '../serve/hub/routes.ts'
import { sourceRoutes } from '../serve/hub/sources.ts'
import type { Configuration } from './configuration.ts'
import { catalogFolder } from './installing.ts'

/** What flags say about them. */
export interface CataloguingOptions {
  /** Folder of the records, where no database is named. */
  readonly storagePath: string
  /** A PostgreSQL database. */
  readonly databaseUrl: Secret | undefined
  readonly limits: RegistryLimits
  /** Folder of the catalogue; '' for the one that comes with the program. */
  readonly catalogPath: string
}

/** What they need of the role that has them. */
export interface CataloguingDeps {
  readonly configuration: Configuration
  readonly log: Log
  readonly metrics: Metrics
  /** Of our own addresses: http or https. */
  scheme(): string
}

/** All of them, running. */
export interface Cataloguing {
  readonly routes: readonly Route[]
  /** Reads the catalogue again. */
  reload(): Promise<void>
}

/**
 * Starts them; they follow the configuration.
 *
 * @throws NarthexError `io` and `busy` for a database that cannot be had
 */
export async function startCataloguing(
  options: CataloguingOptions,
  { configuration, log, metrics, scheme }: CataloguingDeps,
  life: Lifecycle,
): Promise<Cataloguing> {
  const clock = systemClock
  const { storagePath, databaseUrl, limits } = options
  const records = life.own(
    await openRecords({ path: storagePath, url: databaseUrl, clock, log, metrics }),
  )
  const registry = life.own(
    new FollowedRegistry({ records: records.registry, limits, clock, log, metrics }),
  )

  const folder = catalogFolder(options.catalogPath)
  const catalogue = await openCatalogue({ folder, log, metrics })
  const planner = openPlanner({
    entry: async (name) => catalogue.entry(name),
    now: () => clock.now(),
  })

  const bundled = new Bundled(catalogue, folder, clock)
  const sources = life.own(
    new Sources({
      records: records.sources,
      read: readSource,
      show: (shelf) => catalogue.fill(shelf),
      bundled: () => bundled.state,
      ...{ clock, log, metrics, random: Math.random },
    }),
  )
  await sources.start(configuration.current.narthex.hub.sources)
  configuration.follow(({ narthex }) => sources.configure(narthex.hub.sources))

  return {
    routes: [
      ...catalogueRoutes(catalogue),
      ...sourceRoutes(sources),
      ...planRoutes({ installer: planner, readRequest: readInstallRequest }),
      ...registryRoutes(registry),
      ...sdRoutes({ registry, scheme }),
    ],
    reload: async () => {
      await catalogue.reload()
      bundled.note()
    },
  }
}
