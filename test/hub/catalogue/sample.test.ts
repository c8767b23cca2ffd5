/** Which metrics a recorded answer has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readSample, SAMPLE_FAMILIES_MAX, SampleFault } from '../../../src/hub/catalogue/sample.ts'

const TEXT = `# HELP a_total Counts \\\\ and\\nmore.
# TYPE a_total counter
a_total{x="1"} 3
a_total{x="2"} 4
# TYPE b histogram
# HELP b Times.
b_bucket{le="+Inf"} 1
b_sum 0.1
b_count 1
# TYPE c summary
# TYPE d gauge
e 1`

test('types, helps and names are those of the text', () => {
  const { metrics, names } = readSample(TEXT)
  assert.deepEqual(metrics, [
    { name: 'a_total', type: 'counter', help: 'Counts \\ and\nmore.' },
    { name: 'b', type: 'histogram', help: 'Times.' },
    { name: 'c', type: 'summary', help: '' },
    { name: 'd', type: 'gauge', help: '' },
    { name: 'e', type: 'untyped', help: '' },
  ])
  assert.deepEqual(
    [...names].sort(),
    ['a_total', 'b_bucket', 'b_count', 'b_sum', 'c', 'c_count', 'c_sum', 'd', 'e'],
    'a family that is declared and has no series yet is there, too, with its suffixes',
  )
})

test('a line that is no metric is told by its number', () => {
  for (const [text, line] of [
    ['a 1\n\nb{ 2\n', 3],
    ['<html>', 1],
    ['a 1\nb x\n', 2],
  ] as const) {
    assert.throws(
      () => readSample(text),
      (error) => error instanceof SampleFault && error.line === line,
      text,
    )
  }
  const many = Array.from({ length: SAMPLE_FAMILIES_MAX + 1 }, (_, i) => `# TYPE m${i} gauge`)
  assert.throws(() => readSample(many.join('\n')), /more than 20000 metric families/)
})

test('any text is read or refused, and says nothing else', () => {
  const lines = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom('# TYPE a histogram', '# HELP a b', 'a 1', 'a{b="c"} NaN 5', '#', ''),
  )
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 20 }), (all) => {
      try {
        readSample(all.join('\n'))
      } catch (error) {
        assert.ok(error instanceof SampleFault, String(error))
      }
    }),
    { seed: 5, numRuns: 500 },
  )
})
