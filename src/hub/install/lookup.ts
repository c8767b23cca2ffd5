/** One entry straight from its folder, for who needs no list of them. */
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { EntryDetail } from '../../model/catalogue.ts'
import { readEntry } from '../catalogue/entry.ts'
import { isEntryName } from '../catalogue/entryshape.ts'

/**
 * The entry as it is now; undefined where there is none of that name.
 *
 * @param folder of the catalogue
 * @throws NarthexError `io` when it cannot be read, `execution` when it is no entry
 */
export async function findEntry(folder: string, name: string): Promise<EntryDetail | undefined> {
  if (!isEntryName(name)) return undefined
  let root: string
  try {
    root = await realpath(folder)
  } catch (error) {
    throw new NarthexError('io', `cannot read the catalogue: ${messageOf(error)}`, error)
  }
  if (!existsSync(join(root, name))) return undefined
  const { entry, faults } = await readEntry(root, name)
  if (entry !== undefined) return entry
  throw new NarthexError('execution', `cannot use entry ${name}: ${faults.at(0) ?? 'it is empty'}`)
}
