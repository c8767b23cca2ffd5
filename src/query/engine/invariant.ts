/** Expressions whose value is the same at every step: they are evaluated once and repeated. */
import type { StepGrid } from '../../model/result.ts'
import type { Expr } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'
import type { RowSink } from './grid.ts'

/** Functions that depend on the step even when their arguments do not. */
const STEP_BOUND: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'time',
  'timestamp',
])

/** Whether the value does not depend on the step, because everything in it stands under an `@`. */
export function isInvariant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return true
    case 'selector':
    case 'subquery':
      return expr.at !== undefined
    case 'matrix':
      return expr.selector.at !== undefined
    case 'call':
      return !STEP_BOUND.has(expr.name) && expr.args.every(isInvariant)
    case 'aggregation':
      return isInvariant(expr.expr) && (expr.param === undefined || isInvariant(expr.param))
    case 'binary':
      return isInvariant(expr.left) && isInvariant(expr.right)
    case 'unary':
    case 'paren':
      return isInvariant(expr.expr)
  }
}

/** Evaluates at the first step only and repeats each row over the grid. */
export function repeatRows(
  evaluation: Evaluation,
  expr: Expr,
  grid: StepGrid,
  sink: RowSink,
): void {
  const { count } = grid
  const once = evaluation.matrix(expr, { fromMs: grid.fromMs, stepMs: grid.stepMs, count: 1 })
  sink.open(once.labels.length)
  for (let row = 0; row < once.labels.length; row++) {
    const { values, present, base } = sink
    values.fill(once.values[row], base, base + count)
    present.fill(1, base, base + count)
    sink.commit(once.labels[row], once.dropName[row], count)
  }
  evaluation.usage.release(once)
}
