/** Cells of head columns: one value of one series in one open row, written in place. */
import * as at from './layout.ts'
import type { Memory } from './pages.ts'
import type { Slabs } from './slabs.ts'

/** What became of a write. */
export const CELL_WRITTEN = 0
/** The row had the very same value already. */
const CELL_SAME = 1
/** The row had another value. */
export const CELL_OTHER = 2

const PAGE_MASK = (1 << at.COLUMN_SHIFT) - 1
const SLAB_MASK = (1 << at.SLAB_SHIFT) - 1
const HALF_MASK = (1 << at.HALF_SHIFT) - 1
const SINGLE_MASK = (1 << at.SINGLE_SHIFT) - 1

/** Writes and clears cells; one thread. The value in hand lies in `input` as float64 and as words. */
export class Cells {
  readonly input: Float64Array = new Float64Array(1)
  readonly inputWords: Uint32Array
  readonly #columns: Uint32Array[]
  readonly #columnFloats: Float64Array[]
  readonly #slabFloats: Float64Array[]
  readonly #slabWords: Uint32Array[]
  readonly #halfFloats: Float32Array[] = []
  readonly #halfWords: Uint32Array[]
  readonly #singleWords: Uint32Array[]
  readonly #slabs: Slabs

  constructor(memory: Memory, slabs: Slabs) {
    this.inputWords = new Uint32Array(this.input.buffer)
    this.#columns = memory.tables[at.COLUMNS].words
    this.#columnFloats = memory.tables[at.COLUMNS].floats
    this.#slabFloats = memory.tables[at.SLABS].floats
    this.#slabWords = memory.tables[at.SLABS].words
    this.#halfWords = memory.tables[at.HALVES].words
    this.#singleWords = memory.tables[at.SINGLES].words
    this.#slabs = slabs
  }

