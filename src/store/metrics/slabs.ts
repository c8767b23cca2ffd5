/** Hands out slabs of 16 rows and single values, in shared memory; freed ones are used again. */
import * as at from './layout.ts'
import type { Memory } from './pages.ts'

const SLAB_PAGE_BYTES = 128 << at.SLAB_SHIFT
const HALF_PAGE_BYTES = 64 << at.HALF_SHIFT
const SINGLE_PAGE_BYTES = 8 << at.SINGLE_SHIFT

/** Free numbers of one kind of slab. */
class Pool {
  readonly #memory: Memory
  readonly #table: number
  readonly #shift: number
  readonly #pageBytes: number
  #end = 0
  #free = new Uint32Array(256)
  #freeCount = 0

  constructor(memory: Memory, table: number, shift: number, pageBytes: number) {
    this.#memory = memory
    this.#table = table
    this.#shift = shift
    this.#pageBytes = pageBytes
  }

  take(): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]
    const slab = this.#end++
    if ((slab & ((1 << this.#shift) - 1)) === 0) {
      this.#memory.ensurePage(this.#table, slab >>> this.#shift, this.#pageBytes)
    }
    return slab
  }

  give(slab: number): void {
    if (this.#freeCount === this.#free.length) {
      const more = new Uint32Array(this.#free.length * 2)
      more.set(this.#free)
      this.#free = more
    }
    this.#free[this.#freeCount++] = slab
  }

  get used(): number {
    return this.#end - this.#freeCount
  }
}

/** References to slabs: the kind in the upper two bits, the number below. */
export class Slabs {
  readonly #slabs: Pool
  readonly #halves: Pool
  readonly #singles: Pool

  constructor(memory: Memory) {
    this.#slabs = new Pool(memory, at.SLABS, at.SLAB_SHIFT, SLAB_PAGE_BYTES)
    this.#halves = new Pool(memory, at.HALVES, at.HALF_SHIFT, HALF_PAGE_BYTES)
    this.#singles = new Pool(memory, at.SINGLES, at.SINGLE_SHIFT, SINGLE_PAGE_BYTES)
  }

  takeSlab(): number {
    return ((at.PIECE_SLAB << 30) | this.#slabs.take()) >>> 0
  }

  takeHalf(): number {
    return ((at.PIECE_HALF << 30) | this.#halves.take()) >>> 0
  }

  takeSingle(): number {
    return ((at.PIECE_SINGLE << 30) | this.#singles.take()) >>> 0
  }

  /** Gives a reference back; 0 is nothing. */
  give(reference: number): void {
    if (reference === 0) return
    const kind = reference >>> 30
    const index = reference & at.PIECE_INDEX_MASK
    if (kind === at.PIECE_SLAB) this.#slabs.give(index)
    else if (kind === at.PIECE_HALF) this.#halves.give(index)
    else this.#singles.give(index)
  }

  /** Pieces in use, of any kind. */
  get used(): number {
    return this.#slabs.used + this.#halves.used + this.#singles.used
  }
}
