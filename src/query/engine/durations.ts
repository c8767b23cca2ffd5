/** Durations and times of selectors in ms, resolved from the query's own start, end and step. */
import { NarthexError } from '../../base/error.ts'
import type { At, DurationExpr, DurationValue } from '../promql/ast.ts'
import type { QueryRange } from './context.ts'

/** Longest duration that is computed with, 2^53 ms. */
const DURATION_MS_MAX = Number.MAX_SAFE_INTEGER

/**
 * A range, a step or an offset in ms.
 *
 * @param signed whether 0 and below are allowed, as for offsets
 * @throws NarthexError `bad_data` in Prometheus's words
 */
export function resolveDuration(value: DurationValue, range: QueryRange, signed: boolean): number {
  if (typeof value === 'number') return value
  const seconds = secondsOf(value, range)
  if (seconds <= 0 && !signed) throw fault(value, 'duration must be greater than 0')
  const durationMs = Math.trunc(seconds * 1000)
  if (Number.isNaN(seconds) || Math.abs(durationMs) > DURATION_MS_MAX) {
    throw fault(value, 'duration is out of range')
  }
  return durationMs
}

/** The time of an `@`; undefined without one. */
export function resolveAt(at: At | undefined, range: QueryRange): number | undefined {
  if (at === undefined) return undefined
  if (at === 'start') return range.fromMs
  if (at === 'end') return range.toMs
  return at.timeMs
}

function secondsOf(expr: DurationExpr, range: QueryRange): number {
  switch (expr.op) {
    case 'number':
      return expr.ms / 1000
    case 'step':
      return range.stepMs / 1000
    case 'range':
      return (range.toMs - range.fromMs) / 1000
    case 'neg':
      return -secondsOf(expr.of, range)
    case 'pos':
    case 'paren':
      return secondsOf(expr.of, range)
    default: {
      const left = secondsOf(expr.left, range)
      const right = secondsOf(expr.right, range)
      return combine(expr, left, right)
    }
  }
}

function combine(expr: DurationExpr, left: number, right: number): number {
  switch (expr.op) {
    case 'min':
      return Math.min(left, right)
    case 'max':
      return Math.max(left, right)
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      if (right === 0) throw fault(expr, 'division by zero')
      return left / right
    case '%':
      if (right === 0) throw fault(expr, 'modulo by zero')
      return left % right
    default:
      return left ** right
  }
}

function fault(expr: DurationExpr, message: string): NarthexError {
  return new NarthexError('bad_data', `${expr.span.from}:${expr.span.to}: ${message}`)
}
