/** Rows that come again: one and the same array of ids for a target, from scrape to scrape. */
import type { SeriesId } from '../../model/appender.ts'
import { gatherNumbers } from '../cells.ts'
import type { SeriesBook } from './book.ts'

/** Ticks without use after which a template is dropped. */
const UNUSED_TICKS_MAX = 5

/** The cells of a row that are in one lane. */
export interface RowPart {
  readonly lane: number
  readonly ids: Float64Array
  /** Where they are in the row; undefined when they are the row. */
  readonly slots: Uint32Array | undefined
}

/** The cells of a row, and which of them are in which lane. */
export interface RowCells {
  readonly ids: Float64Array
  readonly parts: readonly RowPart[]
}

/** A row as it was last time. */
export interface RowTemplate extends RowCells {
  /** Tick of the book in which it was last used. */
  tick: number
  /** The one before with the same first series: a target may go to and fro between two. */
  older: RowTemplate | undefined
  /** The row that came behind it last, and the two as one; nothing where they do not go together. */
  joined: { readonly tail: RowTemplate; readonly whole: RowCells | undefined } | undefined
}

/** Templates by their first series. */
export class RowTemplates {
  readonly #book: SeriesBook
  readonly #byFirst = new Map<SeriesId, RowTemplate>()

  constructor(book: SeriesBook) {
    this.#book = book
  }

  get count(): number {
    return this.#byFirst.size
  }

  /** Memory of all of them; counted when it is asked for. */
  get sizeBytes(): number {
    let sizeBytes = 0
    for (const newest of this.#byFirst.values()) {
      sizeBytes += bytesOf(newest) + (newest.older === undefined ? 0 : bytesOf(newest.older))
    }
    return sizeBytes
  }

  /** The template that has exactly these ids; all of them are known series, seen now. */
  match(ids: Float64Array, count: number): RowTemplate | undefined {
    const newest = this.#byFirst.get(ids[0])
    for (let template = newest; template !== undefined; template = template.older) {
      if (!startsWith(ids, count, template.ids)) continue
      if (newest !== undefined && template !== newest) this.#swap(newest, template)
      this.#use(template)
      return template
    }
    return undefined
  }

  /** Makes a template of known ids, each of which is there once. */
  add(ids: Float64Array, count: number): RowTemplate {
    const own = ids.slice(0, count)
    const older = this.#byFirst.get(own[0])
    if (older !== undefined) older.older = undefined
    const template = {
      ids: own,
      parts: this.#split(own),
      tick: this.#book.tick,
      older,
      joined: undefined,
    }
    this.#book.touch(own, count)
    this.#byFirst.set(own[0], template)
    return template
  }

  /** Two rows of one target as one, the same each time; undefined when they are not, or share series. */
  join(head: RowTemplate, tail: RowTemplate): RowCells | undefined {
    if (head.joined?.tail !== tail) head.joined = { tail, whole: this.#whole(head, tail) }
    return head.joined.whole
  }

  /**
   * Drops templates that were not used for a while. Series are forgotten after much longer silence,
   * so that no template has one that is.
   */
  dropUnused(): void {
    for (const newest of this.#byFirst.values()) {
      if (newest.older !== undefined && this.#isUnused(newest.older)) newest.older = undefined
      if (this.#isUnused(newest)) this.#byFirst.delete(newest.ids[0])
    }
  }

  #whole(head: RowTemplate, tail: RowTemplate): RowCells | undefined {
    const [{ lane, slots }] = head.parts
    if (slots !== undefined || tail.parts[0].slots !== undefined) return undefined
    if (this.#book.targetKey(head.ids[0]) !== this.#book.targetKey(tail.ids[0])) return undefined
    for (const id of tail.ids) if (head.ids.includes(id)) return undefined
    const ids = new Float64Array(head.ids.length + tail.ids.length)
    ids.set(head.ids)
    ids.set(tail.ids, head.ids.length)
    return { ids, parts: [{ lane, ids, slots: undefined }] }
  }

  #isUnused(template: RowTemplate): boolean {
    return ((this.#book.tick - template.tick) & 0xffff) > UNUSED_TICKS_MAX
  }

  /** The one that was used last is looked at first and stays longest. */
  #swap(newest: RowTemplate, older: RowTemplate): void {
    newest.older = undefined
    older.older = newest
    this.#byFirst.set(older.ids[0], older)
  }

  /** Its series are touched once a tick, not once a scrape. */
  #use(template: RowTemplate): void {
    if (template.tick === this.#book.tick) return
    template.tick = this.#book.tick
    this.#book.touch(template.ids, template.ids.length)
  }

  #isOfOneLane(ids: Float64Array): boolean {
    const first = this.#book.lane(ids[0])
    for (let i = 1; i < ids.length; i++) if (this.#book.lane(ids[i]) !== first) return false
    return true
  }

  #split(ids: Float64Array): readonly RowPart[] {
    if (this.#isOfOneLane(ids)) {
      return [{ lane: this.#book.lane(ids[0]), ids, slots: undefined }]
    }
    const slotsOf = new Map<number, number[]>()
    for (let i = 0; i < ids.length; i++) {
      const lane = this.#book.lane(ids[i])
      const slots = slotsOf.get(lane)
      if (slots === undefined) slotsOf.set(lane, [i])
      else slots.push(i)
    }
    return [...slotsOf].map(([lane, list]) => {
      const slots = Uint32Array.from(list)
      return { lane, ids: gatherNumbers(ids, slots), slots }
    })
  }
}

function bytesOf({ ids, parts, joined }: RowTemplate): number {
  let sizeBytes = ids.byteLength + (joined?.whole?.ids.byteLength ?? 0)
  for (const { ids: own, slots } of parts) {
    if (slots !== undefined) sizeBytes += own.byteLength + slots.byteLength
  }
  return sizeBytes
}

function startsWith(ids: Float64Array, count: number, wanted: Float64Array): boolean {
  if (count !== wanted.length) return false
  for (let i = 0; i < count; i++) if (ids[i] !== wanted[i]) return false
  return true
}
