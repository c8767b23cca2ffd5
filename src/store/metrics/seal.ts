/** Seals rows: encodes them into blocks of their windows, commits, and drops them from the head. */

import { encodeBlockHead, SegmentWriter } from './block.ts'
import type { OpenWindow } from './blockreader.ts'
import type { Head } from './head.ts'
import type { HeadRows, HeadView } from './headview.ts'
import type { Journal } from './journal.ts'
import * as at from './layout.ts'
import { lowerBound } from './select.ts'
import type { Windows } from './windows.ts'
import { WindowWriter } from './windowwriter.ts'

/** Longest time that one batch of seals may gather before it is committed. */
const BATCH_MS_MAX = 8

/** Windows whose numbers are kept at hand. */
const WRITERS_MAX = 8

/** What a group is to be rid of. */
interface Sealed {
  readonly group: number
  readonly ordinal: number
}

/** Moves rows from the head into windows. */
export class Sealer {
  /** Rows and samples sealed, and transactions, since the start. */
  readonly counts = { seals: 0, samples: 0, commits: 0 }
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
    const start = this.#head.rows.field(group, at.GROUP_ROW_START)
    const firstPiece = Math.floor(start / at.PIECE_ROWS)
    this.#sealAll([{ group, ordinal: (firstPiece + at.PIECE_COUNT - 1) * at.PIECE_ROWS }])
  }

  /**
   * Seals groups until they are done or a batch is full.
   *
   * @param whole seals every open row of each; else the oldest SEAL_ROWS
   * @returns how many of them were sealed
   * @throws NarthexError `busy` when the disk is full; then all rows are still open
   */
  seal(groups: readonly number[], whole: boolean, nowMs: () => number): number {
    const startedMs = nowMs()
    const batch: Sealed[] = []
    this.#releaseWriters()
    for (const group of groups) {
      const start = this.#head.rows.field(group, at.GROUP_ROW_START)
      const end = this.#head.rows.field(group, at.GROUP_ROW_END)
      const regular = (Math.floor(start / at.PIECE_ROWS) + at.PIECE_COUNT - 1) * at.PIECE_ROWS
      batch.push({ group, ordinal: whole ? end : Math.min(regular, end) })
      this.#tryEncode(batch[batch.length - 1])
      if (nowMs() - startedMs > BATCH_MS_MAX) break
    }
    this.#finish(batch)
    return batch.length
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

  #sealAll(batch: readonly Sealed[]): void {
    this.#releaseWriters()
    for (const sealed of batch) this.#tryEncode(sealed)
    this.#finish(batch)
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
    for (const { group, ordinal } of batch) {
      this.#head.rows.enter(group)
      this.#head.rows.setField(
        group,
        at.GROUP_SEALS,
        this.#head.rows.field(group, at.GROUP_SEALS) + 1,
      )
      this.#head.rows.leave(group)
      this.#head.rows.drop(group, ordinal)
      this.#journal.seal(group, ordinal)
      this.counts.seals++
    }
  }

  /** Nothing half encoded may stay behind in a writer. */
  #tryEncode(sealed: Sealed): void {
    try {
      this.#encode(sealed)
    } catch (error) {
      this.#writers.clear()
      throw error
    }
  }

  /** Encodes the rows of one group below an ordinal, a block for each window that they touch. */
  #encode({ group, ordinal }: Sealed): void {
    const columns = this.#view.columnsOf(group).filter((column) => this.#view.hasCells(column))
    columns.reverse()
    const rows = this.#view.read(group, columns, -Infinity, Infinity, ordinal)
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
