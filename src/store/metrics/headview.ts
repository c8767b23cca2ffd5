/** Reads the open rows of a group out of shared memory, exact under a writer in another thread. */
import { NarthexError } from '../../base/error.ts'
import { LabelView } from './labelview.ts'
import * as at from './layout.ts'
import type { Memory } from './pages.ts'
import { StrandReader, strandOrder } from './strands.ts'

/** Tries of one read before the reader gives up; each waits up to 1 ms. */
const TRIES_MAX = 2000

const COLUMN_MASK = (1 << at.COLUMN_SHIFT) - 1
const GROUP_MASK = (1 << at.GROUP_SHIFT) - 1
const RING_MASK = (1 << at.RING_SHIFT) - 1
const SLAB_MASK = (1 << at.SLAB_SHIFT) - 1
const HALF_MASK = (1 << at.HALF_SHIFT) - 1
const SINGLE_MASK = (1 << at.SINGLE_SHIFT) - 1

/** Open rows of one group, in time order, with the wanted columns. */
export interface HeadRows {
  /** How often the group had been sealed when the rows were read. */
  readonly seals: number
  /** float64[>= rowCount], strictly rising */
  readonly times: Float64Array
  readonly rowCount: number
  /** float64[>= columns × rowCount]: row r of column i at i × rowCount + r; absent rows hold anything.
   * Valid until the next read, as presence is. */
  readonly values: Float64Array
  /** uint32[>= columns × 3]: presence bits of column i at i × 3 */
  readonly presence: Uint32Array
}

/** The head as readers see it. */
export class HeadView {
  readonly labels: LabelView
  readonly memory: Memory
  readonly #columns: Uint32Array[]
  readonly #columnFloats: Float64Array[]
  readonly #groups: Uint32Array[]
  readonly #rings: Uint32Array[]
  readonly #slabFloats: Float64Array[]
  readonly #halfWords: Uint32Array[]
  readonly #halfFloats: Float32Array[] = []
  readonly #singleFloats: Float64Array[]
  readonly #strands: StrandReader
  readonly #order: Uint8Array = new Uint8Array(at.RING_ROWS)
  readonly #positions: Uint8Array = new Uint8Array(at.RING_ROWS)
  readonly #raw: Float64Array = new Float64Array(at.RING_ROWS)
  readonly #times: Float64Array = new Float64Array(at.RING_ROWS)
  #values = new Float64Array(1024)
  #presence = new Uint32Array(64)

  constructor(memory: Memory) {
    this.memory = memory
    this.labels = new LabelView(memory)
    this.#strands = new StrandReader(memory)
    this.#columns = memory.tables[at.COLUMNS].words
    this.#columnFloats = memory.tables[at.COLUMNS].floats
    this.#groups = memory.tables[at.GROUPS].words
    this.#rings = memory.tables[at.RINGS].words
    this.#slabFloats = memory.tables[at.SLABS].floats
    this.#halfWords = memory.tables[at.HALVES].words
    this.#singleFloats = memory.tables[at.SINGLES].floats
  }

