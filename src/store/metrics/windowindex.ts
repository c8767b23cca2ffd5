/** The index of one window in memory: labels, layouts, and its numbers as these know them. */
import { Cursor, readVarint, unzigzag } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import type { Table } from '../lmdb/environment.ts'
import { DEFINE_LAYOUT, NumberMaps, readNumber } from './definitions.ts'
import { LabelIndex } from './labelindex.ts'
import type { LabelView } from './labelview.ts'
import * as at from './layout.ts'
import { Memory } from './pages.ts'
import { CHUNK_COPIES, chunkKey, isDamage } from './windowfile.ts'

/** Most shapes of one layout. */
const LAYOUT_SHAPES_MAX = 2 ** 24

/** Reads chunks of a window's index as they come. */
export class WindowIndex {
  readonly #memory: Memory
  readonly #index: LabelIndex
  readonly #numbers = new NumberMaps()
  readonly #layouts: Uint32Array[] = []
  /** Numbers in the window, by group of the index. A restarted writer gives one group two. */
  readonly #groupNumbers: number[][] = []
  #chunks = 0
  #layoutBytes = 0
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
    return this.#memory.sizeBytes + this.#layoutBytes
  }

  /** Reads the chunks that have come since. */
  refresh(table: Table, chunkCount: number): void {
    for (; this.#chunks < chunkCount; this.#chunks++) {
      let isRead = false
      for (let copy = 0; copy < CHUNK_COPIES && !isRead; copy++)
        isRead = this.#tryChunk(table, copy)
      if (!isRead) this.#damages++
    }
  }

  #tryChunk(table: Table, copy: number): boolean {
    try {
      const bytes = table.get(chunkKey(this.#chunks, copy))
      if (bytes !== undefined) this.#readChunk(new Cursor(bytes))
      return bytes !== undefined
    } catch (error) {
      if (!isDamage(error)) throw error
      return false
    }
  }

  /** Numbers under which the window knows a group of the index. */
  numbersOf(group: number): readonly number[] {
    return this.#groupNumbers[group] ?? []
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
      const groupsBefore = this.#numbers.groups.length
      this.#numbers.read(kind, c, this.#index)
      for (let number = groupsBefore; number < this.#numbers.groups.length; number++) {
        const group = this.#numbers.groups[number]
        if (group === undefined) continue
        const numbers = this.#groupNumbers[group]
        if (numbers === undefined) this.#groupNumbers[group] = [number]
        else numbers.push(number)
      }
    }
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
