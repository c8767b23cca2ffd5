import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import {
  parseDurationMs,
  parseTimeMs,
  readLimit,
  readSelectors,
  TIME_MS_MAX,
  TIME_MS_MIN,
} from '../../../src/serve/api/params.ts'

for (const [text, timeMs] of [
  ['0', 0],
  ['1435781451.781', 1435781451781],
  ['-5.5', -5500],
  ['1e3', 1_000_000],
  ['.5', 500],
  ['1.0004999', 1000],
  ['2015-07-01T20:10:51.781Z', 1435781451781],
  ['2015-07-01T20:10:51Z', 1435781451000],
  ['2015-07-01t20:10:51.7819999z', 1435781451781],
  ['2015-07-02T05:10:51.781+09:00', 1435781451781],
  ['2015-07-02T05:10:51.781 09:00', 1435781451781],
  ['2015-07-01T16:40:51.781-03:30', 1435781451781],
  ['1969-12-31T23:59:59.5Z', -500],
  ['0001-01-01T00:00:00Z', -62135596800000],
  ['-292273086-05-16T16:47:06Z', TIME_MS_MIN],
  ['292277025-08-18T07:12:54.999999999Z', TIME_MS_MAX],
] as const) {
  test(`a time is read: ${text}`, () => assert.equal(parseTimeMs(text), timeMs))
}

for (const text of [
  '',
  ' 1',
  '1 ',
  'x',
  '1s',
  '0x10',
  'inf',
  'NaN',
  '1e30',
  '1_000',
  '--1',
  '2015-13-01T00:00:00Z',
  '2015-02-29T00:00:00Z',
  '2015-07-01',
  '2015-07-01T24:00:00Z',
  '2015-07-01T20:10:51',
  '2015-07-01T20:60:51Z',
  '9'.repeat(400),
]) {
  test(`a time is refused: ${JSON.stringify(text).slice(0, 40)}`, () => {
    assert.throws(
      () => parseTimeMs(text),
      (e) =>
        e instanceof NarthexError &&
        e.message === `cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    )
  })
}

test('every time that a Date can hold is read back from both of its texts', () => {
  const times = fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) })
  fc.assert(
    fc.property(times, (timeMs) => {
      assert.equal(parseTimeMs(new Date(timeMs).toISOString()), timeMs)
      assert.equal(parseTimeMs(String(timeMs / 1000)), timeMs)
    }),
    { seed: 7, numRuns: 500 },
  )
})

for (const [text, durationMs] of [
  ['15', 15_000],
  ['0.5', 500],
  ['-1', -1000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
] as const) {
  test(`a duration is read: ${text}`, () => assert.equal(parseDurationMs(text), durationMs))
}

for (const [text, message] of [
  ['x', 'cannot parse "x" to a valid duration'],
  ['1m1h', 'cannot parse "1m1h" to a valid duration'],
  ['1e30', 'cannot parse "1e30" to a valid duration. It overflows int64'],
] as const) {
  test(`a duration is refused: ${text}`, () => {
    assert.throws(() => parseDurationMs(text), { message, kind: 'bad_data' })
  })
}

for (const [text, message] of [
  ['x', 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
  ['-1', 'invalid parameter "limit": limit must be non-negative'],
  ['1.5', 'invalid parameter "limit": strconv.Atoi: parsing "1.5": invalid syntax'],
] as const) {
  test(`a limit is refused: ${text}`, () => {
    assert.throws(() => readLimit(new URLSearchParams({ limit: text })), {
      message,
      kind: 'bad_data',
    })
  })
}

for (const [selector, message] of [
  ['{}', 'match[] must contain at least one non-empty matcher'],
  ['{a=""}', 'match[] must contain at least one non-empty matcher'],
  ['{a=~".*"}', 'match[] must contain at least one non-empty matcher'],
  ['{', '1:2: parse error: unexpected end of input inside braces'],
] as const) {
  test(`a selector is refused: ${selector}`, () => {
    assert.throws(() => readSelectors(new URLSearchParams([['match[]', selector]])), {
      message: `invalid parameter "match[]": ${message}`,
      kind: 'bad_data',
    })
  })
}

test('selectors are bounded in number', () => {
  const many = new URLSearchParams(Array.from({ length: 1001 }, () => ['match[]', 'up']))
  assert.throws(() => readSelectors(many), /1001 selectors, at most 1000/)
})
