/** What is known of each series of a segment, by its place in it: columns of one buffer. */
import type { DroppedBytes } from './droppedbytes.ts'
import { NO_ROW } from './patch.ts'
import { widthFor } from './width.ts'
import type { Workbench } from './workbench.ts'

/** Bytes of an entry in all columns. */
const ENTRY_BYTES = 29

/** A value that did not change for so many rows becomes a constant when a segment is built anew. */
const CONSTANT_ROWS = 8

export class Entries {
  /** Series ids. */
  ids: Float64Array = new Float64Array(0)
  /** Two words for each series: its value in the elements. */
  lasts: Int32Array = new Int32Array(0)
  /** Where the patched bytes of each value lie in the elements; 0 where it has none. */
  slots: Uint32Array = new Uint32Array(0)
  /** Place in the row. */
  rows: Uint32Array = new Uint32Array(0)
  /** When each value became what it is, by the frame's stamps. */
  stamps: Uint16Array = new Uint16Array(0)
  /** Bytes of each message, decoded. */
  sizes: Uint16Array = new Uint16Array(0)
  /** How many bytes of each value are patched. */
  widths: Uint8Array = new Uint8Array(0)

  get sizeBytes(): number {
    return this.ids.buffer.byteLength
  }

  /** How many entries there is room for. */
  get room(): number {
    return this.ids.length
  }

  /** Makes room for so many entries; those that are there stay. */
  grow(room: number): void {
    const { ids, lasts, slots, rows, stamps, sizes, widths } = this
    const buffer = new ArrayBuffer(ENTRY_BYTES * room)
    this.ids = new Float64Array(buffer, 0, room)
    this.lasts = new Int32Array(buffer, 8 * room, 2 * room)
    this.slots = new Uint32Array(buffer, 16 * room, room)
    this.rows = new Uint32Array(buffer, 20 * room, room)
    this.stamps = new Uint16Array(buffer, 24 * room, room)
    this.sizes = new Uint16Array(buffer, 26 * room, room)
    this.widths = new Uint8Array(buffer, 28 * room, room)
    this.ids.set(ids)
    this.lasts.set(lasts)
    this.slots.set(slots)
    this.rows.set(rows)
    this.stamps.set(stamps)
    this.sizes.set(sizes)
    this.widths.set(widths)
  }

  /**
   * Changes over to another row.
   *
   * @param count   how many entries there are
   * @param moved   by place in the last row the one in the new one, NO_ROW when it is not in there
   * @param dropped gets where the messages of the entries lie that are not in it
   * @returns how many are left: the first ones
   */
  keep(count: number, moved: Uint32Array, dropped: DroppedBytes): number {
    const { rows, sizes } = this
    let kept = 0
    let at = 0
    for (let i = 0; i < count; i++) {
      const row = moved[rows[i]]
      const to = at + sizes[i]
      if (row === NO_ROW) {
        dropped.add(at, to)
      } else {
        if (kept < i) this.#move(i, kept)
        rows[kept++] = row
      }
      at = to
    }
    return kept
  }

  #move(from: number, to: number): void {
    this.ids[to] = this.ids[from]
    this.slots[to] = this.slots[from]
    this.stamps[to] = this.stamps[from]
    this.sizes[to] = this.sizes[from]
    this.widths[to] = this.widths[from]
    this.setLast(to, this.lasts[2 * from], this.lasts[2 * from + 1])
  }

  setLast(i: number, low: number, high: number): void {
    this.lasts[2 * i] = low
    this.lasts[2 * i + 1] = high
  }

  /** The width of the slot that the value of an entry needs. */
  widthOf(i: number): number {
    return widthFor(this.lasts[2 * i], this.lasts[2 * i + 1])
  }

  isSteady(i: number, stamp: number): boolean {
    return ((stamp - this.stamps[i]) & 0xffff) >= CONSTANT_ROWS
  }

  /** Says on the workbench where the first `count` messages lie and what they are; without their bytes. */
  layOut(bench: Workbench, count: number): void {
    const { starts, widths } = bench
    bench.count = count
    let at = 0
    for (let i = 0; i < count; i++) {
      starts[i] = at
      widths[i] = this.widths[i]
      at += this.sizes[i]
    }
    starts[count] = at
  }
}
