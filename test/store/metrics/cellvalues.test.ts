/** Values of journal entries come back bit for bit, and damage is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import {
  decodeValues,
  encodeValues,
  valuesBytesMax,
} from '../../../src/store/metrics/cellvalues.ts'

const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 1, 255, 256, 65_535, 65_536, 16_777_216, 2 ** 32 - 1, 2 ** 32, 0.5),
)

test('values come back bit for bit, whatever stands before them', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (list) => {
      const values = Float64Array.from(list)
      const c = new Cursor(new Uint8Array(valuesBytesMax(values.length)).fill(0xff))
      encodeValues(values, 0, values.length, c)
      const decoded = new Float64Array(values.length)
      const back = new Cursor(c.bytes, 0, c.at)
      decodeValues(back, values.length, decoded, 0)
      assert.equal(back.at, c.at)
      assert.deepEqual(new BigUint64Array(decoded.buffer), new BigUint64Array(values.buffer))
    }),
    { seed: 4, numRuns: 500 },
  )
})

for (const [name, bytes] of [
  ['no kinds', []],
  ['a value that ends early', [0x08, 1, 2, 3]],
  ['an unknown kind', [0x0e, 0, 0, 0]],
] as const) {
  test(`decodeValues refuses ${name}`, () => {
    const c = new Cursor(Uint8Array.from(bytes))
    assert.throws(
      () => decodeValues(c, 1, new Float64Array(1), 0),
      (error) => error instanceof NarthexError && error.kind === 'bad_data',
    )
  })
}
