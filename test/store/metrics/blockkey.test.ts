/** Keys of blocks sort by group, then by time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BlockKey, encodeBlockKey } from '../../../src/store/metrics/blockkey.ts'

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

test('keys sort by group and begin, and differ where any field does', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const order = Buffer.compare(encodeBlockKey(a), encodeBlockKey(b))
      const wanted = a.group - b.group || a.minTimeMs - b.minTimeMs
      if (wanted !== 0) assert.equal(Math.sign(order), Math.sign(wanted))
      else assert.equal(order === 0, JSON.stringify(a) === JSON.stringify(b))
    }),
    { seed: 3 },
  )
})
