/** Rings of open rows: where their times lie. A group gets one with its first row. */
import * as at from './layout.ts'
import type { Memory } from './pages.ts'

const RING_MASK = (1 << at.RING_SHIFT) - 1

/** The writing side of rings; 0 is none. */
export class Rings {
  readonly #memory: Memory
  readonly #words: Uint32Array[]
  readonly #floats: Float64Array[]
  readonly #free: number[] = []
  #end = 1

  constructor(memory: Memory) {
    this.#memory = memory
    this.#words = memory.tables[at.RINGS].words
    this.#floats = memory.tables[at.RINGS].floats
  }

  /** An empty ring. */
  take(): number {
    const ring = this.#free.pop() ?? this.#end++
    const sizeBytes = 4 << (at.RING_SHIFT + at.RING_WORDS_SHIFT)
    this.#memory.ensurePage(at.RINGS, ring >>> at.RING_SHIFT, sizeBytes)
    const from = (ring & RING_MASK) << at.RING_WORDS_SHIFT
    this.#words[ring >>> at.RING_SHIFT].fill(0, from, from + (1 << at.RING_WORDS_SHIFT))
    return ring
  }

  /** Gives a ring back. */
  give(ring: number): void {
    if (ring !== 0) this.#free.push(ring)
  }

  field(ring: number, field: number): number {
    const words = this.#words[ring >>> at.RING_SHIFT]
    return words[((ring & RING_MASK) << at.RING_WORDS_SHIFT) + field]
  }

  setField(ring: number, field: number, value: number): void {
    const words = this.#words[ring >>> at.RING_SHIFT]
    words[((ring & RING_MASK) << at.RING_WORDS_SHIFT) + field] = value
  }

  float(ring: number, field: number): number {
    const floats = this.#floats[ring >>> at.RING_SHIFT]
    return floats[((ring & RING_MASK) << (at.RING_WORDS_SHIFT - 1)) + field]
  }

  setFloat(ring: number, field: number, value: number): void {
    const floats = this.#floats[ring >>> at.RING_SHIFT]
    floats[((ring & RING_MASK) << (at.RING_WORDS_SHIFT - 1)) + field] = value
  }
}
