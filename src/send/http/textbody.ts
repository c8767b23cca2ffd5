/** A body of text: bytes that grow, numbers with all their digits. */

const SIZE_FIRST = 64 * 1024

export class TextBody {
  bytes: Uint8Array = new Uint8Array(SIZE_FIRST)
  at = 0
  #timeMs = Number.NaN
  #timeText = ''

  clear(): void {
    this.at = 0
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }

  /** Text of ASCII characters. */
  ascii(text: string): void {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.bytes[this.at++] = text.charCodeAt(i)
  }

  /** Bytes [from, to) of others. */
  raw(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from)
    for (let i = from; i < to; i++) this.bytes[this.at++] = source[i]
  }

  /** A finite number: the shortest digits that read back as the same, -0 with its sign. */
  number(value: number): void {
    this.ascii(value === 0 && Object.is(value, -0) ? '-0' : String(value))
  }

  /** A whole number that many samples share. */
  time(timeMs: number): void {
    if (timeMs !== this.#timeMs) {
      this.#timeMs = timeMs
      this.#timeText = String(timeMs)
    }
    this.ascii(this.#timeText)
  }

  #reserve(sizeBytes: number): void {
    if (this.at + sizeBytes <= this.bytes.length) return
    const grown = new Uint8Array(2 * (this.at + sizeBytes))
    grown.set(this.written())
    this.bytes = grown
  }
}
