/** A part of a frame: text elements of up to some hundred series, written around the values of any row. */
import type { Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import type { Block } from './block.ts'
import { ELEMENTS_AT, ElementWriter } from './elements.ts'
import { Entries, JOINT_FIELDS } from './entries.ts'
import { takeJoints } from './joints.ts'
import { Keeping } from './keep.ts'
import { findLongTexts } from './longtexts.ts'
import { writeMatched } from './match.ts'
import { NO_ROW } from './matchrows.ts'
import { VALUE_FROM_END, writeMessage, writeTime } from './message.ts'
import type { FramePart } from './part.ts'
import {
  orderValues,
  type RowTexts,
  rowBytesMax,
  SLACK_BYTES,
  wordsOf,
  writeRow,
} from './rowwriter.ts'
import { ENTRIES_MAX, RAW_BYTES_MAX, theWorkbench, type Workbench } from './workbench.ts'

/** A new segment leaves room for series that come later. */
const BUILD_BYTES_MAX = 98_304

/** Less room than this is not worth trying. */
const ROOM_BYTES_MIN = 4096

/** Longest message: its size is kept in two bytes. */
const MESSAGE_BYTES_MAX = 65_535

/** Room for so many times as many series when there is not enough. */
const GROWTH = 1.2

/**
 * It is worn when what series take more than when they were built adds up, row by row, to so many
 * bytes each: building takes about the time that it takes to send these.
 */
const WORN_BYTES = 40

const NO_TEXTS: RowTexts = {
  joints: new Uint16Array(0),
  heads: new Uint8Array(ELEMENTS_AT + SLACK_BYTES),
  headsView: new DataView(new ArrayBuffer(0)),
  longTexts: new Uint32Array(0),
}

/** Series that segments are to take in. */
export interface NewSeries {
  readonly view: SeriesView
  readonly parcel: Parcel
  /** Their places in the parcel. */
  readonly rows: ArrayLike<number>
}

export class Segment implements FramePart {
  count = 0
  decodedBytes = 0
  /** Of its series, the first `count` of them. */
  readonly #entries: Entries = new Entries()
  #texts: RowTexts = NO_TEXTS
  /** About what its elements take, and what they took for each series when it was built. */
  #elementBytes = 0
  #builtBytes = 0
  /** What its elements took more than that, all rows together. */
  #wornBytes = 0

  /** Memory held, in bytes. */
  get sizeBytes(): number {
    const { heads, longTexts } = this.#texts
    return this.#entries.sizeBytes + heads.length + longTexts.byteLength
  }

  get sizeBytesMax(): number {
    return rowBytesMax(this.#texts.heads.length, this.count, this.decodedBytes)
  }

  /** Whether series of some length may be added. */
  get hasRoom(): boolean {
    return this.decodedBytes <= RAW_BYTES_MAX - ROOM_BYTES_MIN
  }

  /** Whether building it anew would pay, for what came and went has left it larger than it had to be; asked once a row. */
  wears(): boolean {
    this.#wornBytes += Math.max(0, this.#elementBytes - this.#builtBytes * this.count)
    return this.#wornBytes > WORN_BYTES * this.count
  }

  /** Places of its series in the row. */
  get rows(): Uint32Array {
    return this.#entries.rows.subarray(0, this.count)
  }

  /**
   * Makes it of new series from the given one on, up to `seriesMax` of them.
   *
   * @returns how many it took; 0 when not even one fits
   */
  build(series: NewSeries, from: number, seriesMax: number): number {
    const bench = theWorkbench()
    bench.count = 0
    const to = Math.min(series.rows.length, from + seriesMax)
    this.#reserve(to - from)
    const taken = this.#addMessages(bench, series, from, to, BUILD_BYTES_MAX)
    if (taken === 0) return 0
    const heads = new ElementWriter(bench.heads, bench.raw)
    if (!this.#matchFrom(bench, [], 0, heads)) return 0
    this.#adopt(bench, heads)
    this.#builtBytes = this.#elementBytes / taken
    return taken
  }

  /**
   * Says where its series go when it changes over to another row.
   *
   * @param moved by place in the last row the one in the new one, NO_ROW when it is not in there
   * @param homes gets `home` at the places in the new one of all that stay
   * @returns how many those are
   */
  mark(moved: Uint32Array, homes: Uint32Array, home: number): number {
    const { rows } = this.#entries
    let kept = 0
    for (let i = 0; i < this.count; i++) {
      const row = moved[rows[i]]
      if (row === NO_ROW) continue
      homes[row] = home + kept
      kept++
    }
    return kept
  }

  /**
   * Changes over to another row: drops series that are not in it, and adds new ones.
   *
   * @param beside rising, entries among those that stay from which the new ones may be copied
   * @returns how many of the new ones it took; -1 when it is of no use any more
   */
  evolve(moved: Uint32Array, added: NewSeries, beside: readonly number[]): number {
    const bench = theWorkbench()
    const writer = new ElementWriter(bench.heads, bench.raw)
    const keeping = new Keeping(this.#entries, this.count, this.#texts, bench, writer)
    if (!keeping.layOut(moved) && added.rows.length === 0) return 0
    if (!keeping.run()) return -1
    const { kept } = keeping
    bench.count = kept
    this.count = kept
    this.#reserve(kept + added.rows.length)
    const taken = this.#addMessages(bench, added, 0, added.rows.length, RAW_BYTES_MAX)
    if (taken > 0) {
      const windows = beside.length > 0 || kept === 0 ? beside : [kept - 1]
      for (const i of windows) this.#writeMessage(bench, added, i, RAW_BYTES_MAX)
      if (!this.#matchFrom(bench, windows, kept, writer)) return -1
    }
    this.#adopt(bench, writer)
    return taken
  }

  write(parcel: Parcel, block: Block): void {
    const { values, timeField } = theWorkbench()
    const { count } = this
    orderValues(wordsOf(parcel), this.#entries.rows, count, values)
    writeTime(parcel.timeMs, timeField, 0)
    writeRow(this.#texts, 0, count, ELEMENTS_AT, values, timeField, block)
    block.decodedBytes += this.decodedBytes
  }

  /** Finds repetitions in the messages from the given one on; false when they are too large. */
  #matchFrom(
    bench: Workbench,
    windows: readonly number[],
    first: number,
    heads: ElementWriter,
  ): boolean {
    const { starts, count, elements, raw } = bench
    const writer = new ElementWriter(elements, raw)
    writer.goTo(starts[first])
    writeMatched(bench, windows, first, writer)
    const matched = elements.subarray(0, writer.flush())
    return takeJoints(matched, bench, first, count, starts[first], starts[count], heads)
  }

  /** Adds messages of the series at rows[from, to) behind those on the workbench; how many fit. */
  #addMessages(
    bench: Workbench,
    series: NewSeries,
    from: number,
    to: number,
    bytesMax: number,
  ): number {
    const { rows, sizes } = this.#entries
    const { starts } = bench
    const first = bench.count
    let { count } = bench
    if (count === 0) starts[0] = 0
    for (let i = from; i < to; i++) {
      const at = starts[count]
      rows[count] = series.rows[i]
      const end = this.#writeMessage(
        bench,
        series,
        count,
        Math.min(bytesMax, at + MESSAGE_BYTES_MAX),
      )
      if (end < 0) break
      sizes[count] = end - at
      starts[++count] = end
    }
    bench.count = count
    this.count = count
    return count - first
  }

  /** Writes one message with its value where it starts on the workbench; where it ends, or -1. */
  #writeMessage(bench: Workbench, series: NewSeries, i: number, bytesMax: number): number {
    const { view, parcel } = series
    const { raw, starts } = bench
    const row = this.#entries.rows[i]
    const labels = view.labels(parcel.ids[row])
    const end = writeMessage(labels, parcel.timeMs, raw, starts[i], bytesMax)
    if (end >= 0) bench.view.setFloat64(end - VALUE_FROM_END, parcel.values[row], true)
    return end
  }

  /** Takes over the messages on the workbench. */
  #adopt(bench: Workbench, heads: ElementWriter): void {
    const { count } = bench
    const { joints } = this.#entries
    joints.set(bench.joints.subarray(0, JOINT_FIELDS * count))
    const kept = bench.heads.slice(0, heads.to + SLACK_BYTES)
    const headsView = new DataView(kept.buffer)
    const longTexts = findLongTexts(bench.starts, count, joints, kept, ELEMENTS_AT)
    this.#texts = { joints, heads: kept, headsView, longTexts }
    this.#elementBytes = heads.to + this.#entries.jointBytes(count)
    this.decodedBytes = bench.starts[count]
  }

  /** Makes room for so many series. */
  #reserve(count: number): void {
    if (count <= this.#entries.room) return
    this.#entries.grow(this.count === 0 ? count : Math.min(ENTRIES_MAX, Math.ceil(GROWTH * count)))
  }
}
