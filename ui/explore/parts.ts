/** An expression taken apart for the tree view. */
import type { Expr } from '../../src/query/promql/ast.ts'
import { ALL_FEATURES } from '../../src/query/promql/features.ts'
import { parseExpr } from '../../src/query/promql/parse.ts'

/** One part, in the person's own writing. */
export interface Part {
  readonly text: string
  /** Where it begins in the whole text. */
  readonly from: number
  /** Whether it has series that can be counted. */
  readonly isVector: boolean
  readonly children: readonly Part[]
}

/** Functions that answer one number. */
const SCALAR_FUNCTIONS = new Set(['scalar', 'time', 'pi'])

/**
 * The tree of an expression.
 *
 * @throws NarthexError `bad_data` for text that does not parse
 */
export function partsOf(text: string): Part {
  return partOf(parseExpr(text, ALL_FEATURES), text)
}

function partOf(expr: Expr, text: string): Part {
  return {
    text: text.slice(expr.span.from, expr.span.to),
    from: expr.span.from,
    isVector: isVector(expr),
    children: childrenOf(expr).map((child) => partOf(child, text)),
  }
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'selector':
      return []
    case 'matrix':
      return [expr.selector]
    case 'call':
      return expr.args.filter((arg) => arg.kind !== 'number' && arg.kind !== 'string')
    case 'binary':
      return [expr.left, expr.right]
    case 'aggregation':
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr]
  }
}

function isVector(expr: Expr): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'matrix':
    case 'subquery':
      return false
    case 'call':
      return !SCALAR_FUNCTIONS.has(expr.name)
    case 'binary':
      return isVector(expr.left) || isVector(expr.right)
    case 'unary':
    case 'paren':
      return isVector(expr.expr)
    case 'selector':
    case 'aggregation':
      return true
  }
}
