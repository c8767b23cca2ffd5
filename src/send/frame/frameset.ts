/** All frames of one view: rows that come again leave without being encoded. */
import type { SeriesId } from '../../model/appender.ts'
import type { Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import { EVOLVED, Frame, TOO_DEAR } from './frame.ts'
import { matchRows } from './matchrows.ts'
import { TIME_MS_MAX, TIME_MS_MIN } from './message.ts'
import type { FramePart, Frames } from './part.ts'
import { type SightedRow, TargetFrames } from './targetframes.ts'

/** Larger rows are built in the background, so many series at a time. */
const BUILD_SERIES_MAX = 1024

/** Series of rows that were seen once and wait to be seen again. */
const SIGHTED_SERIES_MAX = 2 ** 22

export interface FrameSetOptions {
  /** Most series that are built at once; BUILD_SERIES_MAX when not given. */
  readonly buildSeriesMax?: number
  /** Where to count; others may count there, too. */
  readonly counts?: FrameCounts
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

export function noFrameCounts(): FrameCounts {
  return { framedRows: 0, plainRows: 0, built: 0, evolved: 0 }
}

/** A frame that is being built in the background, and the row that it is built of. */
interface Job {
  readonly frame: Frame
  readonly parcel: Parcel
}

export class FrameSet implements Frames {
  readonly counts: FrameCounts
  readonly #view: SeriesView
  readonly #buildSeriesMax: number
  /** The least that was asked for so far. */
  #samplesMax = Infinity
  /** By identity of a parcel's ids. */
  #byIds = new WeakMap<Float64Array, Frame>()
  /** By target, as the view names it. */
  readonly #targets = new Map<string, TargetFrames>()
  #sightedSeries = 0
  readonly #jobs: Job[] = []
  #next: NodeJS.Immediate | undefined
  #isClosed = false

  constructor(view: SeriesView, options: FrameSetOptions = {}) {
    this.#view = view
    this.#buildSeriesMax = options.buildSeriesMax ?? BUILD_SERIES_MAX
    this.counts = options.counts ?? noFrameCounts()
  }

  encode(parcel: Parcel, samplesMax: number): readonly FramePart[] | undefined {
    const frame =
      isFramed(parcel) && !this.#isClosed ? this.#frameOf(parcel, samplesMax) : undefined
    const parts = frame?.isReady ? frame.encode(parcel) : undefined
    if (parts === undefined) this.counts.plainRows++
    else this.counts.framedRows++
    return parts
  }

  forget(ids: readonly SeriesId[]): void {
    const gone = new Set(ids)
    for (const [name, target] of this.#targets) {
      for (const frame of target.frames) if (frame.hasAny(gone)) this.#drop(target, frame)
      const kept = target.sighted.filter((row) => !row.ids.some((id) => gone.has(id)))
      this.#setSighted(target, kept)
      if (target.isEmpty) this.#targets.delete(name)
    }
  }

  get sizeBytes(): number {
    let sizeBytes = 0
    for (const { frames, sighted } of this.#targets.values()) {
      for (const frame of frames) sizeBytes += frame.sizeBytes
      for (const { ids } of sighted) sizeBytes += ids.byteLength
    }
    return sizeBytes
  }

  close(): void {
    this.#isClosed = true
    clearImmediate(this.#next)
    this.#jobs.length = 0
    this.#targets.clear()
    this.#sightedSeries = 0
    this.#byIds = new WeakMap()
  }

  #frameOf(parcel: Parcel, samplesMax: number): Frame | undefined {
    const known = this.#byIds.get(parcel.ids)
    if (known !== undefined && known.samplesMax <= samplesMax) return known
    if (samplesMax < this.#samplesMax) this.#shrinkTo(samplesMax)
    const target = this.#targetOf(parcel)
    target.turn(parcel.timeMs)
    if (target.isFickle()) return undefined
    for (const frame of target.frames) {
      if (!frame.isReady) continue
      const before = frame.ids
      const outcome = frame.evolve(parcel)
      if (outcome === TOO_DEAR) return undefined
      if (outcome === EVOLVED) return this.#evolved(target, frame, before, parcel)
    }
    return this.#made(target, parcel)
  }

  #targetOf(parcel: Parcel): TargetFrames {
    const name = this.#view.targetKey(parcel.ids[0])
    const known = this.#targets.get(name)
    if (known !== undefined) return known
    const target = new TargetFrames()
    this.#targets.set(name, target)
    return target
  }

  /** Takes note that a frame is for the layout of a parcel now. */
  #evolved(target: TargetFrames, frame: Frame, before: Float64Array, parcel: Parcel): Frame {
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
  #made(target: TargetFrames, parcel: Parcel): Frame | undefined {
    for (const row of target.sighted) {
      if (!isAlike(row.ids, parcel)) continue
      this.#setSighted(
        target,
        target.sighted.filter((each) => each !== row),
      )
      return this.#make(target, parcel)
    }
    this.#sight(target, parcel)
    return undefined
  }

  /** Keeps a row until one that is alike comes. */
  #sight(target: TargetFrames, parcel: Parcel): void {
    if (this.#sightedSeries + parcel.count > SIGHTED_SERIES_MAX) {
      for (const [name, each] of this.#targets) {
        this.#setSighted(each, [])
        if (each.isEmpty && each !== target) this.#targets.delete(name)
      }
    }
    const before = target.sighted
    target.sight(parcel)
    this.#sightedSeries += seriesOf(target.sighted) - seriesOf(before)
  }

  #setSighted(target: TargetFrames, sighted: readonly SightedRow[]): void {
    this.#sightedSeries += seriesOf(sighted) - seriesOf(target.sighted)
    target.sighted = sighted
  }

  #make(target: TargetFrames, parcel: Parcel): Frame {
    const frame = new Frame(this.#view, parcel, this.#samplesMax)
    for (const leaving of target.add(frame)) this.#drop(target, leaving)
    this.#byIds.set(parcel.ids, frame)
    this.counts.built++
    if (parcel.count <= this.#buildSeriesMax) {
      while (!frame.isReady && !frame.isUnfit) frame.buildNext(parcel)
    } else {
      this.#jobs.push({ frame, parcel })
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
      left -= job.frame.buildNext(job.parcel)
    }
    if (left > 0) this.#jobs.shift()
    if (this.#jobs.length > 0) this.#next = setImmediate(() => this.#work())
  }

  /** Pieces have to be smaller from now on: all frames are made anew. */
  #shrinkTo(samplesMax: number): void {
    this.#samplesMax = samplesMax
    for (const target of this.#targets.values()) {
      for (const frame of target.frames) this.#drop(target, frame)
    }
  }

  #drop(target: TargetFrames, frame: Frame): void {
    target.remove(frame)
    if (this.#byIds.get(frame.ids) === frame) this.#byIds.delete(frame.ids)
    const at = this.#jobs.findIndex((job) => job.frame === frame)
    if (at >= 0) this.#jobs.splice(at, 1)
  }
}

function seriesOf(rows: readonly SightedRow[]): number {
  return rows.reduce((sum, { ids }) => sum + ids.length, 0)
}

/** Whether two rows have at least half of their series in common. */
function isAlike(before: Float64Array, { ids, count }: Parcel): boolean {
  const { matchedCount } = matchRows(before, ids, count)
  return 2 * matchedCount >= Math.max(before.length, count)
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
