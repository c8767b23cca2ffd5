/** Columns of the head: one record a series, made, found, aged and used again. */
import { NarthexError } from '../../base/error.ts'
import { HashTable } from '../../base/hashtable.ts'
import type { SeriesId } from '../../model/appender.ts'
import { STALE_HIGH, STALE_LOW } from '../../model/stale.ts'
import * as at from './layout.ts'
import type { Memory } from './pages.ts'
import type { Rows } from './rows.ts'

const GENERATION_STEP = 4_294_967_296
const GENERATION_SHIFT = 21
const IDLE_SHIFT = 16
const COLUMN_MASK = (1 << at.COLUMN_SHIFT) - 1

/** The writing side of columns. */
export class Columns {
  /** Made and removed since the start. */
  readonly counts = { made: 0, removed: 0 }
  readonly #memory: Memory
  readonly #rows: Rows
  readonly #table: HashTable
  readonly #columns: Uint32Array[]
  readonly #columnFloats: Float64Array[]
  readonly #control: Int32Array
  readonly #free: number[] = []

  constructor(memory: Memory, rows: Rows) {
    this.#memory = memory
    this.#rows = rows
    this.#columns = memory.tables[at.COLUMNS].words
    this.#columnFloats = memory.tables[at.COLUMNS].floats
    this.#table = new HashTable((column) =>
      hashColumn(this.field(column, at.COLUMN_GROUP), this.field(column, at.COLUMN_SHAPE)),
    )
    this.#control = memory.control
    this.#control[at.CONTROL_COLUMNS] = 1
  }

  field(column: number, field: number): number {
    const page = this.#columns[column >>> at.COLUMN_SHIFT]
    return page[((column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT) + field]
  }

  /** Finds or makes the column of a shape in a group. */
  ensure(group: number, shape: number): number {
    const found = this.find(group, shape)
    return found === 0 ? this.#add(group, shape) : found
  }

  /** The id by which holders know a column. */
  idOf(column: number): SeriesId {
    const generation = this.field(column, at.COLUMN_PRESENCE + 2) >>> GENERATION_SHIFT
    return generation * GENERATION_STEP + column
  }

  /** The column of an id; 0 when it has been forgotten. */
  of(id: SeriesId): number {
    const column = id >>> 0
    if (column === 0 || column >= this.#control[at.CONTROL_COLUMNS]) return 0
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const generation = words[from + at.COLUMN_PRESENCE + 2] >>> GENERATION_SHIFT
    if (generation * GENERATION_STEP + column !== id) return 0
    return words[from + at.COLUMN_GROUP] === 0 ? 0 : column
  }

  /** Whether a column has a sample that is not sealed. */
  hasCells(column: number): boolean {
    return (
      (this.field(column, at.COLUMN_PRESENCE) |
        this.field(column, at.COLUMN_PRESENCE + 1) |
        (this.field(column, at.COLUMN_PRESENCE + 2) & 0xffff)) !==
      0
    )
  }

  /** Newest time of a series. */
  newestMs(column: number): number {
    const floats = this.#columnFloats[column >>> at.COLUMN_SHIFT]
    return floats[((column & COLUMN_MASK) << (at.COLUMN_WORDS_SHIFT - 1)) + at.COLUMN_NEWEST_FLOAT]
  }

  /** Whether the samples of a column are a strand. */
  isStrand(column: number): boolean {
    return (this.field(column, at.COLUMN_FLAGS) & at.FLAG_STRAND) !== 0
  }

  /** Whether a column had few of the rows that were sealed last. */
  isSparse(column: number): boolean {
    return (this.field(column, at.COLUMN_FLAGS) & at.FLAG_SPARSE) !== 0
  }

  /** Raises or lowers flags of a column; one without cells only may change between row and strand. */
  flag(column: number, flags: number, isRaised: boolean): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const place = ((column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT) + at.COLUMN_FLAGS
    words[place] = isRaised ? words[place] | flags : words[place] & ~flags
    if ((flags & at.FLAG_STRAND) !== 0) {
      words[place - at.COLUMN_FLAGS + at.COLUMN_STRAND_STEP] = isRaised ? at.STEP_NONE : 0
    }
  }

  /**
   * Ages a column without cells by one round.
   *
   * @returns whether it is to be removed: it was silent for `rounds`, or its last sample was stale
   */
  age(column: number, rounds: number): boolean {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const last = from + at.COLUMN_PRESENCE + 2
    const cells = words[last - 2] | words[last - 1] | (words[last] & 0xffff)
    if (cells !== 0) {
      words[last] &= ~at.IDLE_MASK
      return false
    }
    const isStaleNow =
      words[from + at.COLUMN_BASE] === STALE_LOW && words[from + at.COLUMN_BASE + 1] === STALE_HIGH
    const idle = ((words[last] & at.IDLE_MASK) >>> IDLE_SHIFT) + 1
    if (isStaleNow || idle >= rounds) return true
    words[last] = (words[last] & ~at.IDLE_MASK) | (idle << IDLE_SHIFT)
    return false
  }

  /** Takes a column out of its group; `previous` stands before it there, 0 for none. */
  remove(column: number, previous: number): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const group = words[from + at.COLUMN_GROUP]
    const shape = words[from + at.COLUMN_SHAPE]
    const next = words[from + at.COLUMN_NEXT_OF_GROUP]
    if (previous === 0) {
      this.#rows.setField(group, at.GROUP_FIRST_COLUMN, next)
    } else {
      const previousWords = this.#columns[previous >>> at.COLUMN_SHIFT]
      const previousFrom = (previous & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
      previousWords[previousFrom + at.COLUMN_NEXT_OF_GROUP] = next
    }
    this.#rows.setField(
      group,
      at.GROUP_COLUMN_COUNT,
      this.#rows.field(group, at.GROUP_COLUMN_COUNT) - 1,
    )
    this.#table.remove(hashColumn(group, shape), column)
    words[from + at.COLUMN_GROUP] = 0
    this.#control[at.CONTROL_SERIES]--
    this.counts.removed++
  }

  /** Takes removed columns out of the list of a shape; returns how many columns it still has. */
  cleanShape(shape: number): number {
    const page = this.#memory.tables[at.SHAPES].words[shape >>> at.SHAPE_SHIFT]
    const shapeAt = (shape & ((1 << at.SHAPE_SHIFT) - 1)) << at.SHAPE_WORDS_SHIFT
    let words = page
    let place = shapeAt + at.SHAPE_FIRST_COLUMN
    let count = 0
    for (let column = words[place]; column !== 0; column = words[place]) {
      const next = this.#columns[column >>> at.COLUMN_SHIFT]
      const nextAt = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
      if (next[nextAt + at.COLUMN_GROUP] === 0) {
        words[place] = next[nextAt + at.COLUMN_NEXT_OF_SHAPE]
      } else {
        words = next
        place = nextAt + at.COLUMN_NEXT_OF_SHAPE
        count++
      }
    }
    page[shapeAt + at.SHAPE_COLUMN_COUNT] = count
    return count
  }

  /** Gives the number of a removed column back, with a new generation. */
  recycle(column: number): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const generation = (words[from + at.COLUMN_PRESENCE + 2] >>> GENERATION_SHIFT) + 1
    words.fill(0, from, from + (1 << at.COLUMN_WORDS_SHIFT))
    words[from + at.COLUMN_PRESENCE + 2] = generation << GENERATION_SHIFT
    this.#free.push(column)
  }

  /** The column of a shape in a group; 0 for none. */
  find(group: number, shape: number): number {
    return this.#table.find(
      hashColumn(group, shape),
      (column) =>
        this.field(column, at.COLUMN_SHAPE) === shape &&
        this.field(column, at.COLUMN_GROUP) === group,
    )
  }

  #add(group: number, shape: number): number {
    const reused = this.#free.pop()
    const column = reused ?? this.#control[at.CONTROL_COLUMNS]
    if (column > COLUMNS_MAX) {
      throw new NarthexError(
        'share',
        `cannot store series: ${column} series, at most ${COLUMNS_MAX}`,
      )
    }
    this.#memory.ensurePage(
      at.COLUMNS,
      column >>> at.COLUMN_SHIFT,
      4 << (at.COLUMN_SHIFT + at.COLUMN_WORDS_SHIFT),
    )
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    words[from + at.COLUMN_GROUP] = group
    words[from + at.COLUMN_SHAPE] = shape
    const floats = this.#columnFloats[column >>> at.COLUMN_SHIFT]
    floats[(from >>> 1) + at.COLUMN_NEWEST_FLOAT] = -Infinity
    const groupPage = this.#rows.words(group)
    if (groupPage.words[groupPage.from + at.GROUP_COLUMN_COUNT] < at.STRAND_SERIES) {
      this.flag(column, at.FLAG_STRAND, true)
    }
    const shapePage = this.#memory.tables[at.SHAPES].words[shape >>> at.SHAPE_SHIFT]
    const shapeAt = (shape & ((1 << at.SHAPE_SHIFT) - 1)) << at.SHAPE_WORDS_SHIFT
    words[from + at.COLUMN_NEXT_OF_GROUP] = groupPage.words[groupPage.from + at.GROUP_FIRST_COLUMN]
    words[from + at.COLUMN_NEXT_OF_SHAPE] = shapePage[shapeAt + at.SHAPE_FIRST_COLUMN]
    if (reused === undefined) Atomics.store(this.#control, at.CONTROL_COLUMNS, column + 1)
    Atomics.store(groupPage.words, groupPage.from + at.GROUP_FIRST_COLUMN, column)
    Atomics.store(shapePage, shapeAt + at.SHAPE_FIRST_COLUMN, column)
    groupPage.words[groupPage.from + at.GROUP_COLUMN_COUNT]++
    shapePage[shapeAt + at.SHAPE_COLUMN_COUNT]++
    this.#table.add(hashColumn(group, shape), column)
    this.#control[at.CONTROL_SERIES]++
    this.counts.made++
    return column
  }
}

/** Most columns: references leave 30 bits for a number. */
const COLUMNS_MAX = 2 ** 29

function hashColumn(group: number, shape: number): number {
  let hash = Math.imul(group, 0x9e3779b1) ^ Math.imul(shape, 0x85ebca77)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}
