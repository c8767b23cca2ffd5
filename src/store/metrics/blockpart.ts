/** A block as a part of a selection: its values are fetched when they are read. */
import { assert } from '../../base/error.ts'
import { presenceWords, slicePresence } from '../codec/presence.ts'
import type { Environment } from '../lmdb/environment.ts'
import type { DecodedColumn } from './block.ts'
import type { BlockCache } from './blockcache.ts'
import type { BlockKey } from './blockkey.ts'
import { type LoadedBlock, loadBlock } from './loadedblock.ts'
import type { Part } from './select.ts'
import { isDamage } from './windowfile.ts'

/** Who hears of blocks that cannot be read. */
export type DamageListener = (error: Error) => void

/** Ordinals of columns by index in the plan; undefined where a block does not have the series. */
export type Ordinals = readonly (number | undefined)[]

/** Where parts get their blocks, and whether these stay there. */
export interface BlockOrigin {
  readonly cache: BlockCache
  isKept: boolean
}

const NONE: ReadonlySet<number> = new Set()

/** A block of one group. */
export class BlockPart implements Part {
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly rowCount: number
  readonly series: readonly number[]
  readonly #environment: Environment
  readonly #key: BlockKey
  readonly #ordinals: Ordinals
  readonly #onDamage: DamageListener
  readonly #origin: BlockOrigin | undefined
  #block: LoadedBlock | undefined
  #lost: Set<number> | undefined
  mayBeStale = true

  /** @param origin undefined for who reads everything once */
  constructor(
    environment: Environment,
    key: BlockKey,
    ordinals: Ordinals,
    onDamage: DamageListener,
    origin: BlockOrigin | undefined,
  ) {
    this.#environment = environment
    this.#key = key
    this.#ordinals = ordinals
    this.#onDamage = onDamage
    this.#origin = origin
    this.minTimeMs = key.minTimeMs
    this.maxTimeMs = key.maxTimeMs
    this.rowCount = key.rowCount
    this.series = seriesOf(ordinals)
  }

  /** Fetches the head; false when the block is damaged, which costs this block only. */
  open(): boolean {
    try {
      const origin = this.#origin
      this.#block =
        origin === undefined
          ? loadBlock(this.#environment, this.#key)
          : origin.cache.take(this.#environment, this.#key, origin.isKept)
      return true
    } catch (error) {
      this.#damaged(error)
      this.#ordinals.forEach((_, series) => void this.#lose(series))
      return false
    }
  }

  times(): Float64Array {
    assert(this.#block !== undefined, 'an open block')
    return this.#block.times
  }

  read(
    series: number,
    from: number,
    to: number,
    into: Float64Array,
    at: number,
    presence: Uint32Array,
  ): number {
    const ordinal = this.#ordinals[series]
    const block = this.#block
    if (ordinal === undefined || block === undefined) return 0
    try {
      const column =
        this.#origin?.isKept === true ? block.column(ordinal) : block.keptColumn(ordinal)
      if (column !== undefined) {
        this.mayBeStale = column.mayBeStale
        return copyRows(column, from, to, into, at, presence)
      }
      this.mayBeStale = true
      return from === 0 && to === this.rowCount
        ? block.read(ordinal, into, at, presence)
        : readRows(block, ordinal, from, to, into, at, presence)
    } catch (error) {
      this.#damaged(error)
      this.#lose(series)
      return 0
    }
  }

  /** Forgets what was fetched. */
  close(): void {
    if (this.#block !== undefined) this.#origin?.cache.release(this.#block)
    this.#block = undefined
  }

  /** Series of the plan whose values in this block could not be read. */
  get lost(): ReadonlySet<number> {
    return this.#lost ?? NONE
  }

  #lose(series: number): void {
    this.#lost ??= new Set()
    this.#lost.add(series)
  }

  #damaged(error: unknown): void {
    if (!isDamage(error)) throw error
    this.#onDamage(error)
  }
}

/** The indices for which there are ordinals; blocks of one layout share them. */
function seriesOf(ordinals: Ordinals): readonly number[] {
  let series = seriesOfOrdinals.get(ordinals)
  if (series === undefined) {
    const present: number[] = []
    // forEach leaves out what was never set.
    ordinals.forEach((ordinal, index) => {
      if (ordinal !== undefined) present.push(index)
    })
    series = present
    seriesOfOrdinals.set(ordinals, series)
  }
  return series
}

const seriesOfOrdinals = new WeakMap<Ordinals, readonly number[]>()

function copyRows(
  column: DecodedColumn,
  from: number,
  to: number,
  into: Float64Array,
  at: number,
  presence: Uint32Array,
): number {
  const { values } = column
  if (to - from === values.length) into.set(values, at)
  else for (let row = from; row < to; row++) into[at + row - from] = values[row]
  if (column.presentCount === values.length) return to - from
  return slicePresence(column.presence, from, to, presence)
}

/** Some rows in the middle of a column that is not kept. */
function readRows(
  block: LoadedBlock,
  ordinal: number,
  from: number,
  to: number,
  into: Float64Array,
  at: number,
  presence: Uint32Array,
): number {
  const { rowCount } = block.key
  if (wholeValues.length < rowCount) {
    wholeValues = new Float64Array(rowCount)
    wholePresence = new Uint32Array(presenceWords(rowCount))
  }
  const present = block.read(ordinal, wholeValues, 0, wholePresence)
  if (present === 0) return 0
  for (let row = from; row < to; row++) into[at + row - from] = wholeValues[row]
  return present === rowCount ? to - from : slicePresence(wholePresence, from, to, presence)
}

let wholeValues: Float64Array = new Float64Array(512)
let wholePresence: Uint32Array = new Uint32Array(16)
