/** Arrays that are lent: used again when the last user has left, not before. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STALE } from '../../src/model/stale.ts'
import { RowValues } from '../../src/send/rowvalues.ts'

const from = Float64Array.of(1, 2, 3, 4)
from.set(STALE, 2)

test('a copy has the bits of what it is a copy of', () => {
  const lent = new RowValues()
  const copy = lent.copy(from, 3)
  assert.deepEqual(
    [...new BigUint64Array(copy.buffer)],
    [...new BigUint64Array(from.slice(0, 3).buffer)],
  )
})

test('an array is used again once its last user has left', () => {
  const lent = new RowValues()
  const first = lent.copy(from, 4)
  lent.hold(first)
  lent.release(first)
  assert.notEqual(lent.copy(from, 4), first)
  lent.release(first)
  assert.notEqual(lent.copy(from, 3), first)
  assert.equal(lent.copy(from, 4), first)
  assert.equal(lent.lentCount, 3)
})

test('arrays from elsewhere and arrays that were disowned are never used again', () => {
  const lent = new RowValues()
  lent.hold(from)
  lent.release(from)
  const mine = lent.copy(from, 4)
  lent.disown(mine)
  lent.release(mine)
  const next = lent.copy(from, 4)
  assert.ok(next !== mine && next !== from)
  assert.equal(lent.lentCount, 1)
})

test('only so much lies ready', () => {
  const lent = new RowValues()
  const large = new Float64Array(200_000)
  const [a, b] = [lent.copy(large, 200_000), lent.copy(large, 200_000)]
  lent.release(a)
  lent.release(b)
  const again = [lent.copy(large, 200_000), lent.copy(large, 200_000)]
  assert.ok(again.includes(a))
  assert.ok(!again.includes(b))
})
