/** Expressions that were answered in this browser, newest first. */
import type { Signal } from '@preact/signals'
import { stored } from '../shell/stored.ts'

const HISTORY_MAX = 100
/** Longer expressions are not worth their room. */
const EXPRESSION_LENGTH_MAX = 10_000

/** The stored expressions. */
export const history: Signal<readonly string[]> = stored<readonly string[]>(
  'history',
  [],
  (value): value is string[] => Array.isArray(value) && value.every((v) => typeof v === 'string'),
)

/** Puts an expression on top. */
export function remember(expr: string): void {
  const text = expr.trim()
  if (text === '' || text.length > EXPRESSION_LENGTH_MAX || history.peek()[0] === text) return
  history.value = [text, ...history.peek().filter((h) => h !== text)].slice(0, HISTORY_MAX)
}
