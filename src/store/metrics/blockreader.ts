/** What the windows hold of matching series, for readers of any thread. */
import { formatLabels, type Labels } from '../../model/labels.ts'
import type { Budget, Estimate, Warn } from '../../model/queryable.ts'
import type { Environment } from '../lmdb/environment.ts'
import type { BlockCache } from './blockcache.ts'
import type { BlockKey } from './blockkey.ts'
import { type BlockOrigin, BlockPart, type DamageListener } from './blockpart.ts'
import type { LabelView } from './labelview.ts'
import * as at from './layout.ts'
import { Binding, type Selector } from './match.ts'
import type { BlockReader } from './reader.ts'
import type { GroupBuilder, PlanBuilder } from './select.ts'
import { WindowIndex } from './windowindex.ts'
import { formatWindowTimes, type WindowName } from './windowname.ts'

/** Bytes of window indexes that one reader keeps. */
const INDEX_BYTES_MAX: number = 128 * 1024 * 1024

/** A window that is open in this thread. */
export interface OpenWindow {
  readonly name: WindowName
  readonly environment: Environment
}

/** Times [fromMs, toMs) of which samples are known to be missing, and why. */
export interface Gap {
  readonly fromMs: number
  readonly toMs: number
  readonly reason: string
}

/** The windows that are current; `renew` sees those that came since. */
export interface WindowDirectory {
  renew(): void
  current(): readonly OpenWindow[]
  gaps(): readonly Gap[]
}

/** An index with when it was used last. */
interface CachedIndex {
  readonly index: WindowIndex
  /** It has seen everything since the last renewal. */
  isFresh: boolean
  usedAt: number
}

/** A layout with the columns of it that a selector wants. */
interface WantedColumns {
  readonly ordinals: readonly number[]
  readonly shapes: readonly number[]
}

/** Reads blocks of all windows. */
export class WindowReader implements BlockReader {
  readonly #directory: WindowDirectory
  readonly #onDamage: DamageListener
  readonly #indexes = new Map<Environment, CachedIndex>()
  readonly #cache: BlockCache
  #uses = 0

  constructor(directory: WindowDirectory, onDamage: DamageListener, cache: BlockCache) {
    this.#directory = directory
    this.#onDamage = onDamage
    this.#cache = cache
  }

  renew(): void {
    this.#directory.renew()
    const current = new Set<Environment>()
    for (const { environment } of this.#directory.current()) {
      environment.renew()
      current.add(environment)
    }
    for (const [environment, cached] of this.#indexes) {
      if (!current.has(environment)) this.#indexes.delete(environment)
      cached.isFresh = false
    }
    this.#cache.retain(current)
  }

