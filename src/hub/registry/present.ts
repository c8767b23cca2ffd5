/** The registry as it is in the records: read again when it has changed, whoever changed it. */
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { RegistryRecords } from '../../model/registryrecords.ts'
import { Lists } from './lists.ts'

/** Follows the records. */
export class Present {
  readonly #records: RegistryRecords
  readonly #clock: Clock
  readonly #lists = new Lists()
  #isRead = false
  /** When the lists were last known to be true. */
  #trueMs = 0
  #reading: Promise<void> | undefined

  constructor(records: RegistryRecords, clock: Clock) {
    this.#records = records
    this.#clock = clock
  }

  /** What is known, however old. */
  get known(): Lists {
    return this.#lists
  }

  /** ms since the lists were last known to be true; undefined before the first time. */
  get ageMs(): number | undefined {
    return this.#isRead ? this.#clock.now() - this.#trueMs : undefined
  }

  /**
   * The lists as they are now: every change that was made before is in them.
   *
   * @throws NarthexError `busy` while the database is away
   */
  async lists(): Promise<Lists> {
    try {
      const revision = await this.#records.revision()
      while (this.#isBehind(revision)) await this.#readOnce()
    } catch (error) {
      if (!(error instanceof NarthexError) || error.kind !== 'busy') throw error
      throw new NarthexError('busy', `${error.message}; ${this.#describeAge()}`, error)
    }
    this.#trueMs = this.#clock.now()
    return this.#lists
  }

  /** Whether there is something newer, or a lease may have been renewed, which is no revision. */
  #isBehind(revision: number): boolean {
    if (!this.#isRead || this.#lists.revision < revision) return true
    return this.#clock.now() >= this.#lists.leasesUntilMs
  }

  /** Joins a reading that is under way: who needs a newer one reads again. */
  #readOnce(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const image = await this.#records.read(this.#isRead ? this.#lists.revision : 0)
    await this.#lists.apply(image, this.#clock.now())
    this.#isRead = true
  }

  #describeAge(): string {
    const { ageMs } = this
    if (ageMs === undefined) return 'no list has been read yet'
    const seconds = Math.round(ageMs / 1000)
    return `the last list is of ${seconds} s ago, revision ${this.#lists.revision}`
  }
}
