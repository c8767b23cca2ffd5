/** Seeded 64-bit hashes of label bytes as two words: what a series is known by while it is sent. */
import type { WriteReader } from '../../wire/remotewrite.ts'

const MIX_A = 0xcc9e2d51
const MIX_B = 0x85ebca6b
const MIX_C = 0xc2b2ae35
const MIX_D = 0x27d4eb2f

/** Makes the hash of a series' labels; `low` and `high` are the last result. */
export class SeriesHasher {
  low = 0
  high = 0
  readonly #seedLow: number
  readonly #seedHigh: number
  #symbolLow: Uint32Array = new Uint32Array(1024)
  #symbolHigh: Uint32Array = new Uint32Array(1024)

  /** Random seeds keep senders from choosing labels that meet in one hash. */
  constructor(seedLow: number, seedHigh: number) {
    this.#seedLow = seedLow
    this.#seedHigh = seedHigh
  }

  /** Hashes every symbol of a 2.0 request once; call before hashing its series. */
  begin(request: WriteReader): void {
    if (request.symbolCount > this.#symbolLow.length) {
      this.#symbolLow = new Uint32Array(request.symbolFrom.length)
      this.#symbolHigh = new Uint32Array(request.symbolFrom.length)
    }
    for (let i = 0; i < request.symbolCount; i++) {
      this.#hashBytes(request.view, request.symbolFrom[i], request.symbolTo[i])
      this.#symbolLow[i] = this.low
      this.#symbolHigh[i] = this.high
    }
  }

  /**
   * Hashes the labels of the series at hand.
   *
   * @returns false when they do not lie in one piece, or point at symbols that are not there
   */
  hashSeries(request: WriteReader): boolean {
    if (!request.labelsInOnePiece) return false
    if (request.version === 1) {
      this.#hashBytes(request.view, request.labelsFrom, request.labelsTo)
      return true
    }
    return this.#hashSymbols(request)
  }

  /** Order matters, as in the bytes of a 1.0 request. */
  #hashSymbols(request: WriteReader): boolean {
    const { bytes, labelsTo, symbolCount } = request
    let low = ~this.#seedLow
    let high = ~this.#seedHigh
    let symbol = 0
    let shift = 0
    let count = 0
    for (let at = request.labelsFrom; at < labelsTo; at++) {
      const byte = bytes[at]
      symbol |= (byte & 0x7f) << shift
      if (byte >= 0x80) {
        shift += 7
        if (shift > 21) return false
        continue
      }
      if (symbol >= symbolCount) return false
      low = Math.imul(rotate(low ^ this.#symbolLow[symbol], 15), MIX_A) + 0x52dce729
      high = Math.imul(rotate(high ^ this.#symbolHigh[symbol], 13), MIX_B) + low
      symbol = 0
      shift = 0
      count++
    }
    this.#finish(low, high, count)
    return shift === 0
  }

  /**
   * Eight bytes a turn, one word into each half, the halves into each other: every step can be
   * undone, so one differing word always shows, and more of them only meet by chance in 64 bits.
   */
  #hashBytes(view: DataView, from: number, to: number): void {
    let low = this.#seedLow
    let high = this.#seedHigh
    let at = from
    for (; at + 8 <= to; at += 8) {
      low = Math.imul(low ^ view.getInt32(at, true), MIX_A)
      high = Math.imul(high ^ view.getInt32(at + 4, true), MIX_B)
      low ^= rotate(high, 15)
      high = (high + rotate(low, 13)) | 0
    }
    for (; at < to; at++) {
      low = Math.imul(low ^ view.getUint8(at), MIX_A)
      high = Math.imul(high ^ rotate(low, 15), MIX_B)
    }
    this.#finish(low, high, to - from)
  }

  #finish(low: number, high: number, sizeBytes: number): void {
    let a = low ^ sizeBytes
    let b = high ^ Math.imul(a, MIX_D)
    a = Math.imul(a ^ (a >>> 16), MIX_C)
    b = Math.imul(b ^ (b >>> 15), MIX_B)
    a ^= b >>> 13
    b ^= Math.imul(a, MIX_D) >>> 16
    this.low = a >>> 0
    this.high = b >>> 0
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}
