/** Blocks that one thread has read lately, bounded in bytes, gone with their window. */
import type { Environment } from '../lmdb/environment.ts'
import type { BlockKey } from './blockkey.ts'
import { type LoadedBlock, loadBlock } from './loadedblock.ts'

/** When blocks are forgotten, so many that this share of the bound is left. */
const KEPT_SHARE = 0.75
/** A selection that decodes more than this share of the bound keeps none of it. */
const SELECTION_SHARE = 0.5

interface Kept {
  readonly block: LoadedBlock
  /** Bytes of it that are counted in the sum. */
  sizeBytes: number
  usedAt: number
}

/** Keys are those objects that the index of a window holds, each of them one block for good. */
export class BlockCache {
  readonly bytesMax: number
  readonly #kept = new Map<BlockKey, Kept>()
  readonly #shown: Float64Array
  #sizeBytes = 0
  #uses = 0

  /** @param shown float64[1], gets the bytes in use for whoever looks from another thread */
  constructor(bytesMax: number, shown: Float64Array) {
    this.bytesMax = bytesMax
    this.#shown = shown
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Whether a selection of so many decoded bytes is to be kept: a large one would push out all others. */
  admits(decodedBytes: number): boolean {
    return decodedBytes <= this.bytesMax * SELECTION_SHARE
  }

  /**
   * The block of a key, fetched when it is not there.
   *
   * @param isKept whether it is to stay once it is released
   * @throws NarthexError `corrupt` or `bad_data` when it is damaged or lost
   */
  take(environment: Environment, key: BlockKey, isKept: boolean): LoadedBlock {
    const known = this.#kept.get(key)
    if (known !== undefined) {
      known.usedAt = ++this.#uses
      return known.block
    }
    const block = loadBlock(environment, key)
    if (isKept) {
      this.#kept.set(key, { block, sizeBytes: block.sizeBytes, usedAt: ++this.#uses })
      this.#grow(block.sizeBytes)
    }
    return block
  }

  /** Counts what a block has come to hold while it was in use, and makes room. */
  release({ key }: LoadedBlock): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#grow(kept.block.sizeBytes - kept.sizeBytes)
    kept.sizeBytes = kept.block.sizeBytes
    if (this.#sizeBytes > this.bytesMax) this.#evict()
  }

  /** Forgets the blocks of all other windows. */
  retain(current: ReadonlySet<Environment>): void {
    for (const [key, kept] of this.#kept) {
      if (!current.has(kept.block.environment)) this.#forget(key, kept)
    }
  }

  #evict(): void {
    const oldestFirst = [...this.#kept].sort((a, b) => a[1].usedAt - b[1].usedAt)
    for (const [key, kept] of oldestFirst) {
      if (this.#sizeBytes <= this.bytesMax * KEPT_SHARE) return
      this.#forget(key, kept)
    }
  }

  #forget(key: BlockKey, kept: Kept): void {
    this.#kept.delete(key)
    this.#grow(-kept.sizeBytes)
  }

  #grow(sizeBytes: number): void {
    this.#sizeBytes += sizeBytes
    this.#shown[0] = this.#sizeBytes
  }
}
