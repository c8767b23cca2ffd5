/** Writes what is left of a damaged window into a new one. See docs/formats/window.md. */
import fs from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Cursor, readBytes, readVarint, unzigzag } from '../../base/bytes.ts'
import { DamagedEnvironment, type ProvenPair } from '../lmdb/damaged.ts'
import type { Environment } from '../lmdb/environment.ts'
import { decodeBlockHead, SEGMENT_COLUMNS, Segment } from './block.ts'
import { BLOCK_KEY_BYTES, type BlockKey, encodeBlockKey, HEAD_COPY } from './blockkey.ts'
import { DEFINE_BLOCK, DEFINE_GROUP, DEFINE_PAIR, DEFINE_SHAPE, readNumber } from './definitions.ts'
import {
  CHUNK_KEY_BYTES,
  chunkKey,
  decodeCounters,
  encodeCounters,
  INDEX_TABLES,
  isDamage,
  isNewerVersion,
  metaKey,
  newCounters,
  openWindowFile,
  TABLE_BLOCKS,
  TABLE_SEGMENTS,
  type WindowCounters,
} from './windowfile.ts'
import { WindowIndex } from './windowindex.ts'

/** Time of one slice, and bytes of one transaction. */
const SLICE_MS = 8
const COMMIT_BYTES: number = 8 * 1024 * 1024
/** Bytes of a block's key that its segments share. */
const BLOCK_PREFIX_BYTES = BLOCK_KEY_BYTES - 2

/** What came of it. */
export interface Salvaged {
  /** Blocks that the index lists. */
  readonly blocks: number
  /** Values of blocks and segments that are listed and could not be found. */
  readonly lostValues: number
  /** Whether the index is whole, so that answers can name all that is lost. */
  readonly isComplete: boolean
}

/**
 * Copies what is proven. Blocks that are lost stay listed in the index, so that answers can say so.
 *
 * @param target path of the new file; an old one is replaced
 * @returns undefined when there is no index left, so that nothing could be found
 * @throws NarthexError `busy` when the disk is full, `corrupt` for a window of a newer version
 */
export async function salvageWindow(source: string, target: string): Promise<Salvaged | undefined> {
  removeSalvage(target)
  const damaged = new DamagedEnvironment(source)
  try {
    const environment = openWindowFile(target, false)
    try {
      return await new Salvage(damaged, environment).run()
    } finally {
      await environment.close()
    }
  } finally {
    damaged.close()
    fs.rmSync(`${target}-lock`, { force: true })
  }
}

/** Removes a new file that is not wanted, or that a crash has left. */
export function removeSalvage(target: string): void {
  for (const path of [target, `${target}-lock`]) fs.rmSync(path, { force: true })
}

/** A value of the index with the transaction that it is from. */
interface Candidate {
  readonly txn: number
  /** Undefined where two of one transaction differ. */
  readonly value: Uint8Array | undefined
}

class Salvage {
  readonly #damaged: DamagedEnvironment
  readonly #target: Environment
  readonly #chunks: Candidate[] = []
  #counters: Candidate | undefined
  #waiting: { readonly table: string; readonly key: Uint8Array; readonly value: Uint8Array }[] = []
  #waitingBytes = 0
  #sliceFrom = performance.now()

  constructor(damaged: DamagedEnvironment, target: Environment) {
    this.#damaged = damaged
    this.#target = target
  }

