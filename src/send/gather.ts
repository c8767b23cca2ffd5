/** Cells with times of their own, gathered until they become parcels, one for each lane. */

import { gatherNumbers, gatherValues } from './cells.ts'
import { LANES, type Parcel } from './parcel.ts'
import type { SeriesBook } from './series/book.ts'

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

  /** Takes everything out: by lane, and in it in the order of times. */
  drain(takenMs: number): Parcel[] {
    const slots = this.#byLane()
    const parcels: Parcel[] = []
    for (let from = 0; from < slots.length; ) {
      const lane = this.#laneOf(slots[from])
      let to = from + 1
      while (to < slots.length && this.#laneOf(slots[to]) === lane) to++
      parcels.push(this.#parcel(lane, slots.subarray(from, to), takenMs))
      from = to
    }
    this.#count = 0
    this.#isSorted = true
    if (this.#ids.length > CELLS_KEPT_MAX) this.#resize(CELLS_FIRST)
    return parcels
  }

  #laneOf(slot: number): number {
    return this.#book.lane(this.#ids[slot])
  }

  #parcel(lane: number, slots: Uint32Array, takenMs: number): Parcel {
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

  /** Slots of the cells by lane; those of one lane keep their order. */
  #byLane(): Uint32Array {
    const ordered = this.#byTime()
    const nextOf = new Uint32Array(LANES + 1)
    for (const slot of ordered) nextOf[this.#laneOf(slot) + 1]++
    for (let lane = 0; lane < LANES; lane++) nextOf[lane + 1] += nextOf[lane]
    const slots = new Uint32Array(this.#count)
    for (const slot of ordered) slots[nextOf[this.#laneOf(slot)]++] = slot
    return slots
  }

  #byTime(): Uint32Array {
    const slots = new Uint32Array(this.#count)
    for (let slot = 0; slot < slots.length; slot++) slots[slot] = slot
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
