/** A part of a frame: elements of up to some hundred series, and what is known of each of them. */
import { decodeSnappy } from '../../wire/snappy.ts'
import type { Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import { type BufferPool, type FrameBuffer, PinnedPiece } from './buffers.ts'
import { writeWithout } from './drop.ts'
import { ELEMENTS_AT, ElementWriter } from './elements.ts'
import { Entries } from './entries.ts'
import { fillSymbols, QUICK, THOROUGH, writeMatched } from './match.ts'
import { VALUE_FROM_END, writeMessage } from './message.ts'
import { patchTime, patchValues, wordsOf } from './patch.ts'
import { ForcedBytes, shiftSlots, writeSpliced } from './splice.ts'
import { CONSTANT, WHOLE, widthFor } from './width.ts'
import { ENTRIES_MAX, RAW_BYTES_MAX, theWorkbench, VOLATILE, type Workbench } from './workbench.ts'

/** A new segment leaves room for series that come later. */
const BUILD_BYTES_MAX = 98_304

/** Less room than this is not worth trying. */
const ROOM_BYTES_MIN = 4096

/** Longest message: its size is kept in two bytes. */
const MESSAGE_BYTES_MAX = 65_535

/** New series are matched with so many of the last ones. */
const WINDOW_ENTRIES = 4

/** Rows between looks at what building anew would save: four times as many after each. */
const REVIEW_ROWS_MIN = 10
const REVIEW_ROWS_MAX = 160

/** What a value that could be constant costs beside its bytes, about. */
const LITERAL_BYTES = 2

/** It is built anew for a saving of more than this share of its bytes. */
const SAVING_MIN = 0.04

/** It is worn when a series takes this much more than when it was built. */
const WORN_MIN = 1.25

/** What the first messages take that have nothing to be copied from is not wear. */
const FIRST_BYTES = 512

/** High word of the double 1. */
const ONE_HIGH = 0x3ff00000

/** Series that segments are to take in. */
export interface NewSeries {
  readonly view: SeriesView
  readonly parcel: Parcel
  /** Their places in the parcel. */
  readonly rows: ArrayLike<number>
  /** Of the row before the parcel's. */
  readonly stamp: number
  /** By place in the parcel, 1 where the value was the same in a row before, where one is known. */
  readonly steady?: Uint8Array | undefined
}

/** Places of values that a row finds too large for their slots, while it is written. */
const broken = new Uint32Array(ENTRIES_MAX)

export class Segment {
  count = 0
  decodedBytes = 0
  /** Of its series, the first `count` of them. */
  readonly entries: Entries = new Entries()
  #timeSlots: Uint32Array = new Uint32Array(0)
  #timeMs = 0
  #buffer: FrameBuffer
  #elementsEnd = 0
  /** Of the elements, for each series when it was built. */
  #builtBytes = 0
  #reviewRows: number = REVIEW_ROWS_MIN
  #reviewLeft: number = REVIEW_ROWS_MIN
  readonly #pool: BufferPool

  constructor(pool: BufferPool) {
    this.#pool = pool
    this.#buffer = pool.take(0)
  }

  /** Memory held beside the buffer, in bytes. */
  get sizeBytes(): number {
    return this.entries.sizeBytes + this.#timeSlots.byteLength
  }

  /** How many series may be added, when it is to have at most so many. */
  roomFor(seriesMax: number): number {
    if (this.decodedBytes > RAW_BYTES_MAX - ROOM_BYTES_MIN) return 0
    return Math.max(0, seriesMax - this.count)
  }

  /** Whether what came and went has left it much larger than it had to be. */
  get isWorn(): boolean {
    return this.#elementsEnd > FIRST_BYTES + WORN_MIN * this.#builtBytes * this.count
  }

  /**
   * Makes it of new series from the given one on, up to `seriesMax` of them.
   *
   * @returns how many it took; 0 when not even one fits
   */
  build(series: NewSeries, from: number, seriesMax: number): number {
    const { entries } = this
    const { parcel, rows, steady } = series
    const bench = theWorkbench()
    bench.count = 0
    this.#timeMs = parcel.timeMs
    const to = Math.min(rows.length, from + seriesMax)
    this.#reserve(to - from)
    const taken = this.#writeMessages(bench, series, from, to, BUILD_BYTES_MAX)
    const bits = wordsOf(parcel)
    for (let i = 0; i < taken; i++) {
      const row = entries.rows[i]
      const low = bits[2 * row]
      const high = bits[2 * row + 1]
      const at = bench.starts[i + 1] - VALUE_FROM_END
      bench.view.setInt32(at, low, true)
      bench.view.setInt32(at + 4, high, true)
      // Most values that are 0 or 1 stay it: flags, states, counters of what never happens.
      const isConstant =
        steady === undefined ? low === 0 && (high === 0 || high === ONE_HIGH) : steady[row] === 1
      bench.widths[i] = isConstant ? CONSTANT : widthFor(low, high)
      entries.setLast(i, low, high)
    }
    this.#match(bench)
    return taken
  }

  /**
   * Changes over to another row: drops series that are not in it, and adds up to `addedMax` new
   * ones from the given one on.
   *
   * @param moved by place in the last row the one in the new one, NO_ROW when it is not in there
   * @returns how many were added; -1 when it cannot be changed over and is of no use any more
   */
  evolve(moved: Uint32Array, added: NewSeries, from: number, addedMax: number): number {
    const { entries } = this
    const bench = theWorkbench()
    const { dropped } = bench
    dropped.clear()
    const kept = entries.keep(this.count, moved, dropped)
    this.count = kept
    const to = Math.min(added.rows.length, from + addedMax)
    if (dropped.isEmpty && from === to) return 0
    entries.layOut(bench, kept)
    this.#reserve(kept + to - from)
    const taken = this.#writeMessages(bench, added, from, to, RAW_BYTES_MAX)
    const writer = new ElementWriter(bench)
    const keptBytes = bench.starts[kept]
    if (!writeWithout(this.#elements, keptBytes, bench, dropped, writer)) return -1
    writer.flush()
    shiftSlots(bench, entries.slots, this.#timeSlots, kept)
    if (taken > 0) {
      this.#setWidths(bench, wordsOf(added.parcel), kept)
      const window = this.#layOutWindow(bench, added.view, kept)
      fillSymbols(bench, kept, this.count)
      const { starts } = bench
      writeMatched(bench, starts[window], starts[kept], starts[this.count], writer, QUICK)
    }
    this.#adopt(bench, writer.flush())
    return taken
  }

  /**
   * Writes a row over the last one.
   *
   * @param bits two words for each value of the row
   */
  patch(bits: Int32Array, timeMs: number, stamp: number): void {
    if (this.#buffer.pinCount > 0) this.#moveOn()
    const brokenCount = this.#patchValues(bits, stamp)
    if (brokenCount > 0) {
      this.#breakSlots(brokenCount, bits)
      this.#patchValues(bits, stamp)
    }
    patchTime(this.#buffer.bytes, this.#timeSlots, timeMs)
    this.#timeMs = timeMs
  }

  #patchValues(bits: Int32Array, stamp: number): number {
    const { entries } = this
    return patchValues(
      this.#buffer.view,
      entries.slots,
      entries.widths,
      entries.rows,
      entries.lasts,
      entries.stamps,
      bits,
      this.count,
      stamp,
      broken,
    )
  }

  /** Whether building it anew would save much; asked once a row. */
  review(stamp: number): boolean {
    const { entries } = this
    if (this.isWorn) return true
    if (--this.#reviewLeft > 0) return false
    this.#reviewLeft = this.#reviewRows
    let saving = 0
    for (let i = 0; i < this.count; i++) {
      const width = entries.widths[i]
      if (width === CONSTANT) continue
      saving += entries.isSteady(i, stamp) ? width + LITERAL_BYTES : width - entries.widthOf(i)
    }
    return saving > SAVING_MIN * this.#elementsEnd
  }

  /** Builds it anew, with constants and narrow slots. Its row stays the same. */
  rebuild(stamp: number): void {
    const { entries, count } = this
    const bench = theWorkbench()
    entries.layOut(bench, count)
    decodeSnappy(this.#elements, this.decodedBytes, bench.raw)
    const { widths } = bench
    for (let i = 0; i < count; i++) {
      const isConstant = widths[i] === CONSTANT || entries.isSteady(i, stamp)
      widths[i] = isConstant ? CONSTANT : entries.widthOf(i)
    }
    this.#match(bench)
    this.#reviewRows = Math.min(4 * this.#reviewRows, REVIEW_ROWS_MAX)
    this.#reviewLeft = this.#reviewRows
  }

  /** What it holds, pinned until released. */
  piece(): PinnedPiece {
    const bytes = this.#elements.subarray(ELEMENTS_AT)
    return new PinnedPiece(bytes, this.decodedBytes, this.count, this.#buffer)
  }

  close(): void {
    this.#pool.leave(this.#buffer)
  }

  get #elements(): Uint8Array {
    return this.#buffer.bytes.subarray(0, this.#elementsEnd)
  }

  /**
   * Puts the last messages before `end` on the workbench, to be matched.
   *
   * @returns the first one of them
   */
  #layOutWindow(bench: Workbench, view: SeriesView, end: number): number {
    const { entries } = this
    const { raw, starts, symbols, widths } = bench
    const from = Math.max(0, end - WINDOW_ENTRIES)
    for (let i = from; i < end; i++) {
      writeMessage(view.labels(entries.ids[i]), this.#timeMs, raw, starts[i], RAW_BYTES_MAX)
      fillSymbols(bench, i, i + 1)
      if (widths[i] !== CONSTANT) continue
      // Its value is not in the message that has just been written.
      const value = starts[i + 1] - VALUE_FROM_END
      symbols.fill(VOLATILE, value, value + WHOLE)
    }
    return from
  }

  /** Adds messages of the series at rows[from, to) behind those on the workbench. */
  #writeMessages(
    bench: Workbench,
    series: NewSeries,
    from: number,
    to: number,
    bytesMax: number,
  ): number {
    const { entries } = this
    const { view, parcel, rows, stamp } = series
    const { starts } = bench
    let { count } = bench
    let at = count === 0 ? 0 : starts[count]
    starts[count] = at
    const first = count
    for (let i = from; i < to; i++) {
      const id = parcel.ids[rows[i]]
      const stop = Math.min(bytesMax, at + MESSAGE_BYTES_MAX)
      const end = writeMessage(view.labels(id), this.#timeMs, bench.raw, at, stop)
      if (end < 0) break
      entries.sizes[count] = end - at
      entries.ids[count] = id
      entries.rows[count] = rows[i]
      entries.stamps[count] = stamp
      entries.setLast(count, 0, 0)
      count++
      at = end
      starts[count] = at
    }
    bench.count = count
    this.count = count
    return count - first
  }

  /** Says on the workbench how wide the slots of the messages from the given one on are to be. */
  #setWidths(bench: Workbench, bits: Int32Array, from: number): void {
    const { entries } = this
    for (let i = from; i < this.count; i++) {
      const row = entries.rows[i]
      bench.widths[i] = widthFor(bits[2 * row], bits[2 * row + 1])
    }
  }

  #match(bench: Workbench): void {
    fillSymbols(bench, 0, bench.count)
    const writer = new ElementWriter(bench)
    writeMatched(bench, 0, 0, bench.starts[bench.count], writer, THOROUGH)
    this.#adopt(bench, writer.flush())
    this.#builtBytes = this.#elementsEnd / this.count
  }

  /** Takes over what the workbench holds. */
  #adopt(bench: Workbench, elementsEnd: number): void {
    const { entries } = this
    this.#pool.leave(this.#buffer)
    this.#buffer = this.#pool.take(elementsEnd)
    this.#buffer.bytes.set(bench.elements.subarray(0, elementsEnd))
    this.#elementsEnd = elementsEnd
    this.decodedBytes = bench.starts[bench.count]
    entries.slots.set(bench.slots.subarray(0, bench.count))
    entries.widths.set(bench.widths.subarray(0, bench.count))
    this.#timeSlots = Uint32Array.from(bench.timeSlots).sort()
  }

  /** Goes on in a copy: what it has is still being read. */
  #moveOn(): void {
    const elements = this.#elements
    this.#pool.leave(this.#buffer)
    this.#buffer = this.#pool.take(this.#elementsEnd)
    this.#buffer.bytes.set(elements)
  }

  /** Gives the `broken` series slots for the values that a row has for them. */
  #breakSlots(brokenCount: number, bits: Int32Array): void {
    const { entries } = this
    const bench = theWorkbench()
    entries.layOut(bench, this.count)
    const { starts, widths, view } = bench
    const forced = new ForcedBytes(bench)
    for (let k = 0; k < brokenCount; k++) {
      const i = broken[k]
      const at = starts[i + 1] - VALUE_FROM_END
      view.setInt32(at, entries.lasts[2 * i], true)
      view.setInt32(at + 4, entries.lasts[2 * i + 1], true)
      const row = entries.rows[i]
      // What is outside of the slot stays as it is: that has to be 0 in both values.
      widths[i] = Math.max(entries.widthOf(i), widthFor(bits[2 * row], bits[2 * row + 1]))
      forced.add(at + WHOLE - widths[i], at + WHOLE)
    }
    const writer = new ElementWriter(bench)
    writeSpliced(this.#elements, bench, forced, writer)
    shiftSlots(bench, entries.slots, this.#timeSlots, this.count)
    this.#adopt(bench, writer.flush())
  }

  /** Makes room for so many series. */
  #reserve(count: number): void {
    if (count <= this.entries.room) return
    this.entries.grow(this.count === 0 ? count : Math.min(ENTRIES_MAX, count + 16))
  }
}
