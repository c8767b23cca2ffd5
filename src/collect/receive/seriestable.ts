/**
 * From the hash of a series' label bytes to its SeriesId, without a text or an object per series.
 *
 * Senders repeat their series in the same order, so each record remembers which one followed it:
 * that guess is right nearly always and costs one comparison. Otherwise the hash table is asked.
 */
import { assert } from '../../base/error.ts'
import type { SeriesId } from '../../model/appender.ts'

/** No record. */
export const NONE = -1

/** A record is 32 bytes: hash low, hash high, id (float64), successor, last used, two spare. */
const WORDS = 8
const LOW = 0
const HIGH = 1
const ID_AS_FLOAT = 1
const NEXT = 4
const USED = 5

const RECORDS_MIN = 1024

/** Records looked at by one sweep. */
const SWEEP_RECORDS = 512

/** A record of no series; times are counted from 1. */
const FREE = 0

export class SeriesTable {
  readonly #recordsMax: number
  #words: Uint32Array
  #ids: Float64Array
  /** Record + 1 of each place, 0 where there is none; a power of two long. */
  #places: Int32Array
  #count = 0
  /** Records ever used, from the start. */
  #top = 0
  /** First of the freed records, linked by NEXT; NONE for none. */
  #freed = NONE
  #swept = 0

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax
    this.#words = new Uint32Array(RECORDS_MIN * WORDS)
    this.#ids = new Float64Array(this.#words.buffer)
    this.#places = new Int32Array(2 * RECORDS_MIN)
  }

  /** Series known. */
  get count(): number {
    return this.#count
  }

  /** Bytes of all arrays. */
  get sizeBytes(): number {
    return this.#words.byteLength + this.#places.byteLength
  }

  /**
   * Finds the record of a hash.
   *
   * @param previous the record of the series before it in the request, or NONE
   * @param now      a count that rises, >= 1; whatever is not found for long is swept
   */
  find(low: number, high: number, previous: number, now: number): number {
    const words = this.#words
    if (previous !== NONE) {
      const guess = words[previous * WORDS + NEXT]
      const at = guess * WORDS
      if (words[at + LOW] === low && words[at + HIGH] === high && words[at + USED] !== FREE) {
        words[at + USED] = now
        return guess
      }
    }
    const record = this.#lookUp(low, high)
    if (record !== NONE) {
      words[record * WORDS + USED] = now
      if (previous !== NONE) words[previous * WORDS + NEXT] = record
    }
    return record
  }

  /** The id of a record. */
  idOf(record: number): SeriesId {
    return this.#ids[(record * WORDS) / 2 + ID_AS_FLOAT]
  }

  /** Gives a known series another id. */
  setId(record: number, id: SeriesId): void {
    this.#ids[(record * WORDS) / 2 + ID_AS_FLOAT] = id
  }

  /** Adds a hash that `find` did not find; NONE when the table is full. */
  add(low: number, high: number, id: SeriesId, previous: number, now: number): number {
    if (this.#count === this.#recordsMax) return NONE
    const record = this.#takeRecord()
    const at = record * WORDS
    this.#words[at + LOW] = low
    this.#words[at + HIGH] = high
    this.#words[at + NEXT] = record
    this.#words[at + USED] = now
    this.setId(record, id)
    if (previous !== NONE) this.#words[previous * WORDS + NEXT] = record
    this.#count++
    if (2 * this.#count > this.#places.length) this.#rebuild()
    else this.#place(record)
    return record
  }

  /** Forgets, of the next few records, those last used before `oldest`; called with each request. */
  sweep(oldest: number): void {
    const end = Math.min(this.#top, this.#swept + SWEEP_RECORDS)
    for (let record = this.#swept; record < end; record++) {
      const used = this.#words[record * WORDS + USED]
      if (used !== FREE && used < oldest) this.#remove(record)
    }
    this.#swept = end === this.#top ? 0 : end
  }

  #lookUp(low: number, high: number): number {
    const mask = this.#places.length - 1
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const record = this.#places[place] - 1
      if (record === NONE) return NONE
      const at = record * WORDS
      if (this.#words[at + LOW] === low && this.#words[at + HIGH] === high) return record
    }
  }

  #takeRecord(): number {
    if (this.#freed !== NONE) {
      const record = this.#freed
      this.#freed = this.#words[record * WORDS + NEXT] - 1
      return record
    }
    if (this.#top * WORDS === this.#words.length) {
      const words = new Uint32Array(Math.min(2 * this.#top, this.#recordsMax) * WORDS)
      words.set(this.#words)
      this.#words = words
      this.#ids = new Float64Array(words.buffer)
    }
    return this.#top++
  }

  #place(record: number): void {
    const mask = this.#places.length - 1
    let place = this.#words[record * WORDS + LOW] & mask
    while (this.#places[place] !== 0) place = (place + 1) & mask
    this.#places[place] = record + 1
  }

  #rebuild(): void {
    this.#places = new Int32Array(2 * this.#places.length)
    for (let record = 0; record < this.#top; record++) {
      if (this.#words[record * WORDS + USED] !== FREE) this.#place(record)
    }
  }

  /** Takes a record out of the chain of places and closes the gap it leaves. */
  #remove(record: number): void {
    const mask = this.#places.length - 1
    let gap = this.#words[record * WORDS + LOW] & mask
    while (this.#places[gap] !== record + 1) {
      assert(this.#places[gap] !== 0, 'a record that is used to have a place')
      gap = (gap + 1) & mask
    }
    for (let place = (gap + 1) & mask; this.#places[place] !== 0; place = (place + 1) & mask) {
      const home = this.#words[(this.#places[place] - 1) * WORDS + LOW] & mask
      if (((place - home) & mask) < ((place - gap) & mask)) continue
      this.#places[gap] = this.#places[place]
      gap = place
    }
    this.#places[gap] = 0
    this.#words[record * WORDS + USED] = FREE
    this.#words[record * WORDS + NEXT] = this.#freed + 1
    this.#freed = record
    this.#count--
  }
}
