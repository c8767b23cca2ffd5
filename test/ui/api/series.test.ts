/** Names of series. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { parseSelector } from '../../../src/query/promql/parse.ts'
import { commonLabels, distinctLabels, formatSeries } from '../../../ui/api/series.ts'

for (const [metric, text] of [
  [{ __name__: 'up' }, 'up'],
  [{}, '{}'],
  [{ b: '2', a: '1' }, '{a="1", b="2"}'],
  [{ __name__: 'x', a: 'quote " and \\' }, 'x{a="quote \\" and \\\\"}'],
  [{ a: '\u202ereversed\u0000' }, '{a="\\u202ereversed\\u0000"}'],
  [{ __name__: 'with space', 'dotted.name': 'v' }, '{"with space", "dotted.name"="v"}'],
] as const) {
  test(`a series is written ${text}`, () => assert.equal(formatSeries(metric), text))
  if (text !== '{}') test(`and read back: ${text}`, () => void parseSelector(text))
}

test('what all series share is told once', () => {
  const metrics = [
    { __name__: 'x', job: 'a', cpu: '0' },
    { __name__: 'x', job: 'a', cpu: '1', mode: 'idle' },
  ]
  const common = commonLabels(metrics)
  assert.deepEqual({ ...common }, { __name__: 'x', job: 'a' })
  assert.deepEqual({ ...distinctLabels(metrics[1], common) }, { cpu: '1', mode: 'idle' })
})

test('one series alone shares nothing', () => {
  assert.deepEqual({ ...commonLabels([{ a: '1' }]) }, {})
})

test('labels with the names of object properties are labels', () => {
  const metrics = [JSON.parse('{"__proto__":"a","constructor":"b"}'), { constructor: 'b' }]
  assert.deepEqual(Object.keys(commonLabels(metrics)), ['constructor'])
})
