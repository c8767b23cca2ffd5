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
  let i = at
  for (; i <= last; i += 8) {
    const x = Math.imul(a ^ view.getInt32(i, true), MIX_A)
    const y = Math.imul(b ^ view.getInt32(i + 4, true), MIX_B)
    a = (y << 13) | (y >>> 19)
    b = (((x << 17) | (x >>> 15)) + y) | 0
  }
  if (i < at + length) {
    let low = 0
    let high = 0
    if (length >= 8) {
      low = view.getInt32(last, true)
      high = view.getInt32(last + 4, true)
    } else {
      for (let k = length - 1; k >= 0; k--) {
        high = (high << 8) | (low >>> 24)
        low = (low << 8) | view.getUint8(at + k)
      }
    }
    const x = Math.imul(a ^ low, MIX_A)
    const y = Math.imul(b ^ high, MIX_B)
    a = (y << 13) | (y >>> 19)
    b = (((x << 17) | (x >>> 15)) + y) | 0
  }
  a = Math.imul(a ^ (b >>> 15), MIX_B)
  b = Math.imul(b ^ (a >>> 13), MIX_A)
  KEY_HASH[0] = a ^ (b >>> 16)
  KEY_HASH[1] = b ^ (a >>> 16)
}
