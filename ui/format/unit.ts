/** The unit of an expression's values, from the suffixes of its metrics and what is done to them. */
import type { Aggregation, Binary, Call, Expr } from '../../src/query/promql/ast.ts'
import type { Unit } from './value.ts'

const UNIT_OF_SUFFIX: readonly (readonly [RegExp, Unit])[] = [
  [/(?:_timestamp|_start_time|_boot_time|^node_time)_seconds$/, 'time'],
  [/_(?:bucket|count|info)$/, 'none'],
  [/_bytes(?:_total|_sum)?$/, 'bytes'],
  [/_seconds(?:_total|_sum)?$/, 'seconds'],
  [/_ratio$/, 'ratio'],
  [/_percent$/, 'percent'],
  [/_celsius$/, 'celsius'],
  [/_hertz$/, 'hertz'],
  [/_volts$/, 'volts'],
]

/** What one second less in the denominator makes of a unit. */
const PER_SECOND: Partial<Record<Unit, Unit>> = { bytes: 'bytes/s', seconds: 'ratio' }
const RATES = new Set(['rate', 'irate', 'deriv'])
const FIRST_ARG_UNIT =
  /^(?:increase|delta|idelta|abs|ceil|floor|round|clamp|clamp_min|clamp_max|sort|sort_desc|sort_by_label|sort_by_label_desc|label_replace|label_join|predict_linear|double_exponential_smoothing|(?:avg|min|max|sum|last|first|stddev|mad)_over_time)$/
const COUNTING = new Set(['count', 'group', 'count_values', 'stdvar'])

/** The unit of a metric by its name alone. */
function unitOfName(name: string): Unit {
  for (const [suffix, unit] of UNIT_OF_SUFFIX) if (suffix.test(name)) return unit
  return 'none'
}

/** The unit of an expression; 'none' wherever it is not certain. */
export function unitOf(expr: Expr): Unit {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return 'none'
    case 'selector':
      return unitOfName(expr.name)
    case 'matrix':
      return unitOfName(expr.selector.name)
    case 'subquery':
    case 'unary':
    case 'paren':
      return unitOf(expr.expr)
    case 'call':
      return unitOfCall(expr)
    case 'aggregation':
      return unitOfAggregation(expr)
    case 'binary':
      return unitOfBinary(expr)
  }
}

function unitOfAggregation(expr: Aggregation): Unit {
  return COUNTING.has(expr.op) ? 'none' : unitOf(expr.expr)
}

function unitOfCall(call: Call): Unit {
  if (call.name === 'time' || call.name === 'timestamp') return 'time'
  if (call.name === 'histogram_quantile') return unitOfBuckets(call.args[1])
  if (call.name === 'quantile_over_time') return unitOf(call.args[1])
  if (call.args.length === 0) return 'none'
  const unit = unitOf(call.args[0])
  if (RATES.has(call.name)) return PER_SECOND[unit] ?? (unit === 'none' ? 'per second' : 'none')
  return FIRST_ARG_UNIT.test(call.name) ? unit : 'none'
}

/** Buckets count events, a quantile of them has the unit of what was measured. */
function unitOfBuckets(expr: Expr | undefined): Unit {
  switch (expr?.kind) {
    case 'selector':
      return unitOfName(expr.name.replace(/_bucket$/, ''))
    case 'matrix':
      return unitOfName(expr.selector.name.replace(/_bucket$/, ''))
    case 'call':
      return unitOfBuckets(expr.args[0])
    case 'paren':
    case 'aggregation':
      return unitOfBuckets(expr.expr)
    default:
      return 'none'
  }
}

function unitOfBinary(expr: Binary): Unit {
  if (expr.bool) return 'none'
  const left = unitOf(expr.left)
  const right = unitOf(expr.right)
  switch (expr.op) {
    case '-':
      if (left === 'time' && right === 'time') return 'seconds'
      return sumUnit(left, right)
    case '+':
      return sumUnit(left, right)
    case '*':
      if (isHundred(expr.left) && right === 'ratio') return 'percent'
      return isHundred(expr.right) && left === 'ratio' ? 'percent' : 'none'
    case '/':
      return quotientUnit(left, right)
    case '%':
    case '^':
    case 'atan2':
      return 'none'
    default:
      return left === 'none' ? right : left
  }
}

function sumUnit(left: Unit, right: Unit): Unit {
  if (left === right || right === 'none') return left
  return left === 'none' ? right : 'none'
}

function quotientUnit(left: Unit, right: Unit): Unit {
  if (left === right) return left === 'none' || left === 'per second' ? 'none' : 'ratio'
  if (right !== 'per second') return 'none'
  if (left === 'bytes/s') return 'bytes'
  return left === 'ratio' ? 'seconds' : 'none'
}

function isHundred(expr: Expr): boolean {
  return expr.kind === 'number' && expr.value === 100
}
