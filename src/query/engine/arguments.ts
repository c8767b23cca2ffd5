/** Arguments of calls, behind whatever parentheses. */
import type { Call, Expr, MatrixSelector, Subquery } from '../promql/ast.ts'

/** The expression within parentheses. */
export function unwrapParens(expr: Expr): Expr {
  let inner = expr
  while (inner.kind === 'paren') inner = inner.expr
  return inner
}

/** The text of a string argument. */
export function textOf(expr: Expr): string {
  const inner = unwrapParens(expr)
  return inner.kind === 'string' ? inner.value : ''
}

/** The first argument that is a range vector. */
export function rangeArgument(call: Call): MatrixSelector | Subquery | undefined {
  for (const arg of call.args) {
    const inner = unwrapParens(arg)
    if (inner.kind === 'matrix' || inner.kind === 'subquery') return inner
  }
  return undefined
}
