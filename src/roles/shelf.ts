/** What the records of a hub have of content, for tools: read once, then closed again. */
import { existsSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { Metrics } from '../base/metrics.ts'
import { EMPTY_SHELF, type Shelf } from '../hub/catalogue/shelf.ts'
import { Holding } from '../hub/sources/holding.ts'
import { recordsFile } from '../records/place.ts'
import { openRecords } from '../records/records.ts'
import type { RegisteringOptions } from './registering.ts'

/**
 * What all content sources have together; nothing where no hub has kept records yet.
 *
 * @throws NarthexError for a database that cannot be had
 */
export async function readShelf(
  place: Pick<RegisteringOptions, 'storagePath' | 'databaseUrl'>,
): Promise<Shelf> {
  const { storagePath: path, databaseUrl: url } = place
  if (url === undefined && !existsSync(recordsFile(path))) return EMPTY_SHELF
  const told = { clock: systemClock, log: silentLog, metrics: new Metrics() }
  const records = await openRecords({ path, url, ...told })
  try {
    let shelf = EMPTY_SHELF
    const show = async (next: Shelf): Promise<void> => {
      shelf = next
    }
    await new Holding({ records: records.sources, show }).follow()
    return shelf
  } finally {
    await records.stop()
  }
}
