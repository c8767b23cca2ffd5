/** PromQL text into its tree: recursive descent with Prometheus 3's grammar, messages and positions. */
import { messageOf, NarthexError } from '../../base/error.ts'
import { METRIC_NAME } from '../../model/labels.ts'
import { compileMatcher, type Matcher, type MatchOp } from '../../model/matcher.ts'
import type {
  Aggregation,
  AggregationOp,
  Binary,
  BinaryOp,
  Expr,
  Matching,
  VectorSelector,
} from './ast.ts'
import { checkTypes } from './check.ts'
import { type DurationContext, parseDurationValue, parseOffset } from './durationexpr.ts'
import { type Features, NO_FEATURES } from './features.ts'
import { FUNCTIONS } from './functions.ts'
import { formatFixed, quote } from './gotext.ts'
import { AGGREGATORS, describeToken, Lexer, SyntaxFault, type Token } from './lexer.ts'
import { numberOf, secondsOf, unquote } from './literal.ts'
import { withAt, withExtension, withOffset } from './modifier.ts'

/** Longest text that is read, in UTF-16 units, unless the caller says otherwise. */
export const EXPR_LENGTH_MAX = 16_384
/** Deepest nesting of parentheses, calls, signs and durations. */
export const NESTING_MAX = 256
/** Most binary operators and subqueries in one text: their chains make the tree as deep. */
export const OPERATORS_MAX = 1_024

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

/** Keywords that are no metric names; all others are, where an expression begins. */
const NEVER_METRIC = new Set(['bool', 'on', 'ignoring', 'group_left', 'group_right', 'atan2'])

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
    const expr = new Parser(text, features).wholeExpr()
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
  return guarded(text, lengthMax, () => new Parser(text, NO_FEATURES).wholeSelector().matchers)
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
export function positionOf(text: string, at: number): string {
  if (text === '') return 'unknown position'
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return `${line}:${new TextEncoder().encode(before.slice(lineStart)).length + 1}`
}

class Parser implements DurationContext {
  readonly features: Features
  readonly #lexer: Lexer
  #ahead: Token | undefined
  #lastTo = 0
  #depth = 0
  #operators = 0
  /** How many aggregations are open: a stray token is reported as "in aggregation" inside. */
  #aggregations = 0

  constructor(text: string, features: Features) {
    this.#lexer = new Lexer(text)
    this.features = features
  }

  wholeExpr(): Expr {
    if (this.peek() === 'eof') throw new SyntaxFault(0, 'no expression found in input')
    const expr = this.#binary(0)
    if (this.peek() !== 'eof') throw this.unexpected('', '')
    return expr
  }

  wholeSelector(): VectorSelector {
    const token = this.take()
    const isName = token.kind === 'identifier' || isKeywordMetric(token.kind)
    if (!isName && token.kind !== '{' && token.kind !== 'metric_identifier') {
      throw this.#unexpectedToken(token, '', '')
    }
    const selector = this.#selector(token)
    if (this.peek() !== 'eof') throw this.unexpected('', '')
    return selector
  }

  peek(): string {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead.kind
  }

  /** The next token as it is written. */
  peekText(): string {
    this.peek()
    return this.#ahead?.text ?? ''
  }

  take(): Token {
    const token = this.#ahead ?? this.#lexer.next()
    this.#ahead = undefined
    this.#lastTo = token.to
    return token
  }

  /** Takes the next token if it is of this kind; the fault says what was wanted in which context. */
  expect(kind: string, context: string, expected: string): Token {
    if (this.peek() !== kind) throw this.unexpected(context, expected)
    return this.take()
  }

  /** The fault of a token that does not belong here; the next one is shown. */
  unexpected(context: string, expected: string): SyntaxFault {
    return this.#unexpectedToken(this.take(), context, expected)
  }

