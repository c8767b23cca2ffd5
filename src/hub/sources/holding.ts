/** What is in the records of all sources, followed: whatever any hub of the database has brought. */
import type {
  KeptSource,
  SourceRecords,
  SourceSettings,
  SourceText,
  StoredSource,
} from '../../model/sources.ts'
import { ENTRY_FILE_BYTES_MAX, type EntryFileName } from '../catalogue/folder.ts'
import { fillShelf, type Shelf, type SourceTexts } from '../catalogue/shelf.ts'

export interface HoldingDeps {
  readonly records: SourceRecords
  /** Takes what all sources have together. */
  readonly show: (shelf: Shelf) => Promise<void>
}

/** What a source has, as it was read at a revision. */
interface Held {
  readonly revision: number
  readonly entries: ReadonlyMap<string, SourceTexts>
}

/** The last that was read of the records; all of it stays while they are away. */
export class Holding {
  readonly #deps: HoldingDeps
  #states: ReadonlyMap<string, StoredSource> = new Map()
  #settings: ReadonlyMap<string, SourceSettings> = new Map()
  #held: ReadonlyMap<string, Held> = new Map()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: HoldingDeps) {
    this.#deps = deps
  }

  /** By name. */
  get states(): ReadonlyMap<string, KeptSource> {
    return this.#states
  }

  /** By name. */
  get settings(): ReadonlyMap<string, SourceSettings> {
    return this.#settings
  }

  *textsOf(name: string): Iterable<string> {
    for (const texts of this.#held.get(name)?.entries.values() ?? []) yield* texts.values()
  }

  /** Takes over what is in the records; shows it when anything of it is new. */
  follow(): Promise<void> {
    const done = this.#turn.then(() => this.#followNow())
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** When nothing of the records is being read. */
  async settle(): Promise<void> {
    await this.#turn
  }

  async #followNow(): Promise<void> {
    const { records, show } = this.#deps
    const settings = await records.settings()
    const states = await records.sources()
    const held = new Map<string, Held>()
    for (const { name, revision } of states) {
      const before = this.#held.get(name)
      if (before?.revision === revision) held.set(name, before)
      else held.set(name, { revision, entries: groupTexts(await records.texts(name)) })
    }
    const isNew =
      held.size !== this.#held.size ||
      [...held].some(([name, { revision }]) => this.#held.get(name)?.revision !== revision)
    this.#settings = new Map(settings.map((each) => [each.name, each]))
    this.#states = new Map(states.map((each) => [each.name, each]))
    this.#held = held
    if (isNew) await show(fillShelf([...held].map(([name, { entries }]) => [name, entries])))
  }
}

function groupTexts(texts: readonly SourceText[]): ReadonlyMap<string, SourceTexts> {
  const entries = new Map<string, Map<EntryFileName, string>>()
  for (const { entry, file, text } of texts) {
    // A newer program may know more files.
    if (!isEntryFile(file)) continue
    const known = entries.get(entry) ?? new Map<EntryFileName, string>()
    entries.set(entry, known.set(file, text))
  }
  return entries
}

function isEntryFile(name: string): name is EntryFileName {
  return Object.hasOwn(ENTRY_FILE_BYTES_MAX, name)
}
