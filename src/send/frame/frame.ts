/** The frame of one layout: segments that together hold each series of the row once. */
import type { SeriesId } from '../../model/appender.ts'
import type { Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import { matchRows } from './matchrows.ts'
import type { FramePart } from './part.ts'
import { type NewSeries, Segment } from './segment.ts'
import { ENTRIES_MAX } from './workbench.ts'

/** Two rows are of the same layout when they share this much of each. */
const SHARED_MIN = 0.5

/** A frame whose segments have become emptier than this, on average, is made anew. */
const SEGMENT_FILL_MIN = 0.25

/** Share of the segments that may be built anew in one row. */
const REBUILD_MAX = 1 / 16

/** Share of a row that may come or go on every row; what is not used is saved up, to a whole row. */
const CHANGED_MAX = 0.05

/** By place in a new row, segment and place in it, while a frame is changed over; used again and again. */
let homes = new Uint32Array(0)

/** What became of changing a frame over to another layout. */
export const EVOLVED = 0
/** The layout has too little in common with the frame's. */
export const FOREIGN = 1
/** It would cost more than encoding the row the plain way: layouts change too much. */
export const TOO_DEAR = 2

export class Frame {
  /** The ids of the layout: the array of the parcels that it is for. */
  ids: Float64Array
  /** Most samples of a piece. */
  readonly samplesMax: number
  /** Series of a segment when it is built; half of what it may have, so that others have room. */
  readonly #builtMax: number
  /** Series of a segment. */
  readonly #seriesMax: number
  segments: Segment[] = []
  /** Series that have found a place in a segment; below the row's count while it is being built. */
  builtCount = 0
  /** Time of the last row that it was used for, ms since epoch. */
  usedMs: number
  /** Rows that it was used for. */
  useCount = 0
  /** A series does not fit: rows like this one cannot be framed. */
  isUnfit = false
  readonly #view: SeriesView
  /** Series that may come or go before changing over is too dear. */
  #changesLeft: number

  /** @param parcel a row of its layout */
  constructor(view: SeriesView, parcel: Parcel, samplesMax: number) {
    this.#view = view
    this.ids = parcel.ids
    this.usedMs = parcel.timeMs
    this.#changesLeft = parcel.count
    this.samplesMax = samplesMax
    this.#seriesMax = Math.min(ENTRIES_MAX, samplesMax)
    this.#builtMax = Math.ceil(this.#seriesMax / 2)
  }

  get isReady(): boolean {
    return !this.isUnfit && this.builtCount === this.ids.length
  }

  /** Whether it has become many segments with few series each. */
  get isScattered(): boolean {
    const room = this.segments.length * this.#builtMax
    return this.segments.length > 2 && this.ids.length < SEGMENT_FILL_MIN * room
  }

  /** Memory held, in bytes. */
  get sizeBytes(): number {
    let sizeBytes = 0
    for (const segment of this.segments) sizeBytes += segment.sizeBytes
    return sizeBytes
  }

  /** Builds the next segment of the row for which it was made; how many series that took in. */
  buildNext(parcel: Parcel): number {
    const rows = Uint32Array.from({ length: parcel.count }, (_, row) => row)
    const series = { view: this.#view, parcel, rows }
    const taken = this.#addSegment(series, this.builtCount)
    this.builtCount += taken
    return taken
  }

  /** The parts of a row of its layout; undefined when it is of no use any more. */
  encode(parcel: Parcel): readonly FramePart[] | undefined {
    if (parcel.timeMs > this.usedMs) {
      this.usedMs = parcel.timeMs
      this.#saveUp()
      this.#renew(parcel)
    }
    this.useCount++
    return this.isUnfit ? undefined : this.segments
  }

  /** Changes over to the layout of a parcel; says what came of it. */
  evolve(parcel: Parcel): typeof EVOLVED | typeof FOREIGN | typeof TOO_DEAR {
    const { ids, count } = parcel
    const { rows, added, matchedCount } = matchRows(this.ids, ids, count)
    if (matchedCount < SHARED_MIN * Math.max(count, this.ids.length)) return FOREIGN
    this.#saveUp()
    const changedCount = added.length + this.ids.length - matchedCount
    if (changedCount > this.#changesLeft) return TOO_DEAR
    this.#changesLeft -= changedCount
    this.#move(rows, added, parcel)
    this.#dropEmpty()
    this.ids = ids
    this.builtCount = count
    return EVOLVED
  }

  /** Whether one of these series is in its layout. */
  hasAny(ids: ReadonlySet<SeriesId>): boolean {
    return this.ids.some((id) => ids.has(id))
  }

  #saveUp(): void {
    const { length } = this.ids
    this.#changesLeft = Math.min(length, this.#changesLeft + CHANGED_MAX * length)
  }

  /** Builds worn segments anew: few a row, so that a frame of many never stops everything else for long. */
  #renew(parcel: Parcel): void {
    const worn = this.segments.filter((segment) => segment.wears())
    if (worn.length === 0) return
    const renewed = worn.slice(0, Math.ceil(REBUILD_MAX * this.segments.length))
    this.segments = this.segments.filter((segment) => !renewed.includes(segment))
    for (const { rows } of renewed) this.#addSegments({ view: this.#view, parcel, rows })
  }

  /**
   * Changes all segments over.
   *
   * @param moved by place in the last row the one in the new one
   * @param added places in the new row of series that are new, rising
   */
  #move(moved: Uint32Array, added: readonly number[], parcel: Parcel): void {
    const { segments } = this
    if (homes.length < parcel.count) homes = new Uint32Array(parcel.count)
    homes.fill(0, 0, parcel.count)
    const kept = segments.map((segment, k) => segment.mark(moved, homes, (k + 1) * ENTRIES_MAX))
    const room = segments.map(({ hasRoom }, k) => (hasRoom ? this.#seriesMax - kept[k] : 0))
    const rows: number[][] = segments.map(() => [])
    const beside: number[][] = segments.map(() => [])
    const left: number[] = []
    for (const row of added) {
      // Beside the series before it in the row, which mostly is of the same family.
      const before = row > 0 ? homes[row - 1] : 0
      let k = Math.floor(before / ENTRIES_MAX) - 1
      if (k < 0 || room[k] <= 0) k = roomiest(room)
      else if (before % ENTRIES_MAX < kept[k]) beside[k].push(before % ENTRIES_MAX)
      if (k < 0) {
        left.push(row)
        continue
      }
      rows[k].push(row)
      homes[row] = (k + 1) * ENTRIES_MAX + kept[k]
      room[k]--
    }
    for (const [k, segment] of segments.entries()) {
      const series = { view: this.#view, parcel, rows: rows[k] }
      const taken = segment.evolve(
        moved,
        series,
        beside[k].sort((a, b) => a - b),
      )
      if (taken < 0) this.isUnfit = true
      else left.push(...rows[k].slice(taken))
    }
    this.#addSegments({ view: this.#view, parcel, rows: left })
  }

  #addSegments(series: NewSeries): void {
    const { length } = series.rows
    for (let from = 0; from < length && !this.isUnfit; ) from += this.#addSegment(series, from)
  }

  #addSegment(series: NewSeries, from: number): number {
    const segment = new Segment()
    const taken = segment.build(series, from, this.#builtMax)
    if (taken === 0) this.isUnfit = true
    else this.segments.push(segment)
    return taken
  }

  #dropEmpty(): void {
    this.segments = this.segments.filter((segment) => segment.count > 0)
  }
}

/** The last segment while it has room, else the one with the most; -1 when there is none. */
function roomiest(room: readonly number[]): number {
  let best = room.length - 1
  if (best < 0 || room[best] > 0) return best
  for (let k = 0; k < room.length; k++) if (room[k] > room[best]) best = k
  return room[best] > 0 ? best : -1
}
