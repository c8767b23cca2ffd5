/** The tree of a PromQL expression: plain data, no behaviour. */
import type { Matcher } from '../../model/matcher.ts'

/** Offsets in UTF-16 units of the expression's text, [from, to). */
export interface Span {
  readonly from: number
  readonly to: number
}

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string'

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren

export interface NumberLiteral {
  readonly kind: 'number'
  readonly value: number
  /** Written as a duration ("5m"), so that printing keeps it. */
  readonly duration: boolean
  readonly span: Span
}

export interface StringLiteral {
  readonly kind: 'string'
  readonly value: string
  readonly span: Span
}

/** `@ 123.4`, `@ start()` or `@ end()`; ms since epoch. */
export type At = { readonly timeMs: number } | 'start' | 'end'

/**
 * A duration in ms, or an expression of durations (`[5m*2]`, `offset (step()+1s)`, experimental) that the
 * engine resolves to ms from the query's own start, end and step before evaluating.
 */
export type DurationValue = number | DurationExpr

export type DurationExpr =
  | { readonly op: 'number'; readonly ms: number; readonly plain: boolean; readonly span: Span }
  | { readonly op: 'step' | 'range'; readonly span: Span }
  | {
      readonly op: '+' | '-' | '*' | '/' | '%' | '^'
      readonly left: DurationExpr
      readonly right: DurationExpr
      readonly span: Span
    }
  | {
      readonly op: 'min' | 'max'
      readonly left: DurationExpr
      readonly right: DurationExpr
      readonly span: Span
    }
  | { readonly op: 'neg' | 'pos' | 'paren'; readonly of: DurationExpr; readonly span: Span }

export interface VectorSelector {
  readonly kind: 'selector'
  /** Metric name written before the braces, '' for none. It stands among the matchers too. */
  readonly name: string
  readonly matchers: readonly Matcher[]
  readonly at: At | undefined
  readonly offset: DurationValue
  /** `anchored` or `smoothed` after the selector (experimental). */
  readonly extension: 'anchored' | 'smoothed' | undefined
  readonly span: Span
}

export interface MatrixSelector {
  readonly kind: 'matrix'
  /** at, offset and extension stand on the selector. */
  readonly selector: VectorSelector
  readonly range: DurationValue
  readonly span: Span
}

export interface Subquery {
  readonly kind: 'subquery'
  readonly expr: Expr
  readonly range: DurationValue
  /** Undefined: the default evaluation interval. */
  readonly step: DurationValue | undefined
  readonly at: At | undefined
  readonly offset: DurationValue
  readonly span: Span
}

export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expr[]
  readonly span: Span
}

export interface Aggregation {
  readonly kind: 'aggregation'
  readonly op: AggregationOp
  readonly expr: Expr
  readonly param: Expr | undefined
  readonly labels: readonly string[]
  readonly without: boolean
  readonly span: Span
}

export type AggregationOp =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'count_values'
  | 'quantile'
  | 'limitk'
  | 'limit_ratio'

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | 'atan2'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'and'
  | 'or'
  | 'unless'
  /** Histogram trimming. */
  | '</'
  | '>/'

export interface Matching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'
  readonly labels: readonly string[]
  readonly on: boolean
  /** Labels taken over from the "one" side by group_left or group_right. */
  readonly include: readonly string[]
  /** Values for missing sides (experimental fill modifiers). */
  readonly fillLeft: number | undefined
  readonly fillRight: number | undefined
}

export interface Binary {
  readonly kind: 'binary'
  readonly op: BinaryOp
  readonly left: Expr
  readonly right: Expr
  readonly bool: boolean
  /** Present when both sides are vectors. */
  readonly matching: Matching | undefined
  readonly span: Span
}

export interface Unary {
  readonly kind: 'unary'
  readonly op: '+' | '-'
  readonly expr: Expr
  readonly span: Span
}

export interface Paren {
  readonly kind: 'paren'
  readonly expr: Expr
  readonly span: Span
}
