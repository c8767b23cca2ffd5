/** Bodies of answers in buffers that are used again, each with a line break behind its last byte. */
import { assert, NarthexError } from '../../base/error.ts'

/** Bytes that idle buffers of a pool may hold together. */
export const IDLE_BYTES_MAX: number = 4 * 1024 * 1024

/** Bytes that bodies in use may hold together where nothing else is said. */
export const LEASED_BYTES_MAX: number = 256 * 1024 * 1024

const SIZE_MIN = 16 * 1024

/** A buffer of more bytes than this is large. */
const SMALL_BYTES_MAX = 1024 * 1024

/** What large buffers leave to small ones: a few endless bodies must not fail everybody's scrapes. */
const SMALL_SHARE = 1 / 8

/** A growing body. `bytes[length]` is a line break once it is finished. */
export class BodyBuffer {
  bytes: Uint8Array<ArrayBuffer>
  view: DataView
  length = 0
  /** More bytes than this, or as many, are refused, or cut off if the pool says so. */
  bytesMax = 0
  readonly #pool: BodyPool
  #leased = true

  constructor(sizeBytes: number, pool: BodyPool) {
    this.bytes = new Uint8Array(sizeBytes)
    this.view = new DataView(this.bytes.buffer)
    this.#pool = pool
  }

  /** The bytes themselves; good until `release`. */
  content(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Makes room for `sizeBytes` in all. */
  reserve(sizeBytes: number): void {
    if (sizeBytes < this.bytes.length) return
    const capacity = roundSize(sizeBytes)
    this.#pool.grow(capacity - this.bytes.length, capacity)
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.free()
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  /** @throws NarthexError `too_big` when the body would reach its bound and is not cut off there */
  append(source: Uint8Array, from: number, end: number): void {
    let to = end
    if (this.length + to - from >= this.bytesMax) {
      if (!this.#pool.cuts) throw bodyTooBig()
      to = from + this.bytesMax - 1 - this.length
    }
    const length = this.length + to - from
    this.reserve(length)
    if (to - from === source.length) this.bytes.set(source, this.length)
    else this.bytes.set(source.subarray(from, to), this.length)
    this.length = length
  }

  /** Puts the line break behind the last byte. */
  finish(): void {
    this.reserve(this.length + 1)
    this.bytes[this.length] = 10
  }

  /** Gives the buffer back; its bytes must not be read any more. */
  release(): void {
    assert(this.#leased, 'a body that is released once')
    this.#leased = false
    this.#pool.takeBack(this)
  }

  /** Returns the memory at once; the collector would leave it until some later minute. */
  free(): void {
    this.bytes.buffer.transfer(0)
  }

  /** Makes an idle buffer ready for the next body. */
  lease(bytesMax: number): this {
    this.length = 0
    this.bytesMax = bytesMax
    this.#leased = true
    return this
  }
}

/** Hands out buffers; a few stay for the next scrapes. */
export class BodyPool {
  /** Whether bodies end at their bound instead of being refused: for who wants beginnings only. */
  readonly cuts: boolean
  readonly #leasedBytesMax: number
  readonly #idle: BodyBuffer[] = []
  #idleBytes = 0
  #leasedBytes = 0

  constructor(leasedBytesMax: number = LEASED_BYTES_MAX, cuts = false) {
    this.#leasedBytesMax = leasedBytesMax
    this.cuts = cuts
  }

  /** Bytes of the bodies in use. */
  get leasedBytes(): number {
    return this.#leasedBytes
  }

  /**
   * An empty body that takes less than `bytesMax` bytes; `expectedBytes` is a guess at its size.
   *
   * @throws NarthexError `busy` when all bodies together would be over their bound
   */
  lease(bytesMax: number, expectedBytes = 0): BodyBuffer {
    const idle = this.#idle.pop()
    if (idle === undefined) {
      const sizeBytes = roundSize(expectedBytes)
      this.grow(sizeBytes, sizeBytes)
      return new BodyBuffer(sizeBytes, this).lease(bytesMax)
    }
    this.#idleBytes -= idle.bytes.length
    this.#leasedBytes += idle.bytes.length
    return idle.lease(bytesMax)
  }

  /** Notes that a body in use gets larger, to `sizeBytes`. @throws NarthexError `busy` over the bound */
  grow(byBytes: number, sizeBytes: number): void {
    const wanted = this.#leasedBytes + byBytes
    const share = sizeBytes > SMALL_BYTES_MAX ? 1 - SMALL_SHARE : 1
    const bytesMax = this.#leasedBytesMax * share
    if (wanted > bytesMax) {
      throw new NarthexError(
        'busy',
        `cannot read body: all bodies together need ${wanted} bytes, at most ${bytesMax}`,
      )
    }
    this.#leasedBytes = wanted
  }

  takeBack(body: BodyBuffer): void {
    this.#leasedBytes -= body.bytes.length
    if (this.#idleBytes + body.bytes.length > IDLE_BYTES_MAX) {
      body.free()
      return
    }
    this.#idle.push(body)
    this.#idleBytes += body.bytes.length
  }
}

/** A body has reached its bound. */
export function bodyTooBig(): NarthexError {
  return new NarthexError('too_big', 'body size limit exceeded')
}

function roundSize(sizeBytes: number): number {
  let size = SIZE_MIN
  while (size <= sizeBytes) size *= 2
  return size
}
