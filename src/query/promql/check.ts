/** The static type check, after the syntax is right. */
import { METRIC_NAME } from '../../model/labels.ts'
import { compileMatcher } from '../../model/matcher.ts'
import type { Aggregation, Binary, Call, Expr, ValueType, VectorSelector } from './ast.ts'
import { FUNCTIONS } from './functions.ts'
import { quote } from './gotext.ts'
import { SyntaxFault } from './lexer.ts'

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>='])
const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless'])

/** Whether a binary operator compares. */
export function isComparison(op: string): boolean {
  return COMPARISONS.has(op)
}

/** Whether a binary operator joins sets of series. */
export function isSetOperator(op: string): boolean {
  return SET_OPERATORS.has(op)
}

/** The type of an expression's value. */
export function valueTypeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'selector':
    case 'aggregation':
      return 'vector'
    case 'matrix':
    case 'subquery':
      return 'matrix'
    case 'call':
      return FUNCTIONS.get(expr.name)?.returnType ?? 'vector'
    case 'unary':
    case 'paren':
      return valueTypeOf(expr.expr)
    case 'binary':
      return valueTypeOf(expr.left) === 'scalar' && valueTypeOf(expr.right) === 'scalar'
        ? 'scalar'
        : 'vector'
  }
}

/** The type as the documentation names it. */
export function documentedType(type: ValueType): string {
  if (type === 'vector') return 'instant vector'
  return type === 'matrix' ? 'range vector' : type
}

/**
 * Checks a whole tree. It also settles the matching of binary operators, which is known only when
 * the types of both sides are: set operators are many-to-many, a scalar side matches nothing.
 *
 * @throws SyntaxFault at the first thing that does not fit
 */
export function checkTypes(expr: Expr, text: string): ValueType {
  switch (expr.kind) {
    case 'aggregation':
      checkAggregation(expr, text)
      return 'vector'
    case 'binary':
      return checkBinary(expr, text)
    case 'call':
      return checkCall(expr, text)
    case 'paren':
      return checkTypes(expr.expr, text)
    case 'unary': {
      const type = checkTypes(expr.expr, text)
      if (type === 'scalar' || type === 'vector') return type
      throw new SyntaxFault(
        expr.span.from,
        `unary expression only allowed on expressions of type scalar or instant vector, got ${quote(documentedType(type))}`,
      )
    }
    case 'subquery': {
      const type = checkTypes(expr.expr, text)
      if (type === 'vector') return 'matrix'
      throw new SyntaxFault(
        expr.span.from,
        `subquery is only allowed on instant vector, got ${type} instead`,
      )
    }
    case 'matrix':
      checkSelector(expr.selector, true)
      return 'matrix'
    case 'selector':
      checkSelector(expr, true)
      return 'vector'
    default:
      return valueTypeOf(expr)
  }
}

function expectType(expr: Expr, wanted: ValueType, context: string, text: string): void {
  const type = checkTypes(expr, text)
  if (type === wanted) return
  throw new SyntaxFault(
    expr.span.from,
    `expected type ${documentedType(wanted)} in ${context}, got ${documentedType(type)}`,
  )
}

function checkAggregation(expr: Aggregation, text: string): void {
  expectType(expr.expr, 'vector', 'aggregation expression', text)
  if (expr.param === undefined) return
  const wanted = expr.op === 'count_values' ? 'string' : 'scalar'
  expectType(expr.param, wanted, 'aggregation parameter', text)
}

function checkBinary(expr: Binary, text: string): ValueType {
  const left = checkTypes(expr.left, text)
  const right = checkTypes(expr.right, text)
  const bothScalar = left === 'scalar' && right === 'scalar'
  const opFault = (message: string): SyntaxFault => new SyntaxFault(operatorAt(expr, text), message)
  if (expr.bool && !isComparison(expr.op)) {
    throw opFault('bool modifier can only be used on comparison operators')
  }
  if (isComparison(expr.op) && !expr.bool && bothScalar) {
    throw opFault('comparisons between scalars must use BOOL modifier')
  }
  const { matching } = expr
  if (matching?.on) {
    const twice = matching.labels.find((label) => matching.include.includes(label))
    if (twice !== undefined) {
      throw opFault(`label ${quote(twice)} must not occur in ON and GROUP clause at once`)
    }
  }
  for (const [side, type] of [
    [expr.left, left],
    [expr.right, right],
  ] as const) {
    if (type !== 'scalar' && type !== 'vector') {
      throw new SyntaxFault(
        side.span.from,
        'binary expression must contain only scalar and instant vector types',
      )
    }
  }
  if (left === 'vector' && right === 'vector') checkVectorMatching(expr)
  else checkScalarSide(expr)
  return bothScalar ? 'scalar' : 'vector'
}

