/** The tokens of one text, one ahead, with the bounds and the faults of parsing them. */
import type { Features } from './features.ts'
import { describeToken, Lexer, SyntaxFault, type Token } from './lexer.ts'

/** Deepest nesting of parentheses, calls, signs and durations. */
export const NESTING_MAX = 256
/** Most binary operators and subqueries in one text: their chains make the tree as deep. */
export const OPERATORS_MAX = 1_024

export class TokenReader {
  readonly features: Features
  readonly #lexer: Lexer
  #ahead: Token | undefined
  #lastTo = 0
  #depth = 0
  #operators = 0
  #aggregations = 0

  constructor(text: string, features: Features) {
    this.#lexer = new Lexer(text)
    this.features = features
  }

  /** Where the token taken last ends. */
  get lastTo(): number {
    return this.#lastTo
  }

  /** The kind of the next token. */
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
    return this.fault(this.take(), context, expected)
  }

  /** The fault of a token that was taken and does not belong there. */
  fault(token: Token, context: string, expected: string): SyntaxFault {
    const where = context === '' && this.#aggregations > 0 ? 'aggregation' : context
    let message = `unexpected ${describeToken(token)}`
    if (where !== '') message += ` in ${where}`
    if (expected !== '') message += `, expected ${expected}`
    return new SyntaxFault(token.from, message)
  }

  /** Runs the arguments of an aggregation: a stray token in them is reported as "in aggregation". */
  inAggregation<T>(parse: () => T): T {
    this.#aggregations++
    const parsed = parse()
    this.#aggregations--
    return parsed
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

  /** Counts what makes the tree deeper without nesting. */
  countOperator(at: number): void {
    if (++this.#operators > OPERATORS_MAX) {
      throw new SyntaxFault(at, `too many operators in one expression, at most ${OPERATORS_MAX}`)
    }
  }
}
