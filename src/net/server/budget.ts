/** Bytes that all requests or all replies hold together. */
import { NarthexError } from '../../base/error.ts'

export class ByteBudget {
  readonly #what: string
  readonly #bytesMax: number
  #bytes = 0

  /** @param what such as `the bodies of all requests`, for the refusal */
  constructor(what: string, bytesMax: number) {
    this.#what = what
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws NarthexError `busy` when the bound is reached */
  take(sizeBytes: number): void {
    if (this.#bytes + sizeBytes > this.#bytesMax) {
      throw new NarthexError(
        'busy',
        `cannot take request: ${this.#what} need more than ${this.#bytesMax} bytes, try later`,
      )
    }
    this.#bytes += sizeBytes
  }

  give(sizeBytes: number): void {
    this.#bytes -= sizeBytes
  }
}
