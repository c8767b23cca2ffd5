/** The parts that messages of the gateway's stream are made of: integers, texts, labels, values. */
import { Cursor, readBytes, readVarint, unzigzag, writeVarint, zigzag } from '../base/bytes.ts'
import { NarthexError } from '../base/error.ts'
import { isStale, STALE_HIGH, STALE_LOW } from '../model/stale.ts'

/** Texts that both sides of a stream know by number. */
export const TEXTS_MAX = 1_000_000
/** Bytes of all of them; what comes later is written out each time. */
export const TEXT_BYTES_MAX: number = 32 * 1024 * 1024

const BYTES_FIRST = 4096
const VARINT_ROOM = 8

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

const scratch = new Float64Array(1)
const scratchWords = new Uint32Array(scratch.buffer)

/** A message that grows while it is written. */
export class MessageWriter {
  #cursor = new Cursor(new Uint8Array(BYTES_FIRST))

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.#cursor.at
  }

  /** A cursor with room for so many bytes; good until the next call. */
  reserve(sizeBytes: number): Cursor {
    const { at, end, bytes } = this.#cursor
    if (end - at >= sizeBytes) return this.#cursor
    const larger = new Uint8Array(Math.max(2 * bytes.length, at + sizeBytes))
    larger.set(bytes.subarray(0, at))
    this.#cursor = new Cursor(larger, at)
    return this.#cursor
  }

  byte(value: number): void {
    const c = this.reserve(1)
    c.bytes[c.at++] = value
  }

  /** 0 … 2^53 - 1 */
  varint(value: number): void {
    writeVarint(this.reserve(VARINT_ROOM), value)
  }

  /** |value| <= 2^52 */
  signed(value: number): void {
    this.varint(zigzag(value))
  }

  text(value: string): void {
    const bytes = encoder.encode(value)
    this.varint(bytes.length)
    const c = this.reserve(bytes.length)
    c.bytes.set(bytes, c.at)
    c.at += bytes.length
  }

  /** Eight bytes as they are. */
  words(low: number, high: number): void {
    const c = this.reserve(8)
    c.view.setUint32(c.at, low, true)
    c.view.setUint32(c.at + 4, high, true)
    c.at += 8
  }

  /** Forgets what was written behind a place. */
  cut(sizeBytes: number): void {
    this.#cursor.at = sizeBytes
  }

  /** Hands out a copy of what was written and begins anew. */
  take(): Uint8Array {
    const bytes = this.#cursor.bytes.slice(0, this.#cursor.at)
    this.#cursor.at = 0
    return bytes
  }
}

/** @throws NarthexError `bad_data` when it is longer than `bytesMax` or no UTF-8 */
export function readText(c: Cursor, bytesMax: number): string {
  const sizeBytes = readVarint(c)
  if (sizeBytes > bytesMax) throw broken(`a text of ${sizeBytes} bytes, at most ${bytesMax}`)
  try {
    return decoder.decode(readBytes(c, sizeBytes))
  } catch (error) {
    if (error instanceof NarthexError) throw error
    throw broken('a text that is not UTF-8')
  }
}

/** @throws NarthexError `bad_data` when there are more than `max` */
export function readCount(c: Cursor, max: number, what: string): number {
  const count = readVarint(c)
  if (count > max) throw broken(`${count} ${what}, at most ${max}`)
  return count
}

export function readSigned(c: Cursor): number {
  return unzigzag(readVarint(c))
}

export function readByte(c: Cursor): number {
  if (c.at >= c.end) throw broken('its end')
  return c.bytes[c.at++]
}

export function broken(seen: string): NarthexError {
  return new NarthexError('bad_data', `cannot read message of the stream: ${seen}`)
}

/** Texts by number, as the writing side of one stream knows them. */
export class TextNumbers {
  readonly #numbers = new Map<string, number>()
  #bytes = 0

  /** 0 and the text when it is new, else its number from 1. */
  write(text: string, into: MessageWriter): void {
    const known = this.#numbers.get(text)
    if (known !== undefined) {
      into.varint(known)
      return
    }
    into.varint(0)
    const before = into.sizeBytes
    into.text(text)
    const sizeBytes = into.sizeBytes - before
    if (this.#numbers.size >= TEXTS_MAX || this.#bytes + sizeBytes > TEXT_BYTES_MAX) return
    this.#bytes += sizeBytes
    this.#numbers.set(text, this.#numbers.size + 1)
  }

  /** Names and values in turn, their count before them. */
  writePairs(pairs: readonly string[], into: MessageWriter): void {
    into.varint(pairs.length / 2)
    for (const text of pairs) this.write(text, into)
  }
}

/** Bounds on labels as they are read. */
export interface PairLimits {
  readonly pairsMax: number
  readonly textBytesMax: number
}

/** The same on the reading side. */
export class TextsByNumber {
  readonly #texts: string[] = []
  #bytes = 0

  read(c: Cursor, bytesMax: number): string {
    const number = readVarint(c)
    if (number > 0) {
      if (number > this.#texts.length) throw broken(`text ${number} of ${this.#texts.length}`)
      return this.#texts[number - 1]
    }
    const before = c.at
    const text = readText(c, bytesMax)
    const sizeBytes = c.at - before
    if (this.#texts.length < TEXTS_MAX && this.#bytes + sizeBytes <= TEXT_BYTES_MAX) {
      this.#bytes += sizeBytes
      this.#texts.push(text)
    }
    return text
  }

  readPairs(c: Cursor, limits: PairLimits): string[] {
    const count = readCount(c, limits.pairsMax, 'labels')
    const pairs: string[] = []
    for (let i = 0; i < 2 * count; i++) pairs.push(this.read(c, limits.textBytesMax))
    return pairs
  }
}

const EXPONENT_MAX = 12
const VALUE_STALE = 13
const VALUE_BITS = 14
const INTEGER_MAX = 2 ** 51

/** Writes one value by itself: a power of ten and an integer where that is exact, else its bits. */
export function writeValue(low: number, high: number, into: MessageWriter): void {
  scratchWords[0] = low
  scratchWords[1] = high
  const value = scratch[0]
  if (isStale(value)) {
    into.byte(VALUE_STALE)
    return
  }
  for (let exponent = 0; exponent <= EXPONENT_MAX; exponent++) {
    const integer = Math.round(value * 10 ** exponent)
    if (!(Math.abs(integer) <= INTEGER_MAX)) break
    if (integer / 10 ** exponent !== value || (integer === 0 && high !== 0)) continue
    into.byte(exponent)
    into.signed(integer)
    return
  }
  into.byte(VALUE_BITS)
  into.words(low, high)
}

/** Reads one value into a slot of words. */
export function readValue(c: Cursor, words: Uint32Array, slot: number): void {
  const kind = readByte(c)
  if (kind <= EXPONENT_MAX) {
    scratch[0] = readSigned(c) / 10 ** kind
    words[2 * slot] = scratchWords[0]
    words[2 * slot + 1] = scratchWords[1]
  } else if (kind === VALUE_STALE) {
    words[2 * slot] = STALE_LOW
    words[2 * slot + 1] = STALE_HIGH
  } else if (kind === VALUE_BITS) {
    if (c.end - c.at < 8) throw broken('a value cut short')
    words[2 * slot] = c.view.getUint32(c.at, true)
    words[2 * slot + 1] = c.view.getUint32(c.at + 4, true)
    c.at += 8
  } else throw broken(`a value of kind ${kind}`)
}
