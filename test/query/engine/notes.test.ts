import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatF, formatG, formatG2, formatTime } from '../../../src/query/engine/gofloat.ts'
import { NOTES_MAX, Notes, positionText } from '../../../src/query/engine/notes.ts'

for (const [value, text] of [
  [0, '0'],
  [-0, '-0'],
  [1.1, '1.1'],
  [-1.1, '-1.1'],
  [100_000, '100000'],
  [1_000_000, '1e+06'],
  [1_234_567, '1.234567e+06'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [Number.NaN, 'NaN'],
] as const) {
  test(`Go writes ${value} as ${text}`, () => {
    assert.equal(formatG(value), text)
  })
}

test('two digits, six decimals and whole seconds', () => {
  assert.deepEqual([1, 0.123, 12.6, 123].map(formatG2), ['1', '0.12', '13', '1.2e+02'])
  assert.deepEqual([2, -0.5, Number.NaN].map(formatF), ['2.000000', '-0.500000', 'NaN'])
  assert.equal(formatTime(1_700_000_000_999), '2023-11-14T22:13:20Z')
})

for (const [text, offset, position] of [
  ['abc', 0, '1:1'],
  ['a\nbc', 3, '2:2'],
  ['é\né+b', 4, '2:4'],
  ['😀b', 2, '1:5'],
] as const) {
  test(`offset ${offset} of ${JSON.stringify(text)} is ${position}`, () => {
    assert.equal(positionText(text, offset), position)
  })
}

test('a note is handed out once, and no more than so many', () => {
  const notes = new Notes('query')
  for (let i = 0; i < 13; i++) notes.warn(`warning ${i % 12}`, { from: 0, to: 1 })
  const warnings = notes.warnings()
  assert.equal(warnings.length, NOTES_MAX + 1)
  assert.equal(warnings[0], 'PromQL warning: warning 0 (1:1)')
  assert.equal(warnings[NOTES_MAX], '2 more warning annotations omitted')
  assert.deepEqual(notes.infos(), [])
})

test('repairs of one metric become one info with what they have in common', () => {
  const notes = new Notes('histogram_quantile(0.5, m)')
  const span = { from: 24, to: 25 }
  notes.repaired('m', span, 60_000, 2, 4, 1)
  notes.repaired('m', span, 0, 1, 2, 0.25)
  notes.repaired('', span, 0, 1, 1, 1)
  const url = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile'
  assert.deepEqual(notes.infos(), [
    `PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see ${url}) for metric name "m", from buckets 1 to 4, with a max diff of 1, over 2 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z (1:25)`,
    `PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see ${url}), from buckets 1 to 1, with a max diff of 1, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:25)`,
  ])
})
