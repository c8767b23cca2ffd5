import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { resolveAt, resolveDuration } from '../../../src/query/engine/durations.ts'
import type { DurationValue, Expr } from '../../../src/query/promql/ast.ts'
import { ALL_FEATURES } from '../../../src/query/promql/features.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'

const RANGE = { text: '', fromMs: 1_000_000, toMs: 1_090_000, stepMs: 15_000 }

function offsetOf(text: string): DurationValue {
  const expr: Expr = parseExpr(`m offset ${text}`, ALL_FEATURES)
  assert.ok(expr.kind === 'selector')
  return expr.offset
}

for (const [text, durationMs] of [
  ['5m', 300_000],
  ['-5m', -300_000],
  ['(1m + 30s)', 90_000],
  ['(2 * step())', 30_000],
  ['(range() / 2)', 45_000],
  ['(10 % 4)', 2_000],
  ['(2 ^ 3)', 8_000],
  ['min_of(step(), 1s)', 1_000],
  ['max_of(step(), 1s)', 15_000],
  ['(-(1s - 3s))', 2_000],
  ['(1 / 3)', 333],
] as const) {
  test(`${text} is ${durationMs} ms`, () => {
    assert.equal(resolveDuration(offsetOf(text), RANGE, true), durationMs)
  })
}

for (const [text, signed, message] of [
  ['(1s - 1s)', false, /^\d+:\d+: duration must be greater than 0$/],
  ['(1 / 0)', true, /: division by zero$/],
  ['(1 % 0)', true, /: modulo by zero$/],
  ['(10 ^ 14)', true, /: duration is out of range$/],
] as const) {
  test(`${text} is refused`, () => {
    assert.throws(
      () => resolveDuration(offsetOf(text), RANGE, signed),
      (error) =>
        error instanceof NarthexError && error.kind === 'bad_data' && message.test(error.message),
    )
  })
}

test('an @ is a time of its own or one of the query', () => {
  assert.equal(resolveAt({ timeMs: 5 }, RANGE), 5)
  assert.equal(resolveAt('start', RANGE), RANGE.fromMs)
  assert.equal(resolveAt('end', RANGE), RANGE.toMs)
  assert.equal(resolveAt(undefined, RANGE), undefined)
})
