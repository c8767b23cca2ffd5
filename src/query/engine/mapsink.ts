/** A sink that changes each row in place before it hands it on. */
import type { Labels } from '../../model/labels.ts'
import type { RowSink } from './grid.ts'

/** Changes the slots [base, base + count) and tells how many are present afterwards. */
export type RowChange = (
  values: Float64Array,
  present: Uint8Array,
  base: number,
  count: number,
  points: number,
) => number

/**
 * Applies changes to every row on its way, the innermost of the expression first.
 *
 * A change on top of changes joins their list, so that a long chain costs no depth.
 */
export class MapSink implements RowSink {
  readonly #target: RowSink
  readonly #count: number
  readonly #changes: readonly RowChange[]
  readonly #drops: boolean

  /** @param drops whether the change makes the metric name go */
  constructor(target: RowSink, count: number, change: RowChange, drops: boolean) {
    this.#count = count
    if (target instanceof MapSink) {
      this.#target = target.#target
      this.#changes = [change, ...target.#changes]
      this.#drops = drops || target.#drops
    } else {
      this.#target = target
      this.#changes = [change]
      this.#drops = drops
    }
  }

  open(rowsMax: number): void {
    this.#target.open(rowsMax)
  }

  get values(): Float64Array {
    return this.#target.values
  }

  get present(): Uint8Array {
    return this.#target.present
  }

  get base(): number {
    return this.#target.base
  }

  commit(labels: Labels, dropName: boolean, points: number): void {
    const { values, present, base } = this.#target
    let left = points
    for (const change of this.#changes) left = change(values, present, base, this.#count, left)
    this.#target.commit(labels, dropName || this.#drops, left)
  }
}
