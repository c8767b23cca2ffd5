/** The files of an entry in layers: edits, what comes with the program, what content sources fill up. */
import { BUNDLED_SOURCE, EDITS_SOURCE } from '../../model/edits.ts'
import type { EntryFacts } from './entryshape.ts'
import type { EntryFileName } from './folder.ts'

/** A file and the source that it came from. */
export interface ShelfFile {
  readonly text: string
  readonly source: string
}

/** Files by name. */
export type Additions = ReadonlyMap<EntryFileName, ShelfFile>

/** What sources have of one entry. */
export interface ShelfEntry {
  /** In the place of whatever else there is. */
  readonly edits: Additions
  /** Where nothing else is. */
  readonly fills: Additions
}

/** What sources have, by entry. */
export type Shelf = ReadonlyMap<string, ShelfEntry>

/** A file as it is shown. */
export interface LaidFile extends ShelfFile {
  /** What an edit stands in the place of. */
  readonly under: ShelfFile | undefined
}

/** All files of an entry. */
export type LaidFiles = ReadonlyMap<EntryFileName, LaidFile>

const NO_FILES: Additions = new Map()
export const NOTHING: ShelfEntry = { edits: NO_FILES, fills: NO_FILES }
export const EMPTY_SHELF: Shelf = new Map()

/** Files that say something only about another one of the same place. */
const BELONGS_TO: Partial<Record<EntryFileName, EntryFileName>> = {
  'alerts_test.yaml': 'alerts.yaml',
  'sample.prom': 'entry.yaml',
}

/** Puts sources together; of two that have the same file, the earlier one is used. */
export function fillShelf(
  sources: Iterable<readonly [name: string, entries: ReadonlyMap<string, SourceTexts>]>,
): Shelf {
  const shelf = new Map<string, ShelfEntry>()
  for (const [source, entries] of sources) {
    for (const [name, texts] of entries) {
      const before = shelf.get(name) ?? NOTHING
      const files = new Map([...texts].map(([file, text]) => [file, { text, source }] as const))
      if (source === EDITS_SOURCE) shelf.set(name, { ...before, edits: files })
      else {
        const fills = new Map([...before.fills, ...unusedOf(before.fills, files)])
        shelf.set(name, { ...before, fills })
      }
    }
  }
  return shelf
}

/** Texts of one entry in one source. */
export type SourceTexts = ReadonlyMap<EntryFileName, string>

/** Which file is shown: an edit, else that of the program, else that of the first source with it. */
export function layFiles(own: SourceTexts, { edits, fills }: ShelfEntry): LaidFiles {
  const files = new Map<EntryFileName, LaidFile>()
  for (const [file, text] of own)
    files.set(file, { text, source: BUNDLED_SOURCE, under: undefined })
  for (const [file, fill] of unusedOf(own, fills)) files.set(file, { ...fill, under: undefined })
  for (const [file, edit] of edits) files.set(file, { ...edit, under: files.get(file) })
  return files
}

/** Those that are not there yet. */
function unusedOf(own: ReadonlyMap<EntryFileName, unknown>, more: Additions): Additions {
  const isUsed = (file: EntryFileName): boolean => more.has(file) && !own.has(file)
  return new Map([...more].filter(([file]) => isUsed(file) && isUsed(BELONGS_TO[file] ?? file)))
}

/** What can be said of an entry that nobody described. */
export function factsOf(name: string, files: Iterable<ShelfFile>): EntryFacts {
  const sources = [...new Set([...files].map(({ source }) => source))]
  return {
    name,
    title: name,
    category: 'Miscellaneous',
    description: `From the source ${sources.join(', ')}, which says nothing about it.`,
    upstream: '',
    official: false,
    port: 0,
    path: '/metrics',
    recognise: [],
    recorded: undefined,
    isVerified: false,
    misses: new Map(),
  }
}
