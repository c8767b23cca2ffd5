/** topk, bottomk, limitk and limit_ratio: some rows of each group, chosen anew at every step. */
import { NarthexError } from '../../base/error.ts'
import { compareLabels, type Labels } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Aggregation, Expr } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'
import { formatG } from './gofloat.ts'
import { countPresent, type Matrix, pickRows, pourMatrix, type RowSink } from './grid.ts'
import { Grouping } from './grouping.ts'

/** Borders of int64 among float64. */
const INT64_LOW = -(2 ** 63)
const INT64_HIGH = 2 ** 63 - 1024

/** Streams the chosen rows; of an instant query best first, group by group. */
export function rankRows(
  evaluation: Evaluation,
  node: Aggregation,
  param: Expr,
  grid: StepGrid,
  sink: RowSink,
): void {
  const params = evaluation.scalar(param, grid)
  checkParams(evaluation, node, param, params)
  const matrix = evaluation.matrix(node.expr, grid)
  const { labels, present } = matrix
  const keep = new Uint8Array(present.length)
  const groups = Grouping.rowsByGroup(labels, node.labels, node.without)
  const order: number[] = []
  for (const rows of groups) {
    evaluation.budget.check()
    const chosen =
      node.op === 'limit_ratio'
        ? ratioRows(matrix, rows, params, keep)
        : bestRows(matrix, node.op, rows, params, keep)
    for (const row of chosen) order.push(row)
  }
  matrix.present = keep
  const rows = order.filter((row) => countPresent(keep, row * grid.count, grid.count) > 0)
  evaluation.usage.hold(rows.length * grid.count)
  pourMatrix(pickRows(matrix, rows), sink)
  evaluation.usage.giveBack(rows.length * grid.count)
  evaluation.usage.release(matrix)
}

function checkParams(
  evaluation: Evaluation,
  node: Aggregation,
  param: Expr,
  params: Float64Array,
): void {
  const ratio = node.op === 'limit_ratio'
  for (const value of params) {
    if (Number.isNaN(value)) {
      throw new NarthexError('execution', `${ratio ? 'Ratio' : 'Parameter'} value is NaN`)
    }
    if (ratio) {
      if (Math.abs(value) <= 1) continue
      const cap = Math.sign(value)
      const text = `ratio value should be between -1 and 1, got ${formatG(value)}, capping to ${cap}`
      evaluation.notes.warn(text, param.span)
      continue
    }
    if (value <= INT64_LOW) {
      const text = `Scalar value ${formatG(value)} underflows int64`
      throw new NarthexError('execution', text)
    }
    if (value >= INT64_HIGH) {
      const text = `Scalar value ${formatG(value)} overflows int64`
      throw new NarthexError('execution', text)
    }
  }
}

/**
 * Marks the best k of a group at each step in `keep`.
 *
 * @returns the rows of the group, those of a single step best first
 */
function bestRows(
  matrix: Matrix,
  op: string,
  rows: readonly number[],
  params: Float64Array,
  keep: Uint8Array,
): readonly number[] {
  const { grid, labels, values, present } = matrix
  const heap = new Int32Array(rows.length)
  const byLabels = op === 'limitk'
  const largest = op === 'topk'
  let chosen = rows
  for (let step = 0; step < grid.count; step++) {
    const worse = (a: number, b: number): boolean => {
      if (!byLabels) {
        const x = values[a * grid.count + step]
        const y = values[b * grid.count + step]
        if (x !== y) {
          if (!Number.isNaN(x) && !Number.isNaN(y)) return largest ? x < y : x > y
          if (!Number.isNaN(x) || !Number.isNaN(y)) return Number.isNaN(x)
        }
      }
      return compareLabels(labels[a], labels[b]) > 0
    }
    const most = Math.min(Math.trunc(params[step]), rows.length)
    let size = 0
    for (const row of most < 1 ? [] : rows) {
      if (present[row * grid.count + step] === 0) continue
      if (size < most) {
        heap[size] = row
        siftUp(heap, size, worse)
        size++
      } else if (worse(heap[0], row)) {
        heap[0] = row
        siftDown(heap, size, worse)
      }
    }
    for (let i = 0; i < size; i++) keep[heap[i] * grid.count + step] = 1
    if (grid.count === 1) {
      chosen = [...heap.subarray(0, size)].sort((a, b) => (worse(a, b) ? 1 : -1))
    }
  }
  return chosen
}

/** Moves heap[at] up until its parent is worse; the worst stands at 0. */
function siftUp(heap: Int32Array, at: number, worse: (a: number, b: number) => boolean): void {
  let child = at
  while (child > 0) {
    const parent = (child - 1) >> 1
    if (!worse(heap[child], heap[parent])) return
    const row = heap[child]
    heap[child] = heap[parent]
    heap[parent] = row
    child = parent
  }
}

/** Moves heap[0] down until both children are better. */
function siftDown(heap: Int32Array, size: number, worse: (a: number, b: number) => boolean): void {
  let parent = 0
  for (;;) {
    let child = parent * 2 + 1
    if (child >= size) return
    if (child + 1 < size && worse(heap[child + 1], heap[child])) child++
    if (!worse(heap[child], heap[parent])) return
    const row = heap[child]
    heap[child] = heap[parent]
    heap[parent] = row
    parent = child
  }
}

/** Marks the rows whose place in [0, 1), known from their labels alone, lies within the ratio. */
function ratioRows(
  matrix: Matrix,
  rows: readonly number[],
  params: Float64Array,
  keep: Uint8Array,
): readonly number[] {
  const { grid, labels, present } = matrix
  for (const row of rows) {
    const place = placeOf(labels[row])
    for (let step = 0; step < grid.count; step++) {
      const slot = row * grid.count + step
      const ratio = params[step]
      const inside = ratio >= 0 ? place < ratio : place >= 1 + ratio
      if (inside) keep[slot] = present[slot]
    }
  }
  return rows
}

/** A number in [0, 1) that depends on the labels only, evenly spread (FNV-1a, finished by mixing). */
function placeOf(labels: Labels): number {
  let hash = 0x811c9dc5
  for (const text of labels) {
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    }
    hash = Math.imul(hash ^ 0xff, 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}
