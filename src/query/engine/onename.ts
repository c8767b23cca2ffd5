/** Whether all rows of an expression have one metric name, so that dropping it joins none. */
import { METRIC_NAME } from '../../model/labels.ts'
import type { Binary, Expr } from '../promql/ast.ts'
import { isComparison, isSetOperator } from '../promql/check.ts'

/** Known from the text alone; false when it is not sure. */
export function hasOneName(expr: Expr): boolean {
  switch (expr.kind) {
    case 'selector':
      return expr.matchers.some(
        ({ name, op, value }) => name === METRIC_NAME && op === '=' && value !== '',
      )
    case 'matrix':
      return hasOneName(expr.selector)
    case 'subquery':
    case 'paren':
    case 'unary':
      return hasOneName(expr.expr)
    case 'aggregation':
      return aggregationHasOneName(expr.op, expr.labels, expr.without) || hasOneName(expr.expr)
    case 'call':
      return expr.name === 'vector' || callHasOneName(expr.name, expr.args)
    case 'binary':
      return binaryHasOneName(expr)
    case 'number':
    case 'string':
      return true
  }
}

/** Arithmetic drops names; whatever filters leaves those of the side whose samples it keeps. */
function binaryHasOneName({ op, left, right, bool, matching }: Binary): boolean {
  if (op === 'or') return false
  if (matching === undefined) return hasOneName(left) && hasOneName(right)
  if (isSetOperator(op)) return hasOneName(left)
  if (bool || !isComparison(op)) return true
  return hasOneName(matching.card === 'one-to-many' ? right : left)
}

/** Aggregations drop the name unless they group by it or pick rows as they are. */
function aggregationHasOneName(op: string, labels: readonly string[], without: boolean): boolean {
  if (op === 'topk' || op === 'bottomk' || op === 'limitk' || op === 'limit_ratio') return false
  return without || !labels.includes(METRIC_NAME)
}

function callHasOneName(name: string, args: readonly Expr[]): boolean {
  if (name === 'label_replace' || name === 'label_join' || name === 'info') return false
  return args.every(hasOneName)
}
