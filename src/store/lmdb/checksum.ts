/** The checksum behind each value: over the key as well, so that a value under a wrong key is found out. */
import { crc32 } from 'node:zlib'

/** Bytes of it behind the value. */
export const CHECKSUM_BYTES = 4

export function checksumOf(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key))
}

/** Whether the last bytes of what is stored are the checksum of key and value. */
export function isSound(key: Uint8Array, stored: Uint8Array): boolean {
  const sizeBytes = stored.length - CHECKSUM_BYTES
  return (
    sizeBytes >= 0 &&
    checksumAt(stored, sizeBytes) === checksumOf(key, stored.subarray(0, sizeBytes))
  )
}

/** The checksum that stands at a place. */
function checksumAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
}

/**
 * Bytes of the value that stands at the front of `bytes` and ends between two places.
 *
 * @returns its length without the checksum; -1 when no length fits
 */
export function findValueEnd(key: Uint8Array, bytes: Uint8Array, from: number, to: number): number {
  let state = ~checksumOf(key, bytes.subarray(0, from))
  for (let end = from; end <= to; end++) {
    if (~state >>> 0 === checksumAt(bytes, end)) return end
    state = TABLE[(state ^ bytes[end]) & 0xff] ^ (state >>> 8)
  }
  return -1
}

/** CRC-32 of one byte, reflected. */
const TABLE: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let state = byte
  for (let bit = 0; bit < 8; bit++)
    state = (state & 1) === 0 ? state >>> 1 : (state >>> 1) ^ 0xedb88320
  return state
})
