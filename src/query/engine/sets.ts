/** and, or, unless: rows of one side, step by step, by what the other side has. */
import type { StepGrid } from '../../model/result.ts'
import type { Binary } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'
import { countPresent, type Matrix, pourMatrix, type RowSink } from './grid.ts'
import { mergeEqualRows } from './merge.ts'
import { keyFunction } from './naming.ts'

/** Streams the rows of a set operator. */
export function setRows(evaluation: Evaluation, node: Binary, grid: StepGrid, sink: RowSink): void {
  const left = evaluation.matrix(node.left, grid)
  const right = evaluation.matrix(node.right, grid)
  const names = node.matching?.labels ?? []
  const keyOf = keyFunction(names, !(node.matching?.on ?? false))
  if (node.op === 'or') {
    pourMatrix(unite(evaluation, left, right, keyOf), sink)
  } else {
    const seen = presenceByKey(right, keyOf)
    const wanted = node.op === 'and' ? 1 : 0
    sink.open(left.labels.length)
    for (let row = 0; row < left.labels.length; row++) {
      const other = seen.get(keyOf(left.labels[row]))
      const from = row * grid.count
      const { values, present, base } = sink
      let points = 0
      for (let i = 0; i < grid.count; i++) {
        const there = other === undefined ? 0 : other[i]
        const kept = there === wanted ? left.present[from + i] : 0
        values[base + i] = left.values[from + i]
        present[base + i] = kept
        points += kept
      }
      sink.commit(left.labels[row], left.dropName[row], points)
    }
  }
  evaluation.usage.release(left)
  evaluation.usage.release(right)
}

/** At which steps any row of a key is present. */
function presenceByKey(
  matrix: Matrix,
  keyOf: (labels: readonly string[]) => string,
): Map<string, Uint8Array> {
  const { grid, labels, present } = matrix
  const seen = new Map<string, Uint8Array>()
  for (let row = 0; row < labels.length; row++) {
    const key = keyOf(labels[row])
    const from = row * grid.count
    const known = seen.get(key)
    if (known === undefined) seen.set(key, present.slice(from, from + grid.count))
    else for (let i = 0; i < grid.count; i++) known[i] |= present[from + i]
  }
  return seen
}

/** All rows of the left, and of the right what has no counterpart on the left at the same step. */
function unite(
  evaluation: Evaluation,
  left: Matrix,
  right: Matrix,
  keyOf: (labels: readonly string[]) => string,
): Matrix {
  const { grid } = left
  const seen = presenceByKey(left, keyOf)
  const rows = left.labels.length
  const united = evaluation.newMatrix(grid, rows + right.labels.length)
  for (let row = 0; row < rows; row++) {
    united.labels.push(left.labels[row])
    united.dropName.push(left.dropName[row])
  }
  united.values.set(left.values.subarray(0, rows * grid.count))
  united.present.set(left.present.subarray(0, rows * grid.count))
  let base = rows * grid.count
  let met = false
  for (let row = 0; row < right.labels.length; row++) {
    const other = seen.get(keyOf(right.labels[row]))
    const from = row * grid.count
    for (let i = 0; i < grid.count; i++) {
      united.values[base + i] = right.values[from + i]
      united.present[base + i] = other?.[i] === 1 ? 0 : right.present[from + i]
    }
    if (countPresent(united.present, base, grid.count) === 0) continue
    if (other !== undefined) met = true
    united.labels.push(right.labels[row])
    united.dropName.push(right.dropName[row])
    base += grid.count
  }
  united.present.fill(0, base)
  evaluation.usage.release(united)
  // Rows with equal labels have equal keys, so only where keys met can there be any.
  return met ? mergeEqualRows(united) : united
}
