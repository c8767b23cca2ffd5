/** Presence: every pattern comes back, ranges are cheap, damage is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import {
  fillPresence,
  isPresent,
  presenceWords,
  readPresence,
  writePresence,
} from '../../../src/store/codec/presence.ts'

function presenceOf(rows: readonly boolean[]): { presence: Uint32Array; present: number } {
  const presence = new Uint32Array(presenceWords(rows.length))
  let present = 0
  for (let i = 0; i < rows.length; i++) {
    if (!rows[i]) continue
    presence[i >>> 5] |= 1 << (i & 31)
    present++
  }
  return { presence, present }
}

function encoded(rows: readonly boolean[]): Uint8Array {
  const { presence, present } = presenceOf(rows)
  const into = new Cursor(new Uint8Array(32 + rows.length))
  writePresence(presence, rows.length, present, into)
  return into.bytes.slice(0, into.at)
}

test('any pattern with a row comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), (rows) => {
      if (!rows.includes(true)) return
      const { presence, present } = presenceOf(rows)
      const c = new Cursor(encoded(rows))
      const back = new Uint32Array(presence.length).fill(0xffffffff)
      assert.equal(readPresence(c, rows.length, back), present)
      assert.deepEqual(back, presence)
      assert.equal(c.at, c.end)
    }),
    { seed: 25, numRuns: 500 },
  )
})

test('a range without holes takes a few bytes', () => {
  const rows = Array.from({ length: 512 }, (_, i) => i >= 100 && i < 400)
  assert.equal(encoded(rows).length, 4)
})

test('all rows of any count are filled, and no bit beside', () => {
  for (const count of [1, 31, 32, 33, 64, 100]) {
    const presence = new Uint32Array(presenceWords(count))
    fillPresence(presence, count)
    for (let i = 0; i < 32 * presence.length; i++) assert.equal(isPresent(presence, i), i < count)
  }
})

test('arbitrary bytes are refused or name a row inside', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 20 }),
      fc.integer({ min: 1, max: 100 }),
      (bytes, count) => {
        const presence = new Uint32Array(presenceWords(count))
        try {
          const present = readPresence(new Cursor(bytes), count, presence)
          assert.ok(present >= 1 && present <= count)
        } catch (error) {
          assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
        }
      },
    ),
    { seed: 26, numRuns: 2000 },
  )
})
