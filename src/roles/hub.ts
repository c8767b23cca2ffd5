/** `narthex hub`: what is to be monitored, for people and for those who scrape. */
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { registerProcessMetrics } from '../base/process.ts'
import type { Secret } from '../base/secret.ts'
import { openCatalogue } from '../hub/catalogue/catalogue.ts'
import { openPlanner } from '../hub/install/installer.ts'
import { readInstallRequest } from '../hub/install/request.ts'
import { FollowedRegistry, type RegistryLimits } from '../hub/registry/registry.ts'
import { Bundled } from '../hub/sources/bundled.ts'
import { readSource } from '../hub/sources/kinds.ts'
import { Sources } from '../hub/sources/sources.ts'
import { openRecords } from '../records/records.ts'
import { catalogueRoutes } from '../serve/hub/catalogue.ts'
import { planRoutes } from '../serve/hub/install.ts'
import { registryRoutes, sdRoutes } from '../serve/hub/routes.ts'
import { sourceRoutes } from '../serve/hub/sources.ts'
import { openPages } from '../serve/pages.ts'
import { operationRoutes } from '../serve/routes.ts'
import { Configuration } from './configuration.ts'
import { operationDeps } from './facts.ts'
import { catalogFolder } from './installing.ts'
import type { Running } from './running.ts'
import { loadWeb, startWeb, type WebOptions } from './web.ts'

/** Everything that flags say. */
export interface HubOptions {
  /** '' for none. */
  readonly configFile: string
  /** Folder of the records, where no database is named. */
  readonly storagePath: string
  /** A PostgreSQL database. */
  readonly databaseUrl: Secret | undefined
  readonly limits: RegistryLimits
  /** Folder of the catalogue; '' for the one that comes with the program. */
  readonly catalogPath: string
  /** Largest request body, in bytes. */
  readonly requestBytesMax: number
  readonly web: WebOptions
  /** Every flag with its text, for the status page. */
  readonly flags: ReadonlyMap<string, string>
}

/**
 * Starts the rooms; `life` stops them in the opposite order.
 *
 * @throws NarthexError `bad_data` for flags and files that cannot be used, `io` and `busy` for a
 *   port or a database that cannot be had
 */
export async function startHub(options: HubOptions, log: Log, life: Lifecycle): Promise<Running> {
  const clock = systemClock
  const metrics = new Metrics()
  registerProcessMetrics(metrics)
  const configuration = new Configuration({ file: options.configFile, clock, log, metrics })
  const webConfig = loadWeb(options.web)

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

  const reload = async (): Promise<void> => {
    web.reload()
    await configuration.reload()
    await catalogue.reload()
    bundled.note()
  }
  const web = await startWeb(
    options.web,
    webConfig,
    {
      metrics,
      log,
      clock,
      requestBytesMax: options.requestBytesMax,
      routes: [
        ...operationRoutes({
          ...operationDeps(options, configuration, { metrics, isReady: () => true }),
          reload,
        }),
        ...catalogueRoutes(catalogue),
        ...sourceRoutes(sources),
        ...planRoutes({ installer: planner, readRequest: readInstallRequest }),
        ...registryRoutes(registry),
        ...sdRoutes({ registry, scheme: () => (webConfig.tls === undefined ? 'http' : 'https') }),
        ...openPages(fileURLToPath(new URL('./ui', import.meta.url)), 'hub'),
      ],
    },
    life,
  )
  return { urls: [web.url], reload }
}
