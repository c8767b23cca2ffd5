import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../src/base/error.ts'
import { formatDuration, parseDuration } from '../../src/model/duration.ts'

for (const [text, ms] of [
  ['0', 0],
  ['500ms', 500],
  ['1h30m', 5_400_000],
  ['1y2w', 365 * 86_400_000 + 14 * 86_400_000],
  ['100y', 100 * 365 * 86_400_000],
] as const) {
  test(`parseDuration reads ${text}`, () => assert.equal(parseDuration(text), ms))
}

for (const text of ['', '1', '5', '-1m', '1.5h', '1m1h', '1 m', '1m2m', '300y']) {
  test(`parseDuration refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseDuration(text),
      (error) => error instanceof NarthexError && error.kind === 'bad_data',
    )
  })
}

test('a duration that is printed parses to the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_000_000_000_000 }), (ms) => {
      assert.equal(parseDuration(formatDuration(ms)), ms)
    }),
    { seed: 7 },
  )
})
