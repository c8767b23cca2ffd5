/** Scalar expressions: one value at every step. */
import { NarthexError } from '../../base/error.ts'
import type { StepGrid } from '../../model/result.ts'
import {
  type ArithmeticOp,
  type ComparisonOp,
  compare,
  compute,
  larger,
  smaller,
} from '../kernels/arithmetic.ts'
import type { Binary, Call, Expr } from '../promql/ast.ts'
import { isComparison } from '../promql/check.ts'
import type { Evaluation } from './context.ts'
import { isInvariant } from './invariant.ts'

/** The values of a scalar expression at each step. */
export function scalarValues(evaluation: Evaluation, expr: Expr, grid: StepGrid): Float64Array {
  if (grid.count > 1 && isInvariant(expr)) {
    evaluation.budget.chargeBytes(grid.count * 8)
    const once = scalarAt(evaluation, expr, { ...grid, count: 1 })
    return new Float64Array(grid.count).fill(once[0])
  }
  return scalarAt(evaluation, expr, grid)
}

function scalarAt(evaluation: Evaluation, expr: Expr, grid: StepGrid): Float64Array {
  switch (expr.kind) {
    case 'number':
      return constant(evaluation, grid, expr.value)
    case 'paren':
      return evaluation.scalar(expr.expr, grid)
    case 'unary': {
      const values = evaluation.scalar(expr.expr, grid)
      return expr.op === '-' ? values.map((value) => -value) : values
    }
    case 'binary':
      return binaryValues(evaluation, expr, grid)
    case 'call':
      return callValues(evaluation, expr, grid)
    default:
      throw new NarthexError('execution', `unexpected ${expr.kind} where a scalar is wanted`)
  }
}

function constant(evaluation: Evaluation, grid: StepGrid, value: number): Float64Array {
  evaluation.budget.chargeBytes(grid.count * 8)
  return new Float64Array(grid.count).fill(value)
}

function binaryValues(evaluation: Evaluation, expr: Binary, grid: StepGrid): Float64Array {
  const left = evaluation.scalar(expr.left, grid)
  const right = evaluation.scalar(expr.right, grid)
  const values = new Float64Array(grid.count)
  for (let i = 0; i < values.length; i++) {
    values[i] = isComparison(expr.op)
      ? Number(compare(expr.op as ComparisonOp, left[i], right[i]))
      : compute(expr.op as ArithmeticOp, left[i], right[i])
  }
  return values
}

function callValues(evaluation: Evaluation, call: Call, grid: StepGrid): Float64Array {
  const { range } = evaluation
  switch (call.name) {
    case 'pi':
      return constant(evaluation, grid, Math.PI)
    case 'step':
      return constant(evaluation, grid, range.stepMs / 1000)
    case 'range':
      return constant(evaluation, grid, (range.toMs - range.fromMs) / 1000)
    case 'start':
      return constant(evaluation, grid, range.fromMs / 1000)
    case 'end':
      return constant(evaluation, grid, range.toMs / 1000)
    case 'time':
      return constant(evaluation, grid, 0).map((_, i) => (grid.fromMs + i * grid.stepMs) / 1000)
    case 'max_of':
    case 'min_of': {
      const pick = call.name === 'max_of' ? larger : smaller
      const other = evaluation.scalar(call.args[1], grid)
      return evaluation.scalar(call.args[0], grid).map((value, i) => pick(value, other[i]))
    }
    case 'scalar':
      return onlySamples(evaluation, call.args[0], grid)
    default:
      throw new NarthexError('execution', `unknown function with name "${call.name}"`)
  }
}

/** The value of the only sample of each step; NaN where there is none or more than one. */
function onlySamples(evaluation: Evaluation, expr: Expr, grid: StepGrid): Float64Array {
  const matrix = evaluation.matrix(expr, grid)
  const values = constant(evaluation, grid, Number.NaN)
  const seen = new Uint8Array(grid.count)
  for (let row = 0; row < matrix.labels.length; row++) {
    const base = row * grid.count
    for (let i = 0; i < grid.count; i++) {
      if (matrix.present[base + i] === 0) continue
      values[i] = seen[i] === 0 ? matrix.values[base + i] : Number.NaN
      seen[i] = 1
    }
  }
  evaluation.usage.release(matrix)
  return values
}
