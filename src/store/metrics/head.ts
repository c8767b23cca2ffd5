/** The head: all series that get samples now, in shared memory; every open row takes cells. */
import { assert } from '../../base/error.ts'
import {
  ACCEPTED,
  DUPLICATE,
  OUT_OF_ORDER,
  TOO_FAR,
  TOO_OLD,
  UNKNOWN,
} from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import { isStale, STALE_HIGH, STALE_LOW } from '../../model/stale.ts'
import { CELL_OTHER, CELL_WRITTEN, Cells } from './cells.ts'
import { Columns } from './columns.ts'
import { LabelIndex } from './labelindex.ts'
import * as at from './layout.ts'
import { Memory } from './pages.ts'
import { type RowHooks, Rows } from './rows.ts'
import { Slabs } from './slabs.ts'
import { SAMPLE_NONE, SAMPLE_SAME, Strands } from './strands.ts'

/** Times are integers of at most so many ms before or after the epoch. */
const TIME_MS_MAX: number = 2 ** 51 - 1

/** What was in order before the newest sample by more than this is out of bounds, as Prometheus has it. */
const IN_ORDER_MS_MAX = 3_600_000

/** The NaN of computations, as Prometheus writes it. */
const NAN_LOW = 1
const NAN_HIGH = 0x7ff80000

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
  /** Samples of series with times of their own, of any groups. The arrays as above. */
  strands(timeMs: number, columns: Uint32Array, values: Float64Array, count: number): void
}

/** What may be written, as it stands when samples come. */
export interface HeadLimits {
  /** What the wall clock says. */
  nowMs: number
  /** Newest time taken. */
  timeMsMax: number
  outOfOrderWindowMs: number
}

/** Counts since the head was made. */
export interface HeadCounts {
  samples: number
  outOfOrder: number
}

/** The writing side of the head. */
export class Head {
  readonly memory: Memory
  readonly index: LabelIndex
  readonly slabs: Slabs
  readonly cells: Cells
  readonly counts: HeadCounts = { samples: 0, outOfOrder: 0 }
  readonly rows: Rows
  readonly columns: Columns
  readonly strands: Strands
  /** Gets told what is written; set before the first append. */
  recorder: Recorder = { cells() {}, strands() {} }
  readonly #hooks: RowHooks
  readonly #columns: Uint32Array[]
  readonly #columnFloats: Float64Array[]
  readonly #groups: Uint32Array[]
  readonly #control: Int32Array
  readonly #times: Float64Array
  #runColumns = new Uint32Array(1024)
  #runValues = new Float64Array(1024)
  /** Samples of strands that the recorder has not been told of. */
  #strandColumns = new Uint32Array(1024)
  #strandValues = new Float64Array(1024)
  #strandCount = 0

