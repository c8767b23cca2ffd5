/** Cells that are appended again because others beside them were unknown. */
import type { SeriesId } from '../model/appender.ts'

/**
 * When an appender answers UNKNOWN for some cells, its caller may append only those again, or the
 * whole row. What was taken the first time is not to be taken twice.
 */
export class Repeats {
  #timeMs = Number.NaN
  readonly #taken = new Set<SeriesId>()

  /** Whether a row of this time may be one that comes again. */
  has(timeMs: number): boolean {
    return timeMs === this.#timeMs
  }

  isRepeat(timeMs: number, id: SeriesId): boolean {
    return timeMs === this.#timeMs && this.#taken.has(id)
  }

  /** Notes what was taken beside unknown cells; undefined when there were none. */
  note(timeMs: number, taken: Float64Array | undefined): void {
    if (timeMs !== this.#timeMs) {
      if (this.#taken.size > 0) this.#taken.clear()
      this.#timeMs = Number.NaN
    }
    if (taken === undefined) return
    this.#timeMs = timeMs
    for (const id of taken) this.#taken.add(id)
  }
}
