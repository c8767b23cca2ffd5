/** Modifiers behind an expression: `offset`, `@`, `anchored` and `smoothed`. */
import type { At, DurationValue, Expr } from './ast.ts'
import type { Features } from './features.ts'
import { SyntaxFault, type Token } from './lexer.ts'

const PLACES = 'an instant vector selector or range vector selector or a subquery'

/** The expression moved in time; `to` is where the modifier ends. */
export function withOffset(expr: Expr, offset: DurationValue, to: number): Expr {
  const set = (seen: DurationValue): DurationValue => {
    if (seen === 0) return offset
    throw new SyntaxFault(expr.span.from, 'offset may not be set multiple times')
  }
  const span = { from: expr.span.from, to }
  switch (expr.kind) {
    case 'selector':
    case 'subquery':
      return { ...expr, offset: set(expr.offset), span }
    case 'matrix':
      return { ...expr, selector: { ...expr.selector, offset: set(expr.selector.offset) }, span }
    default:
      throw new SyntaxFault(expr.span.from, `offset modifier must be preceded by ${PLACES}`)
  }
}

/** The expression fixed at a time; `to` is where the modifier ends. */
export function withAt(expr: Expr, at: At, to: number): Expr {
  const set = (seen: At | undefined): At => {
    if (seen === undefined) return at
    throw new SyntaxFault(expr.span.from, '@ <timestamp> may not be set multiple times')
  }
  const span = { from: expr.span.from, to }
  switch (expr.kind) {
    case 'selector':
    case 'subquery':
      return { ...expr, at: set(expr.at), span }
    case 'matrix':
      return { ...expr, selector: { ...expr.selector, at: set(expr.selector.at) }, span }
    default:
      throw new SyntaxFault(expr.span.from, `@ modifier must be preceded by ${PLACES}`)
  }
}

/** The selector that reads past its borders, as `anchored` or `smoothed` says. */
export function withExtension(expr: Expr, token: Token, features: Features): Expr {
  const extension = token.kind === 'anchored' ? 'anchored' : 'smoothed'
  const at = expr.span.from
  if (!features.extendedRange) {
    throw new SyntaxFault(at, `${extension} modifier is experimental and not enabled`)
  }
  const refuseBoth = (seen: string | undefined): void => {
    if (seen !== undefined && seen !== extension) {
      throw new SyntaxFault(at, 'anchored and smoothed modifiers cannot be used together')
    }
  }
  switch (expr.kind) {
    case 'selector':
      refuseBoth(expr.extension)
      return { ...expr, extension, span: { from: at, to: token.to } }
    case 'matrix':
      refuseBoth(expr.selector.extension)
      return {
        ...expr,
        selector: { ...expr.selector, extension },
        span: { from: at, to: token.to },
      }
    case 'subquery':
      throw new SyntaxFault(at, `${extension} modifier is not supported for subqueries`)
    default:
      throw new SyntaxFault(at, `${extension} modifier not implemented`)
  }
}