  constructor(hooks: RowHooks) {
    this.#hooks = hooks
    this.memory = new Memory(at.TABLE_COUNT, true)
    this.index = new LabelIndex(this.memory)
    this.slabs = new Slabs(this.memory)
    this.cells = new Cells(this.memory, this.slabs)
    this.rows = new Rows(this.memory, this.slabs, this.cells, hooks)
    this.strands = new Strands(this.memory, this.slabs, this.rows, hooks)
    this.#columns = this.memory.tables[at.COLUMNS].words
    this.#columnFloats = this.memory.tables[at.COLUMNS].floats
    this.#groups = this.memory.tables[at.GROUPS].words
    this.#control = this.memory.control
    this.columns = new Columns(this.memory, this.rows)
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

  /**
   * The newest time by which others are judged. One that lies further ahead of the clock than a
   * sample may is there because the clock was ahead once: it counts as now.
   */
  newestMs(limits: HeadLimits): number {
    return this.maxTimeMs > limits.timeMsMax ? limits.nowMs : this.maxTimeMs
  }

  /** Widens the known range of times, for what lies in blocks. */
  noteTimes(minTimeMs: number, maxTimeMs: number): void {
    if (minTimeMs < this.minTimeMs) this.#times[at.CONTROL_MIN_TIME_FLOAT] = minTimeMs
    if (maxTimeMs > this.maxTimeMs) this.#times[at.CONTROL_MAX_TIME_FLOAT] = maxTimeMs
  }

  /** The column of a label set; 0 when the head has none. `admit` is asked before one is made. */
  column(labels: Labels, admit: () => void): number {
    this.index.find(labels)
    const { group, shape } = this.index
    const found = group === 0 || shape === 0 ? 0 : this.columns.find(group, shape)
    if (found !== 0) return found
    admit()
    this.index.intern(labels)
    return this.columns.ensure(this.index.group, this.index.shape)
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
      this.#strandColumns = new Uint32Array(count * 2)
      this.#strandValues = new Float64Array(count * 2)
    }
    let accepted = 0
    let i = 0
    try {
      while (i < count) {
        const column = this.columns.of(ids[i])
        if (column === 0) {
          outcomes[i++] = UNKNOWN
          continue
        }
        const group = this.columns.field(column, at.COLUMN_GROUP)
        i = this.columns.isStrand(column)
          ? this.#appendStrands(group, timeMs, ids, values, i, count, outcomes, limits)
          : this.#appendRun(group, timeMs, ids, values, i, count, outcomes, limits)
        accepted += this.#runAccepted
      }
    } finally {
      this.#recordStrands(timeMs)
    }
    this.counts.samples += accepted
    return accepted
  }

  #recordStrands(timeMs: number): void {
    const count = this.#strandCount
    if (count === 0) return
    this.#strandCount = 0
    if (timeMs > this.maxTimeMs || timeMs < this.minTimeMs) this.noteTimes(timeMs, timeMs)
    this.recorder.strands(timeMs, this.#strandColumns, this.#strandValues, count)
  }

