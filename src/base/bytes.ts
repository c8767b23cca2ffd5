/** A place in a run of bytes, and the variable-length integers that our formats share. */
import { assert, NarthexError } from './error.ts'

/**
 * Bytes with a place to read or write next. Readers never pass `end`, and a refused read leaves
 * `at` where it was; writers assert their room.
 */
export class Cursor {
  readonly bytes: Uint8Array
  /** The same bytes by their whole buffer range, for unaligned words. */
  readonly view: DataView
  at: number
  end: number

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    assert(at >= 0 && at <= end && end <= bytes.length, 'a cursor inside its bytes')
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.at = at
    this.end = end
  }
}

/** Most bytes that one varint takes: 53 bits in groups of seven. */
export const VARINT_BYTES_MAX = 8

/** What may stand above the lowest 28 of 53 bits. */
const HIGH_MAX = 2 ** 25 - 1

/**
 * Reads an unsigned LEB128 integer.
 *
 * @returns 0 … 2^53 - 1
 * @throws NarthexError `bad_data` when it ends early, is longer than 8 bytes or passes 2^53 - 1
 */
export function readVarint(c: Cursor): number {
  const bytes = c.bytes
  let at = c.at
  if (at < c.end && bytes[at] < 0x80) {
    c.at = at + 1
    return bytes[at]
  }
  const end = Math.min(c.end, at + VARINT_BYTES_MAX)
  let low = 0
  for (let shift = 0; shift < 28 && at < end; shift += 7) {
    const byte = bytes[at++]
    low |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      c.at = at
      return low
    }
  }
  let high = 0
  for (let shift = 0; at < end; shift += 7) {
    const byte = bytes[at++]
    high |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      if (high > HIGH_MAX) break
      c.at = at
      return high * 2 ** 28 + low
    }
  }
  throw new NarthexError(
    'bad_data',
    `cannot read integer: byte ${c.at} of ${c.end} starts none, at most 2^53 - 1 in 8 bytes wanted`,
  )
}

/** Writes an unsigned LEB128 integer; `value` is an integer, 0 … 2^53 - 1. */
export function writeVarint(c: Cursor, value: number): void {
  assert(c.at + VARINT_BYTES_MAX <= c.end, 'room for a varint')
  const bytes = c.bytes
  let at = c.at
  let rest = value
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  bytes[at++] = rest
  c.at = at
}

/** Folds a signed integer into an unsigned one, small ones staying small; |value| <= 2^52. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

/** Takes zigzag back. */
export function unzigzag(folded: number): number {
  const half = Math.floor(folded / 2)
  return folded === 2 * half ? half : -half - 1
}

/**
 * Takes the next `sizeBytes` bytes without copying them.
 *
 * @throws NarthexError `bad_data` when fewer are left
 */
export function readBytes(c: Cursor, sizeBytes: number): Uint8Array {
  if (!(sizeBytes <= c.end - c.at)) {
    throw new NarthexError(
      'bad_data',
      `cannot read bytes: ${sizeBytes} promised, ${c.end - c.at} are left`,
    )
  }
  const bytes = c.bytes.subarray(c.at, c.at + sizeBytes)
  c.at += sizeBytes
  return bytes
}
