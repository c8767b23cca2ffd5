/** Seals rows: encodes them into blocks of their windows, commits, and drops them from the head. */
import { isStaleAt } from '../../model/stale.ts'
import { encodeBlockHead, SegmentWriter } from './block.ts'
import type { OpenWindow } from './blockreader.ts'
import type { Head } from './head.ts'
import type { HeadRows, HeadView } from './headview.ts'
import type { Journal } from './journal.ts'
import * as at from './layout.ts'
import { lowerBound } from './select.ts'
import { bundlesOf } from './strandbundles.ts'
import type { Windows } from './windows.ts'
import { WindowWriter } from './windowwriter.ts'

/** Longest time that one batch of seals may gather before it is committed. */
const BATCH_MS_MAX = 8

/** Windows whose numbers are kept at hand. */
const WRITERS_MAX = 8

/** Strands of one group that are sealed at a time. */
const STRANDS_PER_SEAL_MAX = 128

/** Rows a series must have been there for before its holes say anything. */
const JUDGED_ROWS_MIN = 16
/** A series with fewer than one of so many rows is sparse. */
const SPARSE_ROWS = 4
/** Newest times of a strand that must be those of rows for it to join them. */
const SHARED_TIMES = 8

/** What a group is to be rid of. */
interface Sealed {
  readonly group: number
  /** Rows below it; 0 for none. */
  ordinal: number
  /** Strands. */
  columns: Uint32Array
  /** Columns that are strands, or parts of rows, from then on. */
  toStrands: number[]
  toRows: number[]
}

/** Moves rows from the head into windows. */
export class Sealer {
  /** Seals, strands and samples sealed, and transactions, since the start. */
  readonly counts = { seals: 0, strands: 0, samples: 0, commits: 0 }
  readonly #head: Head
  readonly #view: HeadView
  readonly #journal: Journal
  readonly #windows: Windows
  readonly #spanMsMax: number
  readonly #newestMs: () => number
  readonly #writers = new Map<OpenWindow, WindowWriter>()
  readonly #segment = new SegmentWriter()
  readonly #presence: Uint32Array = new Uint32Array(3)

  /**
   * @param spanMsMax the longest span that a new window may have
   * @param newestMs  the newest time by which others are judged
   */
  constructor(
    head: Head,
    view: HeadView,
    journal: Journal,
    windows: Windows,
    spanMsMax: number,
    newestMs: () => number,
  ) {
    this.#head = head
    this.#view = view
    this.#journal = journal
    this.#windows = windows
    this.#spanMsMax = spanMsMax
    this.#newestMs = newestMs
  }

  /** Seals the rows of a full ring, save the newest piece. @throws NarthexError `busy` */
  sealFull(group: number): void {
    this.#sealBatch([group], () => this.#encodeRows(group, false))
  }

  /** Seals all rows of a group. @throws NarthexError `busy` */
  sealRows(group: number): void {
    this.#sealBatch([group], () => this.#encodeRows(group, true))
  }

  /** Seals the strands of a group of which one is full. @throws NarthexError `busy` */
  sealFullStrands(group: number): void {
    this.#sealBatch([group], () => this.#encodeStrands(group, -Infinity))
  }

  /**
   * Seals rows of groups until they are done or a batch is full.
   *
   * @param whole seals every open row of each; else the oldest SEAL_ROWS
   * @returns how many of them were sealed
   * @throws NarthexError `busy` when the disk is full; then all rows are still open
   */
  seal(groups: readonly number[], whole: boolean, nowMs: () => number): number {
    return this.#sealBatch(groups, (group) => this.#encodeRows(group, whole), nowMs)
  }

  /**
   * Seals strands of groups in the same way: those that are half full at least, and those that
   * were begun before a time. Of a group with very many some stay for another time.
   */
  sealStrands(groups: readonly number[], openedBeforeMs: number, nowMs: () => number): number {
    return this.#sealBatch(groups, (group) => this.#encodeStrands(group, openedBeforeMs), nowMs)
  }

