/** Cells with times of their own, gathered until they become parcels, one for each lane. */
import type { SeriesBook } from './book.ts'
import { gatherNumbers, gatherValues } from './cells.ts'
import type { Parcel } from './parcel.ts'

const CELLS_FIRST = 64
/** Room that is kept when nothing is gathered. */
const CELLS_KEPT_MAX = 65_536

/** Collects cells. */
export class Gather {
  readonly #book: SeriesBook
  #ids: Float64Array = new Float64Array(CELLS_FIRST)
  #values: Float64Array = new Float64Array(CELLS_FIRST)
  #times: Float64Array = new Float64Array(CELLS_FIRST)
  #count = 0
  #isSorted = true

  constructor(book: SeriesBook) {
    this.#book = book
  }

  get count(): number {
    return this.#count
  }

  /** Adds cells of one time; all ids are known. */
  add(timeMs: number, ids: Float64Array, values: Float64Array, count: number): void {
    const from = this.#count
    this.#reserve(from + count)
    if (from > 0 && timeMs < this.#times[from - 1]) this.#isSorted = false
    this.#ids.set(ids.subarray(0, count), from)
    this.#values.set(values.subarray(0, count), from)
    this.#times.fill(timeMs, from, from + count)
    this.#count = from + count
    this.#book.touch(ids, count)
  }

  /** Takes everything out, in the order of times. */
  drain(takenMs: number): Parcel[] {
    const slotsOf = new Map<number, number[]>()
    for (const slot of this.#order()) {
      const lane = this.#book.lane(this.#ids[slot])
      const slots = slotsOf.get(lane)
      if (slots === undefined) slotsOf.set(lane, [slot])
      else slots.push(slot)
    }
    const parcels: Parcel[] = []
    for (const [lane, list] of slotsOf) parcels.push(this.#parcel(lane, list, takenMs))
    this.#count = 0
    this.#isSorted = true
    if (this.#ids.length > CELLS_KEPT_MAX) this.#resize(CELLS_FIRST)
    return parcels
  }

  #parcel(lane: number, list: readonly number[], takenMs: number): Parcel {
    const slots = Uint32Array.from(list)
    const times = gatherNumbers(this.#times, slots)
    const isOfOneTime = times[0] === times[times.length - 1]
    return {
      lane,
      count: slots.length,
      ids: gatherNumbers(this.#ids, slots),
      values: gatherValues(this.#values, slots),
      timeMs: times[0],
      times: isOfOneTime ? undefined : times,
      histograms: [],
      exemplars: [],
      takenMs,
    }
  }

  #order(): Iterable<number> {
    const slots = Array.from({ length: this.#count }, (_, slot) => slot)
    const times = this.#times
    return this.#isSorted ? slots : slots.sort((a, b) => times[a] - times[b] || a - b)
  }

  #reserve(count: number): void {
    if (count > this.#ids.length) this.#resize(2 * count)
  }

  #resize(length: number): void {
    const [ids, values, times] = [this.#ids, this.#values, this.#times]
    this.#ids = new Float64Array(length)
    this.#values = new Float64Array(length)
    this.#times = new Float64Array(length)
    this.#ids.set(ids.subarray(0, this.#count))
    this.#values.set(values.subarray(0, this.#count))
    this.#times.set(times.subarray(0, this.#count))
  }
}
