/** Room for values: pieces do not overlap, and come back after a reset. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCRATCH_BYTES_MAX, Scratch } from '../../../src/store/metrics/scratch.ts'

const LENGTHS = [1, 1000, 100_000, 50_000, 300_000, 7]

test('pieces do not overlap, whatever their lengths', () => {
  const scratch = new Scratch()
  for (let turn = 0; turn < 3; turn++) {
    const pieces = LENGTHS.map((length, i) => scratch.take(length).fill(i))
    assert.deepEqual(
      pieces.map(({ length }) => length),
      LENGTHS,
    )
    for (const [i, piece] of pieces.entries()) assert.ok(piece.every((value) => value === i))
    scratch.reset()
  }
})

test('after a reset the same memory is handed out again', () => {
  const scratch = new Scratch()
  const { buffer } = scratch.take(1000)
  scratch.reset()
  assert.equal(scratch.take(2000).buffer, buffer)
})

test('more than the bound does not stay', () => {
  const scratch = new Scratch()
  const length = SCRATCH_BYTES_MAX / 8 + 1
  const { buffer } = scratch.take(length)
  scratch.reset()
  assert.notEqual(scratch.take(length).buffer, buffer)
})
