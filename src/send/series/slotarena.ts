/** Runs of numbers by slot, side by side in one array instead of an object for each. */

const ITEMS_FIRST = 4096
const SLOTS_FIRST = 1024

/** Keeps one run for each slot; room of dropped runs is used again when the array is full. */
export class SlotArena<T extends Uint8Array | Uint32Array> {
  /** The run of slot i is items[from[i], to[i]); `to` is 0 where there is none. */
  items: T
  from: Uint32Array = new Uint32Array(SLOTS_FIRST)
  to: Uint32Array = new Uint32Array(SLOTS_FIRST)
  readonly #make: (length: number) => T
  /** No run begins at 0, so that a `to` of 0 is none. */
  #used = 1
  #dropped = 0

  constructor(make: (length: number) => T) {
    this.#make = make
    this.items = make(ITEMS_FIRST)
  }

  get sizeBytes(): number {
    return this.items.byteLength + this.from.byteLength + this.to.byteLength
  }

  has(slot: number): boolean {
    return slot < this.to.length && this.to[slot] !== 0
  }

  /** Keeps a copy of source[0, length) for a slot that has none. */
  put(slot: number, source: T, length: number): void {
    if (slot >= this.to.length) this.#growSlots(slot)
    if (this.#used + length > this.items.length) this.#makeRoom(length)
    this.items.set(source.subarray(0, length), this.#used)
    this.from[slot] = this.#used
    this.#used += length
    this.to[slot] = this.#used
  }

  drop(slot: number): void {
    if (!this.has(slot)) return
    this.#dropped += this.to[slot] - this.from[slot]
    this.to[slot] = 0
  }

  #growSlots(slot: number): void {
    const length = Math.max(slot + 1, this.to.length + (this.to.length >>> 1))
    const from = new Uint32Array(length)
    from.set(this.from)
    this.from = from
    const to = new Uint32Array(length)
    to.set(this.to)
    this.to = to
  }

  #makeRoom(length: number): void {
    const wanted = this.#used - this.#dropped + length
    const items = this.#make(Math.max(ITEMS_FIRST, wanted + (wanted >>> 1)))
    let used = 1
    for (let slot = 0; slot < this.to.length; slot++) {
      if (this.to[slot] === 0) continue
      items.set(this.items.subarray(this.from[slot], this.to[slot]), used)
      const runLength = this.to[slot] - this.from[slot]
      this.from[slot] = used
      used += runLength
      this.to[slot] = used
    }
    this.items = items
    this.#used = used
    this.#dropped = 0
  }
}
