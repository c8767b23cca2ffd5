import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  compareText,
  equalLabels,
  formatLabels,
  labelsFrom,
  labelsKey,
  labelValue,
} from '../../src/model/labels.ts'

test('labels are sorted, empty values are left out and the last of equal names wins', () => {
  const labels = labelsFrom([
    ['b', '2'],
    ['a', '1'],
    ['c', ''],
    ['b', '3'],
  ])
  assert.deepEqual(labels, ['a', '1', 'b', '3'])
  assert.equal(labelValue(labels, 'b'), '3')
  assert.equal(labelValue(labels, 'c'), '')
})

test('text is ordered like its UTF-8 bytes, astral characters after the private area', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const bytes = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.equal(Math.sign(compareText(a, b)), bytes)
    }),
    { seed: 11, numRuns: 2000 },
  )
})

test('two label sets have the same key exactly when they are equal', () => {
  const pairs = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', 'x', 'y')))
  fc.assert(
    fc.property(pairs, pairs, (one, two) => {
      const [a, b] = [labelsFrom(one), labelsFrom(two)]
      assert.equal(labelsKey(a) === labelsKey(b), equalLabels(a, b))
    }),
    { seed: 13 },
  )
})

test('a series prints as PromQL writes it', () => {
  assert.equal(formatLabels(labelsFrom([['__name__', 'up']])), 'up')
  assert.equal(
    formatLabels(
      labelsFrom([
        ['__name__', 'up'],
        ['job', 'a"b'],
        ['http.status', '200'],
      ]),
    ),
    'up{"http.status"="200", job="a\\"b"}',
  )
})
