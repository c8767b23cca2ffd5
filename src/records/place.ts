/** Where the embedded database is. */
import { join } from 'node:path'

const FILE = 'records.db'

/** The file in a storage folder. */
export function recordsFile(folder: string): string {
  return join(folder, FILE)
}