  columnField(column: number, field: number): number {
    const index = column >>> at.COLUMN_SHIFT
    const page = this.#columns[index] ?? this.memory.fetch(at.COLUMNS, index)
    return page[((column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT) + field]
  }

  /** How often a group has been sealed. */
  sealsOf(group: number): number {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    return Atomics.load(words, ((group & GROUP_MASK) << at.GROUP_WORDS_SHIFT) + at.GROUP_SEALS)
  }

  /** Whether a group has nothing that is not sealed. */
  isEmpty(group: number): boolean {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    const from = (group & GROUP_MASK) << at.GROUP_WORDS_SHIFT
    const rowCount = words[from + at.GROUP_ROW_END] - words[from + at.GROUP_ROW_START]
    return rowCount === 0 && words[from + at.GROUP_STRAND_FILL] === 0
  }

  /** Whether a group may have open samples in a range. */
  mayHave(group: number, fromMs: number, toMs: number): boolean {
    const hasStrands = this.labels.groupField(group, at.GROUP_STRAND_FILL) > 0
    return hasStrands || this.read(group, [], fromMs, toMs).rowCount > 0
  }

  /** About how many open samples series of a group have in a range; not fewer than there are. */
  countSamples(group: number, columns: readonly number[], fromMs: number, toMs: number): number {
    let inRows = 0
    let inStrands = 0
    for (const column of columns) {
      if (!this.isStrand(column)) inRows++
      else inStrands += this.columnField(column, at.COLUMN_STRAND_COUNT)
    }
    return inStrands + (inRows === 0 ? 0 : inRows * this.read(group, [], fromMs, toMs).rowCount)
  }

  /** Whether a series has times of its own. */
  isStrand(column: number): boolean {
    return (this.columnField(column, at.COLUMN_FLAGS) & at.FLAG_STRAND) !== 0
  }

  /** Newest time of a series. */
  newestTime(column: number): number {
    const floats = this.#columnFloats[column >>> at.COLUMN_SHIFT]
    return floats[((column & COLUMN_MASK) << (at.COLUMN_WORDS_SHIFT - 1)) + at.COLUMN_NEWEST_FLOAT]
  }

  /** All columns of a group. */
  columnsOf(group: number): number[] {
    const columns: number[] = []
    let column = this.labels.groupField(group, at.GROUP_FIRST_COLUMN)
    while (column !== 0) {
      columns.push(column)
      column = this.columnField(column, at.COLUMN_NEXT_OF_GROUP)
    }
    return columns
  }

  /** Whether a series has a cell in an open row. */
  hasCells(column: number): boolean {
    return (
      (this.columnField(column, at.COLUMN_PRESENCE) |
        this.columnField(column, at.COLUMN_PRESENCE + 1) |
        (this.columnField(column, at.COLUMN_PRESENCE + 2) & 0xffff)) !==
      0
    )
  }

  /**
   * Reads the open rows of a group in [fromMs, toMs] with the given columns of it.
   *
   * @param ordinalMax only rows below it
   */
  read(
    group: number,
    columns: readonly number[],
    fromMs: number,
    toMs: number,
    ordinalMax: number = Number.MAX_SAFE_INTEGER,
  ): HeadRows {
    if (this.#presence.length < columns.length * 3) {
      this.#presence = new Uint32Array(columns.length * 6)
    }
    const presence = this.#presence
    return this.#consistently(group, () => {
      const seals = this.sealsOf(group)
      const rowCount = this.#readTimes(group, fromMs, toMs, ordinalMax)
      if (this.#values.length < columns.length * rowCount) {
        this.#values = new Float64Array(columns.length * rowCount)
      }
      const values = this.#values
      if (rowCount < 0) return undefined
      for (let i = 0; i < columns.length; i++) {
        if (!this.#readColumn(columns[i], rowCount, values, i, presence)) return undefined
      }
      return { seals, times: this.#times.slice(0, rowCount), rowCount, values, presence }
    })
  }

  /** Reads the samples of a series with times of its own in [fromMs, toMs], as rows of one column. */
  readStrand(column: number, fromMs: number, toMs: number): HeadRows {
    const group = this.columnField(column, at.COLUMN_GROUP)
    return this.#consistently(group, () => {
      const seals = this.sealsOf(group)
      // One that has become a part of rows meanwhile was sealed: the caller sees that by the count.
      const count = this.isStrand(column) ? this.#strands.read(column) : 0
      return count < 0 ? undefined : this.#cutStrand(seals, count, fromMs, toMs)
    })
  }

  #cutStrand(seals: number, count: number, fromMs: number, toMs: number): HeadRows {
    const { times } = this.#strands
    const order = strandOrder(times, count).filter(
      (place) => times[place] >= fromMs && times[place] <= toMs,
    )
    const rows = {
      seals,
      times: new Float64Array(order.length),
      rowCount: order.length,
      values: new Float64Array(order.length),
      presence: ALL_PRESENT,
    }
    const source = this.#strands.words
    const target = new Uint32Array(rows.values.buffer)
    for (let row = 0; row < order.length; row++) {
      rows.times[row] = times[order[row]]
      target[row * 2] = source[order[row] * 2]
      target[row * 2 + 1] = source[order[row] * 2 + 1]
    }
    return rows
  }

  /** Reads until no writer was there meanwhile; `read` answers undefined when a page is missing. */
  #consistently(group: number, read: () => HeadRows | undefined): HeadRows {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    const sequenceAt = ((group & GROUP_MASK) << at.GROUP_WORDS_SHIFT) + at.GROUP_SEQUENCE
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const before = Atomics.load(words, sequenceAt)
      if (before % 2 === 1) {
        Atomics.wait(waiting, 0, 0, tries < 10 ? 0.05 : 1)
        continue
      }
      const rows = read()
      if (rows === undefined) this.memory.poll()
      if (Atomics.add(words, sequenceAt, 0) === before && rows !== undefined) return rows
    }
    throw new NarthexError('busy', `cannot read the newest rows: ${TRIES_MAX} tries met a writer`)
  }

  /** Fills times in order and remembers the ring position of each row; -1 when a page is missing. */
  #readTimes(group: number, fromMs: number, toMs: number, ordinalMax: number): number {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    const from = (group & GROUP_MASK) << at.GROUP_WORDS_SHIFT
    const start = words[from + at.GROUP_ROW_START]
    const end = Math.min(words[from + at.GROUP_ROW_END], ordinalMax)
    const rowCount = Math.max(0, Math.min(end - start, at.RING_ROWS))
    if (rowCount === 0) return 0
    const ring = words[from + at.GROUP_RING]
    const rings = this.#rings[ring >>> at.RING_SHIFT]
    if (rings === undefined) return -1
    const ringAt = (ring & RING_MASK) << at.RING_WORDS_SHIFT
    let kept = 0
    for (let row = 0; row < rowCount; row++) {
      const position = (start + row) % at.RING_ROWS
      const slab = rings[ringAt + at.RING_TIME_PIECES + (position >>> 4)] & at.PIECE_INDEX_MASK
      const floats = this.#slabFloats[slab >>> at.SLAB_SHIFT]
      if (floats === undefined) return -1
      const time = floats[((slab & SLAB_MASK) << at.SLAB_FLOATS_SHIFT) + (position & 15)]
      this.#raw[row] = time
      if (time >= fromMs && time <= toMs) this.#order[kept++] = row
    }
    if (rings[ringAt + at.RING_UNSORTED] !== 0) {
      this.#order.subarray(0, kept).sort((a, b) => this.#raw[a] - this.#raw[b])
    }
    for (let row = 0; row < kept; row++) {
      this.#times[row] = this.#raw[this.#order[row]]
      this.#positions[row] = (start + this.#order[row]) % at.RING_ROWS
    }
    return kept
  }

  #readColumn(
    column: number,
    rowCount: number,
    values: Float64Array,
    index: number,
    presence: Uint32Array,
  ): boolean {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const base = this.#columnFloats[column >>> at.COLUMN_SHIFT]
    const baseAt = (from >>> 1) + at.COLUMN_BASE_FLOAT
    presence.fill(0, index * 3, index * 3 + 3)
    // It has become a strand meanwhile, and was sealed: the caller sees that by the count of seals.
    if ((words[from + at.COLUMN_FLAGS] & at.FLAG_STRAND) !== 0) return true
    let rowsBits = 0
    let piece = -1
    let source = base
    let sourceAt = baseAt
    let stride = 0
    let half: Float32Array | undefined
    for (let row = 0; row < rowCount; row++) {
      const position = this.#positions[row]
      if (position >>> 4 !== piece) {
        piece = position >>> 4
        const reference = words[from + at.COLUMN_PIECES + piece]
        const slab = reference & at.PIECE_INDEX_MASK
        rowsBits = words[from + at.COLUMN_PRESENCE + (piece >>> 1)] >>> ((piece & 1) * 16)
        half = undefined
        stride = 0
        switch (reference >>> 30) {
          case at.PIECE_SLAB:
            source = this.#slabFloats[slab >>> at.SLAB_SHIFT]
            sourceAt = (slab & SLAB_MASK) << at.SLAB_FLOATS_SHIFT
            stride = 1
            break
          case at.PIECE_HALF:
            half = this.#half(slab >>> at.HALF_SHIFT)
            sourceAt = (slab & HALF_MASK) << at.HALF_FLOATS_SHIFT
            if (half === undefined) return false
            break
          case at.PIECE_SINGLE:
            source = this.#singleFloats[slab >>> at.SINGLE_SHIFT]
            sourceAt = slab & SINGLE_MASK
            break
          default:
            source = base
            sourceAt = baseAt
        }
        if (source === undefined) return false
      }
      const offset = position & 15
      if ((rowsBits & (1 << offset)) === 0) continue
      presence[index * 3 + (row >>> 5)] |= 1 << (row & 31)
      values[index * rowCount + row] =
        half !== undefined ? half[sourceAt + offset] : source[sourceAt + offset * stride]
    }
    return true
  }

  #half(page: number): Float32Array | undefined {
    let floats = this.#halfFloats[page]
    if (floats === undefined && this.#halfWords[page] !== undefined) {
      floats = new Float32Array(this.#halfWords[page].buffer)
      this.#halfFloats[page] = floats
    }
    return floats
  }
}

/** Presence of a strand: it has no holes. */
const ALL_PRESENT = new Uint32Array(3).fill(0xffffffff)

/** Never notified: waiting on it is a short sleep. */
const waiting = new Int32Array(new SharedArrayBuffer(4))
