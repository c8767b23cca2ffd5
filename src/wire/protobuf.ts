/** The protobuf wire format: fields by number and kind, nothing about messages. */
import type { Cursor } from '../base/bytes.ts'
import { NarthexError } from '../base/error.ts'

/** Kinds of fields. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
const FIXED32 = 5

const TWO_32 = 2 ** 32

/** A field's head: number × 8 + kind. */
export function fieldHead(number: number, kind: number): number {
  return number * 8 + kind
}

/**
 * Reads the head of the next field or any varint of 32 bits.
 *
 * @throws NarthexError `bad_data` when it ends early or is longer than 32 bits
 */
export function readUint32(c: Cursor): number {
  const bytes = c.bytes
  let at = c.at
  if (at < c.end && bytes[at] < 0x80) {
    c.at = at + 1
    return bytes[at]
  }
  let value = 0
  for (let shift = 0; shift < 35 && at < c.end; shift += 7) {
    const byte = bytes[at++]
    if (byte < 0x80) {
      if (shift === 28 && byte > 0xf) break
      c.at = at
      return (value | (byte << shift)) >>> 0
    }
    value |= (byte & 0x7f) << shift
  }
  throw damaged(c)
}

/**
 * Reads a signed varint of 64 bits. Beyond 2^53 the last digits are rounded.
 *
 * @throws NarthexError `bad_data` when it ends early or is longer than 10 bytes
 */
export function readInt64(c: Cursor): number {
  const bytes = c.bytes
  let at = c.at
  const end = Math.min(c.end, at + 10)
  let low = 0
  for (let shift = 0; shift < 28 && at < end; shift += 7) {
    const byte = bytes[at++]
    low |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      c.at = at
      return low
    }
  }
  let middle = 0
  for (let shift = 0; shift < 28 && at < end; shift += 7) {
    const byte = bytes[at++]
    middle |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      c.at = at
      return middle * 2 ** 28 + low
    }
  }
  let high = 0
  for (let shift = 0; shift < 14 && at < end; shift += 7) {
    const byte = bytes[at++]
    high |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      c.at = at
      const top = high & 0xff
      const signed = top >= 0x80 ? top - 0x100 : top
      return (signed * 2 ** 28 + middle) * 2 ** 28 + low
    }
  }
  throw damaged(c)
}

/**
 * Reads a folded integer (`sint64`): its lowest bit is its sign. Beyond 2^53 it is rounded.
 *
 * @throws NarthexError `bad_data` when it ends early or is longer than 10 bytes
 */
export function readZigzag(c: Cursor): number {
  const { bytes } = c
  const end = Math.min(c.end, c.at + 10)
  let half = 0
  let isNegative = false
  let scale = 0.5
  for (let at = c.at; at < end; at++) {
    const bits = bytes[at] & 0x7f
    if (at === c.at) isNegative = (bits & 1) === 1
    half += (at === c.at ? bits & 0x7e : bits) * scale
    if (bytes[at] < 0x80) {
      c.at = at + 1
      return isNegative ? -half - 1 : half
    }
    scale *= 128
  }
  throw damaged(c)
}

/**
 * Reads the 8 bytes of a FIXED64 field as a double, its head being read.
 *
 * @throws NarthexError `bad_data` when fewer are left
 */
export function readDouble(c: Cursor): number {
  if (c.end - c.at < 8) throw damaged(c)
  const value = c.view.getFloat64(c.at, true)
  c.at += 8
  return value
}

/**
 * Reads the length of a BYTES field and checks that so many follow.
 *
 * @returns where the field ends
 * @throws NarthexError `bad_data`
 */
export function readLength(c: Cursor): number {
  const sizeBytes = readUint32(c)
  if (sizeBytes > c.end - c.at) throw damaged(c)
  return c.at + sizeBytes
}

/**
 * Passes over a field whose head has been read.
 *
 * @throws NarthexError `bad_data` for a kind that is none, groups among them, and for number 0
 */
export function skipField(c: Cursor, head: number): void {
  if (head < 8) throw damaged(c)
  const kind = head & 7
  if (kind === VARINT) {
    readInt64(c)
  } else if (kind === BYTES) {
    c.at = readLength(c)
  } else if (kind === FIXED64 || kind === FIXED32) {
    const sizeBytes = kind === FIXED64 ? 8 : 4
    if (c.end - c.at < sizeBytes) throw damaged(c)
    c.at += sizeBytes
  } else {
    throw damaged(c)
  }
}

/** Bytes of an unsigned varint. */
export function varintBytes(value: number): number {
  let sizeBytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) sizeBytes++
  return sizeBytes
}

/** Loops beat the engine's block copies up to so many bytes. */
const LOOP_BYTES_MAX = 64

/** Writes messages into a buffer that grows. */
export class ProtoWriter {
  bytes: Uint8Array
  at = 0
  readonly #encoder = new TextEncoder()

  constructor(sizeBytes = 4096) {
    this.bytes = new Uint8Array(sizeBytes)
  }

