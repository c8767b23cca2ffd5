/** The catalogue: all entries of a folder in memory; what was good stays when what comes later is not. */
import { createHash } from 'node:crypto'
import { readdir, realpath } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Cell, Metrics } from '../../base/metrics.ts'
import { formatProblem } from '../../config/report.ts'
import type {
  CatalogueView,
  EntryDetail,
  EntryOrder,
  EntryQuery,
  EntrySummary,
  FoundEntry,
} from '../../model/catalogue.ts'
import { compareText } from '../../model/labels.ts'
import { type ReadEntry, readEntryTexts } from './entry.ts'
import { isEntryName } from './entryshape.ts'
import { type EntryTexts, readEntryFolder } from './folder.ts'
import { matchesOf, matchRank, searchPlaces, searchWords } from './search.ts'
import { EMPTY_SHELF, type LaidFiles, layFiles, NOTHING, type Shelf } from './shelf.ts'

/** Most entries of a catalogue. */
export const ENTRIES_MAX = 1000

export interface CatalogueOptions {
  /** A folder for each entry is in it. */
  readonly folder: string
  readonly log: Log
  readonly metrics: Metrics
}

/** An entry with what is looked up in it. */
interface Kept {
  readonly entry: EntryDetail
  readonly summary: EntrySummary
  readonly names: ReadonlySet<string>
  readonly places: readonly string[]
  /** Whether the folder has it, too, and not only a content source. */
  readonly isOfFolder: boolean
  readonly files: LaidFiles
  /** What is wrong with the folder, and with the entry as a whole. */
  readonly folderFaults: readonly string[]
  readonly faults: readonly string[]
  /** Of all that the entry is. */
  readonly digest: string
}

/** Reads a catalogue; one that cannot be read is empty until it can, and its faults say why. */
export async function openCatalogue(options: CatalogueOptions): Promise<Catalogue> {
  const catalogue = new Catalogue(options)
  await catalogue.reload()
  return catalogue
}

/** Entries by name, exchanged as a whole when the folder was read again. */
export class Catalogue implements CatalogueView {
  readonly #options: CatalogueOptions
  readonly #entryCount: Cell
  readonly #faultCount: Cell
  readonly #failures: Cell
  #kept: ReadonlyMap<string, Kept> = new Map()
  #faults: readonly string[] = []
  #version = digestOf([])
  #reading: Promise<void> | undefined
  #shelf: Shelf = EMPTY_SHELF
  #folderEntries = 0
  #folderError = ''

  constructor(options: CatalogueOptions) {
    const { metrics } = options
    this.#options = options
    this.#entryCount = metrics
      .gauge('narthex_catalogue_entries', 'Entries of the catalogue.')
      .with()
    this.#faultCount = metrics
      .gauge('narthex_catalogue_faults', 'What is wrong with the files of the catalogue.')
      .with()
    this.#failures = metrics
      .counter(
        'narthex_catalogue_failures_total',
        'Readings of the catalogue that brought nothing.',
      )
      .with()
  }

  get version(): string {
    return this.#version
  }

  /** Entries of the folder when it was last read whole. */
  get folderEntries(): number {
    return this.#folderEntries
  }

  /** '' or why nothing could be read of the folder; what it had before stays. */
  get folderError(): string {
    return this.#folderError
  }

  faults(): readonly string[] {
    return this.#faults
  }

  entry(name: string): EntryDetail | undefined {
    return this.#kept.get(name)?.entry
  }

  /** The files of an entry, with what edits stand in the place of. */
  files(name: string): LaidFiles | undefined {
    return this.#kept.get(name)?.files
  }

  entries({ search, category, official, order }: EntryQuery): readonly FoundEntry[] {
    const words = searchWords(search)
    const found: { kept: Kept; rank: number }[] = []
    for (const kept of this.#kept.values()) {
      const { summary } = kept
      if (category !== '' && summary.category !== category) continue
      if (official !== undefined && summary.official !== official) continue
      const rank = matchRank(kept.places, words)
      if (rank !== undefined) found.push({ kept, rank })
    }
    const compare = order === undefined ? () => 0 : COMPARE[order]
    return found
      .toSorted(
        (a, b) =>
          compare(a.kept.summary, b.kept.summary) ||
          (order === undefined ? a.rank - b.rank : 0) ||
          compareText(a.kept.summary.name, b.kept.summary.name),
      )
      .map(({ kept }) => withMatches(kept, words))
  }

