/** The head: all series that get samples now, in shared memory; every open row takes cells. */
import { assert, NarthexError } from '../../base/error.ts'
import {
  ACCEPTED,
  DUPLICATE,
  OUT_OF_ORDER,
  type SeriesId,
  TOO_FAR,
  TOO_OLD,
  UNKNOWN,
} from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import { isStale, STALE_HIGH, STALE_LOW } from '../../model/stale.ts'
import { CELL_OTHER, CELL_WRITTEN, Cells } from './cells.ts'
import { HashTable } from './hashtable.ts'
import { LabelIndex } from './labelindex.ts'
import * as at from './layout.ts'
import { Memory } from './pages.ts'
import { type RowHooks, Rows } from './rows.ts'
import { Slabs } from './slabs.ts'

/** Times are integers of at most so many ms before or after the epoch. */
export const TIME_MS_MAX: number = 2 ** 51 - 1

/** What was in order before the newest sample by more than this is out of bounds, as Prometheus has it. */
const IN_ORDER_MS_MAX = 3_600_000

/** The NaN of computations, as Prometheus writes it. */
const NAN_LOW = 1
const NAN_HIGH = 0x7ff80000

const GENERATION_STEP = 4_294_967_296
const GENERATION_SHIFT = 19
const IDLE_SHIFT = 16
const IDLE_MASK = 0x70000
const COLUMN_MASK = (1 << at.COLUMN_SHIFT) - 1
const GROUP_MASK = (1 << at.GROUP_SHIFT) - 1

/** What the head tells the log, in the order in which it happens. */
export interface Recorder {
  /** Cells written into one row. The arrays are valid during the call only. */
  cells(
    group: number,
    ordinal: number,
    timeMs: number,
    columns: Uint32Array,
    values: Float64Array,
    count: number,
  ): void
}

/** What may be written, as it stands when samples come. */
export interface HeadLimits {
  /** Newest time taken. */
  timeMsMax: number
  outOfOrderWindowMs: number
}

/** Counts since the head was made. */
export interface HeadCounts {
  samples: number
  outOfOrder: number
  seriesMade: number
  seriesRemoved: number
}

/** The writing side of the head. */
export class Head {
  readonly memory: Memory
  readonly index: LabelIndex
  readonly slabs: Slabs
  readonly cells: Cells
  readonly counts: HeadCounts = { samples: 0, outOfOrder: 0, seriesMade: 0, seriesRemoved: 0 }
  readonly rows: Rows
  /** Gets told what is written; set before the first append. */
  recorder: Recorder = { cells() {} }
  readonly #columnTable: HashTable
  readonly #columns: Uint32Array[]
  readonly #columnFloats: Float64Array[]
  readonly #groups: Uint32Array[]
  readonly #control: Int32Array
  readonly #times: Float64Array
  readonly #freeColumns: number[] = []
  #runColumns = new Uint32Array(1024)
  #runValues = new Float64Array(1024)

