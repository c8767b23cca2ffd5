/** Keys of blocks sort by group, then by time, and come back as they were. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type BlockKey,
  decodeBlockKey,
  encodeBlockKey,
  groupKeyAfter,
  groupKeyFrom,
} from '../../../src/store/metrics/blockkey.ts'

const time = fc.integer({ min: -(2 ** 50), max: 2 ** 50 })
const key: fc.Arbitrary<BlockKey> = fc.record(
  {
    group: fc.nat(2 ** 31),
    minTimeMs: time,
    maxTimeMs: time,
    rowCount: fc.nat(65_535),
    sequence: fc.nat(2 ** 31),
    layout: fc.nat(2 ** 31),
    segment: fc.nat(65_535),
  },
  { noNullPrototype: true },
)

test('keys come back as they were, and sort by group and begin', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      assert.deepEqual(decodeBlockKey(encodeBlockKey(a)), a)
      const order = Buffer.compare(encodeBlockKey(a), encodeBlockKey(b))
      const wanted = a.group - b.group || a.minTimeMs - b.minTimeMs
      if (wanted !== 0) assert.equal(Math.sign(order), Math.sign(wanted))
    }),
    { seed: 3 },
  )
})

test('the bounds of a group hold its blocks that begin in time, and no others', () => {
  fc.assert(
    fc.property(key, time, (block, toMs) => {
      const bytes = Buffer.from(encodeBlockKey(block))
      assert.ok(bytes.compare(groupKeyFrom(block.group)) >= 0)
      const isBelow = bytes.compare(groupKeyAfter(block.group, toMs)) < 0
      assert.equal(isBelow, block.minTimeMs <= toMs)
      assert.ok(bytes.compare(groupKeyFrom(block.group + 1)) < 0)
    }),
    { seed: 5 },
  )
})

test('infinite ends are taken as the ends of time', () => {
  const bytes = Buffer.from(
    encodeBlockKey({
      group: 1,
      minTimeMs: 5,
      maxTimeMs: 6,
      rowCount: 1,
      sequence: 0,
      layout: 1,
      segment: 0,
    }),
  )
  assert.ok(bytes.compare(groupKeyAfter(1, Infinity)) < 0)
  assert.ok(bytes.compare(groupKeyAfter(1, -Infinity)) > 0)
})
