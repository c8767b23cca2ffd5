/** What one target exposes: its keys in order as hashes, with the series behind each, in typed arrays. */
import type { SeriesId } from '../../model/appender.ts'
import { KEY_HASH } from './keyhash.ts'

/** Ids below zero. The key is dropped by relabelling. */
export const DROPPED = -1
/** The key is known, its series is not (any more). */
export const UNRESOLVED = -2
/** Ids from here down are blocks of comment lines: BLOCK - family type in force behind the block. */
export const BLOCK = -16

/** Flags of an entry: nothing to mark stale, its last sample was ours to mark, or it had its own time. */
export const IDLE = 0
export const LIVE = 1
export const TIMED = 2

/** Room for entries that may be gone before the layout is made anew. */
const DEAD_MAX = 16

/**
 * Entries in the order in which the target wrote them last: keys of series, and blocks of comment
 * lines, which are known by their hash as well so that they are passed over at once.
 */
export class Layout {
  count = 0
  /** Bytes of the key or block. */
  lengths: Uint32Array = new Uint32Array(0)
  hashesA: Int32Array = new Int32Array(0)
  hashesB: Int32Array = new Int32Array(0)
  ids: Float64Array = new Float64Array(0)
  /** Number of the scrape that had the entry last. */
  seen: Uint32Array = new Uint32Array(0)
  flags: Uint8Array = new Uint8Array(0)
  /** Number of the scrape in progress. */
  scrape = 0
  /** Number of the last scrape that went well. */
  lastGood = 0

  /** Appends an entry whose hash is in KEY_HASH; its index. */
  add(length: number, id: SeriesId): number {
    const i = this.count++
    if (i === this.lengths.length) this.#resize(i + roomFor(i))
    this.lengths[i] = length
    this.hashesA[i] = KEY_HASH[0]
    this.hashesB[i] = KEY_HASH[1]
    this.ids[i] = id
    this.seen[i] = 0
    this.flags[i] = IDLE
    return i
  }

  /** Forgets the entries from `count` on. */
  truncate(count: number): void {
    this.count = count
  }

  /** Gives back room that the entries do not need. */
  trim(): void {
    if (this.lengths.length > this.count + 2 * roomFor(this.count)) this.#resize(this.count)
  }

  /** Notes that nothing is left to be marked; dropped keys stay known. */
  clearLive(): void {
    for (let i = 0; i < this.count; i++) if (this.ids[i] !== DROPPED) this.flags[i] = IDLE
  }

  /** Clears the flags of entries that the scrape did not have; how many these are. */
  clearGone(): number {
    const { count, flags, seen, ids, scrape } = this
    let goneCount = 0
    for (let i = 0; i < count; i++) {
      if (seen[i] === scrape) continue
      goneCount++
      if (ids[i] !== DROPPED) flags[i] = IDLE
    }
    return goneCount
  }

  /** Whether so many entries are gone that the layout should be made anew. */
  isSparse(goneCount: number): boolean {
    return goneCount > DEAD_MAX + (this.count >>> 3)
  }

  /**
   * Brings the entries into the order of the scrape that just went well.
   *
   * @param runs       pairs of from and to: the entries in the order in which they came
   * @param runsCount  numbers used in `runs`
   * @param keepGone   entries that did not come stay behind the one that they followed
   * @param onDropped  is told of each entry that is given up, before it goes
   */
  reorder(
    runs: Uint32Array,
    runsCount: number,
    keepGone: boolean,
    onDropped: (index: number) => void,
  ): void {
    if (order.length < this.count) {
      order = new Uint32Array(this.count + roomFor(this.count))
      placed = new Uint8Array(order.length)
    }
    placed.fill(0, 0, this.count)
    let length = 0
    const place = (i: number): void => {
      if (placed[i] === 1) return
      placed[i] = 1
      if (keepGone || this.seen[i] === this.scrape) order[length++] = i
      else onDropped(i)
    }
    const placeGone = (from: number): void => {
      for (let i = from; i < this.count && this.seen[i] !== this.scrape; i++) place(i)
    }
    placeGone(0)
    for (let r = 0; r < runsCount; r += 2) {
      for (let i = runs[r]; i < runs[r + 1]; i++) place(i)
      placeGone(runs[r + 1])
    }
    this.#permute(length)
  }

