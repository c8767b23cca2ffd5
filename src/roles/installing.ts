/** Where installations and the entries that they are of are kept. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where installations are, below the storage folder. */
const INSTALLS_FOLDER = 'config.d'

/** A role that scrapes, as who installs sees it. */
export interface InstallPlace {
  readonly folder: string
  /** Names of the jobs that run. */
  jobs(): readonly string[]
  /** Has the files of the folder used. */
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
