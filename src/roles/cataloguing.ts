/** The rooms of a hub around its catalogue: entries, their sources, and putting them to use. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { openCatalogue } from '../hub/catalogue/catalogue.ts'
import type { AskNow } from '../hub/found/places.ts'
import { Bundled } from '../hub/sources/bundled.ts'
import { openReadSource } from '../hub/sources/kinds.ts'
import { Sources } from '../hub/sources/sources.ts'
import { openTokenKeeper } from '../hub/sources/tokens.ts'
import { EDITS_SOURCE } from '../model/edits.ts'
import type { Registry } from '../model/registry.ts'
import type { Records } from '../records/records.ts'
import { editRoutes } from '../serve/hub/edits.ts'
import { sourceRoutes } from '../serve/hub/sources.ts'
import type { DescribedRoute } from '../serve/openapi/operation.ts'
import type { Configuration } from './configuration.ts'
import { openEditing } from './editing.ts'
import { catalogFolder } from './folders.ts'
import { type InstallPlace, openInstalling } from './installing.ts'
import type { RegisteringOptions } from './registering.ts'
import { startUsage, type Usage } from './usage.ts'

/** What flags say about them. */
export interface CataloguingOptions
  extends Pick<RegisteringOptions, 'storagePath' | 'databaseUrl'> {
  /** Folder of the catalogue; '' for the one that comes with the program. */
  readonly catalogPath: string
  /** Of the key that seals tokens; '' for none. */
  readonly secretKeyFile: string
}

/** What they need of the role that has them. */
export interface CataloguingDeps {
  readonly configuration: Configuration
  readonly records: Records
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
  /** Where installations go; absent where nothing is scraped. */
  readonly place?: InstallPlace
  /** Asks who keeps samples where exporters run; absent where nobody is known who does. */
  readonly askNow?: AskNow | undefined
}

/** All of them, running. */
export interface Cataloguing {
  readonly routes: readonly DescribedRoute[]
  /** Reads the catalogue again. */
  reload(): Promise<void>
}

/** Starts them; they follow the configuration, and do not need the database to be there. */
export async function startCataloguing(
  options: CataloguingOptions,
  { configuration, records, registry, log, metrics, place, askNow }: CataloguingDeps,
  life: Lifecycle,
): Promise<Cataloguing> {
  const clock = systemClock
  const folder = catalogFolder(options.catalogPath)
  const catalogue = await openCatalogue({ folder, log, metrics })

  let usage: Usage | undefined
  const bundled = new Bundled(catalogue, folder, clock)
  const editing = openEditing({
    ...{ storagePath: options.storagePath, databaseUrl: options.databaseUrl },
    ...{ configuration, catalogue, log, metrics },
    show: () => sources.hasten(EDITS_SOURCE),
  })
  const sources: Sources = life.own(
    new Sources({
      records: records.sources,
      read: editing.reading(openReadSource({ clock, environment: process.env })),
      tokens: openTokenKeeper({
        keyFile: options.secretKeyFile,
        folder: options.databaseUrl === undefined ? options.storagePath : undefined,
      }),
      show: async (shelf) => {
        await catalogue.fill(shelf)
        await usage?.interest.follow()
      },
      bundled: () => bundled.state,
      ...{ clock, log, metrics, random: Math.random },
    }),
  )
  await sources.start([...editing.sources(), ...configuration.current.narthex.hub.sources])
  configuration.follow(({ narthex }) => {
    sources.configure([...editing.sources(), ...narthex.hub.sources])
  })

  usage = await startUsage({ catalogue, sources, records, registry, askNow, log, metrics }, life)
  const { interest, views } = usage
  const installing = openInstalling({
    ...{ catalogue, interest, views },
    ...(place === undefined ? {} : { place }),
  })
  return {
    routes: [
      ...usage.routes,
      ...editRoutes(editing.edits),
      ...sourceRoutes(sources),
      ...installing,
    ],
    reload: async () => {
      await catalogue.reload()
      bundled.note()
      await interest.follow()
    },
  }
}
