/** Values of one journal entry: a nibble of kind each, then the bytes that count. Self-contained. */
import type { Cursor } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'

/** Kinds 1 … 8 are so many upper bytes of the float64; the rest is zero. */
const KIND_ZERO = 0
const KIND_BYTE = 9
const KIND_SHORT = 10
const KIND_TRIPLE = 11
const KIND_WORD = 12
const KIND_SAME = 13

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

/** Most bytes for `count` values. */
export function valuesBytesMax(count: number): number {
  return ((count + 1) >>> 1) + 8 * count
}

/** Writes values[from, from + count). Room for valuesBytesMax is the caller's. */
export function encodeValues(
  values: Float64Array,
  from: number,
  count: number,
  into: Cursor,
): void {
  const bytes = into.bytes
  let kindAt = into.at
  let at = kindAt + ((count + 1) >>> 1)
  let previous = Number.NaN
  for (let i = 0; i < count; i++) {
    const value = values[from + i]
    let kind: number
    if (value === previous && value !== 0) {
      kind = KIND_SAME
    } else if (value >>> 0 === value && (value !== 0 || 1 / value > 0)) {
      const integer = value >>> 0
      if (integer === 0) kind = KIND_ZERO
      else {
        bytes[at++] = integer
        kind = KIND_BYTE
        if (integer > 0xff) {
          bytes[at++] = integer >>> 8
          kind = KIND_SHORT
        }
        if (integer > 0xffff) {
          bytes[at++] = integer >>> 16
          kind = KIND_TRIPLE
        }
        if (integer > 0xffffff) {
          bytes[at++] = integer >>> 24
          kind = KIND_WORD
        }
      }
    } else {
      float[0] = value
      kind = upperBytes(words[0], words[1])
      for (let k = 0; k < kind && k < 4; k++) bytes[at++] = words[1] >>> (24 - 8 * k)
      for (let k = 4; k < kind; k++) bytes[at++] = words[0] >>> (24 - 8 * (k - 4))
    }
    previous = value
    if (i % 2 === 0) bytes[kindAt] = kind
    else bytes[kindAt++] |= kind << 4
  }
  into.at = at
}

/**
 * Reads `count` values into into[at, at + count).
 *
 * @throws NarthexError `bad_data` when the bytes end early or a kind is unknown
 */
export function decodeValues(c: Cursor, count: number, into: Float64Array, to: number): void {
  const bytes = c.bytes
  const kindFrom = c.at
  let at = kindFrom + ((count + 1) >>> 1)
  let previous = 0
  for (let i = 0; i < count; i++) {
    if (at > c.end) break
    const kind = (bytes[kindFrom + (i >>> 1)] >>> ((i & 1) * 4)) & 15
    let value = 0
    if (kind === KIND_SAME) {
      value = previous
    } else if (kind >= KIND_BYTE && kind <= KIND_WORD) {
      const length = kind - KIND_BYTE + 1
      for (let k = 0; k < length; k++) value += bytes[at++] * BYTE_SCALES[k]
    } else if (kind > KIND_WORD) {
      throw new NarthexError('bad_data', `cannot read values: kind ${kind}, at most ${KIND_SAME}`)
    } else if (kind > 0) {
      words[0] = 0
      words[1] = 0
      for (let k = 0; k < kind && k < 4; k++) words[1] |= bytes[at++] << (24 - 8 * k)
      for (let k = 4; k < kind; k++) words[0] |= bytes[at++] << (24 - 8 * (k - 4))
      value = float[0]
    }
    into[to + i] = value
    previous = value
  }
  if (at > c.end) {
    throw new NarthexError('bad_data', `cannot read values: ${count} promised, the bytes end early`)
  }
  c.at = at
}

const BYTE_SCALES = [1, 0x100, 0x10000, 0x1000000]

function upperBytes(low: number, high: number): number {
  if (low !== 0) {
    if ((low & 0xff) !== 0) return 8
    if ((low & 0xffff) !== 0) return 7
    return (low & 0xffffff) !== 0 ? 6 : 5
  }
  if ((high & 0xff) !== 0) return 4
  if ((high & 0xffff) !== 0) return 3
  return (high & 0xffffff) !== 0 ? 2 : 1
}
