/** A seeded 64-bit hash of the bytes of a key, eight at a time, as two 32-bit halves. */
import { randomFillSync } from 'node:crypto'

/** Drawn for this process, so that nobody outside can prepare keys with equal hashes. */
const DRAWN: Int32Array = randomFillSync(new Int32Array(4))
const SEED_A = DRAWN[0]
const SEED_B = DRAWN[1]
const FACTOR_A = DRAWN[2] | 1
const FACTOR_B = DRAWN[3] | 1

/** Fixed factors behind the drawn ones, for draws that mix badly. */
const MIX_A = 0x9e3779b1 | 0
const MIX_B = 0x85ebca77 | 0

/** The halves that `hashKey` computed last. */
export const KEY_HASH: Int32Array = new Int32Array(2)

/**
 * Hashes `length` bytes from `at` into KEY_HASH.
 *
 * Each word reaches both halves before the next comes, so that no second word alone can undo it.
 */
export function hashKey(view: DataView, at: number, length: number): void {
  let a = SEED_A ^ length
  let b = SEED_B
  const last = at + length - 8
  for (let i = at; i < last; i += 8) {
    let x = Math.imul(view.getInt32(i, true), FACTOR_A)
    let y = Math.imul(view.getInt32(i + 4, true), FACTOR_B)
    x = (a + (x ^ (x >>> 15))) | 0
    y = b ^ y ^ (y >>> 15)
    a = (((y << 13) | (y >>> 19)) + x) | 0
    b = Math.imul(x, MIX_A) ^ y
  }
  if (length >= 8) {
    a = Math.imul(a ^ view.getInt32(last, true), MIX_A)
    b = Math.imul(b ^ view.getInt32(last + 4, true), MIX_B)
  } else {
    for (let k = 0; k < length; k++) {
      const x = Math.imul(a ^ view.getUint8(at + k), MIX_A)
      a = Math.imul(b ^ (x >>> 15), MIX_B)
      b = x
    }
  }
  a ^= (b << 11) | (b >>> 21)
  const x = Math.imul(a ^ (a >>> 15), MIX_B)
  const y = (Math.imul(b ^ (x >>> 13), MIX_A) + a) | 0
  KEY_HASH[0] = x ^ (y >>> 16)
  KEY_HASH[1] = y ^ (x >>> 15)
}
