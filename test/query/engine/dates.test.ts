import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATE_FUNCTIONS } from '../../../src/query/engine/dates.ts'

for (const [text, parts] of [
  ['1970-01-01T00:00:00Z', [0, 0, 4, 1, 1, 31, 1, 1970]],
  ['2024-02-29T23:59:59Z', [59, 23, 4, 29, 60, 29, 2, 2024]],
  ['2023-12-31T12:30:00Z', [30, 12, 0, 31, 365, 31, 12, 2023]],
  ['1969-12-31T00:00:00Z', [0, 0, 3, 31, 365, 31, 12, 1969]],
  ['0099-03-01T00:00:00Z', [0, 0, 0, 1, 60, 31, 3, 99]],
] as const) {
  test(`the parts of ${text} are those of UTC`, () => {
    const seconds = Date.parse(text) / 1000
    assert.deepEqual(
      DATE_FUNCTIONS.map(([, part]) => part(seconds)),
      [...parts],
    )
  })
}

test('fractions of a second count for nothing, and no date gives NaN', () => {
  for (const [name, part] of DATE_FUNCTIONS) {
    assert.equal(part(59.999), part(59), name)
    assert.ok(Number.isNaN(part(Number.NaN)), name)
    assert.ok(Number.isNaN(part(1e18)), name)
  }
})
