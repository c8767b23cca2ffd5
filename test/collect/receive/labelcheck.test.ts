/** Labels of senders: sorted and rid of empty values, or refused with the first reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLabels, LABEL_LIMITS } from '../../../src/collect/receive/labelcheck.ts'

for (const [name, pairs, expected] of [
  ['sorted pairs stay', ['__name__', 'a', 'b', '1'], ['__name__', 'a', 'b', '1']],
  [
    'others are sorted',
    ['b', '1', '__name__', 'a', 'Z', '2'],
    ['Z', '2', '__name__', 'a', 'b', '1'],
  ],
  [
    'order is that of code points',
    ['\u{1f600}', 'x', '\uffee', 'y', '__name__', 'a'],
    ['__name__', 'a', '\uffee', 'y', '\u{1f600}', 'x'],
  ],
  ['empty values go', ['__name__', 'a', 'b', '', 'c', '1'], ['__name__', 'a', 'c', '1']],
  [
    'names of any letters',
    ['__name__', '온도.현재', '키', '값'],
    ['__name__', '온도.현재', '키', '값'],
  ],
  ['no name', ['a', 'b'], 'missing_name'],
  ['an empty name', ['__name__', ''], 'missing_name'],
  ['a label without name', ['', 'b', '__name__', 'a'], 'empty_label_name'],
  ['a label twice', ['a', '1', '__name__', 'a', 'a', '1'], 'duplicate_label'],
  ['an empty label twice', ['__name__', 'a', 'b', '', 'b', ''], 'duplicate_label'],
] as const) {
  test(`${name}`, () => {
    assert.deepEqual(checkLabels(pairs, LABEL_LIMITS), expected)
  })
}

test('bounds count bytes of UTF-8 and include their own value', () => {
  const check = (name: string, value: string): unknown =>
    checkLabels(['__name__', 'a', name, value], {
      labelsMax: 2,
      nameBytesMax: 9,
      valueBytesMax: 9,
    })
  assert.equal(typeof check('n'.repeat(9), '가나다'), 'object')
  assert.equal(check('n'.repeat(10), 'x'), 'label_name_too_long')
  assert.equal(check('가나다a', 'x'), 'label_name_too_long')
  assert.equal(check('n', '가나다a'), 'label_value_too_long')
  assert.equal(
    checkLabels(['__name__', 'a', 'b', '1', 'c', '2'], { ...LABEL_LIMITS, labelsMax: 2 }),
    'too_many_labels',
  )
})
