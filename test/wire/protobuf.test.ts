/** The protobuf wire format: every integer, every kind, every early end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../src/base/bytes.ts'
import { NarthexError } from '../../src/base/error.ts'
import {
  fieldHead,
  ProtoWriter,
  readInt64,
  readLength,
  readUint32,
  skipField,
} from '../../src/wire/protobuf.ts'

const badData = (error: unknown): boolean =>
  error instanceof NarthexError && error.kind === 'bad_data'

test('signed integers come back, negative ones in ten bytes', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const writer = new ProtoWriter(1)
      writer.varint(value)
      const c = new Cursor(writer.written())
      assert.equal(readInt64(c), value)
      assert.equal(c.at, c.end)
      if (value < 0) assert.equal(c.end, 10)
    }),
    { seed: 13, numRuns: 2000 },
  )
})

test('the ends of 64 bits are read', () => {
  const max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
  assert.equal(readInt64(new Cursor(Uint8Array.from(max))), 2 ** 63)
  const min = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]
  assert.equal(readInt64(new Cursor(Uint8Array.from(min))), -(2 ** 63))
})

test('unsigned integers of 32 bits come back', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), (value) => {
      const writer = new ProtoWriter()
      writer.varint(value)
      assert.equal(readUint32(new Cursor(writer.written())), value)
    }),
    { seed: 14 },
  )
})

for (const [name, bytes, read] of [
  ['an integer that ends early', [0x80, 0x80], readInt64],
  ['an integer of eleven bytes', new Array(11).fill(0x80), readInt64],
  ['a head over 32 bits', [0xff, 0xff, 0xff, 0xff, 0x1f], readUint32],
  ['a head that ends early', [0xff], readUint32],
  ['a length past the end', [5, 1, 2], readLength],
] as const) {
  test(`refuses ${name}`, () => {
    assert.throws(() => read(new Cursor(Uint8Array.from(bytes))), badData)
  })
}

test('fields of every kind are passed over, groups are refused', () => {
  const writer = new ProtoWriter()
  writer.int(1, 300)
  writer.doubleBits(2, 1, 2)
  writer.text(3, 'text')
  writer.message(4, () => writer.text(1, 'x'.repeat(300)))
  const c = new Cursor(writer.written())
  let fields = 0
  for (; c.at < c.end; fields++) skipField(c, readUint32(c))
  assert.equal(fields, 4)
  assert.throws(() => skipField(new Cursor(Uint8Array.of(1)), fieldHead(1, 3)), badData)
  assert.throws(() => skipField(new Cursor(Uint8Array.of(1)), fieldHead(1, 1)), badData)
})
