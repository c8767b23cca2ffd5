/** PromQL text into its tree: recursive descent with Prometheus 3's grammar, messages and positions. */
import { NarthexError } from '../../base/error.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { Aggregation, AggregationOp, Binary, BinaryOp, Expr } from './ast.ts'
import { checkTypes } from './check.ts'
import { parseDurationValue, parseOffset } from './durationexpr.ts'
import { type Features, NO_FEATURES } from './features.ts'
import { FUNCTIONS } from './functions.ts'
import { formatFixed, quote } from './gotext.ts'
import { AGGREGATORS, SyntaxFault, type Token } from './lexer.ts'
import { secondsOf, unquote } from './literal.ts'
import { type BinaryModifiers, readGroupingLabels, readModifiers, readSign } from './matching.ts'
import { withAt, withExtension, withOffset } from './modifier.ts'
import { readSelector, startsSelector } from './selector.ts'
import { TokenReader } from './tokens.ts'

/** Longest text that is read, in UTF-16 units, unless the caller says otherwise. */
export const EXPR_LENGTH_MAX = 16_384

/** How tightly binary operators bind. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  [
    ['or'],
    ['and', 'unless'],
    ['==', '!=', '<', '>', '<=', '>=', '</', '>/'],
    ['+', '-'],
    ['*', '/', '%', 'atan2'],
    ['^'],
  ].flatMap((row, index) => row.map((op) => [op, index + 1] as const)),
)
const POWER = 6

const PARAM_AGGREGATORS = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
])

/**
 * Parses and type-checks an expression.
 *
 * @param features  the experimental parts that are switched on
 * @param lengthMax longest text that is read, in UTF-16 units
 * @throws NarthexError `bad_data`, `line:column: parse error: …` in Prometheus's words
 */
export function parseExpr(
  text: string,
  features: Features = NO_FEATURES,
  lengthMax: number = EXPR_LENGTH_MAX,
): Expr {
  return guarded(text, lengthMax, () => {
    const expr = new Parser(new TokenReader(text, features)).whole()
    checkTypes(expr, text)
    return expr
  })
}

/**
 * Parses a series selector, as `match[]` has it.
 *
 * @throws NarthexError `bad_data` for anything else
 */
export function parseSelector(
  text: string,
  lengthMax: number = EXPR_LENGTH_MAX,
): readonly Matcher[] {
  return guarded(text, lengthMax, () => {
    const tokens = new TokenReader(text, NO_FEATURES)
    const token = tokens.take()
    if (!startsSelector(token.kind)) throw tokens.fault(token, '', '')
    const { matchers } = readSelector(tokens, token)
    if (tokens.peek() !== 'eof') throw tokens.unexpected('', '')
    return matchers
  })
}

function guarded<T>(text: string, lengthMax: number, parse: () => T): T {
  if (text.length > lengthMax) {
    throw new NarthexError(
      'bad_data',
      `cannot parse query: ${text.length} characters, at most ${lengthMax}`,
    )
  }
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    throw new NarthexError(
      'bad_data',
      `${positionOf(text, error.at)}: parse error: ${error.message}`,
    )
  }
}

/** Line and column, from 1; columns count bytes of UTF-8, as Prometheus does. */
function positionOf(text: string, at: number): string {
  if (text === '') return 'unknown position'
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return `${line}:${new TextEncoder().encode(before.slice(lineStart)).length + 1}`
}

class Parser {
  readonly #tokens: TokenReader

  constructor(tokens: TokenReader) {
    this.#tokens = tokens
  }

