/** Parts of an expression for the tree. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Part, partsOf } from '../../../ui/explore/parts.ts'

function outline(part: Part): unknown {
  const children = part.children.map(outline)
  return children.length > 0 ? [part.text, ...children] : part.text
}

test('an expression falls into its parts, in the writing of the person', () => {
  assert.deepEqual(outline(partsOf('sum by (a) (rate(x[5m]))  /  2')), [
    'sum by (a) (rate(x[5m]))  /  2',
    ['sum by (a) (rate(x[5m]))', ['rate(x[5m])', ['x[5m]', 'x']]],
    '2',
  ])
})

test('only parts with series are counted', () => {
  const root = partsOf('scalar(x) + time()')
  assert.equal(root.isVector, false)
  assert.equal(root.children[0].children[0].isVector, true)
})

test('what does not parse is refused with the place', () => {
  assert.throws(() => partsOf('sum('), /1:5/)
})
