/** The index of one window in memory: labels, layouts, and its numbers as these know them. */
import { Cursor, readVarint, unzigzag } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import type { Environment } from '../lmdb/environment.ts'
import type { BlockKey } from './blockkey.ts'
import { DEFINE_BLOCK, DEFINE_LAYOUT, NumberMaps, readNumber } from './definitions.ts'
import { LabelIndex } from './labelindex.ts'
import type { LabelView } from './labelview.ts'
import * as at from './layout.ts'
import { Memory } from './pages.ts'
import { chunkKey, INDEX_TABLES, isDamage, readCounters } from './windowfile.ts'

/** About what one known block costs in memory. */
const BLOCK_BYTES = 120
/** Most shapes of one layout. */
const LAYOUT_SHAPES_MAX = 2 ** 24

/** Reads chunks of a window's index as they come. */
export class WindowIndex {
  readonly #memory: Memory
  readonly #index: LabelIndex
  readonly #numbers = new NumberMaps()
  readonly #layouts: Uint32Array[] = []
  /** Blocks by group of the index, in the order in which they were written. */
  readonly #blocks: BlockKey[][] = []
  #chunks = 0
  #layoutBytes = 0
  #blockCount = 0
  #damages = 0

  constructor() {
    this.#memory = new Memory(at.TABLE_COUNT, false)
    this.#index = new LabelIndex(this.#memory)
  }

  get labels(): LabelView {
    return this.#index.view
  }

  /** Chunks that do not parse; their series cannot be found. */
  get damages(): number {
    return this.#damages
  }

  get sizeBytes(): number {
    return this.#memory.sizeBytes + this.#layoutBytes + this.#blockCount * BLOCK_BYTES
  }

  /** Reads the chunks that have come since. */
  refresh(environment: Environment): void {
    const { chunks } = readCounters(environment)
    for (; this.#chunks < chunks; this.#chunks++) {
      const isRead = INDEX_TABLES.some((_, copy) => this.#tryChunk(environment, copy))
      if (!isRead) this.#damages++
    }
  }

  #tryChunk(environment: Environment, copy: number): boolean {
    try {
      const bytes = environment.table(INDEX_TABLES[copy]).get(chunkKey(this.#chunks, copy))
      if (bytes !== undefined) this.#readChunk(new Cursor(bytes))
      return bytes !== undefined
    } catch (error) {
      if (!isDamage(error)) throw error
      return false
    }
  }

  /** Blocks of a group, in the order in which they were written. */
  blocksOf(group: number): readonly BlockKey[] {
    return this.#blocks[group] ?? []
  }

  /** Shapes of the index in the order of a block's columns; 0 where one was lost. */
  layout(layout: number): Uint32Array | undefined {
    return this.#layouts[layout]
  }

  #readChunk(c: Cursor): void {
    while (c.at < c.end) {
      const kind = c.bytes[c.at++]
      if (kind === DEFINE_LAYOUT) {
        this.#readLayout(c)
        continue
      }
      if (kind === DEFINE_BLOCK) this.#readBlock(c)
      else this.#numbers.read(kind, c, this.#index)
    }
  }

  #readBlock(c: Cursor): void {
    const sequence = readNumber(c)
    const number = readNumber(c)
    const minTimeMs = unzigzag(readVarint(c))
    const maxTimeMs = minTimeMs + readVarint(c)
    const rowCount = readVarint(c)
    const layout = readNumber(c)
    const group = this.#numbers.groups[number]
    if (group === undefined) return
    const key = { group: number, minTimeMs, maxTimeMs, rowCount, sequence, layout, segment: 0 }
    this.#blockCount++
    const blocks = this.#blocks[group]
    if (blocks === undefined) this.#blocks[group] = [key]
    else blocks.push(key)
  }

  #readLayout(c: Cursor): void {
    const layout = readNumber(c)
    const count = readVarint(c)
    if (count > LAYOUT_SHAPES_MAX || count > c.end - c.at) {
      throw new NarthexError('bad_data', `cannot read layout: ${count} shapes`)
    }
    const shapes = new Uint32Array(count)
    let expected = 0
    for (let i = 0; i < count; i++) {
      const number = expected + unzigzag(readVarint(c))
      shapes[i] = this.#numbers.shapes[number] ?? 0
      expected = number + 1
    }
    this.#layouts[layout] = shapes
    this.#layoutBytes += shapes.byteLength
  }
}
