/** One entry straight from where it is kept, for who needs no list of them. */
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { EntryDetail } from '../../model/catalogue.ts'
import { readEntryTexts } from '../catalogue/entry.ts'
import { isEntryName } from '../catalogue/entryshape.ts'
import { type EntryTexts, readEntryFolder } from '../catalogue/folder.ts'
import { NOTHING, type Shelf } from '../catalogue/shelf.ts'

const NO_TEXTS: EntryTexts = { texts: new Map(), faults: [] }

/**
 * The entry as it is now; undefined where there is none of that name.
 *
 * @param folder of the catalogue
 * @param shelf  what content sources have
 * @throws NarthexError `io` when it cannot be read, `execution` when it is no entry
 */
export async function findEntry(
  folder: string,
  name: string,
  shelf: Shelf,
): Promise<EntryDetail | undefined> {
  if (!isEntryName(name)) return undefined
  let root: string
  try {
    root = await realpath(folder)
  } catch (error) {
    throw new NarthexError('io', `cannot read the catalogue: ${messageOf(error)}`, error)
  }
  const isOfFolder = existsSync(join(root, name))
  if (!isOfFolder && !shelf.has(name)) return undefined
  const texts = isOfFolder ? await readEntryFolder(root, name) : NO_TEXTS
  const { entry, faults } = readEntryTexts(name, texts, shelf.get(name) ?? NOTHING)
  if (entry !== undefined) return entry
  throw new NarthexError('execution', `cannot use entry ${name}: ${faults.at(0) ?? 'it is empty'}`)
}