  /** A number of the head will mean something else from now on. */
  forget(kind: 'pair' | 'group' | 'shape', number: number): void {
    for (const writer of this.#writers.values()) writer.forget(kind, number)
  }

  /** Forgets writers of windows that are not current, and the oldest above the bound. */
  #releaseWriters(): void {
    const current = new Set(this.#windows.current())
    for (const window of this.#writers.keys()) {
      if (!current.has(window) || this.#writers.size > WRITERS_MAX) this.#writers.delete(window)
    }
  }

  #sealBatch(
    groups: readonly number[],
    encode: (group: number) => Sealed,
    nowMs: () => number = () => 0,
  ): number {
    const startedMs = nowMs()
    const batch: Sealed[] = []
    this.#releaseWriters()
    try {
      for (const group of groups) {
        batch.push(encode(group))
        if (nowMs() - startedMs > BATCH_MS_MAX) break
      }
    } catch (error) {
      // Nothing half encoded may stay behind in a writer.
      this.#writers.clear()
      throw error
    }
    this.#finish(batch)
    return batch.length
  }

  /** Commits what was encoded, then takes it out of the head: never the other way round. */
  #finish(batch: readonly Sealed[]): void {
    try {
      for (const writer of this.#writers.values()) writer.commit()
    } catch (error) {
      this.#writers.clear()
      throw error
    }
    this.counts.commits++
    // Before the counts of the groups: who reads one of those must see these blocks.
    Atomics.add(this.#head.memory.control, at.CONTROL_SEALS, 1)
    for (const sealed of batch) this.#drop(sealed)
  }

  /** Takes out of the head what is in blocks now. */
  #drop({ group, ordinal, columns, toStrands, toRows }: Sealed): void {
    const { rows, strands } = this.#head
    rows.enter(group)
    rows.setField(group, at.GROUP_SEALS, rows.field(group, at.GROUP_SEALS) + 1)
    rows.leave(group)
    if (ordinal > 0) {
      rows.drop(group, ordinal)
      this.#journal.seal(group, ordinal)
    }
    if (columns.length > 0) this.#journal.sealStrands(columns)
    rows.enter(group)
    for (const column of columns) strands.clear(column)
    for (const column of toStrands) this.#head.columns.flag(column, at.FLAG_STRAND, true)
    for (const column of toRows) this.#head.columns.flag(column, at.FLAG_STRAND, false)
    if (columns.length > 0) strands.measure(group)
    rows.leave(group)
    this.counts.seals++
    this.counts.strands += columns.length
  }

  /**
   * Encodes the oldest rows of a group, or the whole of them, a block for each window that they
   * touch. Where a series turns out to have times of its own, all rows go.
   */
  #encodeRows(group: number, whole: boolean): Sealed {
    const { rows: open, columns: all } = this.#head
    const start = open.field(group, at.GROUP_ROW_START)
    const end = open.field(group, at.GROUP_ROW_END)
    const regular = (Math.floor(start / at.PIECE_ROWS) + at.PIECE_COUNT - 1) * at.PIECE_ROWS
    const columns = this.#view
      .columnsOf(group)
      .filter((column) => !all.isStrand(column) && all.hasCells(column))
      .reverse()
    let ordinal = whole ? end : Math.min(regular, end)
    let rows = this.#view.read(group, columns, -Infinity, Infinity, ordinal)
    const toStrands = this.#judge(columns, rows)
    if (toStrands.length > 0 && ordinal < end) {
      ordinal = end
      rows = this.#view.read(group, columns, -Infinity, Infinity)
    }
    this.#encodeWindows(group, columns, rows)
    return { group, ordinal, columns: NO_COLUMNS, toStrands, toRows: [] }
  }

  /** Series that were sparse in two seals, and sent something in both. */
  #judge(columns: readonly number[], rows: HeadRows): number[] {
    const found: number[] = []
    const { presence, rowCount } = rows
    for (let i = 0; i < columns.length; i++) {
      const present = countBits(presence, i * 3)
      if (present === 0) continue
      if (present * SPARSE_ROWS >= rowCount) {
        this.#head.columns.flag(columns[i], at.FLAG_SPARSE, false)
        continue
      }
      let first = 0
      while (!hasBit(presence, i * 3, first)) first++
      let last = rowCount - 1
      while (!hasBit(presence, i * 3, last)) last--
      const span = rowCount - first
      if (span < JUDGED_ROWS_MIN || isStaleAt(rows.values, i * rowCount + last)) continue
      const isSparse = present * SPARSE_ROWS < span
      if (isSparse && this.#head.columns.isSparse(columns[i])) found.push(columns[i])
      this.#head.columns.flag(columns[i], at.FLAG_SPARSE, isSparse)
    }
    return found
  }

