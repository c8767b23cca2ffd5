/** Merges windows into one: long blocks in segments sorted by metric, written in slices. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Labels, labelsKey, labelValue, METRIC_NAME } from '../../model/labels.ts'
import { encodeBlockHead, SEGMENT_COLUMNS, SegmentWriter } from './block.ts'
import { type BlockKey, encodeBlockKey } from './blockkey.ts'
import { BlockPart, type DamageListener, type Ordinals } from './blockpart.ts'
import { blocksOf, type IndexedWindow, type OpenWindow } from './blockreader.ts'
import { LabelIndex } from './labelindex.ts'
import * as at from './layout.ts'
import {
  type Column,
  type MergeBundle,
  mergeBundlesOf,
  newColumn,
  readColumn,
  timesOf,
} from './mergebundles.ts'
import { Memory } from './pages.ts'
import { GroupBuilder } from './select.ts'
import { isDamage, readCounters, TABLE_BLOCKS, TABLE_SEGMENTS } from './windowfile.ts'
import { WindowIndex } from './windowindex.ts'
import { WindowWriter } from './windowwriter.ts'

/** Rows of a merged block. */
const MERGED_ROWS = 512
/** Time of one slice, and bytes of one transaction. */
const SLICE_MS = 8
const COMMIT_BYTES = 1024 * 1024

/** A source of a merge. */
interface Source extends IndexedWindow {
  /** Blocks from this one on came after the merge began. */
  readonly blocksFrom: number
}

/** Merges some windows into a new one that is not current yet. */
export class Merge {
  readonly #sources: Source[]
  readonly #writer: WindowWriter
  readonly #labels: LabelIndex
  readonly #compress: boolean
  readonly #nowMs: () => number
  readonly #onDamage: DamageListener
  readonly #sortKeys = new Map<string, string>()
  #sliceFrom: number

  /** @param compress packs segments with zstd: less disk for slower reading */
  constructor(
    sources: readonly OpenWindow[],
    target: OpenWindow,
    compress: boolean,
    nowMs: () => number,
    onDamage: DamageListener,
  ) {
    this.#sources = sources.map(openSource)
    this.#labels = new LabelIndex(new Memory(at.TABLE_COUNT, false))
    this.#writer = new WindowWriter(target.environment, this.#labels.view)
    this.#compress = compress
    this.#nowMs = nowMs
    this.#onDamage = onDamage
    this.#sliceFrom = nowMs()
  }

