/** The open rows of groups: found by time, opened behind the last, dropped when they are sealed. */
import type { Cells } from './cells.ts'
import * as at from './layout.ts'
import type { Memory } from './pages.ts'
import { Rings } from './rings.ts'
import type { Slabs } from './slabs.ts'

const GROUP_MASK = (1 << at.GROUP_SHIFT) - 1
const SLAB_MASK = (1 << at.SLAB_SHIFT) - 1
const COLUMN_MASK = (1 << at.COLUMN_SHIFT) - 1

/** What rows and strands need from the store around them. */
export interface RowHooks {
  /** Makes room in a full ring by sealing. @throws NarthexError `busy` when it cannot */
  sealFull(group: number): void
  /** Seals all open rows of a group. @throws NarthexError `busy` when it cannot */
  sealRows(group: number): void
  /** Makes room in full strands by sealing. @throws NarthexError `busy` when it cannot */
  sealStrands(group: number): void
  /** Log epoch of rows opened now. */
  epoch(): number
  /** ms on a clock that never jumps */
  monotonicMs(): number
}

/** The writing side of rows. */
export class Rows {
  readonly #hooks: RowHooks
  readonly #slabs: Slabs
  readonly #cells: Cells
  readonly #groups: Uint32Array[]
  readonly #rings: Rings
  readonly #slabFloats: Float64Array[]
  readonly #columns: Uint32Array[]

  constructor(memory: Memory, slabs: Slabs, cells: Cells, hooks: RowHooks) {
    this.#hooks = hooks
    this.#slabs = slabs
    this.#cells = cells
    this.#groups = memory.tables[at.GROUPS].words
    this.#rings = new Rings(memory)
    this.#slabFloats = memory.tables[at.SLABS].floats
    this.#columns = memory.tables[at.COLUMNS].words
  }

  /** The words of a group and where they begin. */
  words(group: number): { words: Uint32Array; from: number } {
    return {
      words: this.#groups[group >>> at.GROUP_SHIFT],
      from: (group & GROUP_MASK) << at.GROUP_WORDS_SHIFT,
    }
  }

  field(group: number, field: number): number {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    return words[((group & GROUP_MASK) << at.GROUP_WORDS_SHIFT) + field]
  }

  setField(group: number, field: number, value: number): void {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    words[((group & GROUP_MASK) << at.GROUP_WORDS_SHIFT) + field] = value
  }

  /** Log epoch in which the oldest open row was begun; there is one. */
  oldestEpoch(group: number): number {
    const piece = (this.field(group, at.GROUP_ROW_START) % at.RING_ROWS) >>> 4
    return this.#rings.field(this.field(group, at.GROUP_RING), at.RING_EPOCHS + piece)
  }

  /** When the oldest open row was opened, on the monotonic clock; there is one. */
  openedMs(group: number): number {
    return this.#rings.float(this.field(group, at.GROUP_RING), at.RING_OPENED_FLOAT)
  }

  /** Gives back what a group without rows had for them; no reader may know the group. */
  release(group: number): void {
    this.#rings.give(this.field(group, at.GROUP_RING))
    this.setField(group, at.GROUP_RING, 0)
  }

  /** How many rows are open. */
  count(group: number): number {
    return this.field(group, at.GROUP_ROW_END) - this.field(group, at.GROUP_ROW_START)
  }

  /** Time of an open row; NaN for one that was lost with a damaged log record. */
  time(group: number, ordinal: number): number {
    const position = ordinal % at.RING_ROWS
    const slab = this.#timeSlab(this.field(group, at.GROUP_RING), position >>> 4)
    const floats = this.#slabFloats[slab >>> at.SLAB_SHIFT]
    return floats[((slab & SLAB_MASK) << at.SLAB_FLOATS_SHIFT) + (position & 15)]
  }

