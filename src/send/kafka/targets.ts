/** The target of each series, by which its messages are keyed. */
import type { SeriesId } from '../../model/appender.ts'
import type { SeriesView } from '../writer.ts'

export interface Target {
  /** Key of its messages. */
  readonly key: Uint8Array
  /** Series that are known to be of it. */
  seriesCount: number
  readonly name: string
}

/** Remembers targets until their series are forgotten. */
export class Targets {
  readonly #view: SeriesView
  readonly #byId = new Map<SeriesId, Target>()
  readonly #byName = new Map<string, Target>()
  readonly #encoder = new TextEncoder()

  constructor(view: SeriesView) {
    this.#view = view
  }

  of(id: SeriesId): Target {
    let target = this.#byId.get(id)
    if (target === undefined) {
      const name = this.#view.targetKey(id)
      target = this.#byName.get(name)
      if (target === undefined) {
        target = { name, key: this.#encoder.encode(name), seriesCount: 0 }
        this.#byName.set(name, target)
      }
      target.seriesCount++
      this.#byId.set(id, target)
    }
    return target
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) {
      const target = this.#byId.get(id)
      if (target === undefined) continue
      this.#byId.delete(id)
      if (--target.seriesCount === 0) this.#byName.delete(target.name)
    }
  }
}
