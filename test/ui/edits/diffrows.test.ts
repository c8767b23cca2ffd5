/** A difference as rows: changed lines beside each other, what is the same folded away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffOf, ROWS_MAX, type Row } from '../../../ui/edits/diffrows.ts'

const texts = fc
  .array(fc.constantFrom('a', 'bb', 'abc', ''), { maxLength: 40 })
  .map((lines) => lines.join('\n'))

/** The lines of one side as the rows have them. */
function linesOfSide(rows: readonly Row[], side: 'a' | 'b'): string[] {
  return rows.flatMap((row) => {
    if (row.kind === 'folded') return linesOfSide(row.rows, side)
    const one = row[side]
    return one === undefined ? [] : [one.before + one.middle + one.after]
  })
}

test('the rows have every line of both sides once, in order', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const { rows } = diffOf(a, b)
      assert.deepEqual(linesOfSide(rows, 'a'), a.split('\n'))
      assert.deepEqual(linesOfSide(rows, 'b'), b.split('\n'))
    }),
    { seed: 7, numRuns: 300 },
  )
})

test('three lines stay around a change, and within a line what differs is told apart', () => {
  const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`)
  const { rows, added, gone } = diffOf(lines.join('\n'), lines.with(10, 'line ten').join('\n'))
  assert.deepEqual([added, gone], [1, 1])
  assert.deepEqual(
    rows.map(({ kind }) => kind),
    ['folded', 'same', 'same', 'same', 'changed', 'same', 'same', 'same', 'folded'],
  )
  const changed = rows[4]
  assert.ok(changed.kind === 'changed')
  assert.deepEqual(changed.a, { number: 11, before: 'line ', middle: '10', after: '' })
  assert.deepEqual(changed.b, { number: 11, before: 'line ', middle: 'ten', after: '' })
})

test('of a difference that is too long the first rows are there, and how many are not', () => {
  const long = Array.from({ length: ROWS_MAX + 500 }, (_, n) => `x${n}`).join('\n')
  const { rows, cut } = diffOf('', long)
  assert.equal(rows.length, ROWS_MAX)
  assert.equal(cut, 500)
})
