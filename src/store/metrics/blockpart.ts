/** A block as a part of a selection: its values are fetched when they are read. */
import { assert } from '../../base/error.ts'
import type { Environment } from '../lmdb/environment.ts'
import { type BlockHead, decodeBlockHead, Segment } from './block.ts'
import { type BlockKey, encodeBlockKey } from './blockkey.ts'
import type { Part } from './select.ts'
import { isDamage, TABLE_BLOCKS, TABLE_SEGMENTS } from './windowfile.ts'

/** Who hears of blocks that cannot be read. */
export type DamageListener = (error: Error) => void

/** A block of one group. */
export class BlockPart implements Part {
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly rowCount: number
  readonly #environment: Environment
  readonly #key: BlockKey
  readonly #onDamage: DamageListener
  /** Ordinals of columns by index in the plan. */
  readonly #ordinals: ReadonlyMap<number, number>
  #head: BlockHead | undefined
  #segments: (Segment | undefined)[] = []

  constructor(
    environment: Environment,
    key: BlockKey,
    ordinals: ReadonlyMap<number, number>,
    onDamage: DamageListener,
  ) {
    this.#environment = environment
    this.#key = key
    this.#ordinals = ordinals
    this.#onDamage = onDamage
    this.minTimeMs = key.minTimeMs
    this.maxTimeMs = key.maxTimeMs
    this.rowCount = key.rowCount
  }

  /** Fetches the head; false when the block is damaged, which costs this block only. */
  open(): boolean {
    try {
      const bytes = this.#environment.table(TABLE_BLOCKS).get(encodeBlockKey(this.#key))
      if (bytes === undefined) return false
      this.#head = decodeBlockHead(bytes, this.rowCount)
      if (this.#head.segmentColumns === 0) {
        this.#segments = [new Segment(bytes.subarray(this.#head.end))]
      }
      return true
    } catch (error) {
      this.#damaged(error)
      return false
    }
  }

  times(): Float64Array {
    assert(this.#head !== undefined, 'an open block')
    return this.#head.times
  }

  read(series: number, into: Float64Array, at: number, presence: Uint32Array): number {
    const ordinal = this.#ordinals.get(series)
    if (ordinal === undefined || this.#head === undefined) return 0
    const { segmentColumns } = this.#head
    try {
      if (segmentColumns === 0) {
        return this.#segments[0]?.read(ordinal, this.rowCount, into, at, presence) ?? 0
      }
      const segment = this.#segment(Math.floor(ordinal / segmentColumns))
      return segment?.read(ordinal % segmentColumns, this.rowCount, into, at, presence) ?? 0
    } catch (error) {
      this.#damaged(error)
      return 0
    }
  }

  /** Forgets what was fetched. */
  close(): void {
    this.#head = undefined
    this.#segments = []
  }

  #segment(index: number): Segment | undefined {
    let segment = this.#segments[index]
    if (segment === undefined) {
      const key = encodeBlockKey({ ...this.#key, segment: index + 1 })
      const bytes = this.#environment.table(TABLE_SEGMENTS).get(key)
      if (bytes === undefined) return undefined
      segment = new Segment(bytes)
      this.#segments[index] = segment
    }
    return segment
  }

  #damaged(error: unknown): void {
    if (!isDamage(error)) throw error
    this.#onDamage(error)
  }
}
