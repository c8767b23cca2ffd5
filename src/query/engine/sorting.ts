/** sort and its like: the order of an instant answer. */
import { compareLabels, compareText, labelValue } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Call } from '../promql/ast.ts'
import { textOf } from './arguments.ts'
import type { Evaluation } from './context.ts'
import { type Matrix, pickRows, pourMatrix, type RowSink } from './grid.ts'

/** Streams the rows of an instant vector in order; over a range the order means nothing. */
export function sortedRows(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
): void {
  if (grid.count > 1) {
    const text = 'sort is ineffective for range queries since results are always ordered by labels'
    evaluation.notes.warn(text, call.span)
    evaluation.rows(call.args[0], grid, sink)
    return
  }
  const matrix = evaluation.matrix(call.args[0], grid)
  const order = matrix.labels.map((_, row) => row).sort(orderOf(call, matrix))
  evaluation.usage.hold(order.length)
  pourMatrix(pickRows(matrix, order), sink)
  evaluation.usage.giveBack(order.length)
  evaluation.usage.release(matrix)
}

function orderOf(call: Call, { labels, values }: Matrix): (a: number, b: number) => number {
  const names = call.args.slice(1).map(textOf)
  switch (call.name) {
    case 'sort':
      return (a, b) => compareValues(values[a], values[b])
    case 'sort_desc':
      return (a, b) => compareValues(-values[a], -values[b])
    default: {
      const sign = call.name === 'sort_by_label' ? 1 : -1
      return (a, b) => {
        for (const name of names) {
          const order = compareNatural(labelValue(labels[a], name), labelValue(labels[b], name))
          if (order !== 0) return order * sign
        }
        return compareLabels(labels[a], labels[b]) * sign
      }
    }
  }
}

/** Upwards, NaN last. */
function compareValues(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

/** Text order in which runs of digits count as numbers. */
function compareNatural(a: string, b: string): number {
  if (a === b) return 0
  const left = a.match(/\d+|\D+/g) ?? []
  const right = b.match(/\d+|\D+/g) ?? []
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    if (left[i] === right[i]) continue
    const x = Number(left[i])
    const y = Number(right[i])
    const numbers = /^\d/.test(left[i]) && /^\d/.test(right[i])
    if (numbers && x !== y) return x - y
    if (!numbers) return compareText(left[i], right[i])
  }
  return left.length - right.length || compareText(a, b)
}