  constructor(hooks: RowHooks) {
    this.memory = new Memory(at.TABLE_COUNT, true)
    this.index = new LabelIndex(this.memory)
    this.slabs = new Slabs(this.memory)
    this.cells = new Cells(this.memory, this.slabs)
    this.rows = new Rows(this.memory, this.slabs, this.cells, hooks)
    this.#columns = this.memory.tables[at.COLUMNS].words
    this.#columnFloats = this.memory.tables[at.COLUMNS].floats
    this.#groups = this.memory.tables[at.GROUPS].words
    this.#columnTable = new HashTable((column) =>
      hashColumn(
        this.columnField(column, at.COLUMN_GROUP),
        this.columnField(column, at.COLUMN_SHAPE),
      ),
    )
    this.#control = this.memory.control
    this.#control[at.CONTROL_COLUMNS] = 1
    this.#times = new Float64Array(this.#control.buffer)
    this.#times[at.CONTROL_MIN_TIME_FLOAT] = Infinity
    this.#times[at.CONTROL_MAX_TIME_FLOAT] = -Infinity
  }

  get seriesCount(): number {
    return this.#control[at.CONTROL_SERIES]
  }
  get minTimeMs(): number {
    return this.#times[at.CONTROL_MIN_TIME_FLOAT]
  }
  get maxTimeMs(): number {
    return this.#times[at.CONTROL_MAX_TIME_FLOAT]
  }

  /** Widens the known range of times, for what lies in blocks. */
  noteTimes(minTimeMs: number, maxTimeMs: number): void {
    if (minTimeMs < this.minTimeMs) this.#times[at.CONTROL_MIN_TIME_FLOAT] = minTimeMs
    if (maxTimeMs > this.maxTimeMs) this.#times[at.CONTROL_MAX_TIME_FLOAT] = maxTimeMs
  }

  columnField(column: number, field: number): number {
    const page = this.#columns[column >>> at.COLUMN_SHIFT]
    return page[((column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT) + field]
  }

  /** The words of a group and where they begin. */
  groupWords(group: number): { words: Uint32Array; from: number } {
    return {
      words: this.#groups[group >>> at.GROUP_SHIFT],
      from: (group & GROUP_MASK) << at.GROUP_WORDS_SHIFT,
    }
  }

  /** The column of a label set; 0 when the head has none. `admit` is asked before one is made. */
  column(labels: Labels, admit: () => void): number {
    this.index.find(labels)
    const { group, shape } = this.index
    const found = group === 0 || shape === 0 ? 0 : this.#find(group, shape)
    if (found !== 0) return found
    admit()
    this.index.intern(labels)
    return this.columnFor(this.index.group, this.index.shape)
  }

  /** Finds or makes the column of a shape in a group. */
  columnFor(group: number, shape: number): number {
    const found = this.#find(group, shape)
    return found === 0 ? this.#addColumn(group, shape) : found
  }

  /** The id by which holders know a column. */
  idOf(column: number): SeriesId {
    const generation = this.columnField(column, at.COLUMN_PRESENCE + 2) >>> GENERATION_SHIFT
    return generation * GENERATION_STEP + column
  }

  /** The column of an id; 0 when it has been forgotten. */
  columnOf(id: SeriesId): number {
    const column = id >>> 0
    if (column === 0 || column >= this.#control[at.CONTROL_COLUMNS]) return 0
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const generation = words[from + at.COLUMN_PRESENCE + 2] >>> GENERATION_SHIFT
    if (generation * GENERATION_STEP + column !== id) return 0
    return words[from + at.COLUMN_GROUP] === 0 ? 0 : column
  }

  /** Writes one value for each id at one time; see Appender. */
  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
    limits: HeadLimits,
  ): number {
    if (timeMs > limits.timeMsMax || !(Math.abs(timeMs) <= TIME_MS_MAX)) {
      outcomes.fill(timeMs > 0 ? TOO_FAR : TOO_OLD, 0, count)
      return 0
    }
    if (count > this.#runColumns.length) {
      this.#runColumns = new Uint32Array(count * 2)
      this.#runValues = new Float64Array(count * 2)
    }
    let accepted = 0
    let i = 0
    while (i < count) {
      const column = this.columnOf(ids[i])
      if (column === 0) {
        outcomes[i++] = UNKNOWN
        continue
      }
      const group = this.columnField(column, at.COLUMN_GROUP)
      const run = this.#appendRun(group, timeMs, ids, values, i, count, outcomes, limits)
      accepted += this.#runAccepted
      i = run
    }
    this.counts.samples += accepted
    return accepted
  }
  #runAccepted = 0

  /** Writes the cells of one group that stand side by side; returns where another group begins. */
  #appendRun(
    group: number,
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    from: number,
    count: number,
    outcomes: Uint8Array,
    limits: HeadLimits,
  ): number {
    const words = this.#groups[group >>> at.GROUP_SHIFT]
    const groupAt = (group & GROUP_MASK) << at.GROUP_WORDS_SHIFT
    const late = this.#lateness(timeMs, limits)
    let ordinal = this.rows.find(group, timeMs)
    let written = 0
    let accepted = 0
    let sequence = 0
    let i = from
    for (; i < count; i++) {
      const column = i === from ? ids[i] >>> 0 : this.columnOf(ids[i])
      if (column === 0) {
        outcomes[i] = UNKNOWN
        continue
      }
      const page = this.#columns[column >>> at.COLUMN_SHIFT]
      const pageAt = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
      if (page[pageAt + at.COLUMN_GROUP] !== group) break
      this.#hold(values[i])
      const floats = this.#columnFloats[column >>> at.COLUMN_SHIFT]
      const newestAt = (pageAt >>> 1) + at.COLUMN_NEWEST_FLOAT
      const newest = floats[newestAt]
      if (timeMs < newest || late !== ACCEPTED) {
        const outcome = this.#judge(column, ordinal, timeMs, newest, late, limits)
        outcomes[i] = outcome
        if (outcome !== ACCEPTED) continue
        if (timeMs <= newest && this.#isRepeated) {
          accepted++
          continue
        }
        this.counts.outOfOrder++
      } else if (timeMs === newest && ordinal < 0) {
        outcomes[i] = this.cells.baseEquals(column) ? ACCEPTED : DUPLICATE
        if (outcomes[i] === ACCEPTED) accepted++
        continue
      }
      if (ordinal < 0) {
        ordinal = this.rows.open(group, timeMs)
        // A seal on the way there has used the hand.
        this.#hold(values[i])
      }
      if (written === 0) {
        sequence = words[groupAt + at.GROUP_SEQUENCE]
        Atomics.store(words, groupAt + at.GROUP_SEQUENCE, sequence + 1)
      }
      const result = this.cells.write(column, ordinal % at.RING_ROWS)
      if (result === CELL_OTHER) {
        outcomes[i] = DUPLICATE
        if (written === 0) Atomics.store(words, groupAt + at.GROUP_SEQUENCE, sequence)
        continue
      }
      outcomes[i] = ACCEPTED
      accepted++
      if (timeMs > newest) floats[newestAt] = timeMs
      if (result === CELL_WRITTEN) {
        this.#runColumns[written] = column
        this.#runValues[written] = this.cells.input[0]
        written++
      } else if (written === 0) {
        Atomics.store(words, groupAt + at.GROUP_SEQUENCE, sequence)
      }
    }
    if (written > 0) {
      Atomics.store(words, groupAt + at.GROUP_SEQUENCE, sequence + 2)
      if (timeMs > this.maxTimeMs || timeMs < this.minTimeMs) this.noteTimes(timeMs, timeMs)
      this.recorder.cells(group, ordinal, timeMs, this.#runColumns, this.#runValues, written)
    }
    this.#runAccepted = accepted
    return i
  }

  /** Puts one value in the hand of `cells`; NaNs get one of two bit patterns, so that they compare. */
  #hold(value: number): void {
    this.cells.input[0] = value
    if (!Number.isNaN(value)) return
    const stale = isStale(value)
    this.cells.inputWords[0] = stale ? STALE_LOW : NAN_LOW
    this.cells.inputWords[1] = stale ? STALE_HIGH : NAN_HIGH
  }

  /** ACCEPTED where a time may be in order for a series, else what it is when the series is newer. */
  #lateness(timeMs: number, limits: HeadLimits): number {
    const newest = this.maxTimeMs
    if (timeMs >= newest - IN_ORDER_MS_MAX) return ACCEPTED
    if (limits.outOfOrderWindowMs > 0) {
      return timeMs >= newest - limits.outOfOrderWindowMs ? OUT_OF_ORDER : TOO_OLD
    }
    return TOO_OLD
  }

  /** What becomes of a cell that is not simply the newest of its series. */
  #judge(
    column: number,
    ordinal: number,
    timeMs: number,
    newest: number,
    late: number,
    limits: HeadLimits,
  ): number {
    this.#isRepeated = false
    if (late === TOO_OLD) return TOO_OLD
    if (ordinal >= 0 && this.#isPresent(column, ordinal % at.RING_ROWS)) {
      const same = this.cells.write(column, ordinal % at.RING_ROWS) !== CELL_OTHER
      this.#isRepeated = same
      return same ? ACCEPTED : DUPLICATE
    }
    if (limits.outOfOrderWindowMs > 0) {
      const inWindow = timeMs >= this.maxTimeMs - limits.outOfOrderWindowMs
      return inWindow ? ACCEPTED : TOO_OLD
    }
    assert(timeMs < newest, 'a sample older than the newest of its series')
    return OUT_OF_ORDER
  }
  #isRepeated = false

  #isPresent(column: number, position: number): boolean {
    const word = this.columnField(column, at.COLUMN_PRESENCE + (position >>> 5))
    return (word & (1 << (position & 31))) !== 0
  }

  /** Writes a cell of a replayed log; the row must be open. */
  restoreCell(column: number, ordinal: number, timeMs: number, value: number): void {
    this.#hold(value)
    this.cells.write(column, ordinal % at.RING_ROWS)
    const floats = this.#columnFloats[column >>> at.COLUMN_SHIFT]
    const newestAt =
      ((column & COLUMN_MASK) << (at.COLUMN_WORDS_SHIFT - 1)) + at.COLUMN_NEWEST_FLOAT
    if (timeMs > floats[newestAt]) floats[newestAt] = timeMs
  }

  /**
   * Ages a column without cells by one round.
   *
   * @returns whether it is to be removed: it was silent for `rounds`, or its last sample was stale
   */
  ageColumn(column: number, rounds: number): boolean {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const last = from + at.COLUMN_PRESENCE + 2
    const cells = words[last - 2] | words[last - 1] | (words[last] & 0xffff)
    if (cells !== 0) {
      words[last] &= ~IDLE_MASK
      return false
    }
    const isStaleNow =
      words[from + at.COLUMN_BASE] === STALE_LOW && words[from + at.COLUMN_BASE + 1] === STALE_HIGH
    const idle = ((words[last] & IDLE_MASK) >>> IDLE_SHIFT) + 1
    if (isStaleNow || idle >= rounds) return true
    words[last] = (words[last] & ~IDLE_MASK) | (idle << IDLE_SHIFT)
    return false
  }

  /** Takes a column out of its group; `previous` stands before it there, 0 for none. */
  removeColumn(column: number, previous: number): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const group = words[from + at.COLUMN_GROUP]
    const shape = words[from + at.COLUMN_SHAPE]
    const next = words[from + at.COLUMN_NEXT_OF_GROUP]
    if (previous === 0) {
      this.rows.setField(group, at.GROUP_FIRST_COLUMN, next)
    } else {
      const previousWords = this.#columns[previous >>> at.COLUMN_SHIFT]
      const previousFrom = (previous & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
      previousWords[previousFrom + at.COLUMN_NEXT_OF_GROUP] = next
    }
    this.rows.setField(
      group,
      at.GROUP_COLUMN_COUNT,
      this.rows.field(group, at.GROUP_COLUMN_COUNT) - 1,
    )
    this.#columnTable.remove(hashColumn(group, shape), column)
    words[from + at.COLUMN_GROUP] = 0
    this.#control[at.CONTROL_SERIES]--
    this.counts.seriesRemoved++
  }

  /** Takes removed columns out of the list of a shape; returns how many columns it still has. */
  cleanShape(shape: number): number {
    const page = this.memory.tables[at.SHAPES].words[shape >>> at.SHAPE_SHIFT]
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

  /** Takes out a group that has neither columns nor rows. */
  removeGroup(group: number): void {
    this.index.removeGroup(group)
    this.#control[at.CONTROL_LIVE_GROUPS]--
  }

  /** Gives the number of a removed column back, with a new generation. */
  recycleColumn(column: number): void {
    const words = this.#columns[column >>> at.COLUMN_SHIFT]
    const from = (column & COLUMN_MASK) << at.COLUMN_WORDS_SHIFT
    const generation = (words[from + at.COLUMN_PRESENCE + 2] >>> GENERATION_SHIFT) + 1
    words.fill(0, from, from + (1 << at.COLUMN_WORDS_SHIFT))
    words[from + at.COLUMN_PRESENCE + 2] = generation << GENERATION_SHIFT
    this.#freeColumns.push(column)
  }

  #find(group: number, shape: number): number {
    return this.#columnTable.find(
      hashColumn(group, shape),
      (column) =>
        this.columnField(column, at.COLUMN_SHAPE) === shape &&
        this.columnField(column, at.COLUMN_GROUP) === group,
    )
  }

  #addColumn(group: number, shape: number): number {
    const reused = this.#freeColumns.pop()
    const column = reused ?? this.#control[at.CONTROL_COLUMNS]
    if (column > COLUMNS_MAX) {
      throw new NarthexError(
        'share',
        `cannot store series: ${column} series, at most ${COLUMNS_MAX}`,
      )
    }
    this.memory.ensurePage(
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
    const groupPage = this.groupWords(group)
    const shapePage = this.memory.tables[at.SHAPES].words[shape >>> at.SHAPE_SHIFT]
    const shapeAt = (shape & ((1 << at.SHAPE_SHIFT) - 1)) << at.SHAPE_WORDS_SHIFT
    words[from + at.COLUMN_NEXT_OF_GROUP] = groupPage.words[groupPage.from + at.GROUP_FIRST_COLUMN]
    words[from + at.COLUMN_NEXT_OF_SHAPE] = shapePage[shapeAt + at.SHAPE_FIRST_COLUMN]
    if (reused === undefined) Atomics.store(this.#control, at.CONTROL_COLUMNS, column + 1)
    Atomics.store(groupPage.words, groupPage.from + at.GROUP_FIRST_COLUMN, column)
    Atomics.store(shapePage, shapeAt + at.SHAPE_FIRST_COLUMN, column)
    if (groupPage.words[groupPage.from + at.GROUP_COLUMN_COUNT]++ === 0) {
      this.#control[at.CONTROL_LIVE_GROUPS]++
    }
    shapePage[shapeAt + at.SHAPE_COLUMN_COUNT]++
    this.#columnTable.add(hashColumn(group, shape), column)
    this.#control[at.CONTROL_SERIES]++
    this.counts.seriesMade++
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
