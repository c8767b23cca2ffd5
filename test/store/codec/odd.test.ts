/** Odd values: each with its bits, the common ones in two bytes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { ODD_BYTES_MAX, readOdds, writeOdds } from '../../../src/store/codec/odd.ts'
import { anyBits } from './floats.ts'

test('values and their places come back', () => {
  const anyOdds = fc.uniqueArray(fc.tuple(fc.nat(499), anyBits), { selector: ([slot]) => slot })
  fc.assert(
    fc.property(anyOdds, (odds) => {
      odds.sort((a, b) => a[0] - b[0])
      const bits = new Uint32Array(1000)
      const slots = Uint16Array.from(odds, ([slot]) => slot)
      for (const [slot, [high, low]] of odds) {
        bits[2 * slot] = low
        bits[2 * slot + 1] = high
      }
      const into = new Cursor(new Uint8Array(16 + ODD_BYTES_MAX * (odds.length + 1)))
      writeOdds(bits, slots, odds.length, into)
      const backSlots = new Uint16Array(500)
      const backBits = new Uint32Array(1000)
      const c = new Cursor(into.bytes, 0, into.at)
      assert.equal(readOdds(c, 500, backSlots, backBits), odds.length)
      assert.equal(c.at, c.end)
      assert.deepEqual(
        odds.map((_, k) => [backSlots[k], [backBits[2 * k + 1], backBits[2 * k]]]),
        odds.map(([slot, pair]) => [slot, [...pair]]),
      )
    }),
    { seed: 27, numRuns: 300 },
  )
})

for (const high of [0x7ff00000, 0x7ff80000]) {
  test(`a staleness marker of ${high.toString(16)} takes two bytes`, () => {
    const into = new Cursor(new Uint8Array(32))
    writeOdds(Uint32Array.of(0, 0, 2, high), Uint16Array.of(1), 1, into)
    assert.equal(into.at, 2)
  })
}

for (const [name, bytes] of [
  ['a count that leaves no other value', [3]],
  ['a place past the end', [1, 8 * 9]],
  ['a raw value cut short', [1, 0, 1, 2, 3]],
] as const) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => readOdds(new Cursor(Uint8Array.from(bytes)), 3, new Uint16Array(3), new Uint32Array(6)),
      (error) => error instanceof NarthexError && error.kind === 'bad_data',
    )
  })
}
