/** Marks of problems: at their words, never outside of the text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeProblems } from '../../../ui/edits/problem.ts'

const TEXT = 'a: 1\nexpr: sum(up\n\n'

function marked(line: number, column: number, text = TEXT): string {
  const [{ from, to }] = placeProblems(text, [{ line, column, message: 'm', isFault: true }])
  assert.ok(from >= 0 && to <= text.length && (to > from || text === ''))
  return text.slice(from, to)
}

test('a word is marked whole, a sign alone', () => {
  assert.equal(marked(2, 7), 'sum')
  assert.equal(marked(2, 10), '(')
  assert.equal(marked(1, 1), 'a:')
})

test('at the end of a line the character before it is marked', () => {
  assert.equal(marked(1, 5), '1')
  assert.equal(marked(2, 99), 'p')
})

test('a place outside of the text is one inside', () => {
  for (const [line, column] of [
    [99, 1],
    [3, 1],
    [4, 7],
  ]) {
    marked(line, column)
    marked(line, column, '')
    marked(line, column, 'x')
  }
})
