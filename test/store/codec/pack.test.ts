/** Bit packing: every width, every tail, at any place of the buffer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import {
  packBits,
  packedBytes,
  unpackOffsets,
  unpackSums,
  WIDTH_BITS_MAX,
} from '../../../src/store/codec/pack.ts'

function packed(values: number[], width: number, before: number, behind: number): Cursor {
  const sizeBytes = packedBytes(values.length, width)
  const c = new Cursor(new Uint8Array(before + sizeBytes + behind).fill(0xa5))
  c.at = before
  packBits(Float64Array.from(values), 0, values.length, width, c)
  assert.equal(c.at, before + sizeBytes, 'as many bytes as promised')
  c.end = c.at
  c.at = before
  return c
}

for (let width = 0; width <= WIDTH_BITS_MAX; width++) {
  test(`integers of ${width} bits come back, plain and summed up`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** width - 1 }), { minLength: 1, maxLength: 40 }),
        fc.nat(5),
        fc.nat(9),
        (values, before, behind) => {
          const c = packed(values, width, before, behind)
          const end = c.end
          const into = new Float64Array(values.length + 2).fill(-1)
          unpackOffsets(c, values.length, width, 0, 1, into, 1)
          assert.deepEqual([...into], [-1, ...values, -1], 'nothing beside its slots')
          assert.equal(c.at, end)
          c.at = before
          if (width > 40) return
          unpackSums(c, values.length, width, -3, 7, 1, into, 1)
          let sum = 7
          for (let i = 0; i < values.length; i++) {
            sum += values[i] - 3
            assert.equal(into[i + 1], sum)
          }
        },
      ),
      { seed: width, numRuns: 25 },
    )
  })
}

test('unpacking refuses a block that ends early, whatever lies behind it', () => {
  const c = packed([1, 2, 3, 4, 5, 6, 7, 8, 9], 11, 0, 64)
  c.end--
  const into = new Float64Array(9)
  for (const refuse of [
    () => unpackOffsets(c, 9, 11, 0, 1, into, 0),
    () => unpackSums(c, 9, 11, 0, 0, 1, into, 0),
    () => unpackOffsets(c, 1, 54, 0, 1, into, 0),
  ]) {
    assert.throws(refuse, (e) => e instanceof NarthexError && e.kind === 'bad_data')
    assert.equal(c.at, 0)
  }
})