  whole(): Expr {
    if (this.#tokens.peek() === 'eof') throw new SyntaxFault(0, 'no expression found in input')
    const expr = this.#binary(0)
    if (this.#tokens.peek() !== 'eof') throw this.#tokens.unexpected('', '')
    return expr
  }

  #binary(precedenceMin: number): Expr {
    return this.#tokens.nested(() => {
      let left = this.#unary()
      for (;;) {
        const precedence = PRECEDENCE.get(this.#tokens.peek()) ?? 0
        if (precedence === 0 || precedence < precedenceMin) return left
        const op = this.#tokens.take()
        this.#tokens.countOperator(op.from)
        const modifiers = readModifiers(this.#tokens)
        const right = this.#binary(op.kind === '^' ? precedence : precedence + 1)
        left = this.#joined(left, op.kind as BinaryOp, modifiers, right)
      }
    })
  }

  #joined(left: Expr, op: BinaryOp, modifiers: BinaryModifiers, right: Expr): Binary {
    const span = { from: left.span.from, to: right.span.to }
    const { bool, matching } = modifiers
    const filled = matching.fillLeft !== undefined || matching.fillRight !== undefined
    if (filled && !this.#tokens.features.fill) {
      throw new SyntaxFault(span.from, 'binop fill modifiers are experimental and not enabled')
    }
    return { kind: 'binary', op, left, right, bool, matching, span }
  }

