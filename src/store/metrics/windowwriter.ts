/** Writes blocks into one window, and into its index what they need. */
import { writeVarint, zigzag } from '../../base/bytes.ts'
import type { Environment } from '../lmdb/environment.ts'
import { BLOCK_KEY_BYTES, type BlockKey, encodeBlockKey, HEAD_COPY } from './blockkey.ts'
import {
  DEFINE_BLOCK,
  DEFINE_GROUP,
  DEFINE_LAYOUT,
  DEFINE_SHAPE,
  defineList,
  definePair,
  GrowingBytes,
} from './definitions.ts'
import type { LabelView } from './labelview.ts'
import * as at from './layout.ts'
import {
  chunkKey,
  encodeCounters,
  INDEX_TABLES,
  metaKey,
  readCounters,
  TABLE_BLOCKS,
  TABLE_SEGMENTS,
  type WindowCounters,
} from './windowfile.ts'

/** Bytes of known layouts before they are forgotten and written again. */
const LAYOUT_KEY_BYTES_MAX = 2 * 1024 * 1024

/**
 * A head is there twice when its segments have so many times its bytes: a page has many heads, and
 * without its head a block is lost.
 */
const COPIED_RATIO = 16

/** Numbers of a window by the numbers of a source; 0: not defined yet. */
class NumberMap {
  #numbers = new Uint32Array(256)

  get(source: number): number {
    return source < this.#numbers.length ? this.#numbers[source] : 0
  }

