/** A small system file that is read again and again: one descriptor, one buffer, no text. */
import { closeSync, openSync, readSync } from 'node:fs'

/** Largest file read; what lies behind is not seen. */
const FILE_BYTES_MAX = 4_194_304

const START_BYTES = 4096
const NEWLINE = 10
const SPACE = 32
const TAB = 9
const ZERO = 48
const NINE = 57
const DOT = 46
const MINUS = 45

/**
 * A cursor over the content of the last `read`.
 *
 * Files of /proc and /sys make their content anew on each read at offset 0, so the descriptor can
 * stay open. Where the file is gone (a device unplugged, a process ended) `read` is false.
 */
export class KeptFile {
  #path: string
  #descriptor = -1
  bytes: Buffer = Buffer.allocUnsafe(START_BYTES)
  /** One past the last byte of the content. */
  end = 0
  /** The next byte to look at. */
  at = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Reads another file into the same buffer, and keeps nothing open: for files that are many. */
  readFrom(path: string): boolean {
    this.close()
    this.#path = path
    const found = this.read()
    this.close()
    return found
  }

  /** Reads everything and stands on the first byte; false when the file cannot be read. */
  read(): boolean {
    this.at = 0
    this.end = 0
    try {
      if (this.#descriptor < 0) this.#descriptor = openSync(this.#path, 'r')
      for (;;) {
        const room = this.bytes.length - this.end
        const got = readSync(this.#descriptor, this.bytes, this.end, room, this.end)
        this.end += got
        if (got === 0 || this.end >= FILE_BYTES_MAX) return true
        if (this.end === this.bytes.length) this.#grow()
      }
    } catch {
      // Gone or not ours to read: the collector leaves its series out, which is how it shows.
      this.close()
      return false
    }
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor)
    this.#descriptor = -1
  }

  get atEnd(): boolean {
    return this.at >= this.end
  }

  get atLineEnd(): boolean {
    return this.at >= this.end || this.bytes[this.at] === NEWLINE
  }

  /** Stands on the first byte of the next line. */
  nextLine(): void {
    const newline = this.bytes.indexOf(NEWLINE, this.at)
    this.at = newline < 0 || newline >= this.end ? this.end : newline + 1
  }

  skipBlanks(): void {
    while (this.at < this.end && (this.bytes[this.at] === SPACE || this.bytes[this.at] === TAB)) {
      this.at++
    }
  }

  /** Moves past the next word of this line; it lies in `bytes[result, at)`. */
  word(): number {
    this.skipBlanks()
    const from = this.at
    while (this.at < this.end && this.bytes[this.at] > SPACE) this.at++
    return from
  }

  /** Moves past bytes until one is `byte`, on this line; false when none is. */
  seek(byte: number): boolean {
    while (this.at < this.end && this.bytes[this.at] !== byte) {
      if (this.bytes[this.at] === NEWLINE) return false
      this.at++
    }
    return this.at < this.end
  }

  /** The next number of this line: decimal, with a sign or a fraction; NaN when there is none. */
  number(): number {
    this.skipBlanks()
    const { bytes, end } = this
    const negative = this.at < end && bytes[this.at] === MINUS
    if (negative) this.at++
    const from = this.at
    let value = 0
    while (this.at < end && bytes[this.at] >= ZERO && bytes[this.at] <= NINE) {
      value = value * 10 + (bytes[this.at++] - ZERO)
    }
    if (this.at === from) return Number.NaN
    if (this.at < end && bytes[this.at] === DOT) value += this.#fraction()
    return negative ? -value : value
  }

  /** The next number of this line in hexadecimal, without a prefix; NaN when there is none. */
  hex(): number {
    const from = this.word()
    return from === this.at ? Number.NaN : Number.parseInt(this.text(from, this.at), 16)
  }

  /** A piece as text, for the first time that something is seen. */
  text(from: number, to: number): string {
    return this.bytes.toString('utf8', from, to)
  }

  #fraction(): number {
    this.at++
    let digits = 0
    let scale = 1
    while (this.at < this.end && this.bytes[this.at] >= ZERO && this.bytes[this.at] <= NINE) {
      digits = digits * 10 + (this.bytes[this.at++] - ZERO)
      scale *= 10
    }
    return digits / scale
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.bytes.length * 4)
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }
}