  #unary(): Expr {
    const kind = this.#tokens.peek()
    if (kind !== '+' && kind !== '-') return this.#postfix(this.#primary())
    const { from } = this.#tokens.take()
    const expr = this.#binary(POWER)
    const span = { from, to: expr.span.to }
    if (expr.kind !== 'number') return { kind: 'unary', op: kind, expr, span }
    return { ...expr, value: kind === '-' ? -expr.value : expr.value, span }
  }

  #postfix(primary: Expr): Expr {
    let expr = primary
    for (;;) {
      switch (this.#tokens.peek()) {
        case '[':
          expr = this.#range(expr)
          break
        case 'offset': {
          this.#tokens.take()
          expr = withOffset(expr, parseOffset(this.#tokens), this.#tokens.lastTo)
          break
        }
        case '@':
          expr = this.#atModifier(expr)
          break
        case 'anchored':
        case 'smoothed':
          expr = withExtension(expr, this.#tokens.take(), this.#tokens.features)
          break
        default:
          return expr
      }
    }
  }

  #range(expr: Expr): Expr {
    const open = this.#tokens.take()
    const wanted = 'number, duration, step(), or range()'
    const range = parseDurationValue(this.#tokens, 'subquery or range selector', wanted)
    if (this.#tokens.peek() === ':') {
      this.#tokens.take()
      this.#tokens.countOperator(open.from)
      const step =
        this.#tokens.peek() === ']'
          ? undefined
          : parseDurationValue(
              this.#tokens,
              'subquery selector',
              `${wanted.replace(', or', ',')}, or "]"`,
            )
      const close = this.#tokens.expect(']', 'subquery selector', '"]"')
      const span = { from: expr.span.from, to: close.to }
      return { kind: 'subquery', expr, range, step, at: undefined, offset: 0, span }
    }
    const close = this.#tokens.expect(']', 'subquery or range', '":" or "]"')
    if (expr.kind !== 'selector') {
      throw new SyntaxFault(open.from, 'ranges only allowed for vector selectors')
    }
    if (expr.offset !== 0) {
      throw new SyntaxFault(open.from, 'no offset modifiers allowed before range')
    }
    if (expr.at !== undefined) {
      throw new SyntaxFault(open.from, 'no @ modifiers allowed before range')
    }
    const span = { from: expr.span.from, to: close.to }
    return { kind: 'matrix', selector: expr, range, span }
  }

  #atModifier(expr: Expr): Expr {
    this.#tokens.take()
    const named = this.#tokens.peek()
    if (named === 'start' || named === 'end') {
      this.#tokens.take()
      this.#tokens.expect('(', '@', 'timestamp')
      this.#tokens.expect(')', '@', 'timestamp')
      return withAt(expr, named, this.#tokens.lastTo)
    }
    const sign = readSign(this.#tokens)
    const kind = this.#tokens.peek()
    if (kind !== 'number' && kind !== 'duration') throw this.#tokens.unexpected('@', 'timestamp')
    const seconds = sign * secondsOf(this.#tokens.take())
    if (!(Math.abs(seconds) < 2 ** 63)) {
      const finite = Number.isFinite(seconds)
      const shown = finite ? `${BigInt(seconds)}.000000` : formatFixed(seconds)
      throw new SyntaxFault(expr.span.from, `timestamp out of bounds for @ modifier: ${shown}`)
    }
    return withAt(expr, { timeMs: roundAway(seconds * 1000) }, this.#tokens.lastTo)
  }

  #primary(): Expr {
    const token = this.#tokens.take()
    const { kind } = token
    if (kind === 'number' || kind === 'duration') {
      return {
        kind: 'number',
        value: secondsOf(token),
        duration: kind === 'duration',
        span: spanOf(token),
      }
    }
    if (kind === 'string') return { kind: 'string', value: unquote(token), span: spanOf(token) }
    if (kind === '(') {
      const expr = this.#binary(0)
      const close = this.#tokens.expect(')', '', '')
      return { kind: 'paren', expr, span: { from: token.from, to: close.to } }
    }
    if (AGGREGATORS.has(kind)) {
      const following = this.#tokens.peek()
      if (following === '(' || following === 'by' || following === 'without') {
        return this.#aggregation(token)
      }
    }
    const callable = kind === 'identifier' || 'start end step range'.split(' ').includes(kind)
    if (callable && this.#tokens.peek() === '(') return this.#call(token)
    if (startsSelector(kind)) return readSelector(this.#tokens, token)
    throw this.#tokens.fault(token, '', '')
  }

  #call(token: Token): Expr {
    const args = this.#arguments()
    const signature = FUNCTIONS.get(token.text)
    if (signature === undefined) {
      throw new SyntaxFault(token.from, `unknown function with name ${quote(token.text)}`)
    }
    if (signature.experimental && !this.#tokens.features.functions) {
      throw new SyntaxFault(token.from, `function ${quote(token.text)} is not enabled`)
    }
    return {
      kind: 'call',
      name: token.text,
      args,
      span: { from: token.from, to: this.#tokens.lastTo },
    }
  }

  #arguments(): Expr[] {
    this.#tokens.expect('(', '', '')
    const args: Expr[] = []
    if (this.#tokens.peek() !== ')') {
      args.push(this.#binary(0))
      while (this.#tokens.peek() === ',') {
        const comma = this.#tokens.take()
        if (!this.#startsExpr()) {
          throw new SyntaxFault(comma.from, 'trailing commas not allowed in function call args')
        }
        args.push(this.#binary(0))
      }
    }
    this.#tokens.expect(')', '', '')
    return args
  }

  #startsExpr(): boolean {
    const kind = this.#tokens.peek()
    return startsSelector(kind) || ['+', '-', '(', 'number', 'duration', 'string'].includes(kind)
  }

  #aggregation(token: Token): Aggregation {
    const op = token.kind as AggregationOp
    let modifier = this.#groupingModifier()
    const args = this.#tokens.inAggregation(() => this.#arguments())
    const to = this.#tokens.lastTo
    modifier ??= this.#groupingModifier()
    const span = { from: token.from, to: Math.max(to, this.#tokens.lastTo) }
    if (args.length === 0) {
      throw new SyntaxFault(span.from, 'no arguments for aggregate expression provided')
    }
    if ((op === 'limitk' || op === 'limit_ratio') && !this.#tokens.features.functions) {
      throw new SyntaxFault(
        span.from,
        `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
      )
    }
    const wanted = PARAM_AGGREGATORS.has(op) ? 2 : 1
    if (args.length !== wanted) {
      throw new SyntaxFault(
        span.from,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      )
    }
    const { labels, without } = modifier ?? { labels: [], without: false }
    const param = wanted === 2 ? args[0] : undefined
    return { kind: 'aggregation', op, expr: args[wanted - 1], param, labels, without, span }
  }

  #groupingModifier(): { labels: readonly string[]; without: boolean } | undefined {
    const kind = this.#tokens.peek()
    if (kind !== 'by' && kind !== 'without') return undefined
    this.#tokens.take()
    return { labels: readGroupingLabels(this.#tokens), without: kind === 'without' }
  }
}

function spanOf(token: Token): { from: number; to: number } {
  return { from: token.from, to: token.to }
}

/** Rounds halves away from zero, as Go does. */
function roundAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}
