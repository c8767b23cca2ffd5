/** Bodies of pushes in one of the encodings of HTTP, unpacked one at a time within a bound. */
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { NarthexError } from '../../base/error.ts'

type Unpack = (body: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>

const gunzip: Unpack = promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.gunzip)

const ENCODINGS: ReadonlyMap<string, Unpack> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', promisify<Uint8Array, zlib.ZlibOptions, Uint8Array>(zlib.inflate)],
  ['zstd', promisify<Uint8Array, zlib.ZstdOptions, Uint8Array>(zlib.zstdDecompress)],
])

/** Whether a Content-Encoding is one that is known; chains of several are not. */
export function isKnownEncoding(encoding: string): boolean {
  const name = encoding.trim().toLowerCase()
  return name === '' || name === 'identity' || ENCODINGS.has(name)
}

/** Unpacks; however many requests arrive at once, one of them is in memory unpacked. */
export class Unpacker {
  readonly #bytesMax: number
  #turn: Promise<unknown> = Promise.resolve()

  /** @param bytesMax of a body unpacked (--limit.decoded-bytes) */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /**
   * Hands the unpacked body to `use`, which lets go of it when it returns.
   *
   * @param encoding one for which isKnownEncoding holds
   * @throws NarthexError `too_big` over the bound, `bad_data` for a damaged body, and what `use` throws
   */
  take<T>(body: Uint8Array, encoding: string, use: (bytes: Uint8Array) => T): Promise<T> {
    const result = this.#turn.then(async () => use(await this.#unpack(body, encoding)))
    this.#turn = result.catch(() => {}) // its own caller hears of it
    return result
  }

  async #unpack(body: Uint8Array, encoding: string): Promise<Uint8Array> {
    const unpack = ENCODINGS.get(encoding.trim().toLowerCase())
    if (unpack === undefined) {
      if (body.length > this.#bytesMax) throw this.#tooBig()
      return body
    }
    try {
      return await unpack(body, { maxOutputLength: this.#bytesMax })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ERR_BUFFER_TOO_LARGE') throw this.#tooBig()
      throw new NarthexError('bad_data', `cannot unpack body: ${encoding}: ${message}`, error)
    }
  }

  #tooBig(): NarthexError {
    return new NarthexError(
      'too_big',
      `cannot take body: more than ${this.#bytesMax} bytes unpacked (--limit.decoded-bytes)`,
    )
  }
}
