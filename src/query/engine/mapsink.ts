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

/** Applies a change to every row on its way. */
export class MapSink implements RowSink {
  readonly #inner: RowSink
  readonly #count: number
  readonly #change: RowChange
  readonly #drops: boolean

  /** @param drops whether the change makes the metric name go */
  constructor(inner: RowSink, count: number, change: RowChange, drops: boolean) {
    this.#inner = inner
    this.#count = count
    this.#change = change
    this.#drops = drops
  }

  open(rowsMax: number): void {
    this.#inner.open(rowsMax)
  }

  get values(): Float64Array {
    return this.#inner.values
  }

  get present(): Uint8Array {
    return this.#inner.present
  }

  get base(): number {
    return this.#inner.base
  }

  commit(labels: Labels, dropName: boolean, points: number): void {
    const { values, present, base } = this.#inner
    const left = this.#change(values, present, base, this.#count, points)
    this.#inner.commit(labels, dropName || this.#drops, left)
  }
}
