/** Varints and byte runs: exact up to 2^53 - 1, refusals that move nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  Cursor,
  readBytes,
  readVarint,
  unzigzag,
  VARINT_BYTES_MAX,
  writeVarint,
  zigzag,
} from '../../src/base/bytes.ts'
import { NarthexError } from '../../src/base/error.ts'

const badData = (error: unknown): boolean =>
  error instanceof NarthexError && error.kind === 'bad_data'

test('a varint comes back as it was, in as many bytes as promised', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const c = new Cursor(new Uint8Array(VARINT_BYTES_MAX))
      writeVarint(c, value)
      assert.equal(c.at, Math.max(1, Math.ceil(value.toString(2).length / 7)))
      c.end = c.at
      c.at = 0
      assert.equal(readVarint(c), value)
    }),
    { seed: 1 },
  )
})

for (const [name, bytes] of [
  ['no bytes', []],
  ['one that ends inside', [0x80]],
  ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ['one that never ends', new Array(11).fill(0xff)],
] as const) {
  test(`readVarint refuses ${name} and does not move`, () => {
    const c = new Cursor(Uint8Array.from(bytes))
    assert.throws(() => readVarint(c), badData)
    assert.equal(c.at, 0)
  })
}

test('readVarint does not read past the end of the cursor', () => {
  const c = new Cursor(Uint8Array.of(0x80, 0x01), 0, 1)
  assert.throws(() => readVarint(c), badData)
})

test('zigzag folds and unfolds', () => {
  for (const value of [0, 1, -1, 63, -64, 2 ** 52, -(2 ** 52)]) {
    assert.ok(zigzag(value) >= 0)
    assert.equal(unzigzag(zigzag(value)), value)
  }
})

test('readBytes takes what is there and refuses more', () => {
  const c = new Cursor(Uint8Array.of(1, 2, 3))
  assert.deepEqual([...readBytes(c, 2)], [1, 2])
  assert.throws(() => readBytes(c, 2), badData)
  assert.equal(c.at, 2)
})
