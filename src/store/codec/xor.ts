/**
 * Floats that are no decimals: each value as the bits in which it differs from the one before.
 *
 * 64 bits for the first value; then `0` for an equal one, `10` and the bits inside the last window,
 * or `11`, 5 bits of leading zeros, 6 bits of length - 1 and a new window. Highest bit first.
 */
import { type Cursor, readVarint, writeVarint } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'

/** Bytes that loads may touch behind the block. */
const SLACK_BYTES = 24
const LENGTH_BYTES_MAX = 8

let padded: Uint8Array = new Uint8Array(256)

/** Most bytes that encodeXor writes. */
export function xorBytesMax(count: number): number {
  return LENGTH_BYTES_MAX + 16 + 10 * count
}

/** Writes `count` values, given as pairs of low and high word: a length, then the bits. */
export function encodeXor(values: Uint32Array, count: number, into: Cursor): void {
  const start = into.at + LENGTH_BYTES_MAX
  const bits = new BitWriter(into.bytes, start)
  let low = values[0]
  let high = values[1]
  bits.put(high, 32)
  bits.put(low, 32)
  let leading = 64
  let trailing = 0
  for (let i = 1; i < count; i++) {
    const lowXor = values[2 * i] ^ low
    const highXor = values[2 * i + 1] ^ high
    low = values[2 * i]
    high = values[2 * i + 1]
    if (highXor === 0 && lowXor === 0) {
      bits.put(0, 1)
      continue
    }
    const zeros = Math.min(31, highXor !== 0 ? Math.clz32(highXor) : 32)
    const zerosBehind = lowXor !== 0 ? trailingZeros(lowXor) : 32 + trailingZeros(highXor)
    if (leading <= zeros && trailing <= zerosBehind) {
      bits.put(2, 2)
    } else {
      leading = zeros
      trailing = zerosBehind
      bits.put(3, 2)
      bits.put(leading, 5)
      bits.put(63 - leading - trailing, 6)
    }
    putWindow(bits, highXor, lowXor, 64 - leading - trailing, trailing)
  }
  const end = bits.finish()
  writeVarint(into, end - start)
  into.bytes.copyWithin(into.at, start, end)
  into.at += end - start
}

/**
 * Reads `count` values into into[0, 2 * count), pairs of low and high word.
 *
 * @throws NarthexError `bad_data` when the block ends early or its window is impossible
 */
export function decodeXor(c: Cursor, count: number, into: Uint32Array): void {
  const sizeBytes = readVarint(c)
  if (sizeBytes > c.end - c.at || sizeBytes < 8) throw damaged(c, sizeBytes)
  const bytes = loadable(c, sizeBytes)
  const start = bytes === c.bytes ? c.at : 0
  const bitEnd = (start + sizeBytes) * 8
  let bit = start * 8
  let high = bitsAt(bytes, bit, 32)
  let low = bitsAt(bytes, bit + 32, 32)
  bit += 64
  into[0] = low
  into[1] = high
  let length = 0
  let trailing = 0
  for (let i = 1; i < count; i++) {
    if (bit >= bitEnd) throw damaged(c, sizeBytes)
    if (bitsAt(bytes, bit, 1) === 0) {
      bit++
      into[2 * i] = low
      into[2 * i + 1] = high
      continue
    }
    if (bitsAt(bytes, bit + 1, 1) === 1) {
      const leading = bitsAt(bytes, bit + 2, 5)
      length = bitsAt(bytes, bit + 7, 6) + 1
      trailing = 64 - leading - length
      bit += 13
    } else {
      bit += 2
    }
    if (length === 0 || trailing < 0) throw damaged(c, sizeBytes)
    const highBits = Math.max(0, Math.min(length, length + trailing - 32))
    const lowBits = length - highBits
    if (highBits > 0) high ^= bitsAt(bytes, bit, highBits) << Math.max(0, trailing - 32)
    if (lowBits > 0) low ^= bitsAt(bytes, bit + highBits, lowBits) << trailing
    bit += length
    into[2 * i] = low
    into[2 * i + 1] = high
  }
  if (bit > bitEnd) throw damaged(c, sizeBytes)
  c.at += sizeBytes
}

function putWindow(
  bits: BitWriter,
  high: number,
  low: number,
  length: number,
  trailing: number,
): void {
  const highBits = Math.max(0, Math.min(length, length + trailing - 32))
  const lowBits = length - highBits
  if (highBits > 0) bits.put(high >>> Math.max(0, trailing - 32), highBits)
  if (lowBits > 0) bits.put(low >>> trailing, lowBits)
}

/** 1 to 32 bits, highest first, as an unsigned integer. */
function bitsAt(bytes: Uint8Array, bit: number, count: number): number {
  const p = bit >>> 3
  const shift = bit & 7
  const four = (bytes[p] << 24) | (bytes[p + 1] << 16) | (bytes[p + 2] << 8) | bytes[p + 3]
  const whole = (four << shift) | (bytes[p + 4] >>> (8 - shift))
  return whole >>> (32 - count)
}

/** Writes bits, highest first. */
class BitWriter {
  readonly #bytes: Uint8Array
  #at: number
  #bits = 0
  #held = 0

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  /** The lowest `count` bits of `value`, 1 to 32. */
  put(value: number, count: number): void {
    let left = count
    while (left > 0) {
      const taken = Math.min(left, 8 - this.#held)
      left -= taken
      this.#bits = (this.#bits << taken) | ((value >>> left) & ((1 << taken) - 1))
      this.#held += taken
      if (this.#held === 8) {
        this.#bytes[this.#at++] = this.#bits
        this.#bits = 0
        this.#held = 0
      }
    }
  }

  /** Fills up the last byte; where the next one goes. */
  finish(): number {
    if (this.#held > 0) this.put(0, 8 - this.#held)
    return this.#at
  }
}

/** Bytes with room for loads behind the block: the cursor's own, or a copy at its start. */
function loadable(c: Cursor, sizeBytes: number): Uint8Array {
  if (c.at + sizeBytes + SLACK_BYTES <= c.bytes.length) return c.bytes
  if (padded.length < sizeBytes + SLACK_BYTES) padded = new Uint8Array(2 * sizeBytes + SLACK_BYTES)
  for (let i = 0; i < sizeBytes; i++) padded[i] = c.bytes[c.at + i]
  return padded
}

function trailingZeros(x: number): number {
  return 31 - Math.clz32(x & -x)
}

function damaged(c: Cursor, sizeBytes: number): NarthexError {
  return new NarthexError(
    'bad_data',
    `cannot decode floats: a block of ${sizeBytes} bytes at ${c.at} ends early or is damaged`,
  )
}
