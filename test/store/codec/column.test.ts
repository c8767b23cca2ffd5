/** Float columns: bit-exact for everything, small for what is common, calm about damage. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { STALE } from '../../../src/model/stale.ts'
import {
  columnBytesMax,
  columnNeedsNeighbour,
  decodeColumn,
  encodeColumn,
} from '../../../src/store/codec/column.ts'
import { presenceWords } from '../../../src/store/codec/presence.ts'
import { anyColumn, bitsOf } from './floats.ts'

function encoded(
  values: Float64Array,
  presence?: Uint32Array,
  neighbour?: Float64Array,
): Uint8Array {
  const into = new Cursor(new Uint8Array(columnBytesMax(values.length)))
  encodeColumn(values, 0, values.length, presence, neighbour, into)
  return into.bytes.slice(0, into.at)
}

function decoded(
  bytes: Uint8Array,
  count: number,
  neighbour?: Float64Array,
): { values: Float64Array; presence: Uint32Array; present: number } {
  const c = new Cursor(bytes)
  const values = new Float64Array(count)
  const presence = new Uint32Array(presenceWords(count))
  const present = decodeColumn(c, count, values, 0, presence, neighbour)
  assert.equal(c.at, bytes.length, 'every byte is read')
  return { values, presence, present }
}

const badData = (error: unknown): boolean =>
  error instanceof NarthexError && error.kind === 'bad_data'

test('any column comes back bit for bit', () => {
  fc.assert(
    fc.property(anyColumn, (values) => {
      const back = decoded(encoded(values), values.length)
      assert.equal(back.present, values.length)
      assert.equal(bitsOf(back.values), bitsOf(values))
    }),
    { seed: 2, numRuns: 1500 },
  )
})

test('a column with holes comes back with its presence, absent rows as 0', () => {
  fc.assert(
    fc.property(anyColumn, fc.infiniteStream(fc.boolean()), (values, coins) => {
      const presence = new Uint32Array(presenceWords(values.length))
      const expected = new Float64Array(values.length)
      let present = 0
      for (let i = 0; i < values.length; i++) {
        if (i > 0 && coins.next().value === true) continue
        presence[i >>> 5] |= 1 << (i & 31)
        expected.set(values.subarray(i, i + 1), i)
        present++
      }
      const back = decoded(encoded(values, presence), values.length)
      assert.equal(back.present, present)
      assert.deepEqual(back.presence, presence)
      assert.equal(bitsOf(back.values), bitsOf(expected))
    }),
    { seed: 3, numRuns: 500 },
  )
})

test('a column beside its neighbour comes back bit for bit, whatever both hold', () => {
  fc.assert(
    fc.property(anyColumn, anyColumn, fc.boolean(), (first, second, close) => {
      const count = Math.min(first.length, second.length)
      const neighbour = first.slice(0, count)
      const values = second.slice(0, count)
      if (close) for (let i = 0; i < count; i += 2) values[i] = neighbour[i] + (i % 7)
      const bytes = encoded(values, undefined, neighbour)
      assert.equal(bitsOf(decoded(bytes, count, neighbour).values), bitsOf(values))
    }),
    { seed: 4, numRuns: 1000 },
  )
})

test('buckets that grow together are smaller as differences, and say that they need it', () => {
  const bucket = new Float64Array(512)
  const next = new Float64Array(512)
  for (let i = 1; i < 512; i++) {
    bucket[i] = bucket[i - 1] + ((i * 7919) % 100)
    next[i] = bucket[i] + (i >> 6)
  }
  const alone = encoded(next)
  const beside = encoded(next, undefined, bucket)
  assert.equal(columnNeedsNeighbour(alone, 0), false)
  assert.equal(columnNeedsNeighbour(beside, 0), true)
  assert.ok(beside.length * 3 < alone.length, `${beside.length} against ${alone.length} bytes`)
  assert.throws(() => decoded(beside, 512), badData, 'a neighbour that is missing is refused')
})

test('a column stands at any row of its block and its target', () => {
  const values = Float64Array.of(9, 9, 1.5, STALE[0], 2.5, 9)
  const into = new Cursor(new Uint8Array(columnBytesMax(3) + 5), 5)
  encodeColumn(values, 2, 3, undefined, undefined, into)
  const back = new Float64Array(6).fill(7)
  decodeColumn(new Cursor(into.bytes, 5, into.at), 3, back, 2, new Uint32Array(1), undefined)
  assert.equal(bitsOf(back), bitsOf(Float64Array.of(7, 7, 1.5, STALE[0], 2.5, 7)))
})

const cases: [name: string, bytesMax: number, value: (i: number) => number][] = [
  ['a constant', 4, () => 42],
  ['a constant without decimals', 10, () => Math.PI],
  ['always stale', 10, () => STALE[0]],
  ['a straight line', 6, (i) => 1000 + 15 * i],
  ['a line that ends stale', 10, (i) => (i === 63 ? STALE[0] : 1000 + 15 * i)],
  ['a counter that starts anew', 42, (i) => (i < 30 ? 1e9 : 0) + 100 * i + (i % 7)],
  ['tenths in a small range', 40, (i) => (200 + ((i * 31) % 16)) / 10],
]
for (const [name, bytesMax, value] of cases) {
  test(`64 rows of ${name} take at most ${bytesMax} bytes`, () => {
    const bytes = encoded(Float64Array.from({ length: 64 }, (_, i) => value(i)))
    assert.ok(bytes.length <= bytesMax, `${bytes.length} bytes`)
  })
}

test('random floats never take much more than their own 8 bytes', () => {
  const values = new Float64Array(512)
  const words = new Uint32Array(values.buffer)
  let seed = 12345
  for (let i = 0; i < words.length; i++) {
    seed = Math.imul(seed, 1664525) + 1013904223
    words[i] = seed ^ (seed >>> 13)
  }
  assert.ok(encoded(values).length <= 8 * 512 + 8)
})

test('C31: damaged columns are refused or decoded to something, never more', () => {
  fc.assert(
    fc.property(
      anyColumn,
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(20),
      (values, flips, cut) => {
        const bytes = encoded(values)
        for (const [at, byte] of flips) bytes[at % bytes.length] = byte
        const c = new Cursor(bytes, 0, Math.max(0, bytes.length - cut))
        const into = new Float64Array(values.length + 8).fill(7)
        const presence = new Uint32Array(presenceWords(values.length) + 1)
        try {
          decodeColumn(c, values.length, into, 4, presence, values)
          assert.ok(c.at <= c.end)
        } catch (error) {
          assert.ok(badData(error), String(error))
          assert.equal(c.at, 0, 'a refused column does not move the cursor')
        }
        assert.ok(into.subarray(0, 4).every((x) => x === 7))
        assert.ok(into.subarray(-4).every((x) => x === 7))
        assert.equal(presence[presence.length - 1], 0)
      },
    ),
    { seed: 5, numRuns: 3000 },
  )
})

test('C31: arbitrary bytes are refused or decoded to something, never more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 700 }), (bytes, n) => {
      if (bytes.length > 0) bytes[0] = 0x10 | (bytes[0] & 7)
      const c = new Cursor(bytes)
      const presence = new Uint32Array(presenceWords(n))
      try {
        decodeColumn(c, n, new Float64Array(n), 0, presence, new Float64Array(n))
      } catch (error) {
        assert.ok(badData(error), String(error))
      }
    }),
    { seed: 6, numRuns: 3000 },
  )
})