  set(source: number, number: number): void {
    if (source >= this.#numbers.length) {
      const more = new Uint32Array(Math.max(source + 1, this.#numbers.length * 2))
      more.set(this.#numbers)
      this.#numbers = more
    }
    this.#numbers[source] = number
  }
}

/** What a block covers. */
export type BlockTimes = Pick<BlockKey, 'minTimeMs' | 'maxTimeMs' | 'rowCount'>

/** A block on its way into a window. */
interface Entry {
  readonly table: string
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * Gathers definitions and blocks; `commit` writes them in one transaction. After a failed commit
 * the writer is spent: its numbers were never written.
 */
export class WindowWriter {
  readonly #environment: Environment
  readonly #counters: WindowCounters
  readonly #labels: LabelView
  readonly #pairs = new NumberMap()
  readonly #groups = new NumberMap()
  readonly #shapes = new NumberMap()
  readonly #layouts = new Map<string, number>()
  #layoutKeyBytes = 0
  readonly #definitions = new GrowingBytes()
  #entries: Entry[] = []
  #entryBytes = 0
  #isChanged = false

  /** @param labels what the numbers of groups and shapes mean */
  constructor(environment: Environment, labels: LabelView) {
    this.#environment = environment
    this.#labels = labels
    this.#counters = readCounters(environment)
  }

  /** Bytes that wait for the commit. */
  get waitingBytes(): number {
    return this.#entryBytes + this.#definitions.written.length
  }

  /** Notes that all blocks so far come from a merge; with the next commit. */
  markMerged(): void {
    this.#counters.merged = this.#counters.blocks
    this.#isChanged = true
  }

  /** A number of the source will mean something else from now on. */
  forget(kind: 'pair' | 'group' | 'shape', number: number): void {
    if (kind === 'pair') this.#pairs.set(number, 0)
    else if (kind === 'group') this.#groups.set(number, 0)
    else this.#shapes.set(number, 0)
  }

  /** The number of a list of the source's shapes. */
  layout(shapes: ArrayLike<number>): number {
    const numbers = new Uint32Array(shapes.length)
    for (let i = 0; i < shapes.length; i++) numbers[i] = this.#shape(shapes[i])
    const key = numbers.join()
    let layout = this.#layouts.get(key)
    if (layout === undefined) {
      layout = this.#counters.layouts++
      this.#layoutKeyBytes += key.length
      if (this.#layoutKeyBytes > LAYOUT_KEY_BYTES_MAX) {
        this.#layouts.clear()
        this.#layoutKeyBytes = key.length
      }
      this.#layouts.set(key, layout)
      const c = this.#definitions.room(32 + numbers.length * 8)
      c.bytes[c.at++] = DEFINE_LAYOUT
      writeVarint(c, layout)
      writeVarint(c, numbers.length)
      let expected = 0
      for (const number of numbers) {
        writeVarint(c, zigzag(number - expected))
        expected = number + 1
      }
    }
    return layout
  }

  /**
   * Adds a block of a group of the source.
   *
   * @param head     value of the block itself
   * @param segments values of its segments, none when the head holds the columns
   * @param samples  how many samples it has
   */
  add(
    sourceGroup: number,
    times: BlockTimes,
    layout: number,
    head: Uint8Array,
    segments: readonly Uint8Array[],
    samples: number,
  ): void {
    const key = this.#list(sourceGroup, times, layout)
    this.#counters.samples += samples
    this.#put(TABLE_BLOCKS, encodeBlockKey(key), head)
    for (let i = 0; i < segments.length; i++) {
      this.#put(TABLE_SEGMENTS, encodeBlockKey({ ...key, segment: i + 1 }), segments[i])
    }
    const segmentBytes = segments.reduce((sum, { length }) => sum + length, 0)
    if ((head.length + BLOCK_KEY_BYTES) * COPIED_RATIO <= segmentBytes) {
      this.#put(TABLE_SEGMENTS, encodeBlockKey({ ...key, segment: HEAD_COPY }), head)
    }
  }

  /** Lists a block whose values are lost, so that answers can say what they lack. */
  addLost(sourceGroup: number, times: BlockTimes, layout: number): void {
    this.#list(sourceGroup, times, layout)
    this.#isChanged = true
  }

  /** Gives a block its number and a place in the index. */
  #list(
    sourceGroup: number,
    { minTimeMs, maxTimeMs, rowCount }: BlockTimes,
    layout: number,
  ): BlockKey {
    const counters = this.#counters
    const isFirst = counters.blocks === 0
    counters.minTimeMs = isFirst ? minTimeMs : Math.min(counters.minTimeMs, minTimeMs)
    counters.maxTimeMs = isFirst ? maxTimeMs : Math.max(counters.maxTimeMs, maxTimeMs)
    const group = this.#group(sourceGroup)
    const sequence = counters.blocks++
    const key = { minTimeMs, maxTimeMs, rowCount, group, sequence, layout, segment: 0 }
    this.#defineBlock(key)
    return key
  }

  /** @throws NarthexError `busy` when the disk is full; then nothing was written */
  commit(): void {
    if (!this.#isChanged) return
    this.#environment.write((table) => {
      const definitions = this.#definitions.written
      const chunk = definitions.length > 0 ? this.#counters.chunks++ : -1
      const counters = encodeCounters(this.#counters)
      for (const [copy, name] of INDEX_TABLES.entries()) {
        if (chunk >= 0) table(name).put(chunkKey(chunk, copy), definitions)
        table(name).put(metaKey(), counters)
      }
      for (const { table: name, key, value } of this.#entries) table(name).put(key, value)
    })
    this.#definitions.cursor.at = 0
    this.#entries = []
    this.#entryBytes = 0
    this.#isChanged = false
  }

  /** What readers must know of a block before they fetch it. */
  #defineBlock(key: BlockKey): void {
    const c = this.#definitions.room(64)
    c.bytes[c.at++] = DEFINE_BLOCK
    writeVarint(c, key.sequence)
    writeVarint(c, key.group)
    writeVarint(c, zigzag(key.minTimeMs))
    writeVarint(c, key.maxTimeMs - key.minTimeMs)
    writeVarint(c, key.rowCount)
    writeVarint(c, key.layout)
  }

  #put(table: string, key: Uint8Array, value: Uint8Array): void {
    this.#entries.push({ table, key, value })
    this.#isChanged = true
    this.#entryBytes += value.length
  }

  #group(source: number): number {
    let number = this.#groups.get(source)
    if (number === 0) {
      const list = this.#labels.groupField(source, at.GROUP_LIST)
      const pairs = this.#pairNumbers(list, this.#labels.groupField(source, at.GROUP_LENGTH))
      number = this.#counters.groups++
      this.#groups.set(source, number)
      defineList(this.#definitions, DEFINE_GROUP, number, pairs)
    }
    return number
  }

  #shape(source: number): number {
    let number = this.#shapes.get(source)
    if (number === 0) {
      const list = this.#labels.shapeField(source, at.SHAPE_LIST)
      const pairs = this.#pairNumbers(list, this.#labels.shapeField(source, at.SHAPE_LENGTH))
      number = this.#counters.shapes++
      this.#shapes.set(source, number)
      defineList(this.#definitions, DEFINE_SHAPE, number, pairs)
    }
    return number
  }

  #pairNumbers(list: number, length: number): number[] {
    const numbers: number[] = []
    for (let i = 0; i < length; i++) {
      const source = this.#labels.listItem(list, i)
      let number = this.#pairs.get(source)
      if (number === 0) {
        number = this.#counters.pairs++
        this.#pairs.set(source, number)
        const name = this.#labels.nameText(this.#labels.pairField(source, at.PAIR_NAME))
        definePair(this.#definitions, number, name, this.#labels.pairText(source))
      }
      numbers.push(number)
    }
    return numbers
  }
}