  /** In place: what is made anew with each scrape lies about for minutes before it is collected. */
  #permute(length: number): void {
    if (spare.lengths.length < length) spare.#allocate(length + roomFor(length))
    for (let to = 0; to < length; to++) spare.#copyEntry(to, this, order[to])
    for (let to = 0; to < length; to++) this.#copyEntry(to, spare, to)
    this.count = length
  }

  #copyEntry(to: number, source: Layout, from: number): void {
    this.lengths[to] = source.lengths[from]
    this.hashesA[to] = source.hashesA[from]
    this.hashesB[to] = source.hashesB[from]
    this.ids[to] = source.ids[from]
    this.seen[to] = source.seen[from]
    this.flags[to] = source.flags[from]
  }

  #resize(capacity: number): void {
    const { lengths, hashesA, hashesB, ids, seen, flags } = this
    this.#allocate(capacity)
    const kept = Math.min(capacity, lengths.length)
    this.lengths.set(lengths.subarray(0, kept))
    this.hashesA.set(hashesA.subarray(0, kept))
    this.hashesB.set(hashesB.subarray(0, kept))
    this.ids.set(ids.subarray(0, kept))
    this.seen.set(seen.subarray(0, kept))
    this.flags.set(flags.subarray(0, kept))
  }

  /** One buffer for all columns: less overhead a target, and neighbours in memory. */
  #allocate(capacity: number): void {
    const buffer = new ArrayBuffer(capacity * 25)
    this.ids = new Float64Array(buffer, 0, capacity)
    this.lengths = new Uint32Array(buffer, capacity * 8, capacity)
    this.hashesA = new Int32Array(buffer, capacity * 12, capacity)
    this.hashesB = new Int32Array(buffer, capacity * 16, capacity)
    this.seen = new Uint32Array(buffer, capacity * 20, capacity)
    this.flags = new Uint8Array(buffer, capacity * 24, capacity)
  }
}

/** Where entries are put in another order: one for all layouts, each is done in one go. */
const spare = new Layout()
let order = new Uint32Array(0)
let placed = new Uint8Array(0)

/** Room for entries that come, beside `count`. */
function roomFor(count: number): number {
  return 64 + (count >>> 3)
}

/** Finds entries by hash while one body is scanned; one for all targets, filled only when order fails. */
export class KeyTable {
  #slots: Uint32Array = new Uint32Array(256)
  #filled = 0

  /** Makes the table hold all entries of a layout. */
  fill(layout: Layout): void {
    let capacity = 256
    while (capacity < layout.count * 2 + 64) capacity *= 2
    const { length } = this.#slots
    if (length < capacity || length > capacity * 16) this.#slots = new Uint32Array(capacity)
    else this.#slots.fill(0)
    this.#filled = 0
    for (let i = 0; i < layout.count; i++) this.#insert(layout, i)
  }

  /** Adds the entry `index`. */
  add(layout: Layout, index: number): void {
    if ((this.#filled + 1) * 2 > this.#slots.length) this.fill(layout)
    else this.#insert(layout, index)
  }

  /** The entry with the hash in KEY_HASH and this length; -1 for none. */
  find(layout: Layout, length: number): number {
    const mask = this.#slots.length - 1
    for (let slot = KEY_HASH[0] & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const i = this.#slots[slot] - 1
      if (
        layout.hashesA[i] === KEY_HASH[0] &&
        layout.hashesB[i] === KEY_HASH[1] &&
        layout.lengths[i] === length
      ) {
        return i
      }
    }
    return -1
  }

  #insert(layout: Layout, index: number): void {
    const mask = this.#slots.length - 1
    let slot = layout.hashesA[index] & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = index + 1
    this.#filled++
  }
}
