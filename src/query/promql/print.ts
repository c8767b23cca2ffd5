/** The canonical text of an expression, in one line or in lines of at most 100 columns. */
import { compareText, METRIC_NAME } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  Aggregation,
  At,
  Binary,
  DurationExpr,
  DurationValue,
  Expr,
  NumberLiteral,
  Subquery,
  VectorSelector,
} from './ast.ts'
import { formatDuration, formatFixed, formatShort, quote } from './gotext.ts'

/** Columns that `prettify` keeps to where it can, as Prometheus's formatter does. */
const COLUMNS_MAX = 100

/** The expression in one line. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr)
    case 'string':
      return quote(expr.value)
    case 'selector':
      return `${printSeries(expr)}${printAt(expr.at)}${printExtension(expr)}${printOffset(expr.offset)}`
    case 'matrix': {
      const { selector, range } = expr
      const suffix = `${printExtension(selector)}${printAt(selector.at)}${printOffset(selector.offset)}`
      return `${printSeries(selector)}[${printDuration(range)}]${suffix}`
    }
    case 'subquery':
      return `${printExpr(expr.expr)}${printSubquerySuffix(expr)}`
    case 'call':
      return `${expr.name}(${expr.args.map(printExpr).join(', ')})`
    case 'aggregation': {
      const param = expr.param === undefined ? '' : `${printExpr(expr.param)}, `
      return `${printAggregationHead(expr)}(${param}${printExpr(expr.expr)})`
    }
    case 'binary':
      return `${printLeft(expr)} ${printOperator(expr)} ${printExpr(expr.right)}`
    case 'unary':
      return `${expr.op}${printExpr(expr.expr)}`
    case 'paren':
      return `(${printExpr(expr.expr)})`
  }
}

/** The expression with line breaks where it would be longer than the columns allow. */
export function prettify(expr: Expr, columnsMax: number = COLUMNS_MAX): string {
  return new Prettifier(columnsMax).pretty(expr, 0)
}

class Prettifier {
  readonly #columnsMax: number

  constructor(columnsMax: number) {
    this.#columnsMax = columnsMax
  }

  pretty(expr: Expr, level: number): string {
    const indent = '  '.repeat(level)
    const line = printExpr(expr)
    const isLeaf = expr.kind === 'number' || expr.kind === 'string' || expr.kind === 'selector'
    if (expr.kind === 'unary') {
      return `${indent}${expr.op}${this.pretty(expr.expr, level).trim()}`
    }
    if (isLeaf || expr.kind === 'matrix') return `${indent}${line}`
    if (lengthBytes(line) <= this.#columnsMax) {
      // Prometheus leaves a short subquery where it is, without its indentation.
      return expr.kind === 'subquery' ? line : `${indent}${line}`
    }
    return this.#split(expr, level, indent)
  }

  #split(expr: Expr, level: number, indent: string): string {
    switch (expr.kind) {
      case 'aggregation': {
        const param = expr.param === undefined ? '' : `${this.pretty(expr.param, level + 1)},\n`
        const body = this.pretty(expr.expr, level + 1)
        return `${indent}${printAggregationHead(expr)}(\n${param}${body}\n${indent})`
      }
      case 'binary': {
        const left = this.pretty(expr.left, level + 1)
        const right = this.pretty(expr.right, level + 1)
        return `${left}\n${indent}${printOperator(expr)}\n${right}`
      }
      case 'call': {
        const args = expr.args.map((arg) => this.pretty(arg, level + 1)).join(',\n')
        return `${indent}${expr.name}(\n${args}\n${indent})`
      }
      case 'paren':
        return `${indent}(\n${this.pretty(expr.expr, level + 1)}\n${indent})`
      case 'subquery':
        return `${this.pretty(expr.expr, level)}${printSubquerySuffix(expr)}`
      default:
        return `${indent}${printExpr(expr)}`
    }
  }
}

function printNumber(expr: NumberLiteral): string {
  return expr.duration ? formatDuration(expr.value * 1000) : formatFixed(expr.value)
}