  async run(): Promise<Salvaged | undefined> {
    await this.#each(this.#damaged.live(), (pair) => {
      if (isOfBlock(pair)) this.#put(pair)
      else this.#note(pair, Infinity)
    })
    if (!this.#damaged.isWhole) {
      await this.#each(this.#damaged.stray(), (pair) => {
        if (!isOfBlock(pair)) this.#note(pair, pair.txn)
      })
    }
    this.#commit()
    if (this.#chunks.length === 0) return undefined
    const { counters, isComplete } = this.#writeIndex()
    const index = new WindowIndex()
    index.refresh(this.#target)
    const missing = await this.#findMissing(index)
    return {
      blocks: counters.blocks,
      lostValues: missing.size,
      isComplete: isComplete && index.damages === 0,
    }
  }

  /** Copies values of listed blocks from wherever they are found; hands back the keys of the others. */
  async #findMissing(index: WindowIndex): Promise<ReadonlySet<Uint8Array>> {
    const blocks = blocksOf(index)
    if (this.#damaged.isWhole) return this.#missingOf(blocks)
    const byPrefix = new Map(blocks.map((block) => [prefixOf(encodeBlockKey(block.key)), block]))
    await this.#each(this.#damaged.stray(), (pair) => {
      if (!isOfBlock(pair) || !byPrefix.has(prefixOf(pair.key))) return
      if (!this.#target.table(tableOf(pair.key)).has(pair.key)) this.#put(pair)
    })
    this.#commit()
    this.#restoreHeads(blocks)
    // Heads first: they tell how many segments there are.
    for (let round = 0; round < 2; round++) {
      const missing = this.#missingOf(blocks)
      await this.#each(
        this.#damaged.lost(missing, (key, value) =>
          isValueOf(byPrefix.get(prefixOf(key)), key, value),
        ),
        (pair) => this.#put(pair),
      )
      this.#commit()
    }
    return this.#missingOf(blocks)
  }

  /** Puts second copies of heads in the place of those that are lost. */
  #restoreHeads(blocks: readonly ListedBlock[]): void {
    for (const { key } of blocks) {
      const headKey = encodeBlockKey(key)
      if (this.#target.table(TABLE_BLOCKS).has(headKey)) continue
      const copyKey = encodeBlockKey({ ...key, segment: HEAD_COPY })
      const value = this.#target.table(TABLE_SEGMENTS).get(copyKey)
      if (value !== undefined) this.#put({ key: headKey, value, txn: 0 })
    }
    this.#commit()
  }

  /** Keys that are listed and not there. */
  #missingOf(blocks: readonly ListedBlock[]): Set<Uint8Array> {
    const missing = new Set<Uint8Array>()
    const heads = this.#target.table(TABLE_BLOCKS)
    const segments = this.#target.table(TABLE_SEGMENTS)
    for (const { key, columns } of blocks) {
      const headKey = encodeBlockKey(key)
      const segmentColumns = heads.view(headKey, (value) => {
        return decodeBlockHead(value, key.rowCount).segmentColumns
      })
      if (segmentColumns === undefined) missing.add(headKey)
      const perSegment = segmentColumns ?? SEGMENT_COLUMNS
      if (perSegment === 0) continue
      for (let segment = 1; (segment - 1) * perSegment < columns; segment++) {
        const segmentKey = encodeBlockKey({ ...key, segment })
        // A block without a head may have been one that has no segments.
        if (segmentColumns !== undefined && !segments.has(segmentKey)) missing.add(segmentKey)
      }
    }
    return missing
  }

  /** Both copies of the index, and counters that give no number twice. */
  #writeIndex(): { counters: WindowCounters; isComplete: boolean } {
    const known = this.#knownCounters()
    const counters = known ?? newCounters()
    const isComplete =
      known !== undefined &&
      (this.#counters?.txn ?? 0) >= this.#damaged.newestTxn &&
      this.#chunks.length === counters.chunks &&
      Array.from(this.#chunks).every((chunk) => chunk?.value !== undefined)
    counters.chunks = Math.max(counters.chunks, this.#chunks.length)
    for (const chunk of this.#chunks) if (chunk?.value !== undefined) raise(counters, chunk.value)
    this.#target.write((table) => {
      for (const [copy, name] of INDEX_TABLES.entries()) {
        this.#chunks.forEach(({ value }, chunk) => {
          if (value !== undefined) table(name).put(chunkKey(chunk, copy), value)
        })
        table(name).put(metaKey(), encodeCounters(counters))
      }
    })
    return { counters, isComplete }
  }

  #knownCounters(): WindowCounters | undefined {
    const value = this.#counters?.value
    if (value === undefined) return undefined
    try {
      return decodeCounters(value, this.#target.path)
    } catch (error) {
      if (!isDamage(error) || isNewerVersion(error)) throw error
      return undefined
    }
  }

  /** Keeps what is newest of the index; all copies of one transaction are equal. */
  #note({ key, value }: ProvenPair, txn: number): void {
    if (key.length === CHUNK_KEY_BYTES) {
      const chunk = new DataView(key.buffer, key.byteOffset).getUint32(1)
      this.#chunks[chunk] = newer(this.#chunks[chunk], value, txn)
    } else if (key.length === metaKey().length && key[0] === metaKey()[0]) {
      this.#counters = newer(this.#counters, value, txn)
    }
  }

  #put({ key, value }: ProvenPair): void {
    this.#waiting.push({ table: tableOf(key), key, value })
    this.#waitingBytes += value.length
    if (this.#waitingBytes > COMMIT_BYTES) this.#commit()
  }

  #commit(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (waiting.length === 0) return
    this.#target.write((table) => {
      for (const { table: name, key, value } of waiting) table(name).put(key, value)
    })
  }

  async #each(batches: Iterable<ProvenPair[]>, use: (pair: ProvenPair) => void): Promise<void> {
    for (const pairs of batches) {
      for (const pair of pairs) use(pair)
      if (performance.now() - this.#sliceFrom < SLICE_MS) continue
      await nextTurn()
      this.#sliceFrom = performance.now()
    }
  }
}

