/** Functions of one sample: each row is changed in place on its way. */
import type { StepGrid } from '../../model/result.ts'
import { larger, smaller } from '../kernels/arithmetic.ts'
import type { Call, Expr } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'
import { DATE_FUNCTIONS } from './dates.ts'
import { droppingRows } from './droppingrows.ts'
import type { RowSink } from './grid.ts'
import { MapSink, type RowChange } from './mapsink.ts'
import { hasOneName } from './onename.ts'

/** Functions of a value alone. */
const VALUE_FUNCTIONS: ReadonlyMap<string, (value: number) => number> = new Map([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
  ['exp', Math.exp],
  ['sqrt', Math.sqrt],
  ['ln', Math.log],
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['asin', Math.asin],
  ['acos', Math.acos],
  ['atan', Math.atan],
  ['sinh', Math.sinh],
  ['cosh', Math.cosh],
  ['tanh', Math.tanh],
  ['asinh', Math.asinh],
  ['acosh', Math.acosh],
  ['atanh', Math.atanh],
  ['rad', (value) => (value * Math.PI) / 180],
  ['deg', (value) => (value * 180) / Math.PI],
  ['sgn', (value) => (value < 0 ? -1 : value > 0 ? 1 : value)],
  ...DATE_FUNCTIONS,
])

/** The change that a function makes to rows; undefined when it is none of this kind. */
export function elementwiseChange(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
): RowChange | undefined {
  const ofValue = VALUE_FUNCTIONS.get(call.name)
  if (ofValue !== undefined) return changeBy(ofValue)
  switch (call.name) {
    case 'round':
      return roundChange(call.args.length > 1 ? evaluation.scalar(call.args[1], grid) : undefined)
    case 'clamp':
      return clampChange(
        evaluation.scalar(call.args[1], grid),
        evaluation.scalar(call.args[2], grid),
      )
    case 'clamp_min':
      return clampChange(evaluation.scalar(call.args[1], grid), undefined)
    case 'clamp_max':
      return clampChange(undefined, evaluation.scalar(call.args[1], grid))
    case 'timestamp': {
      const { fromMs, stepMs } = grid
      return (values, _present, base, count, points) => {
        for (let i = 0; i < count; i++) values[base + i] = (fromMs + i * stepMs) / 1000
        return points
      }
    }
    default:
      return undefined
  }
}

/** A change of each value by a function of it. */
export function changeBy(change: (value: number) => number): RowChange {
  return (values, _present, base, count, points) => {
    for (let i = 0; i < count; i++) values[base + i] = change(values[base + i])
    return points
  }
}

/** Streams an expression's rows through a change that makes metric names go. */
export function changedRows(
  evaluation: Evaluation,
  expr: Expr,
  grid: StepGrid,
  sink: RowSink,
  change: RowChange,
): void {
  droppingRows(evaluation, grid, sink, !hasOneName(expr), (target) =>
    evaluation.rows(expr, grid, new MapSink(target, grid.count, change, true)),
  )
}

/** Rounds to multiples, halves up. @source Prometheus promql/functions.go, funcRound */
function roundChange(nearest: Float64Array | undefined): RowChange {
  return (values, _present, base, count, points) => {
    for (let i = 0; i < count; i++) {
      const inverse = 1 / (nearest === undefined ? 1 : nearest[i])
      values[base + i] = Math.floor(values[base + i] * inverse + 0.5) / inverse
    }
    return points
  }
}

/** Keeps values within bounds; nothing is left where they cross. */
function clampChange(low: Float64Array | undefined, high: Float64Array | undefined): RowChange {
  return (values, present, base, count) => {
    let points = 0
    for (let i = 0; i < count; i++) {
      const least = low === undefined ? -Infinity : low[i]
      const most = high === undefined ? Infinity : high[i]
      if (most < least) present[base + i] = 0
      values[base + i] = larger(least, smaller(most, values[base + i]))
      points += present[base + i]
    }
    return points
  }
}
