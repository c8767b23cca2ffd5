/** Going through a tree. */
import type { Expr } from './ast.ts'

/** The expressions right below one, in the order of the text. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr]
    case 'matrix':
      return [expr.selector]
    case 'call':
      return expr.args
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr]
    case 'binary':
      return [expr.left, expr.right]
    default:
      return []
  }
}
