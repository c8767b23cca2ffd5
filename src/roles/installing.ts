/** The catalogue and its installations in a role that scrapes: in memory once somebody looks at it. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import { assert } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Catalogue } from '../hub/catalogue/catalogue.ts'
import { InstallFolder } from '../hub/install/folder.ts'
import { openInstaller } from '../hub/install/installer.ts'
import { findEntry } from '../hub/install/lookup.ts'
import { readInstallRequest } from '../hub/install/request.ts'
import type { CatalogueView } from '../model/catalogue.ts'
import type { Route } from '../net/server/message.ts'
import { catalogueRoutes } from '../serve/hub/catalogue.ts'
import { installRoutes } from '../serve/hub/install.ts'

/** Where installations are, below the storage folder. */
const INSTALLS_FOLDER = 'config.d'

export interface InstallingOptions {
  readonly storagePath: string
  /** Folder of the catalogue; '' for the one that comes with the program. */
  readonly catalogPath: string
}

export interface InstallingDeps {
  readonly log: Log
  readonly metrics: Metrics
  /** Names of the jobs that run. */
  jobs(): readonly string[]
  /** Has the files of the folder of installations used. */
  reload(): Promise<void>
}

/** What a role gets. */
export interface Installing {
  readonly routes: readonly Route[]
  /** Reads the catalogue again, where it is in memory. */
  reload(): Promise<void>
}

/** The folder of installations of a storage folder. */
export function installsFolder(storagePath: string): string {
  return join(storagePath, INSTALLS_FOLDER)
}

/** The folder of the catalogue that flags name, or the one beside the program. */
export function catalogFolder(catalogPath: string): string {
  return catalogPath || fileURLToPath(new URL('../catalog', import.meta.url))
}

/** Routes of the catalogue and of installations. */
export function openInstalling(options: InstallingOptions, deps: InstallingDeps): Installing {
  const folder = catalogFolder(options.catalogPath)
  const late = new LateCatalogue(folder, deps)
  const installer = openInstaller({
    folder: new InstallFolder(installsFolder(options.storagePath)),
    entry: (name) => findEntry(folder, name),
    now: () => systemClock.now(),
    jobs: deps.jobs,
    reload: deps.reload,
  })
  return {
    routes: [...late.routes(), ...installRoutes({ installer, readRequest: readInstallRequest })],
    reload: () => late.reload(),
  }
}

/** Some 50 MB that a server which is never asked for them does not have. */
class LateCatalogue implements CatalogueView {
  readonly #folder: string
  readonly #deps: InstallingDeps
  #opening: Promise<Catalogue> | undefined
  #opened: Catalogue | undefined

  constructor(folder: string, deps: InstallingDeps) {
    this.#folder = folder
    this.#deps = deps
  }

  /** Routes that have it read before they answer for the first time. */
  routes(): readonly Route[] {
    return catalogueRoutes(this).map((route) => ({
      ...route,
      handle: async (ask) => {
        this.#opened = await this.#open()
        return await route.handle(ask)
      },
    }))
  }

  async reload(): Promise<void> {
    await this.#opened?.reload()
  }

  get version(): string {
    return this.#catalogue.version
  }

  entries: CatalogueView['entries'] = (query) => this.#catalogue.entries(query)
  entry: CatalogueView['entry'] = (name) => this.#catalogue.entry(name)
  faults: CatalogueView['faults'] = () => this.#catalogue.faults()
  recognise: CatalogueView['recognise'] = (metrics) => this.#catalogue.recognise(metrics)

  get #catalogue(): Catalogue {
    assert(this.#opened !== undefined, 'a catalogue that was read')
    return this.#opened
  }

  #open(): Promise<Catalogue> {
    const { log, metrics } = this.#deps
    this.#opening ??= import('../hub/catalogue/catalogue.ts').then(({ openCatalogue }) =>
      openCatalogue({ folder: this.#folder, log, metrics }),
    )
    return this.#opening
  }
}
