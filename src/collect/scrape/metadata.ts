/** Type, help and unit of families, kept once for all targets that write the same comment lines. */
import type { MetricMetadata } from '../../model/target.ts'

/** What a family has of which nothing was said. */
export const NO_METADATA: MetricMetadata = { type: 'unknown', help: '', unit: '' }

/** Distinct blocks of comments that are kept; those beyond are passed over. */
export const METADATA_BLOCKS_MAX = 100_000

interface Held {
  readonly families: ReadonlyMap<string, MetricMetadata>
  holders: number
}

/** Blocks of comment lines by the hash of their bytes, with the number of layouts that hold each. */
export class MetadataPool {
  /** Times that a block was passed over for want of room. */
  leftOut = 0
  readonly #blocks: Map<number, Held> = new Map()

  /** Blocks that are held. */
  get count(): number {
    return this.#blocks.size
  }

  /** Notes that one more layout has the block; `families` are those of its lines. */
  hold(hash: Int32Array, families: ReadonlyMap<string, MetricMetadata>): void {
    const key = keyOf(hash[0], hash[1])
    const held = this.#blocks.get(key)
    if (held !== undefined) held.holders++
    else if (this.#blocks.size < METADATA_BLOCKS_MAX)
      this.#blocks.set(key, { families, holders: 1 })
    else this.leftOut++
  }

  /** Notes that a layout gives the block up. */
  release(hash: Int32Array): void {
    const key = keyOf(hash[0], hash[1])
    const held = this.#blocks.get(key)
    if (held === undefined) return
    held.holders--
    if (held.holders === 0) this.#blocks.delete(key)
  }

  /** The families of a block. */
  familiesOf(hashA: number, hashB: number): ReadonlyMap<string, MetricMetadata> | undefined {
    return this.#blocks.get(keyOf(hashA, hashB))?.families
  }

  /** The families of all blocks that are held. */
  *all(): Iterable<ReadonlyMap<string, MetricMetadata>> {
    for (const held of this.#blocks.values()) yield held.families
  }
}

/** 53 of the 64 bits as one number. */
function keyOf(a: number, b: number): number {
  return (a >>> 0) * 2 ** 21 + (b & 0x1fffff)
}
