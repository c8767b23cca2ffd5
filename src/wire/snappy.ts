/** The snappy block format, in plain loops on buffers that the caller owns. */
import { NarthexError } from '../base/error.ts'

/** A copy element of 3 bytes makes at most 64: no honest block is packed tighter than this. */
const RATIO_MAX = 22

const LITERAL = 0
const COPY_ONE = 1
const COPY_TWO = 2

/** Loops beat the engine's block copies up to so many bytes. */
const LOOP_BYTES_MAX = 64

/**
 * Reads how many bytes a block makes, before anything is allocated for them.
 *
 * @throws NarthexError `bad_data` when the length is damaged or more than any block of this size
 *   can make; `too_big` over `decodedBytesMax`
 */
export function snappyDecodedBytes(source: Uint8Array, decodedBytesMax: number): number {
  let sizeBytes = 0
  let scale = 1
  for (let at = 0; at < 5; at++) {
    if (at >= source.length) break
    const byte = source[at]
    sizeBytes += (byte & 0x7f) * scale
    scale *= 128
    if (byte >= 0x80) continue
    if (sizeBytes > decodedBytesMax) {
      throw new NarthexError(
        'too_big',
        `cannot decode snappy: ${sizeBytes} bytes declared, the bound is ${decodedBytesMax} (--limit.decoded-bytes)`,
      )
    }
    if (sizeBytes > RATIO_MAX * source.length) {
      throw damaged(`${sizeBytes} bytes declared by a block of ${source.length}`)
    }
    return sizeBytes
  }
  throw damaged('its length ends early')
}

/**
 * Decodes a whole block into into[0, decodedBytes).
 *
 * @param decodedBytes what snappyDecodedBytes said of the same block
 * @param into         uint8[>= decodedBytes]; up to 16 bytes past that may be overwritten
 * @throws NarthexError `bad_data`
 */
export function decodeSnappy(source: Uint8Array, decodedBytes: number, into: Uint8Array): void {
  const end = source.length
  const view = new DataView(into.buffer, into.byteOffset, into.length)
  let at = 0
  while (at < end && source[at++] >= 0x80) {}
  let to = 0
  while (at < end) {
    const tag = source[at++]
    const kind = tag & 3
    if (kind === LITERAL) {
      let sizeBytes = (tag >>> 2) + 1
      if (sizeBytes > 60) {
        const lengthBytes = sizeBytes - 60
        if (at + lengthBytes > end) throw damaged('a literal ends early')
        sizeBytes = 1
        for (let i = 0; i < lengthBytes; i++) sizeBytes += source[at + i] * 2 ** (8 * i)
        at += lengthBytes
      }
      if (sizeBytes > end - at || sizeBytes > decodedBytes - to)
        throw damaged('a literal is too long')
      if (sizeBytes > LOOP_BYTES_MAX) {
        into.set(source.subarray(at, at + sizeBytes), to)
      } else {
        for (let i = 0; i < sizeBytes; i++) into[to + i] = source[at + i]
      }
      at += sizeBytes
      to += sizeBytes
      continue
    }
    let sizeBytes: number
    let offset: number
    if (kind === COPY_ONE) {
      if (at >= end) throw damaged('a copy ends early')
      sizeBytes = ((tag >>> 2) & 7) + 4
      offset = ((tag >>> 5) << 8) | source[at]
      at += 1
    } else {
      const offsetBytes = kind === COPY_TWO ? 2 : 4
      if (at + offsetBytes > end) throw damaged('a copy ends early')
      sizeBytes = (tag >>> 2) + 1
      offset = source[at] | (source[at + 1] << 8)
      if (kind !== COPY_TWO) offset += source[at + 2] * 2 ** 16 + source[at + 3] * 2 ** 24
      at += offsetBytes
    }
    if (offset === 0 || offset > to || sizeBytes > decodedBytes - to) {
      throw damaged('a copy reaches outside')
    }
    copyBack(view, to, offset, sizeBytes)
    to += sizeBytes
  }
  if (to !== decodedBytes) throw damaged(`${to} bytes made of ${decodedBytes} declared`)
}

/**
 * Repeats `sizeBytes` bytes from `offset` before `to`. As many at a time as lie apart and as there
 * is room behind for what a word writes too much: the next element overwrites it.
 */