/** A block with how many columns it has. */
interface ListedBlock {
  readonly key: BlockKey
  readonly columns: number
}

function blocksOf(index: WindowIndex): ListedBlock[] {
  const blocks: ListedBlock[] = []
  for (let group = 1; group < index.labels.groupCount; group++) {
    for (const key of index.blocksOf(group)) {
      blocks.push({ key, columns: index.layout(key.layout)?.length ?? 0 })
    }
  }
  return blocks
}

/** Whether a value has the times and the columns that the index promises. */
function isValueOf(block: ListedBlock | undefined, key: Uint8Array, value: Uint8Array): boolean {
  if (block === undefined) return false
  const { minTimeMs, maxTimeMs, rowCount } = block.key
  try {
    if (tableOf(key) === TABLE_SEGMENTS) {
      const before = (segmentOf(key) - 1) * SEGMENT_COLUMNS
      return new Segment(value).columnCount === Math.min(SEGMENT_COLUMNS, block.columns - before)
    }
    const { times, segmentColumns, end } = decodeBlockHead(value, rowCount)
    const isWhole =
      segmentColumns > 0 || new Segment(value.subarray(end)).columnCount === block.columns
    return isWhole && times[0] === minTimeMs && times[rowCount - 1] === maxTimeMs
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  }
}

/** Raises the next numbers of a window above all that a chunk gives or names. */
function raise(counters: WindowCounters, chunk: Uint8Array): void {
  const c = new Cursor(chunk)
  while (c.at < c.end) {
    const kind = c.bytes[c.at++]
    const number = readNumber(c)
    if (kind === DEFINE_BLOCK) raiseByBlock(counters, number, c)
    else if (kind === DEFINE_PAIR) {
      counters.pairs = Math.max(counters.pairs, number + 1)
      for (let text = 0; text < 2; text++) readBytes(c, readVarint(c))
    } else {
      const field = kind === DEFINE_GROUP ? 'groups' : kind === DEFINE_SHAPE ? 'shapes' : 'layouts'
      counters[field] = Math.max(counters[field], number + 1)
      for (let left = readVarint(c); left > 0; left--) readVarint(c)
    }
  }
}

function raiseByBlock(counters: WindowCounters, sequence: number, c: Cursor): void {
  const isFirst = counters.blocks === 0
  counters.blocks = Math.max(counters.blocks, sequence + 1)
  counters.groups = Math.max(counters.groups, readNumber(c) + 1)
  const minTimeMs = unzigzag(readVarint(c))
  const maxTimeMs = minTimeMs + readVarint(c)
  counters.minTimeMs = isFirst ? minTimeMs : Math.min(counters.minTimeMs, minTimeMs)
  counters.maxTimeMs = isFirst ? maxTimeMs : Math.max(counters.maxTimeMs, maxTimeMs)
  readVarint(c)
  counters.layouts = Math.max(counters.layouts, readNumber(c) + 1)
}

function newer(known: Candidate | undefined, value: Uint8Array, txn: number): Candidate {
  if (known === undefined || txn > known.txn) return { txn, value }
  if (txn < known.txn || known.value === undefined) return known
  return Buffer.compare(known.value, value) === 0 ? known : { txn, value: undefined }
}

function isOfBlock({ key }: ProvenPair): boolean {
  return key.length === BLOCK_KEY_BYTES
}

function tableOf(key: Uint8Array): string {
  return segmentOf(key) === 0 ? TABLE_BLOCKS : TABLE_SEGMENTS
}

function segmentOf(key: Uint8Array): number {
  return (key[BLOCK_PREFIX_BYTES] << 8) | key[BLOCK_PREFIX_BYTES + 1]
}

function prefixOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, BLOCK_PREFIX_BYTES).toString('latin1')
}
