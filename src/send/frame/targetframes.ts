/** What is kept for one target: its frames, and rows that were seen once. */
import type { Parcel } from '../parcel.ts'
import type { Frame } from './frame.ts'

/** Frames, and rows seen once, that stay although the target has not had them in its last rows. */
const OTHERS_MAX = 4

/** Rows with new frames after which these must have paid. */
const BUILDS_MIN = 4

/** A frame pays when it was used for so many rows. */
const USES_MIN = 8

/** Rows of a fickle target until it is given another chance. */
const REFUSED_MAX = 512

/** A row that waits for one that is alike. */
export interface SightedRow {
  readonly ids: Float64Array
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
  /** Rows for which frames were built, and the last of them. */
  #builds = 0
  #builtMs = -Infinity
  /** Rows that frames were used for which are not there any more. */
  #pastUses = 0
  #refused = 0

  get isEmpty(): boolean {
    return this.frames.length + this.sighted.length === 0
  }

  /** Takes note of a row with something unknown. */
  turn(timeMs: number): void {
    if (timeMs === this.#rowMs) return
    this.#rowMsBefore = this.#rowMs
    this.#rowMs = timeMs
  }

  sight({ ids, timeMs }: Parcel): void {
    this.sighted = this.#keepRecent([...this.sighted, { ids, timeMs }], (each) => each.timeMs)
  }

  /**
   * Whether its layouts come again so rarely that frames do not pay: requests of several shards mix
   * series of a target anew each time. Asked once a row with something unknown.
   */
  isFickle(): boolean {
    if (this.#builds < BUILDS_MIN) return false
    const uses = this.frames.reduce((sum, { useCount }) => sum + useCount, this.#pastUses)
    if (uses >= USES_MIN * this.#builds) return false
    this.#refused++
    if (this.#refused <= REFUSED_MAX) return true
    this.#refused = 0
    this.#builds = 0
    this.#pastUses = 0
    return false
  }

  /** Adds a frame; the frames that leave for it. */
  add(frame: Frame): readonly Frame[] {
    if (frame.usedMs !== this.#builtMs) this.#builds++
    this.#builtMs = frame.usedMs
    const frames = [...this.frames, frame]
    this.frames = this.#keepRecent(frames, (each) => each.usedMs)
    return frames.filter((each) => !this.frames.includes(each))
  }

  remove(frame: Frame): void {
    this.#pastUses += frame.useCount
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