  #unexpectedToken(token: Token, context: string, expected: string): SyntaxFault {
    const where = context === '' && this.#aggregations > 0 ? 'aggregation' : context
    let message = `unexpected ${describeToken(token)}`
    if (where !== '') message += ` in ${where}`
    if (expected !== '') message += `, expected ${expected}`
    return new SyntaxFault(token.from, message)
  }

  /** Runs a part that may contain itself. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > NESTING_MAX) {
      throw new SyntaxFault(
        this.#lastTo,
        `expression nested too deeply, at most ${NESTING_MAX} levels`,
      )
    }
    const parsed = parse()
    this.#depth--
    return parsed
  }

  #countOperator(at: number): void {
    if (++this.#operators > OPERATORS_MAX) {
      throw new SyntaxFault(at, `too many operators in one expression, at most ${OPERATORS_MAX}`)
    }
  }

  #binary(precedenceMin: number): Expr {
    return this.nested(() => {
      let left = this.#unary()
      for (;;) {
        const precedence = PRECEDENCE.get(this.peek()) ?? 0
        if (precedence === 0 || precedence < precedenceMin) return left
        const op = this.take()
        this.#countOperator(op.from)
        const modifiers = this.#binaryModifiers()
        const right = this.#binary(op.kind === '^' ? precedence : precedence + 1)
        left = this.#joined(left, op.kind as BinaryOp, modifiers, right)
      }
    })
  }

  #joined(left: Expr, op: BinaryOp, modifiers: BinaryModifiers, right: Expr): Binary {
    const span = { from: left.span.from, to: right.span.to }
    const { bool, matching } = modifiers
    const filled = matching.fillLeft !== undefined || matching.fillRight !== undefined
    if (filled && !this.features.fill) {
      throw new SyntaxFault(span.from, 'binop fill modifiers are experimental and not enabled')
    }
    return { kind: 'binary', op, left, right, bool, matching, span }
  }

  #binaryModifiers(): BinaryModifiers {
    const bool = this.peek() === 'bool'
    if (bool) this.take()
    let card: Matching['card'] = 'one-to-one'
    let labels: readonly string[] = []
    let include: readonly string[] = []
    const by = this.peek()
    if (by === 'on' || by === 'ignoring') {
      this.take()
      labels = this.#groupingLabels()
      const group = this.peek()
      if (group === 'group_left' || group === 'group_right') {
        this.take()
        card = group === 'group_left' ? 'many-to-one' : 'one-to-many'
        if (this.peek() === '(') include = this.#groupingLabels()
      }
    }
    const fills = this.#fills()
    return { bool, matching: { card, labels, on: by === 'on', include, ...fills } }
  }

  #fills(): Pick<Matching, 'fillLeft' | 'fillRight'> {
    let fillLeft: number | undefined
    let fillRight: number | undefined
    if (this.peek() === 'fill') {
      this.take()
      fillLeft = this.#fillValue()
      return { fillLeft, fillRight: fillLeft }
    }
    for (;;) {
      if (this.peek() === 'fill_left' && fillLeft === undefined) {
        this.take()
        fillLeft = this.#fillValue()
      } else if (this.peek() === 'fill_right' && fillRight === undefined) {
        this.take()
        fillRight = this.#fillValue()
      } else return { fillLeft, fillRight }
    }
  }

  #fillValue(): number {
    this.expect('(', 'fill modifier', '"("')
    const sign = this.#sign()
    const value = numberOf(this.expect('number', 'fill modifier', 'number'))
    this.expect(')', 'fill modifier', '")"')
    return sign * value
  }

  #sign(): number {
    const kind = this.peek()
    if (kind !== '+' && kind !== '-') return 1
    this.take()
    return kind === '-' ? -1 : 1
  }

  #unary(): Expr {
    const kind = this.peek()
    if (kind !== '+' && kind !== '-') return this.#postfix(this.#primary())
    const { from } = this.take()
    const expr = this.#binary(POWER)
    const span = { from, to: expr.span.to }
    if (expr.kind !== 'number') return { kind: 'unary', op: kind, expr, span }
    return { ...expr, value: kind === '-' ? -expr.value : expr.value, span }
  }

  #postfix(primary: Expr): Expr {
    let expr = primary
    for (;;) {
      switch (this.peek()) {
        case '[':
          expr = this.#range(expr)
          break
        case 'offset': {
          this.take()
          expr = withOffset(expr, parseOffset(this), this.#lastTo)
          break
        }
        case '@':
          expr = this.#atModifier(expr)
          break
        case 'anchored':
        case 'smoothed':
          expr = withExtension(expr, this.take(), this.features)
          break
        default:
          return expr
      }
    }
  }

  #range(expr: Expr): Expr {
    const open = this.take()
    const wanted = 'number, duration, step(), or range()'
    const range = parseDurationValue(this, 'subquery or range selector', wanted)
    if (this.peek() === ':') {
      this.take()
      this.#countOperator(open.from)
      const step =
        this.peek() === ']'
          ? undefined
          : parseDurationValue(this, 'subquery selector', `${wanted.replace(', or', ',')}, or "]"`)
      const close = this.expect(']', 'subquery selector', '"]"')
      const span = { from: expr.span.from, to: close.to }
      return { kind: 'subquery', expr, range, step, at: undefined, offset: 0, span }
    }
    const close = this.expect(']', 'subquery or range', '":" or "]"')
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
    this.take()
    const named = this.peek()
    if (named === 'start' || named === 'end') {
      this.take()
      this.expect('(', '@', 'timestamp')
      this.expect(')', '@', 'timestamp')
      return withAt(expr, named, this.#lastTo)
    }
    const sign = this.#sign()
    const kind = this.peek()
    if (kind !== 'number' && kind !== 'duration') throw this.unexpected('@', 'timestamp')
    const seconds = sign * secondsOf(this.take())
    if (!(Math.abs(seconds) < 2 ** 63)) {
      const shown = Number.isFinite(seconds)
        ? `${formatFixed(seconds)}.000000`
        : formatFixed(seconds)
      throw new SyntaxFault(expr.span.from, `timestamp out of bounds for @ modifier: ${shown}`)
    }
    return withAt(expr, { timeMs: roundAway(seconds * 1000) }, this.#lastTo)
  }

  #primary(): Expr {
    const token = this.take()
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
      const close = this.expect(')', '', '')
      return { kind: 'paren', expr, span: { from: token.from, to: close.to } }
    }
    if (AGGREGATORS.has(kind)) {
      const following = this.peek()
      if (following === '(' || following === 'by' || following === 'without') {
        return this.#aggregation(token)
      }
    }
    const callable = kind === 'identifier' || 'start end step range'.split(' ').includes(kind)
    if (callable && this.peek() === '(') return this.#call(token)
    if (
      kind === '{' ||
      kind === 'identifier' ||
      kind === 'metric_identifier' ||
      isKeywordMetric(kind)
    ) {
      return this.#selector(token)
    }
    throw this.#unexpectedToken(token, '', '')
  }

  #call(token: Token): Expr {
    const args = this.#arguments()
    const signature = FUNCTIONS.get(token.text)
    if (signature === undefined) {
      throw new SyntaxFault(token.from, `unknown function with name ${quote(token.text)}`)
    }
    if (signature.experimental && !this.features.functions) {
      throw new SyntaxFault(token.from, `function ${quote(token.text)} is not enabled`)
    }
    return { kind: 'call', name: token.text, args, span: { from: token.from, to: this.#lastTo } }
  }

  #arguments(): Expr[] {
    this.expect('(', '', '')
    const args: Expr[] = []
    if (this.peek() !== ')') {
      args.push(this.#binary(0))
      while (this.peek() === ',') {
        const comma = this.take()
        if (!this.#startsExpr()) {
          throw new SyntaxFault(comma.from, 'trailing commas not allowed in function call args')
        }
        args.push(this.#binary(0))
      }
    }
    this.expect(')', '', '')
    return args
  }

  #startsExpr(): boolean {
    const kind = this.peek()
    const signs = [
      '+',
      '-',
      '(',
      '{',
      'number',
      'duration',
      'string',
      'identifier',
      'metric_identifier',
    ]
    return signs.includes(kind) || isKeywordMetric(kind)
  }

  #aggregation(token: Token): Aggregation {
    const op = token.kind as AggregationOp
    let modifier = this.#groupingModifier()
    this.#aggregations++
    const args = this.#arguments()
    this.#aggregations--
    const to = this.#lastTo
    modifier ??= this.#groupingModifier()
    const span = { from: token.from, to: Math.max(to, this.#lastTo) }
    if (args.length === 0) {
      throw new SyntaxFault(span.from, 'no arguments for aggregate expression provided')
    }
    if ((op === 'limitk' || op === 'limit_ratio') && !this.features.functions) {
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
    const kind = this.peek()
    if (kind !== 'by' && kind !== 'without') return undefined
    this.take()
    return { labels: this.#groupingLabels(), without: kind === 'without' }
  }

  #groupingLabels(): readonly string[] {
    this.expect('(', 'grouping opts', '"("')
    const labels: string[] = []
    while (this.peek() !== ')') {
      labels.push(this.#groupingLabel())
      if (this.peek() === ')') break
      this.expect(',', 'grouping opts', '"," or ")"')
    }
    this.take()
    return labels
  }

  #groupingLabel(): string {
    const kind = this.peek()
    const isWord = /^[a-z]/.test(kind) && !['eof', 'number', 'duration'].includes(kind)
    if (!isWord) throw this.unexpected('grouping opts', 'label')
    const token = this.take()
    const name = kind === 'string' ? unquote(token) : token.text
    if (name === '') {
      throw new SyntaxFault(token.from, 'invalid label name for grouping: ""')
    }
    return name
  }

  #selector(first: Token): VectorSelector {
    const name = first.kind === '{' ? '' : first.text
    let to = first.to
    const matchers: Matcher[] = []
    const hasBraces = first.kind === '{' || this.peek() === '{'
    if (hasBraces) {
      if (first.kind !== '{') this.take()
      while (this.peek() !== '}') {
        matchers.push(this.#matcher())
        if (this.peek() === '}') break
        this.expect(',', 'label matching', '"," or "}"')
      }
      to = this.take().to
    }
    if (name !== '') matchers.push({ name: METRIC_NAME, op: '=', value: name })
    const span = { from: first.from, to }
    return {
      kind: 'selector',
      name,
      matchers,
      at: undefined,
      offset: 0,
      extension: undefined,
      span,
    }
  }

  #matcher(): Matcher {
    const kind = this.peek()
    if (kind !== 'identifier' && kind !== 'string') {
      throw this.unexpected('label matching', 'identifier or "}"')
    }
    const token = this.take()
    const name = kind === 'string' ? unquote(token) : token.text
    const op = this.peek()
    if (op !== '=' && op !== '!=' && op !== '=~' && op !== '!~') {
      if (kind === 'string') return { name: METRIC_NAME, op: '=', value: name }
      throw this.unexpected('label matching', 'label matching operator')
    }
    this.take()
    const value = unquote(this.expect('string', 'label matching', 'string'))
    const matcher: Matcher = { name, op: op as MatchOp, value }
    if (op === '=~' || op === '!~') refuseBadRegex(matcher, token.from)
    return matcher
  }
}

interface BinaryModifiers {
  readonly bool: boolean
  readonly matching: Matching
}

function refuseBadRegex(matcher: Matcher, at: number): void {
  try {
    compileMatcher(matcher)
  } catch (error) {
    throw new SyntaxFault(
      at,
      messageOf(error instanceof NarthexError ? (error.cause ?? error) : error),
    )
  }
}

function isKeywordMetric(kind: string): boolean {
  const reserved = ['eof', 'number', 'duration', 'string'].includes(kind)
  return /^[a-z]/.test(kind) && !reserved && !NEVER_METRIC.has(kind)
}

function spanOf(token: Token): { from: number; to: number } {
  return { from: token.from, to: token.to }
}

/** Rounds halves away from zero, as Go does. */
function roundAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}
