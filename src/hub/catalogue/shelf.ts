/** What content sources add to entries: a file of theirs is used where no earlier one has it. */
import type { EntryFacts } from './entryshape.ts'
import type { EntryFileName } from './folder.ts'

/** A file and the source that it came from. */
export interface ShelfFile {
  readonly text: string
  readonly source: string
}

/** Files by name. */
export type Additions = ReadonlyMap<EntryFileName, ShelfFile>

/** Files of all sources by entry. */
export type Shelf = ReadonlyMap<string, Additions>

export const NO_ADDITIONS: Additions = new Map()
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
  const shelf = new Map<string, Map<EntryFileName, ShelfFile>>()
  for (const [source, entries] of sources) {
    for (const [name, texts] of entries) {
      const before = shelf.get(name) ?? new Map<EntryFileName, ShelfFile>()
      const files = [...texts].map(([file, text]) => [file, { text, source }] as const)
      const added = additionsFor(before, new Map(files))
      shelf.set(name, new Map([...before, ...added]))
    }
  }
  return shelf
}

/** Texts of one entry in one source. */
export type SourceTexts = ReadonlyMap<EntryFileName, string>

/** Those that are not there yet. */
export function additionsFor(own: ReadonlyMap<EntryFileName, unknown>, more: Additions): Additions {
  const isUsed = (file: EntryFileName): boolean => more.has(file) && !own.has(file)
  return new Map([...more].filter(([file]) => isUsed(file) && isUsed(BELONGS_TO[file] ?? file)))
}

/** What can be said of an entry that nobody described. */
export function factsOf(name: string, added: Additions): EntryFacts {
  const sources = [...new Set([...added.values()].map(({ source }) => source))]
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