  recognise(metrics: ReadonlySet<string>): readonly string[] {
    return [...this.#kept.values()]
      .filter(({ entry }) => isRecognised(entry, metrics))
      .map(({ entry }) => entry.name)
  }

  /** Reads the folder again; who asks while it is read gets the outcome of that. */
  async reload(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    await this.#reading
  }

  /** Takes what content sources have, in the place of before. */
  async fill(shelf: Shelf): Promise<void> {
    this.#shelf = shelf
    // A reading that is under way may have begun with the shelf of before.
    await this.#reading
    await this.reload()
  }

  async #read(): Promise<void> {
    const { folder, log } = this.#options
    const faults: string[] = []
    const kept = new Map<string, Kept>()
    const shelf = this.#shelf
    this.#folderError = ''
    try {
      const root = await realpath(folder)
      for (const name of await listEntries(root)) {
        const read = await this.#readEntry(root, name, shelf, faults)
        if (read !== undefined) kept.set(name, read)
      }
      if (kept.size === 0) {
        this.#folderError = `cannot use ${folder}: no entry in it, wanted at least one`
      }
    } catch (error) {
      this.#folderError = `cannot read the catalogue ${folder}: ${messageOf(error)}`
    }
    if (this.#folderError === '') this.#folderEntries = kept.size
    else {
      faults.push(this.#folderError)
      this.#failures.inc()
      for (const [name, before] of this.#kept) if (before.isOfFolder) kept.set(name, before)
    }
    for (const name of shelf.keys()) {
      if (kept.has(name) || kept.size >= ENTRIES_MAX) continue
      await nextTurn()
      const read = this.#keepTexts(name, NO_TEXTS, shelf, faults)
      if (read !== undefined) kept.set(name, read)
    }
    if (kept.size > 0) {
      faults.push(...ambiguities(kept))
      this.#kept = kept
    }
    this.#faults = faults
    const digests = [...this.#kept.values()].map((each) => each.digest)
    this.#version = digestOf([digests, faults])
    this.#entryCount.set(this.#kept.size)
    this.#faultCount.set(faults.length)
    if (faults.length > 0) {
      log.warn('the catalogue has faults', { folder, count: faults.length, first: faults[0] })
    }
  }

  /** An entry as it is now; as it was where it cannot be read. */
  async #readEntry(
    root: string,
    name: string,
    shelf: Shelf,
    faults: string[],
  ): Promise<Kept | undefined> {
    if (!isEntryName(name)) {
      const message = `cannot use ${name}: wanted small letters and digits, joined by dashes`
      faults.push(formatProblem({ file: name, line: 1, column: 1, message }))
      return undefined
    }
    try {
      return this.#keepTexts(name, await readEntryFolder(root, name), shelf, faults)
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      faults.push(error.message)
      return this.#kept.get(name)
    }
  }

  /** What is as it was is not read again: an edit changes one of many. */
  #keepTexts(name: string, texts: EntryTexts, shelf: Shelf, faults: string[]): Kept | undefined {
    const additions = shelf.get(name) ?? NOTHING
    const before = this.#kept.get(name)
    if (before !== undefined && isReadFrom(before, texts, layFiles(texts.texts, additions))) {
      faults.push(...before.faults)
      return before
    }
    const read: ReadEntry = readEntryTexts(name, texts, additions)
    faults.push(...read.faults)
    return read.entry === undefined ? before : keep(read, read.entry, texts)
  }
}

/** Whether an entry was made of these files. */
function isReadFrom(
  { files, folderFaults }: Kept,
  { faults }: EntryTexts,
  now: LaidFiles,
): boolean {
  if (files.size !== now.size || folderFaults.join('\n') !== faults.join('\n')) return false
  return [...now].every(([file, { text, source, under }]) => {
    const known = files.get(file)
    const isSame = known?.text === text && known.source === source
    return isSame && known.under?.text === under?.text && known.under?.source === under?.source
  })
}

const NO_TEXTS: EntryTexts = { texts: new Map(), faults: [] }

function withMatches({ entry, summary }: Kept, words: readonly string[]): FoundEntry {
  const matches = matchesOf(entry, words)
  return matches.length === 0 ? summary : { ...summary, matches }
}

/** An entry that says nothing of how it is recognised is never. */
function isRecognised({ recognise }: EntryDetail, metrics: ReadonlySet<string>): boolean {
  return recognise.length > 0 && recognise.every((metric) => metrics.has(metric))
}

/** @throws NarthexError `limit`, or the file system's error */
async function listEntries(root: string): Promise<readonly string[]> {
  const found = await readdir(root, { withFileTypes: true })
  const names = found.filter((each) => !each.isFile() && !each.name.startsWith('.'))
  if (names.length <= ENTRIES_MAX) return names.map(({ name }) => name).sort(compareText)
  throw new NarthexError('limit', `${names.length} entries, at most ${ENTRIES_MAX} are taken`)
}

function keep(read: ReadEntry, entry: EntryDetail, folder: EntryTexts): Kept {
  const { names, files, faults } = read
  const isOfFolder = folder.texts.size > 0
  const { name, title, category, description, official, port, upstream } = entry
  const { content, verified } = entry
  const head = { name, title, category, description, official, port, upstream }
  const summary = { ...head, content, verified }
  const places = searchPlaces(entry)
  const made = { files, folderFaults: folder.faults, faults, digest: digestOf(entry) }
  return { entry, summary, names, places, isOfFolder, ...made }
}

/** A sample by which two entries are recognised tells nobody which exporter it is. */
function ambiguities(kept: ReadonlyMap<string, Kept>): readonly string[] {
  return [...kept.values()].flatMap(({ entry, names }) => {
    if (names.size === 0) return []
    const others = [...kept.values()].filter(
      (other) => other.entry.name !== entry.name && isRecognised(other.entry, names),
    )
    return others.map((other) => {
      const message = `cannot recognise ${other.entry.name}: ${entry.name} has all these metrics, too`
      const file = `${other.entry.name}/entry.yaml`
      return formatProblem({ file, line: 1, column: 1, message })
    })
  })
}

const COMPARE: Readonly<Record<EntryOrder, (a: EntrySummary, b: EntrySummary) => number>> = {
  name: () => 0,
  category: (a, b) => compareText(a.category, b.category),
  verified: (a, b) => verifiedPart(b) - verifiedPart(a),
}

/** From 0 to 1; what was never held against its exporter comes last. */
function verifiedPart({ verified: { rules, panels, on } }: EntrySummary): number {
  if (on === '') return -1
  const all = rules.all + panels.all
  return all === 0 ? 0 : (rules.ok + panels.ok) / all
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22)
}