/** A bare `+Inf` before `^` would read back as the sign of the whole power. */
function printLeft(expr: Binary): string {
  const { left, op } = expr
  const isInfinite = left.kind === 'number' && left.value === Infinity
  return op === '^' && isInfinite ? 'Inf' : printExpr(left)
}

/** The operator with all its modifiers. */
function printOperator(expr: Binary): string {
  const { matching } = expr
  let text: string = expr.op
  if (expr.bool) text += ' bool'
  if (matching === undefined) return text
  const grouped = matching.card === 'many-to-one' || matching.card === 'one-to-many'
  if (matching.labels.length > 0 || matching.on || grouped) {
    text += ` ${matching.on ? 'on' : 'ignoring'} (${printLabels(matching.labels)})`
  }
  if (grouped) {
    const side = matching.card === 'many-to-one' ? 'left' : 'right'
    text += ` group_${side} (${printLabels(matching.include)})`
  }
  const { fillLeft, fillRight } = matching
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) {
    return `${text} fill (${formatShort(fillLeft)})`
  }
  if (fillLeft !== undefined) text += ` fill_left (${formatShort(fillLeft)})`
  if (fillRight !== undefined) text += ` fill_right (${formatShort(fillRight)})`
  return text
}

function printAggregationHead(expr: Aggregation): string {
  if (expr.without) return `${expr.op} without (${printLabels(expr.labels)}) `
  return expr.labels.length > 0 ? `${expr.op} by (${printLabels(expr.labels)}) ` : expr.op
}

function printLabels(labels: readonly string[]): string {
  return labels.map(printLabelName).join(', ')
}

function printLabelName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name)
}

function printSeries(expr: VectorSelector): string {
  const isName = (matcher: Matcher): boolean =>
    expr.name !== '' &&
    matcher.name === METRIC_NAME &&
    matcher.op === '=' &&
    matcher.value === expr.name
  const shown = expr.matchers
    .filter((matcher) => !isName(matcher))
    .map((matcher) => `${printLabelName(matcher.name)}${matcher.op}${quote(matcher.value)}`)
    .sort(compareText)
  return shown.length === 0 ? expr.name : `${expr.name}{${shown.join(',')}}`
}

function printSubquerySuffix(expr: Subquery): string {
  const step = expr.step === undefined ? '' : printDuration(expr.step)
  const range = `[${printDuration(expr.range)}:${step}]`
  return `${range}${printAt(expr.at)}${printOffset(expr.offset)}`
}

function printExtension(expr: VectorSelector): string {
  return expr.extension === undefined ? '' : ` ${expr.extension}`
}

function printAt(at: At | undefined): string {
  if (at === undefined) return ''
  if (typeof at === 'string') return ` @ ${at}()`
  const thousandths = formatFixed(Math.abs(at.timeMs)).padStart(4, '0')
  const sign = at.timeMs < 0 ? '-' : ''
  return ` @ ${sign}${thousandths.slice(0, -3)}.${thousandths.slice(-3)}`
}

function printOffset(offset: DurationValue): string {
  return offset === 0 ? '' : ` offset ${printDuration(offset)}`
}

function printDuration(value: DurationValue): string {
  return typeof value === 'number' ? formatDuration(value) : printDurationExpr(value)
}

function printDurationExpr(expr: DurationExpr): string {
  switch (expr.op) {
    case 'number':
      return expr.plain ? formatFixed(expr.ms / 1000) : formatDuration(expr.ms)
    case 'step':
    case 'range':
      return `${expr.op}()`
    case 'min':
    case 'max':
      return `${expr.op}_of(${printDurationExpr(expr.left)}, ${printDurationExpr(expr.right)})`
    case 'neg':
      return `-${printDurationExpr(expr.of)}`
    case 'pos':
      return printDurationExpr(expr.of)
    case 'paren':
      return `(${printDurationExpr(expr.of)})`
    default:
      return `${printDurationExpr(expr.left)} ${expr.op} ${printDurationExpr(expr.right)}`
  }
}

function lengthBytes(text: string): number {
  return new TextEncoder().encode(text).length
}
