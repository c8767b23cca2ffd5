/** Binary operators: a vector with a scalar is changed row by row, two vectors are matched. */
import type { StepGrid } from '../../model/result.ts'
import {
  type ArithmeticOp,
  type ComparisonOp,
  compareRow,
  computeRow,
} from '../kernels/arithmetic.ts'
import type { Binary } from '../promql/ast.ts'
import { isComparison, isSetOperator, valueTypeOf } from '../promql/check.ts'
import type { Evaluation } from './context.ts'
import { changedRows } from './elementwise.ts'
import { countPresent, type RowSink } from './grid.ts'
import { MapSink, type RowChange } from './mapsink.ts'
import { matchedRows, noteIncompatible } from './matching.ts'
import { setRows } from './sets.ts'

/** Streams the rows of an operator with a vector on at least one side. */
export function binaryRows(
  evaluation: Evaluation,
  node: Binary,
  grid: StepGrid,
  sink: RowSink,
): void {
  const leftScalar = valueTypeOf(node.left) === 'scalar'
  if (!leftScalar && valueTypeOf(node.right) !== 'scalar') {
    if (isSetOperator(node.op)) setRows(evaluation, node, grid, sink)
    else matchedRows(evaluation, node, grid, sink)
    return
  }
  const vector = leftScalar ? node.right : node.left
  const scalar = evaluation.scalar(leftScalar ? node.left : node.right, grid)
  if (node.op === '</' || node.op === '>/') {
    evaluation.rows(vector, grid, new MapSink(sink, grid.count, refuse(evaluation, node), false))
  } else if (!isComparison(node.op)) {
    const op = node.op as ArithmeticOp
    changedRows(evaluation, vector, grid, sink, computeChange(op, scalar, leftScalar))
  } else {
    const op = node.op as ComparisonOp
    const change = compareChange(op, scalar, leftScalar, node.bool)
    if (node.bool) changedRows(evaluation, vector, grid, sink, change)
    else evaluation.rows(vector, grid, new MapSink(sink, grid.count, change, false))
  }
}

function computeChange(op: ArithmeticOp, scalar: Float64Array, scalarLeft: boolean): RowChange {
  return (values, _present, base, count, points) => {
    if (scalarLeft) computeRow(op, scalar, 0, values, base, values, base, count)
    else computeRow(op, values, base, scalar, 0, values, base, count)
    return points
  }
}

/** Keeps what compares as wanted, or tells by 1 and 0. */
function compareChange(
  op: ComparisonOp,
  scalar: Float64Array,
  scalarLeft: boolean,
  bool: boolean,
): RowChange {
  const holds = new Uint8Array(scalar.length)
  return (values, present, base, count, points) => {
    if (scalarLeft) compareRow(op, scalar, 0, values, base, holds, count)
    else compareRow(op, values, base, scalar, 0, holds, count)
    if (bool) {
      for (let i = 0; i < count; i++) values[base + i] = holds[i]
      return points
    }
    for (let i = 0; i < count; i++) present[base + i] &= holds[i]
    return countPresent(present, base, count)
  }
}

/** Histogram trimming has no meaning for floats: an info instead of a result. */
function refuse(evaluation: Evaluation, node: Binary): RowChange {
  return (_values, present, base, count) => {
    noteIncompatible(evaluation, node)
    present.fill(0, base, base + count)
    return 0
  }
}