  /** Writes samples of strands of one group that stand side by side; returns where others begin. */
  #appendStrands(
    group: number,
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    from: number,
    count: number,
    outcomes: Uint8Array,
    limits: HeadLimits,
  ): number {
    const late = this.#lateness(timeMs, limits)
    let accepted = 0
    let i = from
    for (; i < count; i++) {
      const column = this.columns.of(ids[i])
      if (column === 0) {
        outcomes[i] = UNKNOWN
        continue
      }
      if (this.columns.field(column, at.COLUMN_GROUP) !== group) break
      if (!this.columns.isStrand(column)) break
      if (this.strands.isFull(column)) {
        this.#recordStrands(timeMs)
        // The series may be a part of rows after that: a new run begins with it.
        this.#hooks.sealStrands(group)
        break
      }
      this.#hold(values[i])
      const held = this.columns.newestMs(column)
      outcomes[i] = this.#appendStrand(group, column, timeMs, held, late, limits)
      if (outcomes[i] === ACCEPTED) accepted++
    }
    this.#runAccepted = accepted
    return i
  }

  /** Writes one sample of a strand whose newest is `held`; the value is in the hand of `cells`. */
  #appendStrand(
    group: number,
    column: number,
    timeMs: number,
    held: number,
    late: number,
    limits: HeadLimits,
  ): number {
    const low = this.cells.inputWords[0]
    const high = this.cells.inputWords[1]
    if (timeMs === held) return this.cells.baseEquals(column) ? ACCEPTED : DUPLICATE
    if (late === TOO_OLD) return TOO_OLD
    if (timeMs < held || this.strands.isApart(column)) {
      const found = this.strands.find(column, timeMs, low, high)
      if (found !== SAMPLE_NONE) return found === SAMPLE_SAME ? ACCEPTED : DUPLICATE
    }
    const newest = held > limits.timeMsMax ? -Infinity : held
    if (timeMs < newest || late !== ACCEPTED) {
      if (limits.outOfOrderWindowMs === 0) return OUT_OF_ORDER
      if (timeMs < this.newestMs(limits) - limits.outOfOrderWindowMs) return TOO_OLD
      this.counts.outOfOrder++
    }
    this.strands.append(group, column, timeMs, low, high, timeMs > newest)
    this.#strandColumns[this.#strandCount] = column
    this.#strandValues[this.#strandCount++] = this.cells.input[0]
    return ACCEPTED
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
      const column = i === from ? ids[i] >>> 0 : this.columns.of(ids[i])
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
      if ((page[pageAt + at.COLUMN_FLAGS] & at.FLAG_STRAND) !== 0) break
      if (ordinal < 0 && this.rows.isFull(group)) {
        // The series may be a strand after that: a new run begins with it.
        this.#hooks.sealFull(group)
        break
      }
      // Where the clock was ahead when the newest came, the order of the series begins anew.
      const newest = floats[newestAt] > limits.timeMsMax ? -Infinity : floats[newestAt]
      if (timeMs < newest || late !== ACCEPTED) {
        const outcome = this.#judge(column, ordinal, timeMs, newest, late, limits)
        outcomes[i] = outcome
        if (outcome !== ACCEPTED) continue
        if (timeMs <= newest && this.#isRepeated) {
          accepted++
          continue
        }
        this.counts.outOfOrder++
      } else if (timeMs === newest && ordinal < 0 && this.cells.isEmpty(column)) {
        // With late cells behind it nobody knows the newest value: it is written once more, and
        // readers take one of the two.
        outcomes[i] = this.cells.baseEquals(column) ? ACCEPTED : DUPLICATE
        if (outcomes[i] === ACCEPTED) accepted++
        continue
      }
      if (ordinal < 0) ordinal = this.rows.open(group, timeMs)
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
    const newest = this.newestMs(limits)
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
      const inWindow = timeMs >= this.newestMs(limits) - limits.outOfOrderWindowMs
      return inWindow ? ACCEPTED : TOO_OLD
    }
    assert(timeMs < newest, 'a sample older than the newest of its series')
    return OUT_OF_ORDER
  }
  #isRepeated = false

  #isPresent(column: number, position: number): boolean {
    const word = this.columns.field(column, at.COLUMN_PRESENCE + (position >>> 5))
    return (word & (1 << (position & 31))) !== 0
  }

  /** Writes a cell of a replayed log; the row must be open. */
  restoreCell(column: number, ordinal: number, timeMs: number, value: number): void {
    if (this.columns.isStrand(column)) {
      if (this.strands.count(column) > 0) {
        this.restoreSample(column, timeMs, value)
        return
      }
      this.columns.flag(column, at.FLAG_STRAND, false)
    }
    this.#hold(value)
    this.cells.write(column, ordinal % at.RING_ROWS)
    const floats = this.#columnFloats[column >>> at.COLUMN_SHIFT]
    const newestAt =
      ((column & COLUMN_MASK) << (at.COLUMN_WORDS_SHIFT - 1)) + at.COLUMN_NEWEST_FLOAT
    if (timeMs > floats[newestAt]) floats[newestAt] = timeMs
  }

  /**
   * Writes a sample of a replayed log into a strand. A damaged log may have kept cells that were
   * sealed before their series became a strand: then its rows are sealed now.
   */
  restoreSample(column: number, timeMs: number, value: number): void {
    const group = this.columns.field(column, at.COLUMN_GROUP)
    if (!this.columns.isStrand(column)) {
      if (this.columns.hasCells(column)) this.#hooks.sealRows(group)
      this.columns.flag(column, at.FLAG_STRAND, true)
    }
    this.#hold(value)
    const low = this.cells.inputWords[0]
    const high = this.cells.inputWords[1]
    if (this.strands.find(column, timeMs, low, high) !== SAMPLE_NONE) return
    if (this.strands.isFull(column)) {
      this.#hooks.sealStrands(group)
      this.columns.flag(column, at.FLAG_STRAND, true)
    }
    this.strands.append(group, column, timeMs, low, high, timeMs > this.columns.newestMs(column))
    this.noteTimes(timeMs, timeMs)
  }
}