  collect(
    selector: Selector,
    fromMs: number,
    toMs: number,
    builder: PlanBuilder,
    budget: Budget,
    warn: Warn,
  ): void {
    const origin: BlockOrigin = { cache: this.#cache, isKept: true }
    let decodedBytes = 0
    for (const window of this.#overlapping(fromMs, toMs)) {
      const { environment, index } = window
      eachMatch(window, selector, (group, wanted) => {
        budget.check()
        const groupLabels = index.labels.groupLabels(group)
        const target = builder.group(groupLabels)
        const onDamage = (error: Error): void => {
          this.#onDamage(error)
          warn(lossText(window.name, groupLabels.labels))
        }
        let columns: WantedColumns | undefined
        let ordinals: number[] = []
        for (const key of blocksOf(window, group, fromMs, toMs)) {
          const wantedColumns = wanted(key.layout)
          if (wantedColumns.ordinals.length === 0) continue
          if (wantedColumns !== columns) {
            columns = wantedColumns
            ordinals = ordinalsOf(columns, index.labels, target)
          }
          decodedBytes += 8 * key.rowCount * columns.ordinals.length
          target.parts.push(new BlockPart(environment, key, ordinals, onDamage, origin))
        }
      })
    }
    origin.isKept = this.#cache.admits(decodedBytes)
    this.warnOfGaps(fromMs, toMs, warn)
  }

  warnOfGaps(fromMs: number, toMs: number, warn: Warn): void {
    for (const gap of this.#directory.gaps()) {
      if (gap.fromMs <= toMs && gap.toMs > fromMs) warn(gap.reason)
    }
    for (const { name, index } of this.#overlapping(fromMs, toMs)) {
      if (index.damages > 0) warn(indexLossText(name))
    }
  }

  estimate(selector: Selector, fromMs: number, toMs: number): Estimate {
    let seriesCount = 0
    let sampleCount = 0
    for (const window of this.#overlapping(fromMs, toMs)) {
      let seriesOfWindow = 0
      eachMatch(window, selector, (group, wanted) => {
        const layouts = new Set<WantedColumns>()
        const shapesOfGroup = new Set<number>()
        for (const key of blocksOf(window, group, fromMs, toMs)) {
          const columns = wanted(key.layout)
          sampleCount += columns.shapes.length * rowsInRange(key, fromMs, toMs)
          if (layouts.has(columns)) continue
          layouts.add(columns)
          for (const shape of columns.shapes) shapesOfGroup.add(shape)
        }
        seriesOfWindow += shapesOfGroup.size
      })
      seriesCount = Math.max(seriesCount, seriesOfWindow)
    }
    return { seriesCount, sampleCount }
  }

  series(
    selector: Selector,
    fromMs: number,
    toMs: number,
    each: (groupLabels: Labels, shapeLabels: Labels) => void,
  ): void {
    for (const window of this.#overlapping(fromMs, toMs)) {
      const { labels } = window.index
      eachMatch(window, selector, (group, wanted) => {
        const groupLabels = labels.groupLabels(group)
        const seen = new Set<number>()
        for (const key of blocksOf(window, group, fromMs, toMs)) {
          for (const shape of wanted(key.layout).shapes) {
            if (seen.has(shape)) continue
            seen.add(shape)
            each(groupLabels.labels, labels.shapeLabels(shape).labels)
          }
        }
      })
    }
  }

  indexes(fromMs: number, toMs: number): LabelView[] {
    return this.#overlapping(fromMs, toMs).map(({ index }) => index.labels)
  }

  #overlapping(fromMs: number, toMs: number): IndexedWindow[] {
    const windows: IndexedWindow[] = []
    for (const { name, environment } of this.#directory.current()) {
      if (name.fromMs > toMs || name.toMs <= fromMs) continue
      windows.push({ name, environment, index: this.#index(environment) })
    }
    this.#evict(windows)
    return windows
  }

  #index(environment: Environment): WindowIndex {
    let cached = this.#indexes.get(environment)
    if (cached === undefined) {
      cached = { index: new WindowIndex(), isFresh: false, usedAt: 0 }
      this.#indexes.set(environment, cached)
    }
    if (!cached.isFresh) {
      cached.index.refresh(environment)
      cached.isFresh = true
    }
    cached.usedAt = ++this.#uses
    cached.index.labels.refresh()
    return cached.index
  }

  /** Forgets the indexes used longest ago, but none that is in use now. */
  #evict(inUse: readonly IndexedWindow[]): void {
    let sizeBytes = 0
    for (const { index } of this.#indexes.values()) sizeBytes += index.sizeBytes
    if (sizeBytes <= INDEX_BYTES_MAX) return
    const used = new Set(inUse.map(({ environment }) => environment))
    const oldestFirst = [...this.#indexes].sort((a, b) => a[1].usedAt - b[1].usedAt)
    for (const [environment, { index }] of oldestFirst) {
      if (sizeBytes <= INDEX_BYTES_MAX) return
      if (used.has(environment)) continue
      this.#indexes.delete(environment)
      sizeBytes -= index.sizeBytes
    }
  }
}

/** A window with its index. */
export interface IndexedWindow {
  readonly name: WindowName
  readonly environment: Environment
  readonly index: WindowIndex
}

function lossText(name: WindowName, groupLabels: Labels): string {
  const series = formatLabels(groupLabels)
  return `cannot read all of window ${formatWindowTimes(name)}: a block is damaged or lost, samples of ${series} may be missing`
}

function indexLossText(name: WindowName): string {
  return `cannot read all of window ${formatWindowTimes(name)}: its index is damaged, series may be missing`
}

/** Calls back for each group that passes, with what is wanted of a layout in it. */
function eachMatch(
  window: IndexedWindow,
  selector: Selector,
  each: (group: number, wanted: (layout: number) => WantedColumns) => void,
): void {
  const { index } = window
  const binding = new Binding(index.labels, selector)
  const { shapes, masks } = binding.shapes()
  if (shapes.length === 0) return
  const maskOfShape = new Map(shapes.map((shape, i) => [shape, masks[i]]))
  const cache = new Map<string, WantedColumns>()
  const count = index.labels.groupCount
  for (let group = 1; group < count; group++) {
    if (index.labels.groupField(group, at.GROUP_LIVE) === 0) continue
    const mask = binding.groupMask(group)
    if (mask < 0) continue
    each(group, (layout) => {
      const key = `${layout} ${mask}`
      let wanted = cache.get(key)
      if (wanted === undefined) {
        wanted = wantedOf(index.layout(layout), maskOfShape, mask, selector.all)
        cache.set(key, wanted)
      }
      return wanted
    })
  }
}

/** The ordinals of wanted columns by their index in a plan. */
function ordinalsOf(columns: WantedColumns, labels: LabelView, target: GroupBuilder): number[] {
  const ordinals: number[] = []
  for (let i = 0; i < columns.ordinals.length; i++) {
    ordinals[target.series(labels.shapeLabels(columns.shapes[i]))] = columns.ordinals[i]
  }
  return ordinals
}

function wantedOf(
  layout: Uint32Array | undefined,
  maskOfShape: ReadonlyMap<number, number>,
  groupMask: number,
  all: number,
): WantedColumns {
  const ordinals: number[] = []
  const shapes: number[] = []
  for (let ordinal = 0; layout !== undefined && ordinal < layout.length; ordinal++) {
    const mask = maskOfShape.get(layout[ordinal])
    if (mask === undefined || (mask | groupMask) !== all) continue
    ordinals.push(ordinal)
    shapes.push(layout[ordinal])
  }
  return { ordinals, shapes }
}

/** Keys of the blocks of a group that overlap the range, in the order in which they were written. */
export function blocksOf(
  { index }: IndexedWindow,
  group: number,
  fromMs: number,
  toMs: number,
): BlockKey[] {
  return index.blocksOf(group).filter((key) => key.maxTimeMs >= fromMs && key.minTimeMs <= toMs)
}

/** About how many rows of a block lie in range: what an even spacing says, and half as much again. */
function rowsInRange(key: BlockKey, fromMs: number, toMs: number): number {
  const spanMs = key.maxTimeMs - key.minTimeMs
  if (spanMs === 0) return key.rowCount
  const insideMs = Math.min(key.maxTimeMs, toMs) - Math.max(key.minTimeMs, fromMs)
  return Math.min(key.rowCount, Math.ceil((1.5 * key.rowCount * insideMs) / spanMs) + 2)
}
