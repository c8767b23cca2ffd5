/** The entries that come with the program, as a source among the others: always there, needing nothing. */
import type { Clock } from '../../base/clock.ts'
import type { SourceState } from '../../model/sources.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'

/** Notes how the folder of the catalogue did whenever it was read. */
export class Bundled {
  readonly #catalogue: Pick<Catalogue, 'folderEntries' | 'folderError'>
  readonly #folder: string
  readonly #clock: Clock
  #times = { checkedMs: 0, goodMs: 0, failingSinceMs: 0 }

  constructor(
    catalogue: Pick<Catalogue, 'folderEntries' | 'folderError'>,
    folder: string,
    clock: Clock,
  ) {
    this.#catalogue = catalogue
    this.#folder = folder
    this.#clock = clock
    this.note()
  }

  /** To be called when it was read. */
  note(): void {
    const nowMs = this.#clock.now()
    const isGood = this.#catalogue.folderError === ''
    this.#times = {
      checkedMs: nowMs,
      goodMs: isGood ? nowMs : this.#times.goodMs,
      failingSinceMs: isGood ? 0 : this.#times.failingSinceMs || nowMs,
    }
  }

  get state(): SourceState {
    const { folderEntries: entries, folderError: error } = this.#catalogue
    const where = { type: 'bundled' as const, origin: this.#folder, commit: '' }
    return { name: 'bundled', ...where, entries, ...this.#times, error, faults: [] }
  }
}
