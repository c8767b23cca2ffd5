/** All frames of one view: rows that come again leave without being encoded. */
import type { SeriesId } from '../../model/appender.ts'
import type { Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import { BufferPool } from './buffers.ts'
import { EVOLVED, Frame, TOO_DEAR } from './frame.ts'
import { matchRows } from './matchrows.ts'
import { TIME_MS_MAX, TIME_MS_MIN } from './message.ts'
import { NO_ROW, wordsOf } from './patch.ts'
import type { FramePiece, Frames } from './piece.ts'

/** Larger rows are built in the background, so many series at a time. */
export const BUILD_SERIES_MAX = 1024

/** Layouts that one target may have at a time: the oldest leaves first. */
const TARGET_FRAMES_MAX = 4

/** Targets whose row was seen once and waits to be seen again. */
const SIGHTED_MAX = 16_384

export interface FrameSetOptions {
  /** Most series that are built at once; BUILD_SERIES_MAX when not given. */
  readonly buildSeriesMax?: number
}

/** What has happened so far, for metrics. */
export interface FrameCounts {
  /** Rows that left as frames, and rows that had to be encoded. */
  framedRows: number
  plainRows: number
  /** Frames made, and changes of a frame's layout. */
  built: number
  evolved: number
}

/** A frame that is being built in the background, and the row whose values it starts with. */
interface Job {
  readonly frame: Frame
  readonly parcel: Parcel
  readonly steady: Uint8Array | undefined
}

/** A row that waits for one that is alike. */
interface Sighted {
  readonly ids: Float64Array
  readonly values: Float64Array
}

export class FrameSet implements Frames {
  readonly counts: FrameCounts = { framedRows: 0, plainRows: 0, built: 0, evolved: 0 }
  readonly #view: SeriesView
  readonly #pool = new BufferPool()
  readonly #buildSeriesMax: number
  /** The least that was asked for so far. */
  #samplesMax = Infinity
  /** By identity of a parcel's ids. */
  #byIds = new WeakMap<Float64Array, Frame>()
  /** By target, as the view names it. */
  readonly #byTarget = new Map<string, Frame[]>()
  /** The last unknown rows of a target. */
  readonly #sighted = new Map<string, Sighted[]>()
  readonly #jobs: Job[] = []
  #next: NodeJS.Immediate | undefined
  #isClosed = false

  constructor(view: SeriesView, options: FrameSetOptions = {}) {
    this.#view = view
    this.#buildSeriesMax = options.buildSeriesMax ?? BUILD_SERIES_MAX
  }

  encode(parcel: Parcel, samplesMax: number): readonly FramePiece[] | undefined {
    const frame =
      isFramed(parcel) && !this.#isClosed ? this.#frameOf(parcel, samplesMax) : undefined
    if (frame === undefined || !frame.isReady) {
      this.counts.plainRows++
      return undefined
    }
    this.counts.framedRows++
    return frame.encode(parcel)
  }

  release(piece: FramePiece): void {
    this.#pool.release(piece)
  }

  forget(ids: readonly SeriesId[]): void {
    const gone = new Set(ids)
    for (const [target, frames] of this.#byTarget) {
      for (const frame of [...frames]) if (!frame.forget(gone)) this.#drop(target, frame)
    }
    for (const [target, sighted] of this.#sighted) {
      const kept = sighted.filter((row) => !row.ids.some((id) => gone.has(id)))
      if (kept.length === 0) this.#sighted.delete(target)
      else this.#sighted.set(target, kept)
    }
  }

  get sizeBytes(): number {
    let sizeBytes = this.#pool.sizeBytes
    for (const frames of this.#byTarget.values()) {
      for (const frame of frames) sizeBytes += frame.sizeBytes
    }
    for (const rows of this.#sighted.values()) {
      for (const { ids, values } of rows) sizeBytes += ids.byteLength + values.byteLength
    }
    return sizeBytes
  }

  close(): void {
    this.#isClosed = true
    clearImmediate(this.#next)
    this.#jobs.length = 0
    for (const frames of this.#byTarget.values()) for (const frame of frames) frame.close()
    this.#byTarget.clear()
    this.#sighted.clear()
    this.#byIds = new WeakMap()
  }

  #frameOf(parcel: Parcel, samplesMax: number): Frame | undefined {
    const known = this.#byIds.get(parcel.ids)
    if (known !== undefined && known.samplesMax <= samplesMax) return known
    const target = this.#view.targetKey(parcel.ids[0])
    if (samplesMax < this.#samplesMax) this.#shrinkTo(samplesMax)
    for (const frame of this.#byTarget.get(target) ?? []) {
      if (!frame.isReady) continue
      const before = frame.ids
      const outcome = frame.evolve(parcel)
      if (outcome === TOO_DEAR) return undefined
      if (outcome === EVOLVED) return this.#evolved(target, frame, before, parcel)
    }
    return this.#made(target, parcel)
  }

  /** Takes note that a frame is for the layout of a parcel now. */
  #evolved(target: string, frame: Frame, before: Float64Array, parcel: Parcel): Frame {
    this.#byIds.delete(before)
    if (frame.isScattered || frame.isUnfit) {
      this.#drop(target, frame)
      return this.#make(target, parcel)
    }
    this.#byIds.set(parcel.ids, frame)
    this.counts.evolved++
    return frame
  }

  /** A frame for a layout that has been seen twice. */
  #made(target: string, parcel: Parcel): Frame | undefined {
    const sighted = this.#sighted.get(target) ?? []
    const matches = sighted.map((row) => steadyValues(row, parcel))
    const steady = matches.find((match) => match !== undefined)
    const others = sighted.filter((_, i) => steady === undefined || matches[i] !== steady)
    if (steady === undefined) {
      others.push({ ids: parcel.ids, values: parcel.values.slice(0, parcel.count) })
    }
    if (others.length === 0) this.#sighted.delete(target)
    else this.#sighted.set(target, others.slice(-TARGET_FRAMES_MAX))
    if (this.#sighted.size > SIGHTED_MAX) this.#sighted.clear()
    return steady === undefined ? undefined : this.#make(target, parcel, steady)
  }

  /** @param steady by place in the row: whether the value was the same in a row before */
  #make(target: string, parcel: Parcel, steady?: Uint8Array): Frame {
    const frame = new Frame(this.#view, this.#pool, parcel.ids, this.#samplesMax)
    const frames = this.#byTarget.get(target) ?? []
    if (frames.length === TARGET_FRAMES_MAX) this.#drop(target, frames[0])
    this.#byTarget.set(target, [...frames.slice(-TARGET_FRAMES_MAX + 1), frame])
    this.#byIds.set(parcel.ids, frame)
    this.counts.built++
    if (parcel.count <= this.#buildSeriesMax) {
      while (!frame.isReady && !frame.isUnfit) frame.buildNext(parcel, steady)
    } else {
      this.#jobs.push({ frame, parcel, steady })
      this.#next ??= setImmediate(() => this.#work())
    }
    return frame
  }

  /** Builds a part of the oldest job. */
  #work(): void {
    this.#next = undefined
    const job = this.#jobs.at(0)
    if (job === undefined) return
    let left = this.#buildSeriesMax
    while (left > 0 && !job.frame.isReady && !job.frame.isUnfit) {
      left -= job.frame.buildNext(job.parcel, job.steady)
    }
    if (left > 0) this.#jobs.shift()
    if (this.#jobs.length > 0) this.#next = setImmediate(() => this.#work())
  }

  /** Pieces have to be smaller from now on: all frames are made anew. */
  #shrinkTo(samplesMax: number): void {
    this.#samplesMax = samplesMax
    for (const [target, frames] of [...this.#byTarget]) {
      for (const frame of frames) this.#drop(target, frame)
    }
  }

  #drop(target: string, frame: Frame): void {
    const rest = (this.#byTarget.get(target) ?? []).filter((other) => other !== frame)
    if (rest.length === 0) this.#byTarget.delete(target)
    else this.#byTarget.set(target, rest)
    if (this.#byIds.get(frame.ids) === frame) this.#byIds.delete(frame.ids)
    const job = this.#jobs.findIndex((other) => other.frame === frame)
    if (job >= 0) this.#jobs.splice(job, 1)
    frame.close()
  }
}

/**
 * Compares a parcel with an earlier row.
 *
 * @returns by place in the parcel, 1 where the value is the same; undefined when they have less
 *   than half their series in common
 */
function steadyValues(before: Sighted, parcel: Parcel): Uint8Array | undefined {
  const { rows, matchedCount } = matchRows(before.ids, parcel.ids, parcel.count)
  if (2 * matchedCount < Math.max(before.ids.length, parcel.count)) return undefined
  const steady = new Uint8Array(parcel.count)
  const bits = wordsOf(parcel)
  const bitsBefore = new Uint32Array(before.values.buffer)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (row === NO_ROW) continue
    const isSame =
      bits[2 * row] === bitsBefore[2 * i] && bits[2 * row + 1] === bitsBefore[2 * i + 1]
    steady[row] = isSame ? 1 : 0
  }
  return steady
}

/** Whether it is a row of values at one time that frames can hold. */
function isFramed(parcel: Parcel): boolean {
  const { timeMs } = parcel
  return (
    parcel.count > 0 &&
    parcel.times === undefined &&
    parcel.histograms.length === 0 &&
    parcel.exemplars.length === 0 &&
    Number.isInteger(timeMs) &&
    timeMs >= TIME_MS_MIN &&
    timeMs <= TIME_MS_MAX
  )
}
