/** Label sets under grouping, matching and dropping. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Labels, labelsFrom, labelsKey } from '../../../src/model/labels.ts'
import { indexBy, indexOmitting, indexWithout } from '../../../src/query/engine/labelindex.ts'
import { namesMayClash } from '../../../src/query/engine/merge.ts'
import { dropReserved, groupLabels, withLabel } from '../../../src/query/engine/naming.ts'
import { labelsOf } from './memory.ts'

const NAMES = ['__name__', 'A', 'a', 'b', 'c', 'é']
const VALUES = ['', 'x', 'y', 'x\u0000', '\u0000y']
const SETS: fc.Arbitrary<Labels> = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES)))
  .map(labelsFrom)

for (const without of [false, true]) {
  test(`numbers ${without ? 'without' : 'by'} labels agree with the labels of the groups`, () => {
    fc.assert(
      fc.property(fc.array(SETS), fc.subarray(NAMES), (sets, names) => {
        const index = without ? indexWithout(names) : indexBy(names)
        const seen = new Map<string, number>()
        for (const labels of sets) {
          const key = JSON.stringify(groupLabels(labels, names, without))
          const number = index.of(labels)
          if (!seen.has(key)) seen.set(key, seen.size)
          assert.equal(number, seen.get(key), key)
        }
        assert.equal(index.size, seen.size)
      }),
      { seed: 13, numRuns: 300 },
    )
  })
}

test('leaving out only the named labels keeps the metric name apart', () => {
  const index = indexOmitting(new Set(['le']))
  assert.equal(index.of(labelsOf({ __name__: 'a', le: '1' })), 0)
  assert.equal(index.of(labelsOf({ __name__: 'a', le: '2' })), 0)
  assert.equal(index.of(labelsOf({ __name__: 'b', le: '1' })), 1)
})

test('a label is put in its place, replaced, or taken away', () => {
  fc.assert(
    fc.property(
      SETS,
      fc.constantFrom(...NAMES),
      fc.constantFrom(...VALUES),
      (labels, name, value) => {
        const pairs: [string, string][] = [[name, value]]
        for (let i = 0; i < labels.length; i += 2) {
          if (labels[i] !== name) pairs.push([labels[i], labels[i + 1]])
        }
        assert.equal(labelsKey(withLabel(labels, name, value)), labelsKey(labelsFrom(pairs)))
      },
    ),
    { seed: 14 },
  )
})

test('name, type and unit are dropped, and nothing is copied where there is none', () => {
  const labels = labelsOf({ __name__: 'm', __type__: 'gauge', __unit__: 's', a: '1' })
  assert.deepEqual(dropReserved(labels), ['a', '1'])
  const plain = labelsOf({ a: '1' })
  assert.equal(dropReserved(plain), plain)
})

for (const [what, sets, clash] of [
  ['one name', [{ __name__: 'm', a: '1' }, { __name__: 'm' }], false],
  ['two names', [{ __name__: 'm' }, { __name__: 'n' }], true],
  ['a name and none', [{ __name__: 'm' }, { a: '1' }], true],
  ['types', [{ __name__: 'm', __type__: 'gauge' }], true],
  ['labels before the name', [{ A: '1', __name__: 'm' }, { __name__: 'm' }], false],
] as const) {
  test(`rows with ${what} ${clash ? 'may' : 'cannot'} become equal without names`, () => {
    const labels = sets.map((set) => labelsOf({ ...set }))
    assert.equal(
      namesMayClash(labels.length, (row) => labels[row]),
      clash,
    )
  })
}