  /**
   * Writes `input` into a cell.
   *
   * @param column   number of the column
   * @param position ring position of the row, 0 … RING_ROWS - 1
   */
  write(column: number, position: number): number {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & PAGE_MASK) << at.COLUMN_WORDS_SHIFT
    const presenceAt = from + at.COLUMN_PRESENCE + (position >>> 5)
    const bit = 1 << (position & 31)
    const presence = words[presenceAt]
    const piece = position >>> 4
    const pieceAt = from + at.COLUMN_PIECES + piece
    const low = this.inputWords[0]
    const high = this.inputWords[1]
    const reference = words[pieceAt]
    if ((presence & bit) !== 0) {
      return this.#holds(words, from, reference, position & 15, low, high) ? CELL_SAME : CELL_OTHER
    }
    const firstOfPiece = ((presence >>> (position & 16)) & 0xffff) === 0
    if (firstOfPiece && isEmpty(words, from)) {
      words[from + at.COLUMN_BASE] = low
      words[from + at.COLUMN_BASE + 1] = high
    } else if (reference === 0) {
      if (words[from + at.COLUMN_BASE] !== low || words[from + at.COLUMN_BASE + 1] !== high) {
        words[pieceAt] = firstOfPiece
          ? this.#single(low, high)
          : this.#spread(words[from + at.COLUMN_BASE], words[from + at.COLUMN_BASE + 1], position)
      }
    } else {
      const replaced = this.#put(reference, position, low, high)
      if (replaced !== reference) {
        words[pieceAt] = replaced
        this.#slabs.give(reference)
      }
    }
    words[presenceAt] = presence | bit
    return CELL_WRITTEN
  }

  /**
   * Empties the pieces that hold rows [start, upto) of a column. A column left without cells keeps
   * its newest value as base, so that a repeated sample is known again.
   *
   * @param newestFirst the rows by time, where that is not their order
   */
  clear(column: number, start: number, upto: number, newestFirst?: Float64Array): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & PAGE_MASK) << at.COLUMN_WORDS_SHIFT
    if (isEmpty(words, from)) return
    words[from + at.COLUMN_FLAGS] &= ~at.IDLE_MASK
    const hasLast =
      newestFirst === undefined
        ? this.#loadLast(words, from, start, upto)
        : newestFirst.some((ordinal) => this.#loadPresent(words, from, ordinal))
    const firstPiece = Math.floor(start / at.PIECE_ROWS)
    const pieceCount = Math.ceil(upto / at.PIECE_ROWS) - firstPiece
    for (let i = 0; i < pieceCount; i++) {
      const piece = (firstPiece + i) % at.PIECE_COUNT
      words[from + at.COLUMN_PRESENCE + (piece >>> 1)] &= ~(0xffff << ((piece & 1) * 16))
      this.#slabs.give(words[from + at.COLUMN_PIECES + piece])
      words[from + at.COLUMN_PIECES + piece] = 0
    }
    if (isEmpty(words, from)) {
      if (hasLast) this.#setBase(words, from)
    } else {
      this.#rebase(words, from)
    }
  }

  /** Puts the newest cell of rows [start, upto) into `input`; false when there is none. */
  #loadLast(words: Uint32Array, from: number, start: number, upto: number): boolean {
    for (let ordinal = upto - 1; ordinal >= start; ordinal--) {
      if (this.#loadPresent(words, from, ordinal)) return true
    }
    return false
  }

  /** Puts the cell of a row into `input`; false when there is none. */
  #loadPresent(words: Uint32Array, from: number, ordinal: number): boolean {
    const position = ordinal % at.RING_ROWS
    const presence = words[from + at.COLUMN_PRESENCE + (position >>> 5)]
    if ((presence & (1 << (position & 31))) === 0) return false
    this.#loadCell(words, from, words[from + at.COLUMN_PIECES + (position >>> 4)], position & 15)
    return true
  }

  #loadCell(words: Uint32Array, from: number, reference: number, row: number): void {
    const index = reference & at.PIECE_INDEX_MASK
    switch (reference >>> 30) {
      case at.PIECE_SLAB: {
        const page = this.#slabWords[index >>> at.SLAB_SHIFT]
        const slot = ((index & SLAB_MASK) << (at.SLAB_FLOATS_SHIFT + 1)) + row * 2
        this.inputWords[0] = page[slot]
        this.inputWords[1] = page[slot + 1]
        return
      }
      case at.PIECE_HALF:
        this.input[0] = this.#half(index)[((index & HALF_MASK) << at.HALF_FLOATS_SHIFT) + row]
        return
      case at.PIECE_SINGLE: {
        const page = this.#singleWords[index >>> at.SINGLE_SHIFT]
        this.inputWords[0] = page[(index & SINGLE_MASK) * 2]
        this.inputWords[1] = page[(index & SINGLE_MASK) * 2 + 1]
        return
      }
      default:
        this.inputWords[0] = words[from + at.COLUMN_BASE]
        this.inputWords[1] = words[from + at.COLUMN_BASE + 1]
    }
  }

  #setBase(words: Uint32Array, from: number): void {
    words[from + at.COLUMN_BASE] = this.inputWords[0]
    words[from + at.COLUMN_BASE + 1] = this.inputWords[1]
  }

  /** Makes the only value of a piece the base, when no other piece needs the old one. */
  #rebase(words: Uint32Array, from: number): void {
    let single = -1
    for (let piece = 0; piece < at.PIECE_COUNT; piece++) {
      const presence = words[from + at.COLUMN_PRESENCE + (piece >>> 1)]
      if (((presence >>> ((piece & 1) * 16)) & 0xffff) === 0) continue
      const kind = words[from + at.COLUMN_PIECES + piece] >>> 30
      if (kind === 0) return
      if (kind === at.PIECE_SINGLE) single = piece
    }
    if (single < 0) return
    const reference = words[from + at.COLUMN_PIECES + single]
    this.#loadCell(words, from, reference, 0)
    this.#setBase(words, from)
    words[from + at.COLUMN_PIECES + single] = 0
    this.#slabs.give(reference)
  }

  /** Whether a column has no cells in open rows: then its base is its newest value. */
  isEmpty(column: number): boolean {
    return isEmpty(
      this.#columns[column >>> at.COLUMN_SHIFT],
      (column & PAGE_MASK) << at.COLUMN_WORDS_SHIFT,
    )
  }

  /** Whether the base of a column has the bits of `input`. */
  baseEquals(column: number): boolean {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & PAGE_MASK) << at.COLUMN_WORDS_SHIFT
    return (
      words[from + at.COLUMN_BASE] === this.inputWords[0] &&
      words[from + at.COLUMN_BASE + 1] === this.inputWords[1]
    )
  }

  /** Columns as float64, for the newest times. */
  get columnFloats(): Float64Array[] {
    return this.#columnFloats
  }

  #holds(
    words: Uint32Array,
    from: number,
    reference: number,
    row: number,
    low: number,
    high: number,
  ): boolean {
    const index = reference & at.PIECE_INDEX_MASK
    switch (reference >>> 30) {
      case at.PIECE_SLAB: {
        const page = this.#slabWords[index >>> at.SLAB_SHIFT]
        const slot = ((index & SLAB_MASK) << (at.SLAB_FLOATS_SHIFT + 1)) + row * 2
        return page[slot] === low && page[slot + 1] === high
      }
      case at.PIECE_HALF: {
        const value = this.#half(index)[((index & HALF_MASK) << at.HALF_FLOATS_SHIFT) + row]
        return Object.is(value, this.input[0])
      }
      case at.PIECE_SINGLE: {
        const page = this.#singleWords[index >>> at.SINGLE_SHIFT]
        const slot = (index & SINGLE_MASK) * 2
        return page[slot] === low && page[slot + 1] === high
      }
      default:
        return words[from + at.COLUMN_BASE] === low && words[from + at.COLUMN_BASE + 1] === high
    }
  }

  #half(index: number): Float32Array {
    const page = index >>> at.HALF_SHIFT
    let floats = this.#halfFloats[page]
    if (floats === undefined) {
      floats = new Float32Array(this.#halfWords[page].buffer)
      this.#halfFloats[page] = floats
    }
    return floats
  }

  #single(low: number, high: number): number {
    const reference = this.#slabs.takeSingle()
    const index = reference & at.PIECE_INDEX_MASK
    const page = this.#singleWords[index >>> at.SINGLE_SHIFT]
    page[(index & SINGLE_MASK) * 2] = low
    page[(index & SINGLE_MASK) * 2 + 1] = high
    return reference
  }

  /** A new slab whose cells all hold one value, except `input` in the given row. */
  #spread(low: number, high: number, position: number): number {
    bits[0] = low
    bits[1] = high
    const value = wide[0]
    if (isNarrow(value) && isNarrow(this.input[0])) {
      const reference = this.#slabs.takeHalf()
      const index = reference & at.PIECE_INDEX_MASK
      const floats = this.#half(index)
      const slot = (index & HALF_MASK) << at.HALF_FLOATS_SHIFT
      floats.fill(value, slot, slot + at.PIECE_ROWS)
      floats[slot + (position & 15)] = this.input[0]
      return reference
    }
    const reference = this.#slabs.takeSlab()
    const index = reference & at.PIECE_INDEX_MASK
    const page = this.#slabWords[index >>> at.SLAB_SHIFT]
    const slot = (index & SLAB_MASK) << (at.SLAB_FLOATS_SHIFT + 1)
    for (let i = 0; i < at.PIECE_ROWS * 2; i += 2) {
      page[slot + i] = low
      page[slot + i + 1] = high
    }
    this.#putWide(index, position, this.inputWords[0], this.inputWords[1])
    return reference
  }

  /** Writes `input` into a slab, or into a wider one that takes its place. */
  #put(reference: number, position: number, low: number, high: number): number {
    const index = reference & at.PIECE_INDEX_MASK
    const kind = reference >>> 30
    if (kind === at.PIECE_SLAB) {
      this.#putWide(index, position, low, high)
      return reference
    }
    if (kind === at.PIECE_HALF) {
      const floats = this.#half(index)
      const slot = (index & HALF_MASK) << at.HALF_FLOATS_SHIFT
      if (isNarrow(this.input[0])) {
        floats[slot + (position & 15)] = this.input[0]
        return reference
      }
      const wide = this.#slabs.takeSlab()
      const wideIndex = wide & at.PIECE_INDEX_MASK
      const page = this.#slabFloats[wideIndex >>> at.SLAB_SHIFT]
      const wideSlot = (wideIndex & SLAB_MASK) << at.SLAB_FLOATS_SHIFT
      for (let i = 0; i < at.PIECE_ROWS; i++) page[wideSlot + i] = floats[slot + i]
      this.#putWide(wideIndex, position, low, high)
      return wide
    }
    const page = this.#singleWords[index >>> at.SINGLE_SHIFT]
    const slot = (index & SINGLE_MASK) * 2
    if (page[slot] === low && page[slot + 1] === high) return reference
    return this.#spread(page[slot], page[slot + 1], position)
  }

  #putWide(index: number, position: number, low: number, high: number): void {
    const page = this.#slabWords[index >>> at.SLAB_SHIFT]
    const slot = ((index & SLAB_MASK) << (at.SLAB_FLOATS_SHIFT + 1)) + (position & 15) * 2
    page[slot] = low
    page[slot + 1] = high
  }
}

const wide = new Float64Array(1)
const bits = new Uint32Array(wide.buffer)

/** Whether a float32 holds the value exactly; NaN never, for its bits count. */
function isNarrow(value: number): boolean {
  return Math.fround(value) === value
}

function isEmpty(words: Uint32Array, from: number): boolean {
  const p = from + at.COLUMN_PRESENCE
  return words[p] === 0 && words[p + 1] === 0 && (words[p + 2] & 0xffff) === 0
}
