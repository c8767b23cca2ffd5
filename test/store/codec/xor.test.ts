/** XOR blocks: any bits come back, damage is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../src/base/bytes.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { decodeXor, encodeXor, xorBytesMax } from '../../../src/store/codec/xor.ts'
import { anyBits } from './floats.ts'

const anyWords = fc
  .array(fc.tuple(anyBits, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 80 })
  .map((runs) =>
    Uint32Array.from(
      runs.flatMap(([[high, low], times]) => new Array(times).fill([low, high]).flat()),
    ),
  )

function encoded(words: Uint32Array): Uint8Array {
  const into = new Cursor(new Uint8Array(xorBytesMax(words.length / 2)))
  encodeXor(words, words.length / 2, into)
  return into.bytes.slice(0, into.at)
}

test('any 64 bits come back, at the end of a buffer and inside one', () => {
  fc.assert(
    fc.property(anyWords, fc.nat(40), (words, behind) => {
      const block = encoded(words)
      const bytes = new Uint8Array(3 + block.length + behind)
      bytes.set(block, 3)
      const c = new Cursor(bytes, 3)
      const back = new Uint32Array(words.length)
      decodeXor(c, words.length / 2, back)
      assert.deepEqual(back, words)
      assert.equal(c.at, 3 + block.length)
    }),
    { seed: 23, numRuns: 500 },
  )
})

test('equal values take a bit each', () => {
  const words = new Uint32Array(2 * 800).fill(0x12345678)
  assert.ok(encoded(words).length <= 8 + 100 + 2)
})

test('C31: damaged blocks are refused or read', () => {
  fc.assert(
    fc.property(anyWords, fc.nat(), fc.nat(255), fc.nat(5), (words, at, byte, cut) => {
      const block = encoded(words)
      block[at % block.length] = byte
      try {
        const c = new Cursor(block, 0, Math.max(0, block.length - cut))
        decodeXor(c, words.length / 2, new Uint32Array(words.length))
        assert.ok(c.at <= c.end)
      } catch (error) {
        assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
      }
    }),
    { seed: 24, numRuns: 2000 },
  )
})