  /**
   * Copies everything, group by group.
   *
   * @param isStopping asked between slices; when it says yes the merge is given up
   * @returns false when it was given up
   * @throws NarthexError `busy` when the disk is full
   */
  async run(isStopping: () => boolean): Promise<boolean> {
    for (const group of this.#groups()) {
      await this.#mergeGroup(group, isStopping)
      if (isStopping()) return false
      if (this.#writer.waitingBytes > COMMIT_BYTES) this.#writer.commit()
      await this.#endSlice()
    }
    this.#writer.markMerged()
    this.#writer.commit()
    return true
  }

  /** Copies what was sealed into the sources meanwhile; nothing may come between this and the swap. */
  finish(): void {
    for (const source of this.#sources) this.#copyNewBlocks(source)
    this.#writer.commit()
  }

  /** Groups of all sources, each once, with the sources' numbers of it. */
  #groups(): GroupOfSources[] {
    const groups = new Map<string, GroupOfSources>()
    for (const source of this.#sources) {
      const { labels } = source.index
      for (let group = 1; group < labels.groupCount; group++) {
        const { labels: groupLabels, key } = labels.groupLabels(group)
        const known = groups.get(key)
        if (known === undefined) groups.set(key, { groupLabels, members: [{ source, group }] })
        else known.members.push({ source, group })
      }
    }
    return [...groups.values()]
  }

  async #mergeGroup(
    { groupLabels, members }: GroupOfSources,
    isStopping: () => boolean,
  ): Promise<void> {
    const plan = new GroupBuilder(groupLabels)
    const all = members.flatMap(({ source, group }) => this.#partsOf(plan, source, group))
    const parts = all.filter((part) => part.open())
    for (const bundle of mergeBundlesOf(plan.shapes.length, parts)) {
      if (!(await this.#mergeBundle(plan, bundle, isStopping))) return
      if (this.#writer.waitingBytes > COMMIT_BYTES) this.#writer.commit()
    }
    for (const part of parts) part.close()
    for (const part of all) this.#carryLoss(plan, part)
  }

  /** @returns false when it was given up */
  async #mergeBundle(
    plan: GroupBuilder,
    bundle: MergeBundle,
    isStopping: () => boolean,
  ): Promise<boolean> {
    const { parts } = bundle
    const { times, rowsOfParts } = timesOf(bundle)
    const order = this.#order(plan.shapes, bundle.series)
    const chunks: Chunk[] = []
    for (let from = 0; from < times.length; from += MERGED_ROWS) {
      const count = Math.min(MERGED_ROWS, times.length - from)
      chunks.push({
        from,
        count,
        writer: new SegmentWriter(),
        segments: [],
        shapes: [],
        samples: 0,
      })
    }
    let previous = newColumn(times.length)
    let current = newColumn(times.length)
    let previousKey = ''
    for (const { index, key } of order) {
      readColumn(parts, rowsOfParts, index, current)
      const shape = this.#internShape(plan.shapes[index])
      const isBucket = key !== '' && key === previousKey
      for (const chunk of chunks) {
        this.#addColumn(chunk, shape, current, isBucket ? previous : undefined)
      }
      ;[previous, current] = [current, previous]
      previousKey = key
      if (this.#nowMs() - this.#sliceFrom > SLICE_MS) await this.#endSlice()
      if (isStopping()) return false
    }
    const group = this.#internGroup(plan.groupLabels)
    for (const chunk of chunks) this.#finishChunk(chunk, group, times)
    return true
  }

  /** What is lost of a block stays listed, so that answers go on saying so. */
  #carryLoss(plan: GroupBuilder, part: BlockPart): void {
    if (part.lost.size === 0) return
    const shapes = [...part.lost].map((series) => this.#internShape(plan.shapes[series]))
    this.#writer.addLost(this.#internGroup(plan.groupLabels), part, this.#writer.layout(shapes))
  }

  #partsOf(plan: GroupBuilder, source: Source, group: number): BlockPart[] {
    const parts: BlockPart[] = []
    const byLayout = new Map<number, Ordinals>()
    for (const key of blocksOf(source, group, -Infinity, Infinity)) {
      if (key.sequence >= source.blocksFrom) continue
      let ordinals = byLayout.get(key.layout)
      if (ordinals === undefined) {
        ordinals = ordinalsOf(plan, source, key.layout)
        byLayout.set(key.layout, ordinals)
      }
      parts.push(new BlockPart(source.environment, key, ordinals, this.#onDamage, undefined))
    }
    return parts
  }

  /** Columns by metric, and buckets of one histogram side by side by their bound. */
  #order(shapes: readonly Labels[], series: readonly number[]): { index: number; key: string }[] {
    const entries = series.map((index) => {
      const shape = shapes[index]
      const bound = labelValue(shape, 'le')
      const family = bound === '' ? '' : this.#sortKey(shape)
      return { index, key: family, sort: this.#sortKey(shape), bound: Number(boundText(bound)) }
    })
    entries.sort((a, b) => (a.sort < b.sort ? -1 : a.sort > b.sort ? 1 : a.bound - b.bound))
    return entries
  }

  /** The labels of a shape without `le`, metric first. */
  #sortKey(shape: Labels): string {
    const whole = labelsKey(shape)
    let key = this.#sortKeys.get(whole)
    if (key === undefined) {
      key = labelValue(shape, METRIC_NAME)
      for (let i = 0; i < shape.length; i += 2) {
        if (shape[i] !== 'le') key += `\u0000${shape[i]}\u0000${shape[i + 1]}`
      }
      this.#sortKeys.set(whole, key)
    }
    return key
  }

  #addColumn(chunk: Chunk, shape: number, column: Column, neighbour: Column | undefined): void {
    const present = cutPresence(column.presence, chunk.from, chunk.count, chunkPresence)
    if (present === 0) return
    const isWhole = present === chunk.count
    const fits =
      neighbour !== undefined &&
      chunk.shapes.length % SEGMENT_COLUMNS !== 0 &&
      isWhole &&
      cutPresence(neighbour.presence, chunk.from, chunk.count, neighbourPresence) === chunk.count
    chunk.writer.add(
      column.values,
      chunk.from,
      chunk.count,
      isWhole ? undefined : chunkPresence,
      fits ? neighbour.values : undefined,
    )
    chunk.shapes.push(shape)
    chunk.samples += present
    if (chunk.writer.columnCount === SEGMENT_COLUMNS) {
      chunk.segments.push(chunk.writer.finish(this.#compress))
    }
  }

  #finishChunk(chunk: Chunk, group: number, times: Float64Array): void {
    if (chunk.shapes.length === 0) return
    if (chunk.writer.columnCount > 0) chunk.segments.push(chunk.writer.finish(this.#compress))
    const bounds = {
      minTimeMs: times[chunk.from],
      maxTimeMs: times[chunk.from + chunk.count - 1],
      rowCount: chunk.count,
    }
    const head = encodeBlockHead(times, chunk.from, chunk.count, SEGMENT_COLUMNS)
    const layout = this.#writer.layout(chunk.shapes)
    this.#writer.add(group, bounds, layout, head, chunk.segments, chunk.samples)
  }

  #copyNewBlocks(source: Source): void {
    if (readCounters(source.environment).blocks === source.blocksFrom) return
    source.index.refresh(source.environment)
    const { labels } = source.index
    for (let group = 1; group < labels.groupCount; group++) {
      for (const key of blocksOf(source, group, -Infinity, Infinity)) {
        if (key.sequence >= source.blocksFrom) this.#copyBlock(source, group, key)
      }
    }
  }

  /** Copies the values as they are; of a block that is damaged only the place in the index. */
  #copyBlock(source: Source, sourceGroup: number, key: BlockKey): void {
    const { labels } = source.index
    const layout = source.index.layout(key.layout) ?? []
    const known = layout.filter((shape) => shape > 0)
    const shapes = Array.from(known, (shape) => this.#internShape(labels.shapeLabels(shape).labels))
    const group = this.#internGroup(labels.groupLabels(sourceGroup).labels)
    const values = known.length === layout.length ? this.#valuesOf(source, key) : undefined
    if (values === undefined) {
      this.#writer.addLost(group, key, this.#writer.layout(shapes))
      return
    }
    const { head, segments } = values
    const samples = key.rowCount * shapes.length
    this.#writer.add(group, key, this.#writer.layout(shapes), head, segments, samples)
  }

  #valuesOf({ environment }: Source, key: BlockKey): BlockValues | undefined {
    try {
      const head = environment.table(TABLE_BLOCKS).get(encodeBlockKey(key))
      if (head === undefined) return undefined
      const segments: Uint8Array[] = []
      for (let segment = 1; ; segment++) {
        const segmentKey = encodeBlockKey({ ...key, segment })
        const bytes = environment.table(TABLE_SEGMENTS).get(segmentKey)
        if (bytes === undefined) return { head, segments }
        segments.push(bytes)
      }
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#onDamage(error)
      return undefined
    }
  }

  #internShape(labels: Labels): number {
    return this.#labels.internShape(this.#pairs(labels), labels.length / 2)
  }

  #internGroup(labels: Labels): number {
    return this.#labels.internGroup(this.#pairs(labels), labels.length / 2)
  }

  #pairs(labels: Labels): Uint32Array {
    const pairs = new Uint32Array(labels.length / 2)
    for (let i = 0; i < pairs.length; i++) {
      pairs[i] = this.#labels.pair(labels[i * 2], labels[i * 2 + 1])
    }
    return pairs
  }

  async #endSlice(): Promise<void> {
    if (this.#nowMs() - this.#sliceFrom <= SLICE_MS) return
    await nextTurn()
    this.#sliceFrom = this.#nowMs()
  }
}

/** A group as the sources know it. */
interface GroupOfSources {
  readonly groupLabels: Labels
  readonly members: { readonly source: Source; readonly group: number }[]
}

/** A block as it is stored. */
interface BlockValues {
  readonly head: Uint8Array
  readonly segments: readonly Uint8Array[]
}

/** Some rows of the group that is being merged, on their way into a block. */
interface Chunk {
  readonly from: number
  readonly count: number
  readonly writer: SegmentWriter
  readonly segments: Uint8Array[]
  readonly shapes: number[]
  samples: number
}

const chunkPresence = new Uint32Array(MERGED_ROWS / 32)
const neighbourPresence = new Uint32Array(MERGED_ROWS / 32)

function openSource({ name, environment }: OpenWindow): Source {
  const { blocks } = readCounters(environment)
  const index = new WindowIndex()
  index.refresh(environment)
  return { name, environment, index, blocksFrom: blocks }
}

function ordinalsOf(plan: GroupBuilder, source: IndexedWindow, layout: number): Ordinals {
  const ordinals: number[] = []
  const shapes = source.index.layout(layout) ?? []
  for (let ordinal = 0; ordinal < shapes.length; ordinal++) {
    if (shapes[ordinal] === 0) continue
    ordinals[plan.series(source.index.labels.shapeLabels(shapes[ordinal]))] = ordinal
  }
  return ordinals
}

/** Copies the bits of rows [from, from + count) to the front of `into`; returns how many are set. */
function cutPresence(
  presence: Uint32Array,
  from: number,
  count: number,
  into: Uint32Array,
): number {
  into.fill(0)
  let present = 0
  for (let i = 0; i < count; i++) {
    const row = from + i
    if ((presence[row >>> 5] & (1 << (row & 31))) === 0) continue
    into[i >>> 5] |= 1 << (i & 31)
    present++
  }
  return present
}

/** The bound of a bucket as JavaScript reads numbers. */
function boundText(bound: string): string {
  return bound === '+Inf' ? 'Infinity' : bound === '' ? '0' : bound
}
