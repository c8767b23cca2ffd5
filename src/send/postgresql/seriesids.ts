/** The numbers that series have in the database. */
import { createHash } from 'node:crypto'
import type { SeriesId } from '../../model/appender.ts'
import {
  type Labels,
  labelsKey,
  labelsToRecord,
  labelValue,
  METRIC_NAME,
} from '../../model/labels.ts'
import type { Parcel } from '../parcel.ts'
import { slotOf } from '../series/book.ts'
import type { SeriesView } from '../writer.ts'
import type { Statements } from './schema.ts'
import type { Session } from './session.ts'

/** Series that are looked up at once. */
const LOOKUPS_MAX = 1000
/** A number that no series has: text that the database cannot hold. */
const NONE = -1

interface Unknown {
  readonly slot: number
  readonly key: Buffer
  readonly labels: Labels
}

export class SeriesIds {
  readonly #view: SeriesView
  readonly #statements: Statements
  /** By slot; 0: not known. */
  #numbers: Float64Array = new Float64Array(1024)

  constructor(view: SeriesView, statements: Statements) {
    this.#view = view
    this.#statements = statements
  }

  /** The number of a series that was looked up; -1 when the database cannot hold its labels. */
  number(id: SeriesId): number {
    return this.#numbers[slotOf(id)]
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) if (slotOf(id) < this.#numbers.length) this.#numbers[slotOf(id)] = 0
  }

  /** Looks up, or adds, the series of parcels that are not known. */
  async find(session: Session, parcels: readonly Parcel[], signal: AbortSignal): Promise<void> {
    for (const some of this.#unknown(parcels)) await this.#lookUp(session, some, signal)
  }

  /** Some at a time, in the order of their keys, in which everybody takes locks. */
  *#unknown(parcels: readonly Parcel[]): Generator<readonly Unknown[], void, undefined> {
    let found = new Map<number, Unknown>()
    for (const { ids, count } of parcels) {
      for (let i = 0; i < count; i++) {
        const slot = slotOf(ids[i])
        if (slot >= this.#numbers.length) this.#grow(slot)
        if (this.#numbers[slot] !== 0 || found.has(slot)) continue
        const unknown = this.#describe(ids[i], slot)
        if (unknown === undefined) this.#numbers[slot] = NONE
        else found.set(slot, unknown)
        if (found.size < LOOKUPS_MAX) continue
        yield inOrder(found)
        found = new Map()
      }
    }
    if (found.size > 0) yield inOrder(found)
  }

  /** Undefined for labels that the database cannot hold. */
  #describe(id: SeriesId, slot: number): Unknown | undefined {
    const labels = this.#view.labels(id)
    if (!labels.every(isStorable)) return undefined
    return { slot, key: createHash('sha256').update(labelsKey(labels)).digest(), labels }
  }

  async #lookUp(session: Session, unknown: readonly Unknown[], signal: AbortSignal): Promise<void> {
    const keys = unknown.map(({ key }) => key)
    const names = unknown.map(({ labels }) => labelValue(labels, METRIC_NAME))
    const texts = unknown.map(({ labels }) => labelsText(labels))
    await session.query(signal, this.#statements.addSeries, [keys, names, texts])
    const rows = await session.query<{ id: string; key: Buffer }>(
      signal,
      this.#statements.findSeries,
      [keys],
    )
    const numbers = new Map(rows.map(({ id, key }) => [key.toString('hex'), Number(id)]))
    for (const { slot, key } of unknown) {
      const number = numbers.get(key.toString('hex'))
      if (number === undefined) throw new Error('a series that was just added is not there')
      this.#numbers[slot] = number
    }
  }

  #grow(slot: number): void {
    const numbers = new Float64Array(2 * (slot + 1))
    numbers.set(this.#numbers)
    this.#numbers = numbers
  }
}

function inOrder(found: ReadonlyMap<number, Unknown>): readonly Unknown[] {
  return [...found.values()].sort((a, b) => a.key.compare(b.key))
}

/** A database in UTF-8 holds everything but the character 0. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

function labelsText(labels: Labels): string {
  const { [METRIC_NAME]: _, ...others } = labelsToRecord(labels)
  return JSON.stringify(others)
}
