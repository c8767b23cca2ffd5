/** Vectors over a step grid: rows of slots side by side, and the sinks that rows flow into. */
import type { Labels } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'

/** Bytes of one slot: a value and its presence. */
export const SLOT_BYTES = 9

/**
 * An instant vector at every step of a grid: row r has the slots [r * count, (r + 1) * count).
 *
 * Floats only so far. A column of histograms would stand beside `values` with a present code of
 * its own; whoever reads `present` as "not 0" is right either way.
 */
export interface Matrix {
  readonly grid: StepGrid
  readonly labels: Labels[]
  /** Whether metric name, type and unit go when the evaluation ends (delayed name removal). */
  readonly dropName: boolean[]
  values: Float64Array
  /** 1 where there is a sample. */
  present: Uint8Array
}

/** A matrix without rows, with room for `rowsMax`. */
export function newMatrix(grid: StepGrid, rowsMax: number): Matrix {
  const slots = rowsMax * grid.count
  return {
    grid,
    labels: [],
    dropName: [],
    values: new Float64Array(slots),
    present: new Uint8Array(slots),
  }
}

/**
 * Takes rows one by one. The producer calls `open` once, then for each row writes all `count`
 * slots at `base` of `values` and `present`, and hands the row over by `commit`, after which the
 * arrays and `base` may be others.
 */
export interface RowSink {
  /** @param rowsMax at most so many rows will come */
  open(rowsMax: number): void
  readonly values: Float64Array
  readonly present: Uint8Array
  readonly base: number
  /** @param points how many of its slots are present; a row without any is passed over */
  commit(labels: Labels, dropName: boolean, points: number): void
}

/** Collects rows into a matrix. */
export class RowCollector implements RowSink {
  readonly #reserve: (slots: number) => void
  readonly #grid: StepGrid
  matrix: Matrix
  base = 0

  /** @param reserve charges the budget for so many slots before they are allocated */
  constructor(grid: StepGrid, reserve: (slots: number) => void) {
    this.#grid = grid
    this.#reserve = reserve
    this.matrix = newMatrix(grid, 0)
  }

  get values(): Float64Array {
    return this.matrix.values
  }

  get present(): Uint8Array {
    return this.matrix.present
  }

  open(rowsMax: number): void {
    this.#reserve(rowsMax * this.#grid.count)
    this.matrix = newMatrix(this.#grid, rowsMax)
    this.base = 0
  }

  commit(labels: Labels, dropName: boolean, points: number): void {
    if (points === 0) return
    this.matrix.labels.push(labels)
    this.matrix.dropName.push(dropName)
    this.base += this.#grid.count
  }
}

/** Hands every row of a matrix to a sink. */
export function pourMatrix(matrix: Matrix, sink: RowSink): void {
  const { grid, labels, dropName, values, present } = matrix
  const { count } = grid
  sink.open(labels.length)
  for (let row = 0; row < labels.length; row++) {
    const from = row * count
    const { values: target, present: targetPresent, base } = sink
    let points = 0
    for (let i = 0; i < count; i++) {
      target[base + i] = values[from + i]
      const there = present[from + i]
      targetPresent[base + i] = there
      points += there
    }
    sink.commit(labels[row], dropName[row], points)
  }
}

/** How many slots of [at, at + count) are present. */
export function countPresent(present: Uint8Array, at: number, count: number): number {
  let points = 0
  for (let i = 0; i < count; i++) points += present[at + i]
  return points
}

/** Rows of `matrix` in another order, or some of them; arrays are copied. */
export function pickRows(matrix: Matrix, rows: readonly number[]): Matrix {
  const { grid, labels, dropName, values, present } = matrix
  const { count } = grid
  const picked = newMatrix(grid, rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    picked.labels.push(labels[row])
    picked.dropName.push(dropName[row])
    const from = row * count
    if (count === 1) {
      picked.values[i] = values[from]
      picked.present[i] = present[from]
    } else {
      picked.values.set(values.subarray(from, from + count), i * count)
      picked.present.set(present.subarray(from, from + count), i * count)
    }
  }
  return picked
}
