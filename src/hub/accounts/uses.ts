/** When tokens and sessions were last used: gathered here, written to the records now and then. */
import type { Clock } from '../../base/clock.ts'
import type { AccountRecords, Use } from '../../model/accountrecords.ts'

/** How often what was used is written, in ms. */
export const SAVE_MS = 60_000

/** As many tokens and sessions as there may be, and more than are ever used in a minute. */
const USES_MAX = 10_000

export class Uses {
  readonly #records: AccountRecords
  readonly #clock: Clock
  #unsaved = new Map<string, Use>()
  /** What was written last, or is being written: who is asked meanwhile may have read what was before. */
  #written: ReadonlyMap<string, Use> = new Map()

  constructor(records: AccountRecords, clock: Clock) {
    this.#records = records
    this.#clock = clock
  }

  note(kind: Use['kind'], key: string, usedFrom: string): void {
    const id = idOf(kind, key)
    if (this.#unsaved.size >= USES_MAX && !this.#unsaved.has(id)) return
    this.#unsaved.set(id, { kind, key, usedMs: this.#clock.now(), usedFrom })
  }

  /** When it was used, where that is not written yet or only just; 0 for not at all. */
  lastMs(kind: Use['kind'], key: string): number {
    const id = idOf(kind, key)
    return (this.#unsaved.get(id) ?? this.#written.get(id))?.usedMs ?? 0
  }

  /** Writes what was used; what cannot be written is kept for the next time. */
  async save(): Promise<void> {
    const taken = this.#unsaved
    if (taken.size === 0) return
    this.#unsaved = new Map()
    this.#written = taken
    try {
      await this.#records.saveUses([...taken.values()])
    } catch (error) {
      this.#unsaved = new Map([...taken, ...this.#unsaved])
      throw error
    }
  }
}

function idOf(kind: Use['kind'], key: string): string {
  return `${kind} ${key}`
}
