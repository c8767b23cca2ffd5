/** Durations of the pages: Prometheus's own writing, there and back. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  describeAgo,
  describeDuration,
  formatDuration,
  parseDuration,
} from '../../../ui/format/duration.ts'

for (const [text, ms] of [
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['1d2h3m4s5ms', 93_784_005],
  ['1w', 604_800_000],
  ['90', 90_000],
  ['0.5', 500],
  [' 1h ', 3_600_000],
] as const) {
  test(`a duration is read: ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), ms))
}

for (const text of ['', '0', '0s', '-5m', '5 m', 'm', '1m1h', '1.5h', '<b>', 'NaN', '1e400']) {
  test(`a duration is refused: ${JSON.stringify(text)}`, () =>
    assert.equal(parseDuration(text), undefined))
}

test('what formatDuration writes is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4e12 }), (ms) => {
      assert.equal(parseDuration(formatDuration(ms)), ms)
    }),
    { seed: 11 },
  )
})

test('days are not turned into weeks that a person did not write', () => {
  assert.equal(formatDuration(10 * 86_400_000), '10d')
  assert.equal(formatDuration(14 * 86_400_000), '2w')
})

for (const [ms, text] of [
  [0, '0 ms'],
  [0.4, '0.40 ms'],
  [12, '12 ms'],
  [4200, '4.2 s'],
  [192_000, '3 m 12 s'],
  [86_400_000 * 2 + 3_600_000 * 5, '2 d 5 h'],
  [Number.NaN, '–'],
] as const) {
  test(`a duration for people: ${ms} ms`, () => assert.equal(describeDuration(ms), text))
}

for (const [ms, text] of [
  [-5000, 'now'],
  [400, 'now'],
  [4200, '4 s ago'],
  [59_700, '1 m ago'],
  [192_400, '3 m 12 s ago'],
] as const) {
  test(`how long ago ${ms} ms are: ${text}`, () => assert.equal(describeAgo(ms), text))
}
