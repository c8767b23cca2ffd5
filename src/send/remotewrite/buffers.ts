/** Buffers of requests, used again: fresh ones by the megabyte would wait for the collector. */

/** Bytes that idle buffers may hold together. */
const IDLE_BYTES_MAX = 1024 * 1024

const SIZE_MIN = 16 * 1024

export class BufferStock {
  readonly #idle: Uint8Array[] = []
  #idleBytes = 0

  /** A buffer of at least `sizeBytes`. */
  take(sizeBytes: number): Uint8Array {
    const at = this.#idle.findLastIndex((buffer) => buffer.length >= sizeBytes)
    if (at >= 0) {
      const [buffer] = this.#idle.splice(at, 1)
      this.#idleBytes -= buffer.length
      return buffer
    }
    let capacity = SIZE_MIN
    while (capacity < sizeBytes) capacity *= 2
    return new Uint8Array(capacity)
  }

  /** Takes a buffer back; nobody may read it any more. */
  give(buffer: Uint8Array): void {
    if (this.#idleBytes + buffer.length > IDLE_BYTES_MAX) return
    this.#idle.push(buffer)
    this.#idleBytes += buffer.length
  }
}
