/** Which cells of a row are of known series, and come once in it. */
import { ACCEPTED, DUPLICATE, type SeriesId, UNKNOWN } from '../model/appender.ts'
import { type SeriesBook, slotOf } from './series/book.ts'

export class CellCheck {
  readonly #book: SeriesBook
  /** One bit a slot: seen in the row at hand. */
  #seen: Uint8Array = new Uint8Array(1024)

  constructor(book: SeriesBook) {
    this.#book = book
  }

  /** Says of each of the first `count` cells what becomes of it; how many are accepted. */
  check(ids: Float64Array, count: number, outcomes: Uint8Array): number {
    let accepted = 0
    for (let i = 0; i < count; i++) {
      outcomes[i] = this.#judge(ids[i])
      if (outcomes[i] === ACCEPTED) accepted++
    }
    for (let i = 0; i < count; i++) this.#seen[slotOf(ids[i]) >>> 3] = 0
    return accepted
  }

  #judge(id: SeriesId): number {
    if (!this.#book.isKnown(id)) return UNKNOWN
    const slot = slotOf(id)
    const at = slot >>> 3
    if (at >= this.#seen.length) {
      const seen = new Uint8Array(2 * at)
      seen.set(this.#seen)
      this.#seen = seen
    }
    const bit = 1 << (slot & 7)
    if ((this.#seen[at] & bit) !== 0) return DUPLICATE
    this.#seen[at] |= bit
    return ACCEPTED
  }
}
