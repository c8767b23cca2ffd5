/** Whether an instant answer has an order of its own. */
import type { Expr } from '../promql/ast.ts'

const SORTING: ReadonlySet<string> = new Set([
  'sort',
  'sort_desc',
  'sort_by_label',
  'sort_by_label_desc',
])
const RANKING: ReadonlySet<string> = new Set(['topk', 'bottomk'])

/** True when something in it sorts or ranks and nothing outside of that mixes the rows. */
export function isOrdered(expr: Expr): boolean {
  switch (expr.kind) {
    case 'aggregation':
      return RANKING.has(expr.op)
    case 'call':
      return SORTING.has(expr.name) || expr.args.some(isOrdered)
    case 'binary':
      return isOrdered(expr.left) || isOrdered(expr.right)
    case 'unary':
    case 'paren':
      return isOrdered(expr.expr)
    default:
      return false
  }
}
