/** A block in memory: what of it was fetched, and the columns that are kept decoded. */
import { NarthexError } from '../../base/error.ts'
import type { Environment } from '../lmdb/environment.ts'
import { type BlockHead, type DecodedColumn, decodeBlockHead, Segment } from './block.ts'
import { type BlockKey, encodeBlockKey, HEAD_COPY } from './blockkey.ts'
import { isDamage, TABLE_BLOCKS, TABLE_SEGMENTS } from './windowfile.ts'

/** About what a block costs beside its bytes, and what a decoded column does. */
const BLOCK_BYTES = 512
const COLUMN_BYTES = 384

/** A block of one group. Blocks never change, so that a loaded one stays true. */
export class LoadedBlock {
  readonly environment: Environment
  readonly key: BlockKey
  /** float64[rowCount], strictly rising */
  readonly times: Float64Array
  readonly #head: BlockHead
  readonly #segments: (Segment | undefined)[] = []
  readonly #columns = new Map<number, DecodedColumn>()
  #sizeBytes = BLOCK_BYTES

  /** @param bytes a copy of the block's value. @throws NarthexError `corrupt`, `bad_data` */
  constructor(environment: Environment, key: BlockKey, bytes: Uint8Array) {
    this.environment = environment
    this.key = key
    this.#head = decodeBlockHead(bytes, key.rowCount)
    this.times = this.#head.times
    this.#sizeBytes += this.times.byteLength
    if (this.#head.segmentColumns === 0) {
      this.#addSegment(0, new Segment(bytes.subarray(this.#head.end)))
    }
  }

  /** Memory that it takes; more with each segment and each column. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** A column that is kept decoded from now on; undefined when the block does not have it. */
  column(ordinal: number): DecodedColumn | undefined {
    const known = this.#columns.get(ordinal)
    if (known !== undefined) return known
    const { segmentColumns } = this.#head
    const segment = this.#segment(ordinal)
    const inside = segmentColumns === 0 ? ordinal : ordinal % segmentColumns
    if (inside >= segment.columnCount) return undefined
    // Columns lean on the one before them; a chain is decoded from its first one on.
    let first = 0
    while (
      first < inside &&
      !this.#columns.has(ordinal - first) &&
      segment.needsNeighbour(inside - first)
    ) {
      first++
    }
    let column: DecodedColumn | undefined
    for (let behind = first; behind >= 0; behind--) {
      column =
        this.#columns.get(ordinal - behind) ??
        this.#keep(ordinal - behind, segment.decode(inside - behind, this.key.rowCount, column))
    }
    return column
  }

  /** A column that is kept already. */
  keptColumn(ordinal: number): DecodedColumn | undefined {
    return this.#columns.get(ordinal)
  }

  /** Reads a whole column without keeping it; see Segment.read. */
  read(ordinal: number, into: Float64Array, at: number, presence: Uint32Array): number {
    const { segmentColumns } = this.#head
    const inside = segmentColumns === 0 ? ordinal : ordinal % segmentColumns
    return this.#segment(ordinal).read(inside, this.key.rowCount, into, at, presence)
  }

  #keep(ordinal: number, column: DecodedColumn): DecodedColumn {
    this.#columns.set(ordinal, column)
    this.#sizeBytes += COLUMN_BYTES + column.values.byteLength + column.presence.byteLength
    return column
  }

  #segment(ordinal: number): Segment {
    const { segmentColumns } = this.#head
    const index = segmentColumns === 0 ? 0 : Math.floor(ordinal / segmentColumns)
    const known = this.#segments[index]
    if (known !== undefined) return known
    const key = encodeBlockKey({ ...this.key, segment: index + 1 })
    const bytes = this.environment.table(TABLE_SEGMENTS).get(key)
    if (bytes === undefined) throw missing(this.environment, key)
    return this.#addSegment(index, new Segment(bytes))
  }

  #addSegment(index: number, segment: Segment): Segment {
    this.#segments[index] = segment
    this.#sizeBytes += segment.sizeBytes
    return segment
  }
}

/**
 * Fetches a block that the index lists.
 *
 * @throws NarthexError `corrupt` or `bad_data` when it is damaged or lost
 */
export function loadBlock(environment: Environment, key: BlockKey): LoadedBlock {
  try {
    return loadFrom(environment, TABLE_BLOCKS, key, 0)
  } catch (error) {
    if (!isDamage(error)) throw error
    const copyKey = encodeBlockKey({ ...key, segment: HEAD_COPY })
    if (!environment.table(TABLE_SEGMENTS).has(copyKey)) throw error
    return loadFrom(environment, TABLE_SEGMENTS, key, HEAD_COPY)
  }
}

function loadFrom(
  environment: Environment,
  table: string,
  key: BlockKey,
  segment: number,
): LoadedBlock {
  const keyBytes = encodeBlockKey({ ...key, segment })
  const bytes = environment.table(table).get(keyBytes)
  if (bytes === undefined) throw missing(environment, keyBytes)
  return new LoadedBlock(environment, key, bytes)
}

/** Whatever is listed was committed with its values, so what is not there was lost to damage. */
function missing(environment: Environment, key: Uint8Array): NarthexError {
  const hex = Buffer.from(key).toString('hex')
  return new NarthexError('corrupt', `cannot read block ${hex} of ${environment.path}: it is lost`)
}