  /** The ordinal of the open row with this time; -1 when there is none. */
  find(group: number, timeMs: number): number {
    const end = this.field(group, at.GROUP_ROW_END)
    const start = this.field(group, at.GROUP_ROW_START)
    if (end === start) return -1
    const ring = this.field(group, at.GROUP_RING)
    if (timeMs > this.#rings.float(ring, at.RING_NEWEST_FLOAT)) return -1
    for (let ordinal = end - 1; ordinal >= start; ordinal--) {
      if (this.time(group, ordinal) === timeMs) return ordinal
    }
    return -1
  }

  /** Whether rows must be sealed before one can be opened. */
  isFull(group: number): boolean {
    const position = this.field(group, at.GROUP_ROW_END) % at.RING_ROWS
    if (position % at.PIECE_ROWS !== 0) return false
    const ring = this.field(group, at.GROUP_RING)
    return ring !== 0 && this.#rings.field(ring, at.RING_TIME_PIECES + (position >>> 4)) !== 0
  }

  /** Opens a row behind the last one; there is room. */
  open(group: number, timeMs: number): number {
    const ordinal = this.field(group, at.GROUP_ROW_END)
    this.#push(group, timeMs)
    return ordinal
  }

  /**
   * Makes sure that a row of a replayed log is open, under its old ordinal.
   *
   * @returns false when it lies below the open rows: it has been sealed
   */
  restore(group: number, ordinal: number, timeMs: number): boolean {
    if (this.count(group) === 0) {
      if (ordinal < this.field(group, at.GROUP_ROW_END)) return false
      this.setField(group, at.GROUP_ROW_START, ordinal)
      this.setField(group, at.GROUP_ROW_END, ordinal)
    }
    if (ordinal < this.field(group, at.GROUP_ROW_START)) return false
    if (ordinal - this.field(group, at.GROUP_ROW_END) >= at.RING_ROWS) {
      this.#hooks.sealFull(group)
      return this.restore(group, ordinal, timeMs)
    }
    while (this.field(group, at.GROUP_ROW_END) <= ordinal) {
      if (this.isFull(group)) this.#hooks.sealFull(group)
      const isWanted = this.field(group, at.GROUP_ROW_END) === ordinal
      this.#push(group, isWanted ? timeMs : Number.NaN)
    }
    if (Number.isNaN(this.time(group, ordinal))) this.#setTime(group, ordinal, timeMs)
    return true
  }

  /**
   * Drops the open rows below an ordinal, which is a multiple of PIECE_ROWS or the end; rows behind
   * a dropped end begin a new piece.
   */
  drop(group: number, ordinal: number): void {
    const start = this.field(group, at.GROUP_ROW_START)
    const end = this.field(group, at.GROUP_ROW_END)
    const upto = Math.min(ordinal, end)
    if (upto <= start) return
    this.enter(group)
    const ring = this.field(group, at.GROUP_RING)
    const firstPiece = Math.floor(start / at.PIECE_ROWS)
    const pieceCount = Math.ceil(upto / at.PIECE_ROWS) - firstPiece
    const newestFirst = this.#newestFirst(group, start, upto)
    let column = this.field(group, at.GROUP_FIRST_COLUMN)
    while (column !== 0) {
      const words = this.#columns[column >>> at.COLUMN_SHIFT]
      const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
      if ((words[from + at.COLUMN_FLAGS] & at.FLAG_STRAND) === 0) {
        this.#cells.clear(column, start, upto, newestFirst)
      }
      column = words[from + at.COLUMN_NEXT_OF_GROUP]
    }
    for (let i = 0; i < pieceCount; i++) {
      const field = at.RING_TIME_PIECES + ((firstPiece + i) % at.PIECE_COUNT)
      this.#slabs.give(this.#rings.field(ring, field))
      this.#rings.setField(ring, field, 0)
    }
    const isEmpty = upto === end
    const next = isEmpty ? Math.ceil(end / at.PIECE_ROWS) * at.PIECE_ROWS : upto
    this.setField(group, at.GROUP_ROW_START, next)
    if (isEmpty) this.setField(group, at.GROUP_ROW_END, next)
    else this.#rings.setFloat(ring, at.RING_OPENED_FLOAT, this.#hooks.monotonicMs())
    this.leave(group)
  }

  /** Rows [start, upto) by time, newest first; undefined where they lie in the order of their times. */
  #newestFirst(group: number, start: number, upto: number): Float64Array | undefined {
    if (this.#rings.field(this.field(group, at.GROUP_RING), at.RING_UNSORTED) === 0)
      return undefined
    const ordinals = Float64Array.from({ length: upto - start }, (_, i) => start + i)
    return ordinals.sort((a, b) => this.time(group, b) - this.time(group, a))
  }

  /** From here on readers wait, until `leave`. */
  enter(group: number): void {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    Atomics.add(words, ((group & GROUP_MASK) << at.GROUP_WORDS_SHIFT) + at.GROUP_SEQUENCE, 1)
  }

  leave(group: number): void {
    this.enter(group)
  }

  #push(group: number, timeMs: number): void {
    const rings = this.#rings
    const ordinal = this.field(group, at.GROUP_ROW_END)
    const piece = (ordinal % at.RING_ROWS) >>> 4
    this.enter(group)
    if (this.field(group, at.GROUP_RING) === 0) {
      this.setField(group, at.GROUP_RING, rings.take())
    }
    const ring = this.field(group, at.GROUP_RING)
    if (rings.field(ring, at.RING_TIME_PIECES + piece) === 0) {
      rings.setField(ring, at.RING_TIME_PIECES + piece, this.#slabs.takeSlab())
      rings.setField(ring, at.RING_EPOCHS + piece, this.#hooks.epoch())
    }
    if (ordinal === this.field(group, at.GROUP_ROW_START)) {
      rings.setFloat(ring, at.RING_OPENED_FLOAT, this.#hooks.monotonicMs())
      rings.setFloat(ring, at.RING_NEWEST_FLOAT, -Infinity)
      rings.setField(ring, at.RING_UNSORTED, 0)
    }
    this.#setTime(group, ordinal, timeMs)
    this.setField(group, at.GROUP_ROW_END, ordinal + 1)
    this.leave(group)
  }

  #setTime(group: number, ordinal: number, timeMs: number): void {
    const ring = this.field(group, at.GROUP_RING)
    const position = ordinal % at.RING_ROWS
    const slab = this.#timeSlab(ring, position >>> 4)
    const floats = this.#slabFloats[slab >>> at.SLAB_SHIFT]
    floats[((slab & SLAB_MASK) << at.SLAB_FLOATS_SHIFT) + (position & 15)] = timeMs
    if (timeMs > this.#rings.float(ring, at.RING_NEWEST_FLOAT)) {
      this.#rings.setFloat(ring, at.RING_NEWEST_FLOAT, timeMs)
    } else {
      this.#rings.setField(ring, at.RING_UNSORTED, 1)
    }
  }

  /** Number of the slab with the times of a piece; its kind is known. */
  #timeSlab(ring: number, piece: number): number {
    return this.#rings.field(ring, at.RING_TIME_PIECES + piece) & at.PIECE_INDEX_MASK
  }
}
