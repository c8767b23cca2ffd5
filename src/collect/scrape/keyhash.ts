/** A seeded 64-bit hash of the bytes of a key, eight at a time, as two 32-bit halves. */
import { randomFillSync } from 'node:crypto'

/** Seeds of this process, so that nobody outside can prepare keys with equal hashes. */
const SEEDS: Int32Array = randomFillSync(new Int32Array(2))
const SEED_A = SEEDS[0]
const SEED_B = SEEDS[1]

const MIX_A = 0x9e3779b1 | 0
const MIX_B = 0x85ebca77 | 0

/** The halves that `hashKey` computed last. */
export const KEY_HASH: Int32Array = new Int32Array(2)

/** Hashes `length` bytes from `at` into KEY_HASH. */
export function hashKey(view: DataView, at: number, length: number): void {
  let a = SEED_A ^ length
  let b = SEED_B
  const last = at + length - 8
  for (let i = at; i < last; i += 8) {
    const x = Math.imul(a ^ view.getInt32(i, true), MIX_A)
    const y = Math.imul(b ^ view.getInt32(i + 4, true), MIX_B)
    a = (y << 13) | (y >>> 19)
    b = (((x << 17) | (x >>> 15)) + y) | 0
  }
  if (length >= 8) {
    a ^= view.getInt32(last, true)
    b ^= view.getInt32(last + 4, true)
  } else {
    for (let k = 0; k < length; k++) {
      b ^= a >>> 24
      a = (a << 8) ^ view.getUint8(at + k) ^ Math.imul(b, MIX_B)
    }
  }
  const x = Math.imul(a ^ (b >>> 15), MIX_A)
  const y = Math.imul(b ^ (x >>> 13), MIX_B)
  KEY_HASH[0] = x ^ (y >>> 16)
  KEY_HASH[1] = y ^ (KEY_HASH[0] >>> 15)
}
