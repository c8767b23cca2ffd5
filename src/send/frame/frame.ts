/** The frame of one layout: segments that together hold each series of the row once. */
import type { SeriesId } from '../../model/appender.ts'
import type { Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import type { BufferPool } from './buffers.ts'
import { matchRows } from './matchrows.ts'
import { wordsOf } from './patch.ts'
import type { FramePiece } from './piece.ts'
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
  readonly segments: Segment[] = []
  /** Series that have found a place in a segment; below the row's count while it is being built. */
  builtCount = 0
  /** Time of the last row that it was used for, ms since epoch. */
  usedMs: number
  /** Rows that it was used for. */
  useCount = 0
  /** A series does not fit: rows like this one cannot be framed. */
  isUnfit = false
  readonly #view: SeriesView
  readonly #pool: BufferPool
  #stamp = 0
  /** Series that may come or go before changing over is too dear. */
  #changesLeft: number
  /** Time and values of the row that the segments hold. */
  #lastMs = NaN
  #last: WeakRef<Float64Array> | undefined

  /** @param parcel a row of its layout */
  constructor(view: SeriesView, pool: BufferPool, parcel: Parcel, samplesMax: number) {
    this.#view = view
    this.#pool = pool
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

  /** Memory held beside the buffers, in bytes. */
  get sizeBytes(): number {
    let sizeBytes = 0
    for (const segment of this.segments) sizeBytes += segment.sizeBytes
    return sizeBytes
  }

  /**
   * Builds the next segment of the row for which it was made; how many series that took in.
   *
   * @param steady by place in the row: 1 where the value was the same in a row before
   */
  buildNext(parcel: Parcel, steady?: Uint8Array): number {
    const rows = Uint32Array.from({ length: parcel.count }, (_, row) => row)
    const series = { view: this.#view, parcel, rows, stamp: this.#stamp, steady }
    const taken = this.#addSegment(series, this.builtCount)
    this.builtCount += taken
    return taken
  }

  /** The pieces of a row of its layout. */
  encode(parcel: Parcel): FramePiece[] {
    const { timeMs, values } = parcel
    this.usedMs = timeMs
    this.useCount++
    if (timeMs !== this.#lastMs || this.#last?.deref() !== values) this.#take(parcel)
    return this.segments.map((segment) => segment.piece())
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
    const series = { view: this.#view, parcel, rows: added, stamp: this.#stamp }
    const roomiest = this.#roomiest()
    let from = 0
    for (const segment of this.segments) {
      const addedMax = segment === roomiest ? segment.roomFor(this.#seriesMax) : 0
      const taken = segment.evolve(rows, series, from, addedMax)
      if (taken < 0) this.isUnfit = true
      else from += taken
    }
    while (from < added.length && !this.isUnfit) from += this.#addSegment(series, from)
    this.#dropEmpty()
    this.ids = ids
    this.builtCount = count
    this.#last = undefined
    return EVOLVED
  }

  /** Whether one of these series is in its layout. */
  hasAny(ids: ReadonlySet<SeriesId>): boolean {
    return this.ids.some((id) => ids.has(id))
  }

  close(): void {
    for (const segment of this.segments) segment.close()
    this.segments.length = 0
  }

  #saveUp(): void {
    const { length } = this.ids
    this.#changesLeft = Math.min(length, this.#changesLeft + CHANGED_MAX * length)
  }

  #take(parcel: Parcel): void {
    this.#saveUp()
    const bits = wordsOf(parcel)
    this.#stamp = (this.#stamp + 1) & 0xffff
    // Few a row: a frame of many segments never stops everything else for long.
    let rebuildsLeft = Math.ceil(REBUILD_MAX * this.segments.length)
    for (const segment of this.segments) {
      segment.patch(bits, parcel.timeMs, this.#stamp)
      if (rebuildsLeft === 0 || !segment.review(this.#stamp)) continue
      segment.rebuild(this.#stamp)
      rebuildsLeft--
    }
    this.#lastMs = parcel.timeMs
    this.#last = new WeakRef(parcel.values)
  }

  #addSegment(series: NewSeries, from: number): number {
    const segment = new Segment(this.#pool)
    const taken = segment.build(series, from, this.#builtMax)
    if (taken === 0) {
      segment.close()
      this.isUnfit = true
    } else {
      this.segments.push(segment)
    }
    return taken
  }

  /** The last segment while it has room, else the one with the fewest series. */
  #roomiest(): Segment | undefined {
    let best = this.segments.at(-1)
    if (best !== undefined && best.roomFor(this.#seriesMax) > 0) return best
    best = undefined
    for (const segment of this.segments) {
      if (segment.roomFor(this.#seriesMax) === 0) continue
      if (best === undefined || segment.count < best.count) best = segment
    }
    return best
  }

  #dropEmpty(): void {
    const { segments } = this
    let kept = 0
    for (const segment of segments) {
      if (segment.count === 0) segment.close()
      else segments[kept++] = segment
    }
    segments.length = kept
  }
}