function checkVectorMatching(expr: Binary): void {
  const { matching } = expr
  if (matching === undefined || !isSetOperator(expr.op)) return
  if (matching.card === 'many-to-one' || matching.card === 'one-to-many') {
    throw new SyntaxFault(expr.span.from, `no grouping allowed for ${quote(expr.op)} operation`)
  }
  if (matching.fillLeft !== undefined || matching.fillRight !== undefined) {
    throw new SyntaxFault(expr.span.from, 'filling in missing series not allowed for set operators')
  }
  settle(expr, { ...matching, card: 'many-to-many' })
}

function checkScalarSide(expr: Binary): void {
  const { matching } = expr
  if (matching !== undefined && matching.labels.length > 0) {
    throw new SyntaxFault(expr.span.from, 'vector matching only allowed between instant vectors')
  }
  if (matching?.fillLeft !== undefined || matching?.fillRight !== undefined) {
    throw new SyntaxFault(
      expr.span.from,
      'filling in missing series only allowed between instant vectors',
    )
  }
  if (isSetOperator(expr.op)) {
    throw new SyntaxFault(
      expr.span.from,
      `set operator ${quote(expr.op)} not allowed in binary scalar expression`,
    )
  }
  settle(expr, undefined)
}

/** The tree is not handed out yet, so the check may still complete it. */
function settle(expr: { matching: Binary['matching'] }, matching: Binary['matching']): void {
  expr.matching = matching
}

/** Where the operator begins: behind the left side and the blanks that follow it. */
function operatorAt(expr: Binary, text: string): number {
  let at = expr.left.span.to
  while (/\s/.test(text.charAt(at))) at++
  return at
}

function checkCall(expr: Call, text: string): ValueType {
  const signature = FUNCTIONS.get(expr.name)
  if (signature === undefined) throw new SyntaxFault(expr.span.from, 'unknown function')
  const { argTypes, variadic } = signature
  const name = quote(expr.name)
  const count = expr.args.length
  const countFault = (wanted: string): SyntaxFault =>
    new SyntaxFault(
      expr.span.from,
      `expected ${wanted} argument(s) in call to ${name}, got ${count}`,
    )
  const least = variadic === 0 ? argTypes.length : argTypes.length - 1
  if (variadic === 0 && count !== least) throw countFault(`${least}`)
  if (count < least) throw countFault(`at least ${least}`)
  if (variadic > 0 && count > least + variadic) throw countFault(`at most ${least + variadic}`)
  if (expr.name === 'info' && count > 1) checkInfoSelector(expr)
  for (const [index, arg] of expr.args.entries()) {
    const wanted = argTypes[Math.min(index, argTypes.length - 1)]
    if (expr.name === 'info' && index === 1 && arg.kind === 'selector') {
      checkSelector(arg, false)
      continue
    }
    expectType(arg, wanted, `call to function ${name}`, text)
  }
  return signature.returnType
}

/** The second argument of `info` names labels only. */
function checkInfoSelector(expr: Call): void {
  const arg = expr.args[1]
  const type = valueTypeOf(arg)
  if (type !== 'vector') {
    throw new SyntaxFault(
      expr.span.from,
      `expected type instant vector in call to function "info", got ${documentedType(type)}`,
    )
  }
  if (arg.kind !== 'selector') {
    throw new SyntaxFault(arg.span.from, 'expected label selectors only')
  }
  if (arg.name !== '') {
    throw new SyntaxFault(
      arg.span.from,
      'expected label selectors only, got vector selector instead',
    )
  }
}

function checkSelector(expr: VectorSelector, refuseEmpty: boolean): void {
  if (expr.name !== '') {
    const twice = expr.matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME)
    if (twice === undefined) return
    throw new SyntaxFault(
      expr.span.from,
      `metric name must not be set twice: ${quote(expr.name)} or ${quote(twice.value)}`,
    )
  }
  if (refuseEmpty && expr.matchers.every((matcher) => compileMatcher(matcher)(''))) {
    throw new SyntaxFault(
      expr.span.from,
      'vector selector must contain at least one non-empty matcher',
    )
  }
}
