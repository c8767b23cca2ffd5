/** Durations where they may be expressions: in brackets and behind `offset`. */
import type { DurationExpr, DurationValue, Span } from './ast.ts'
import { SyntaxFault, type Token } from './lexer.ts'
import { fitsDuration, secondsOf } from './literal.ts'
import type { TokenReader } from './tokens.ts'

type Unary = '+' | '-'
type Operator = '+' | '-' | '*' | '/' | '%' | '^'

const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['+', 1],
  ['-', 1],
  ['*', 2],
  ['/', 2],
  ['%', 2],
  ['^', 3],
])
const POWER = 3

/** Where an error is reported and what is named as wanted. */
interface Place {
  readonly context: string
  readonly wanted: string
}

/** Reads the range or the step of a selector; a number must be above 0. */
export function parseDurationValue(
  parser: TokenReader,
  context: string,
  wanted: string,
): DurationValue {
  const expr = readBinary(parser, { context, wanted }, 0)
  if (expr.op === 'number' && !(expr.ms > 0)) {
    throw new SyntaxFault(expr.span.from, 'duration must be greater than 0')
  }
  return settled(expr)
}

/**
 * Reads what stands behind `offset`. Without parentheses that is one number, `step()`, `range()`,
 * `min_of` or `max_of` with its sign: `foo offset 1m + 2` adds 2 to the vector.
 */
export function parseOffset(parser: TokenReader): DurationValue {
  const place = { context: 'offset', wanted: 'number, duration, step(), or range()' }
  if (parser.peek() === '(') return settled(readBinary(parser, place, 0))
  const kind = parser.peek()
  if (kind !== '+' && kind !== '-') return settled(readPrimary(parser, place))
  const sign = parser.take()
  const signed = parser.peek()
  const operand =
    signed === '+' || signed === '-' ? readBinary(parser, place, POWER) : readPrimary(parser, place)
  return settled(negated(parser, sign, operand))
}

/** A lone number is a plain value; everything else is left to the engine. */
function settled(expr: DurationExpr): DurationValue {
  // Prometheus holds nanoseconds and cuts to milliseconds when it evaluates.
  return expr.op === 'number' ? Math.trunc(Math.round(expr.ms * 1e6) / 1e6) : expr
}

function readBinary(parser: TokenReader, place: Place, precedenceMin: number): DurationExpr {
  return parser.nested(() => {
    let left = readUnary(parser, place)
    for (;;) {
      const precedence = PRECEDENCE.get(parser.peek()) ?? 0
      if (precedence === 0 || precedence < precedenceMin) return left
      const op = parser.take()
      const right = readBinary(parser, place, op.kind === '^' ? precedence : precedence + 1)
      left = joined(parser, left, op, right)
    }
  })
}

function joined(
  parser: TokenReader,
  left: DurationExpr,
  op: Token,
  right: DurationExpr,
): DurationExpr {
  requireFeature(parser, left.span)
  if (right.op === 'number' && right.ms === 0) {
    if (op.kind === '/') throw new SyntaxFault(op.from, 'division by zero')
    if (op.kind === '%') throw new SyntaxFault(op.from, 'modulo by zero')
  }
  const span = { from: left.span.from, to: right.span.to }
  return { op: op.kind as Operator, left, right, span }
}

function readUnary(parser: TokenReader, place: Place): DurationExpr {
  const kind = parser.peek()
  if (kind !== '+' && kind !== '-') return readPrimary(parser, place)
  const sign = parser.take()
  return negated(parser, sign, readBinary(parser, place, POWER))
}

/** A sign before a number is the number's; a plus before anything else says nothing. */
function negated(parser: TokenReader, sign: Token, of: DurationExpr): DurationExpr {
  const span = { from: sign.from, to: of.span.to }
  const op = sign.kind as Unary
  if (of.op === 'number') return { ...of, ms: op === '-' ? -of.ms : of.ms, span }
  requireFeature(parser, span)
  return op === '+' ? of : { op: 'neg', of, span }
}

function readPrimary(parser: TokenReader, place: Place): DurationExpr {
  const { context, wanted } = place
  const kind = parser.peek()
  if (kind === 'number' || kind === 'duration') return readLiteral(parser.take())
  if (kind === '(') {
    const open = parser.take()
    const of = readBinary(parser, place, 0)
    const close = parser.expect(')', context, wanted)
    const span = { from: open.from, to: close.to }
    requireFeature(parser, span)
    return of.op === 'paren' ? of : { op: 'paren', of, span }
  }
  const word = kind === 'identifier' ? wordAhead(parser) : kind
  if (word === 'step' || word === 'range') {
    const { from } = parser.take()
    parser.expect('(', context, wanted)
    const close = parser.expect(')', context, wanted)
    const span = { from, to: close.to }
    requireFeature(parser, span)
    return { op: word, span }
  }
  if (word === 'min_of' || word === 'max_of') return readLesserOrGreater(parser, place, word)
  throw parser.unexpected(context, wanted)
}

/** Outside brackets `min_of` and `max_of` are identifiers like any other. */
function wordAhead(parser: TokenReader): string {
  return parser.peekText().toLowerCase()
}

function readLesserOrGreater(
  parser: TokenReader,
  place: Place,
  word: 'min_of' | 'max_of',
): DurationExpr {
  const { from } = parser.take()
  parser.expect('(', place.context, place.wanted)
  const left = readBinary(parser, place, 0)
  parser.expect(',', place.context, place.wanted)
  const right = readBinary(parser, place, 0)
  const close = parser.expect(')', place.context, place.wanted)
  const span = { from, to: close.to }
  requireFeature(parser, span)
  return { op: word === 'min_of' ? 'min' : 'max', left, right, span }
}

function readLiteral(token: Token): DurationExpr {
  const seconds = secondsOf(token)
  const span = { from: token.from, to: token.to }
  if (!fitsDuration(seconds)) throw new SyntaxFault(token.from, 'duration out of range')
  return { op: 'number', ms: seconds * 1000, plain: token.kind === 'number', span }
}

function requireFeature(parser: TokenReader, span: Span): void {
  if (!parser.features.durationExpr) {
    throw new SyntaxFault(span.from, 'experimental duration expression is not enabled')
  }
}
