/** Folders that roles and their tools know. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where installations are, below the storage folder. */
const INSTALLS_FOLDER = 'config.d'

/** The folder of installations of a storage folder. */
export function installsFolder(storagePath: string): string {
  return join(storagePath, INSTALLS_FOLDER)
}

/** The folder of the catalogue that flags name, or the one beside the program. */
export function catalogFolder(catalogPath: string): string {
  return catalogPath || fileURLToPath(new URL('../catalog', import.meta.url))
}