  /** Encodes strands of a group; those with equal times share a block. */
  #encodeStrands(group: number, openedBeforeMs: number): Sealed {
    const { columns: all, strands } = this.#head
    const due: number[] = []
    const groupColumns = this.#view.columnsOf(group)
    for (const column of groupColumns) {
      if (all.isStrand(column) && strands.isDue(column, openedBeforeMs)) due.push(column)
      if (due.length === STRANDS_PER_SEAL_MAX) break
    }
    const toRows: number[] = []
    for (const bundle of bundlesOf(
      due.map((column) => this.#view.readStrand(column, -Infinity, Infinity)),
    )) {
      const columns = bundle.places.map((place) => due[place])
      this.#encodeWindows(group, columns, bundle.rows)
      if (groupColumns.length <= at.STRAND_SERIES) continue
      if (this.#areRows(group, bundle.rows.times)) toRows.push(...columns)
    }
    return { group, ordinal: 0, columns: Uint32Array.from(due), toStrands: [], toRows }
  }

  /** Whether the newest times of a strand are those of rows: then it had better join them. */
  #areRows(group: number, times: Float64Array): boolean {
    if (times.length < SHARED_TIMES) return false
    return times.subarray(-SHARED_TIMES).every((time) => this.#head.rows.find(group, time) >= 0)
  }

  /** Encodes rows, a block for each window that they touch. */
  #encodeWindows(group: number, columns: readonly number[], rows: HeadRows): void {
    const newestMs = this.#newestMs()
    for (let from = 0; from < rows.rowCount; ) {
      const window = this.#windows.forTime(rows.times[from], newestMs, this.#spanMsMax)
      const upto = lowerBound(rows.times, window.name.toMs)
      this.#encodeRun(window, group, columns, rows, from, Math.min(upto, rows.rowCount))
      from = upto
    }
  }

  #encodeRun(
    window: OpenWindow,
    group: number,
    columns: readonly number[],
    rows: HeadRows,
    from: number,
    upto: number,
  ): void {
    const count = upto - from
    const shapes: number[] = []
    let samples = 0
    for (let i = 0; i < columns.length; i++) {
      const present = this.#cutPresence(rows.presence, i * 3, from, upto)
      if (present === 0) continue
      samples += present
      shapes.push(this.#view.columnField(columns[i], at.COLUMN_SHAPE))
      const presence = present === count ? undefined : this.#presence
      this.#segment.add(rows.values, i * rows.rowCount + from, count, presence, undefined)
    }
    if (shapes.length === 0) return
    const segment = this.#segment.finish(false)
    const head = encodeBlockHead(rows.times, from, count, 0)
    const value = new Uint8Array(head.length + segment.length)
    value.set(head)
    value.set(segment, head.length)
    const times = {
      minTimeMs: rows.times[from],
      maxTimeMs: rows.times[upto - 1],
      rowCount: count,
    }
    const writer = this.#writer(window)
    writer.add(group, times, writer.layout(shapes), value, [], samples)
    this.counts.samples += samples
  }

  /** Leaves the presence of rows [from, upto) in #presence; returns how many are there. */
  #cutPresence(presence: Uint32Array, at: number, from: number, upto: number): number {
    this.#presence.fill(0)
    let count = 0
    for (let row = from; row < upto; row++) {
      if ((presence[at + (row >>> 5)] & (1 << (row & 31))) === 0) continue
      this.#presence[(row - from) >>> 5] |= 1 << ((row - from) & 31)
      count++
    }
    return count
  }

  #writer(window: OpenWindow): WindowWriter {
    let writer = this.#writers.get(window)
    if (writer === undefined) {
      writer = new WindowWriter(window.environment, this.#head.index.view)
      this.#writers.set(window, writer)
    }
    return writer
  }
}

const NO_COLUMNS = new Uint32Array(0)

function hasBit(bits: Uint32Array, at: number, bit: number): boolean {
  return (bits[at + (bit >>> 5)] & (1 << (bit & 31))) !== 0
}

/** How many of the 96 bits from a word on are set. */
function countBits(bits: Uint32Array, at: number): number {
  let count = 0
  for (let i = at; i < at + 3; i++) {
    let word = bits[i] - ((bits[i] >>> 1) & 0x55555555)
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}
