/** Rows of equal labels become one, or an error where they meet at one step. */
import { NarthexError } from '../../base/error.ts'
import { type Labels, labelsKey, METRIC_NAME } from '../../model/labels.ts'
import type { Matrix } from './grid.ts'
import { pickRows } from './grid.ts'
import { dropReserved } from './naming.ts'

/** What Prometheus says when two samples of one step have equal labels. */
export const SAME_LABELS = 'vector cannot contain metrics with the same labelset'

/**
 * Joins rows of equal labels into the first of them.
 *
 * @throws NarthexError `execution` when two of them have a sample at one step
 */
export function mergeEqualRows(matrix: Matrix): Matrix {
  const { labels, dropName, grid } = matrix
  if (labels.length < 2) return matrix
  const rowOf = new Map<string, number>()
  const kept: number[] = []
  for (let row = 0; row < labels.length; row++) {
    const key = labelsKey(labels[row])
    const first = rowOf.get(key)
    if (first === undefined) {
      rowOf.set(key, row)
      kept.push(row)
      continue
    }
    joinRow(matrix, first * grid.count, row * grid.count, grid.count)
    if (dropName[row]) dropName[first] = true
  }
  return kept.length === labels.length ? matrix : pickRows(matrix, kept)
}

/** Moves the samples of the row at `from` into the row at `into`. */
function joinRow(matrix: Matrix, into: number, from: number, count: number): void {
  const { values, present } = matrix
  for (let i = 0; i < count; i++) {
    if (present[from + i] === 0) continue
    if (present[into + i] !== 0) throw new NarthexError('execution', SAME_LABELS)
    values[into + i] = values[from + i]
    present[into + i] = 1
  }
}

/** Drops metric names of flagged rows for good and joins what became equal. */
export function removeNames(matrix: Matrix): Matrix {
  const { labels, dropName } = matrix
  let dropped = false
  for (let row = 0; row < labels.length; row++) {
    if (!dropName[row]) continue
    labels[row] = dropReserved(labels[row])
    dropName[row] = false
    dropped = true
  }
  return dropped ? mergeEqualRows(matrix) : matrix
}

/**
 * Whether label sets that differ may become equal without metric name, type and unit: yes, unless
 * all have one name and neither type nor unit.
 */
export function namesMayClash(count: number, labelsOf: (row: number) => Labels): boolean {
  let name: string | undefined
  for (let row = 0; row < count; row++) {
    const labels = labelsOf(row)
    let own = ''
    for (let i = 0; i < labels.length; i += 2) {
      const label = labels[i]
      if (label === METRIC_NAME) own = labels[i + 1]
      else if (label === '__type__' || label === '__unit__') return true
      else if (label > '__unit__') break
    }
    if (name === undefined) name = own
    else if (own !== name) return true
  }
  return false
}
