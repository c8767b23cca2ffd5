/** Room for the values of one query, used again by the next: what is not allocated need not be collected. */

/** Values of one chunk; larger requests get a chunk of their own. */
const CHUNK_VALUES = 131_072
/** Bytes that stay between two queries. */
export const SCRATCH_BYTES_MAX: number = 16 * 1024 * 1024

/** Hands out pieces of large arrays, in order. */
export class Scratch {
  #chunks: Float64Array[] = []
  #index = 0
  #used = 0

  /** @returns float64[length] that holds anything, good until `reset` */
  take(length: number): Float64Array {
    let chunk = this.#chunks[this.#index]
    while (chunk !== undefined && chunk.length - this.#used < length) {
      this.#used = 0
      chunk = this.#chunks[++this.#index]
    }
    if (chunk === undefined) {
      chunk = new Float64Array(Math.max(length, CHUNK_VALUES))
      this.#chunks.push(chunk)
    }
    const from = this.#used
    this.#used += length
    return chunk.subarray(from, from + length)
  }

  /** Takes everything back: nobody may look at it any more. */
  reset(): void {
    let sizeBytes = 0
    this.#chunks = this.#chunks.filter(({ byteLength }) => {
      if (sizeBytes + byteLength > SCRATCH_BYTES_MAX) return false
      sizeBytes += byteLength
      return true
    })
    this.#index = 0
    this.#used = 0
  }
}
