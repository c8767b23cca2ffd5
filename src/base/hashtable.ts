/** A hash table of record numbers: open addressing, in segments that grow one at a time. */

const SEGMENT_BITS = 6
const SEGMENT_COUNT = 1 << SEGMENT_BITS
const SLOTS_FIRST = 16

/** Finds records by hash; equality is the caller's, who walks the candidates. 0 is no record. */
export class HashTable {
  readonly #hashOf: (record: number) => number
  readonly #segments: Uint32Array[]
  readonly #counts: Uint32Array = new Uint32Array(SEGMENT_COUNT)

  /** @param hashOf the hash with which a record was added */
  constructor(hashOf: (record: number) => number) {
    this.#hashOf = hashOf
    this.#segments = Array.from({ length: SEGMENT_COUNT }, () => new Uint32Array(0))
  }

  /** The first record with this hash for which `equals` holds; 0 for none. */
  find(hash: number, equals: (record: number) => boolean): number {
    const slots = this.#segments[hash >>> (32 - SEGMENT_BITS)]
    if (slots.length === 0) return 0
    const mask = slots.length - 1
    for (let i = hash & mask; slots[i] !== 0; i = (i + 1) & mask) {
      if (equals(slots[i])) return slots[i]
    }
    return 0
  }

  add(hash: number, record: number): void {
    const index = hash >>> (32 - SEGMENT_BITS)
    const count = this.#counts[index] + 1
    this.#counts[index] = count
    if (count * 4 > this.#segments[index].length * 3) this.#grow(index)
    place(this.#segments[index], hash, record)
  }

  /** Takes a record out; the gap is closed, so that no tombstones stay. */
  remove(hash: number, record: number): void {
    const index = hash >>> (32 - SEGMENT_BITS)
    const slots = this.#segments[index]
    if (slots.length === 0) return
    const mask = slots.length - 1
    let i = hash & mask
    while (slots[i] !== record) {
      if (slots[i] === 0) return
      i = (i + 1) & mask
    }
    this.#counts[index]--
    let next = (i + 1) & mask
    while (slots[next] !== 0) {
      const home = this.#hashOf(slots[next]) & mask
      if (((next - home) & mask) >= ((next - i) & mask)) {
        slots[i] = slots[next]
        i = next
      }
      next = (next + 1) & mask
    }
    slots[i] = 0
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, slots) => sum + slots.byteLength, 0)
  }

  #grow(index: number): void {
    const old = this.#segments[index]
    const slots = new Uint32Array(Math.max(SLOTS_FIRST, old.length * 2))
    for (const record of old) {
      if (record !== 0) place(slots, this.#hashOf(record), record)
    }
    this.#segments[index] = slots
  }
}

function place(slots: Uint32Array, hash: number, record: number): void {
  const mask = slots.length - 1
  let i = hash & mask
  while (slots[i] !== 0) i = (i + 1) & mask
  slots[i] = record
}
