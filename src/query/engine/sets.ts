/** and, or, unless: rows of one side, step by step, by what the other side has. */
import type { StepGrid } from '../../model/result.ts'
import type { Binary } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'
import { countPresent, type Matrix, pourMatrix, type RowSink } from './grid.ts'
import { indexBy, indexWithout, type LabelIndex } from './labelindex.ts'
import { mergeEqualRows } from './merge.ts'

/** Streams the rows of a set operator. */
export function setRows(evaluation: Evaluation, node: Binary, grid: StepGrid, sink: RowSink): void {
  const left = evaluation.matrix(node.left, grid)
  const right = evaluation.matrix(node.right, grid)
  const names = node.matching?.labels ?? []
  const index = node.matching?.on === true ? indexBy(names) : indexWithout(names)
  if (node.op === 'or') {
    pourMatrix(unite(evaluation, left, right, index), sink)
  } else {
    const seen = presenceByNumber(right, index)
    const wanted = node.op === 'and' ? 1 : 0
    sink.open(left.labels.length)
    for (let row = 0; row < left.labels.length; row++) {
      const other = seen[index.of(left.labels[row])]
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

/** At which steps any row of a number is present; undefined for a number without rows. */
function presenceByNumber(matrix: Matrix, index: LabelIndex): (Uint8Array | undefined)[] {
  const { grid, labels, present } = matrix
  const seen: (Uint8Array | undefined)[] = []
  for (let row = 0; row < labels.length; row++) {
    const number = index.of(labels[row])
    const from = row * grid.count
    const known = seen[number]
    if (known === undefined) seen[number] = present.slice(from, from + grid.count)
    else for (let i = 0; i < grid.count; i++) known[i] |= present[from + i]
  }
  return seen
}

/** All rows of the left, and of the right what has no counterpart on the left at the same step. */
function unite(evaluation: Evaluation, left: Matrix, right: Matrix, index: LabelIndex): Matrix {
  const { grid } = left
  const seen = presenceByNumber(left, index)
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
    const other = seen[index.of(right.labels[row])]
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
  // Rows with equal labels have equal numbers, so only where numbers met can there be any.
  return met ? mergeEqualRows(united) : united
}