  /** What has been written, not copied. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }

  clear(): void {
    this.at = 0
  }

  varint(value: number): void {
    this.reserve(10)
    if (value < 0) {
      this.#negative(value)
      return
    }
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80
    }
    this.bytes[this.at++] = rest
  }

  /** A field of kind VARINT; 0 is left out, as protobuf does. */
  int(number: number, value: number): void {
    if (value === 0) return
    this.varint(fieldHead(number, VARINT))
    this.varint(value)
  }

  /** A field of kind FIXED64 from the two words of a double; 0 is left out. */
  doubleBits(number: number, low: number, high: number): void {
    if (low === 0 && high === 0) return
    this.varint(fieldHead(number, FIXED64))
    this.reserve(8)
    const view = new DataView(this.bytes.buffer, this.at, 8)
    view.setUint32(0, low, true)
    view.setUint32(4, high, true)
    this.at += 8
  }

  text(number: number, text: string): void {
    this.varint(fieldHead(number, BYTES))
    if (text.length <= LOOP_BYTES_MAX && this.#asciiText(text)) return
    const encoded = this.#encoder.encode(text)
    this.varint(encoded.length)
    this.reserve(encoded.length)
    this.bytes.set(encoded, this.at)
    this.at += encoded.length
  }

  /** A message inside: `write` adds its fields, its length is put in front afterwards. */
  message(number: number, write: () => void): void {
    const start = this.openMessage(number)
    write()
    this.closeMessage(start)
  }

  /** Begins a message inside; `closeMessage` gets what is handed back. */
  openMessage(number: number): number {
    this.varint(fieldHead(number, BYTES))
    this.reserve(1)
    return ++this.at
  }

  /** Ends the message that began at `start`: its length goes in front, into one byte if it fits. */
  closeMessage(start: number): void {
    const sizeBytes = this.at - start
    if (sizeBytes < 0x80) {
      this.bytes[start - 1] = sizeBytes
      return
    }
    const moreBytes = varintBytes(sizeBytes) - 1
    this.reserve(moreBytes)
    this.bytes.copyWithin(start + moreBytes, start, this.at)
    this.at = start - 1
    this.varint(sizeBytes)
    this.at = start + moreBytes + sizeBytes
  }

  /** A field of kind VARINT, written even where it is 0: members of a oneof need that. */
  uint(number: number, value: number): void {
    this.varint(fieldHead(number, VARINT))
    this.varint(value)
  }

  /** A signed field, small ones of either sign staying short; 0 is left out. */
  sint(number: number, value: number): void {
    if (value === 0) return
    this.varint(fieldHead(number, VARINT))
    this.zigzag(value)
  }

  /** A signed integer of up to 53 bits, folded: its sign is the lowest bit. */
  zigzag(value: number): void {
    const isNegative = value < 0
    const folded = isNegative ? -1 - value : value
    const low = ((folded & 0x3f) << 1) | (isNegative ? 1 : 0)
    const rest = Math.floor(folded / 0x40)
    this.reserve(10)
    this.bytes[this.at++] = rest === 0 ? low : low | 0x80
    if (rest !== 0) this.varint(rest)
  }

  /** A field of kind FIXED64, written even where it is 0. */
  double(number: number, value: number): void {
    this.varint(fieldHead(number, FIXED64))
    this.reserve(8)
    new DataView(this.bytes.buffer, this.at, 8).setFloat64(0, value, true)
    this.at += 8
  }

  /** Doubles in one field, bit by bit; none: no field. */
  doubles(number: number, values: Float64Array): void {
    if (values.length === 0) return
    this.varint(fieldHead(number, BYTES))
    this.varint(8 * values.length)
    this.raw(
      new Uint8Array(values.buffer, values.byteOffset, 8 * values.length),
      0,
      8 * values.length,
    )
  }

  /** Bytes [from, to) of others, as they are. */
  raw(source: Uint8Array, from: number, to: number): void {
    const sizeBytes = to - from
    this.reserve(sizeBytes)
    if (sizeBytes > LOOP_BYTES_MAX) this.bytes.set(source.subarray(from, to), this.at)
    else for (let i = 0; i < sizeBytes; i++) this.bytes[this.at + i] = source[from + i]
    this.at += sizeBytes
  }

  /** Writes a short text by itself if it is ASCII; else nothing is written. */
  #asciiText(text: string): boolean {
    const { length } = text
    this.reserve(1 + length)
    const start = this.at + 1
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) return false
      this.bytes[start + i] = code
    }
    this.bytes[this.at] = length
    this.at = start + length
    return true
  }

  #negative(value: number): void {
    let low = value % TWO_32
    let high = Math.floor(value / TWO_32)
    low = low >>> 0
    high = high >>> 0
    for (let i = 0; i < 9; i++) {
      this.bytes[this.at++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    this.bytes[this.at++] = low & 0x7f
  }

  /** Makes room for so many more bytes. */
  reserve(sizeBytes: number): void {
    if (this.at + sizeBytes <= this.bytes.length) return
    const grown = new Uint8Array(2 * (this.at + sizeBytes))
    grown.set(this.written())
    this.bytes = grown
  }
}

function damaged(c: Cursor): NarthexError {
  return new NarthexError('bad_data', `cannot decode message: no field at byte ${c.at} of ${c.end}`)
}
