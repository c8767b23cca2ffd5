/** What is kept for one target: its frames, and rows that were seen once. */
import type { Parcel } from '../parcel.ts'
import type { Frame } from './frame.ts'

/** Frames, and rows seen once, that stay although the target has not had them in its last rows. */
const OTHERS_MAX = 4

/** A row that waits for one that is alike. */
export interface SightedRow {
  readonly ids: Float64Array
  readonly values: Float64Array
  readonly timeMs: number
}

/**
 * A row that is larger than a request comes in parts, each with a layout of its own, so that a
 * target has as many frames as parts; and more while it goes to and fro between layouts.
 */
export class TargetFrames {
  frames: readonly Frame[] = []
  sighted: readonly SightedRow[] = []
  /** Times of the last two rows that had something unknown. */
  #rowMs = -Infinity
  #rowMsBefore = -Infinity

  get isEmpty(): boolean {
    return this.frames.length + this.sighted.length === 0
  }

  /** Takes note of a row with something unknown. */
  turn(timeMs: number): void {
    if (timeMs === this.#rowMs) return
    this.#rowMsBefore = this.#rowMs
    this.#rowMs = timeMs
  }

  sight({ ids, values, count, timeMs }: Parcel): void {
    const row = { ids, values: values.slice(0, count), timeMs }
    this.sighted = this.#keepRecent([...this.sighted, row], (each) => each.timeMs)
  }

  /** Adds a frame; the frames that leave for it. */
  add(frame: Frame): readonly Frame[] {
    const frames = [...this.frames, frame]
    this.frames = this.#keepRecent(frames, (each) => each.usedMs)
    return frames.filter((each) => !this.frames.includes(each))
  }

  remove(frame: Frame): void {
    this.frames = this.frames.filter((each) => each !== frame)
  }

  /** All of the last two rows, and the latest of the others. */
  #keepRecent<T>(items: readonly T[], timeMsOf: (item: T) => number): readonly T[] {
    const others = items.filter((each) => timeMsOf(each) < this.#rowMsBefore)
    if (others.length <= OTHERS_MAX) return items
    others.sort((a, b) => timeMsOf(b) - timeMsOf(a))
    const leaving = new Set(others.slice(OTHERS_MAX))
    return items.filter((each) => !leaving.has(each))
  }
}