function copyBack(view: DataView, to: number, offset: number, sizeBytes: number): void {
  const stop = to + sizeBytes
  const room = view.byteLength - stop
  if (offset >= 16 && room >= 16) {
    for (let at = to; at < stop; at += 16) {
      const from = at - offset
      const first = view.getInt32(from, true)
      const second = view.getInt32(from + 4, true)
      const third = view.getInt32(from + 8, true)
      const fourth = view.getInt32(from + 12, true)
      view.setInt32(at, first, true)
      view.setInt32(at + 4, second, true)
      view.setInt32(at + 8, third, true)
      view.setInt32(at + 12, fourth, true)
    }
  } else if (offset >= 4 && room >= 4) {
    for (let at = to; at < stop; at += 4) view.setInt32(at, view.getInt32(at - offset, true), true)
  } else {
    for (let at = to; at < stop; at++) view.setUint8(at, view.getUint8(at - offset))
  }
}

const HASH_BITS = 14
const BLOCK_BYTES = 65_536
const MATCH_BYTES_MIN = 4

const lastSeen = new Int32Array(1 << HASH_BITS)

/** Most bytes that encodeSnappy writes. */
export function snappyEncodedBytesMax(sizeBytes: number): number {
  return 32 + sizeBytes + Math.ceil(sizeBytes / 6)
}

/**
 * Encodes source[0, sizeBytes) into the start of `into`.
 *
 * @returns how many bytes the block has
 */
export function encodeSnappy(source: Uint8Array, sizeBytes: number, into: Uint8Array): number {
  let to = 0
  let rest = sizeBytes
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) into[to++] = (rest & 0x7f) | 0x80
  into[to++] = rest
  for (let from = 0; from < sizeBytes; from += BLOCK_BYTES) {
    to = encodeBlock(source, from, Math.min(sizeBytes, from + BLOCK_BYTES), into, to)
  }
  return to
}

/** One stretch in which every offset fits two bytes. */
function encodeBlock(
  source: Uint8Array,
  from: number,
  end: number,
  into: Uint8Array,
  start: number,
): number {
  lastSeen.fill(-1)
  let to = start
  let literal = from
  let at = from
  let misses = 0
  while (at + MATCH_BYTES_MIN <= end) {
    const word =
      source[at] | (source[at + 1] << 8) | (source[at + 2] << 16) | (source[at + 3] << 24)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const candidate = lastSeen[hash]
    lastSeen[hash] = at
    if (candidate < 0 || !sameWord(source, candidate, at)) {
      // Stretches that do not repeat are passed in growing steps.
      at += 1 + (misses++ >>> 5)
      continue
    }
    misses = 0
    let length = MATCH_BYTES_MIN
    while (at + length < end && source[candidate + length] === source[at + length]) length++
    to = writeLiteral(source, literal, at, into, to)
    to = writeCopy(at - candidate, length, into, to)
    at += length
    literal = at
  }
  return writeLiteral(source, literal, end, into, to)
}

function sameWord(source: Uint8Array, a: number, b: number): boolean {
  return (
    source[a] === source[b] &&
    source[a + 1] === source[b + 1] &&
    source[a + 2] === source[b + 2] &&
    source[a + 3] === source[b + 3]
  )
}

function writeLiteral(
  source: Uint8Array,
  from: number,
  end: number,
  into: Uint8Array,
  start: number,
): number {
  let to = start
  const last = end - from - 1
  if (last < 0) return to
  if (last < 60) {
    into[to++] = last << 2
  } else if (last < 256) {
    into[to++] = 60 << 2
    into[to++] = last
  } else {
    into[to++] = 61 << 2
    into[to++] = last & 0xff
    into[to++] = last >>> 8
  }
  if (last < LOOP_BYTES_MAX) for (let i = from; i < end; i++) into[to++] = source[i]
  else {
    into.set(source.subarray(from, end), to)
    to += last + 1
  }
  return to
}

function writeCopy(offset: number, length: number, into: Uint8Array, start: number): number {
  let to = start
  for (let left = length; left > 0; ) {
    // A rest below 4 bytes would fit no short copy: leave at least that much.
    const taken = left > 64 ? (left < 68 ? 60 : 64) : left
    if (taken >= 4 && taken <= 11 && offset < 2048) {
      into[to++] = COPY_ONE | ((taken - 4) << 2) | ((offset >>> 8) << 5)
      into[to++] = offset & 0xff
    } else {
      into[to++] = COPY_TWO | ((taken - 1) << 2)
      into[to++] = offset & 0xff
      into[to++] = offset >>> 8
    }
    left -= taken
  }
  return to
}

function damaged(what: string): NarthexError {
  return new NarthexError('bad_data', `cannot decode snappy: ${what}`)
}
