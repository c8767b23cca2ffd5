/** Samples of matching series: what head and windows hold of a group, joined in time order. */
import type { Labels } from '../../model/labels.ts'
import type { Budget, Series } from '../../model/queryable.ts'
import { hasNaN } from './block.ts'
import { joinLabels, type KeyedLabels } from './labelview.ts'

/** Some rows of one group that lie together: the open ones of the head, or a block. */
export interface Part {
  /** Bounds of the times. */
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly rowCount: number
  /** Indices of the wanted series that it may have. */
  readonly series: readonly number[]
  /** Whether staleness markers may stand among the values read last. */
  readonly mayBeStale: boolean
  /** Fetches what is needed to read; false when nothing can be read. */
  open(): boolean
  /** float64[rowCount], strictly rising; good for as long as anybody wants it. */
  times(): Float64Array
  /**
   * Reads the rows [from, to) of one of the wanted series.
   *
   * @param into     row r goes to into[at + r - from]; absent rows may hold anything
   * @param presence uint32[ceil((to - from) / 32)], gets a bit for each row that has a value, unless
   *   all or none have
   * @returns how many of the rows have a value; 0 when the part does not have the series
   */
  read(
    series: number,
    from: number,
    to: number,
    into: Float64Array,
    at: number,
    presence: Uint32Array,
  ): number
  /** Forgets what was fetched. */
  close(): void
}

/** The wanted series of one group; `read` of its parts takes their index. */
export interface GroupPlan {
  readonly groupLabels: Labels
  readonly shapes: readonly Labels[]
  /** In the order in which the samples were accepted. */
  readonly parts: Part[]
  /** What the head holds of it; the last part. */
  head: HeadWanted | undefined
}

/** Columns of one group of the head, by index in the plan. */
export interface HeadWanted {
  readonly group: number
  /** How often the group had been sealed before the blocks were read. */
  readonly seals: number
  readonly columns: readonly number[]
  readonly series: readonly number[]
}

/** Makes a float64[length]; it may hold anything. */
export type Allocate = (length: number) => Float64Array

/** Reads the samples in [fromMs, toMs] of the series of one group. */
export function readGroup(
  plan: GroupPlan,
  fromMs: number,
  toMs: number,
  budget: Budget,
  into: Series[],
  allocate: Allocate,
): void {
  budget.check()
  const pieces: Piece[] = []
  for (const part of plan.parts) {
    const piece = openInRange(part, fromMs, toMs)
    if (piece !== undefined) pieces.push(piece)
  }
  for (const bundle of bundlesOf(plan.shapes.length, pieces)) {
    readBundle(plan, bundle, budget, into, allocate)
  }
  for (const { part } of pieces) part.close()
}

/** Series of a plan that are in the very same pieces. */
interface Bundle {
  readonly series: readonly number[]
  readonly pieces: readonly Piece[]
}

/** Where series together have so many times the rows that they have one by one, they are read apart. */
const FOREIGN_ROWS = 2

/**
 * Puts series together that are in the same pieces: those with times of their own stand alone.
 * Where that saves little and no pieces overlap, all stay together: series that share times cost less.
 */
function bundlesOf(seriesCount: number, pieces: readonly Piece[]): readonly Bundle[] {
  if (pieces.length === 0) return []
  let rowCount = 0
  let ownRows = 0
  for (const { part, times } of pieces) {
    rowCount += times.length
    ownRows += times.length * part.series.length
  }
  const isWhole = rowCount * seriesCount === ownRows
  if (
    isWhole ||
    (rowCount * seriesCount <= FOREIGN_ROWS * ownRows && apart(pieces) !== undefined)
  ) {
    return [{ series: Array.from({ length: seriesCount }, (_, series) => series), pieces }]
  }
  const placesOf: number[][] = Array.from({ length: seriesCount }, () => [])
  for (let i = 0; i < pieces.length; i++) {
    for (const series of pieces[i].part.series) placesOf[series].push(i)
  }
  const bundles = new Map<string, { series: number[]; pieces: readonly Piece[] }>()
  for (let series = 0; series < seriesCount; series++) {
    const places = placesOf[series]
    if (places.length === 0) continue
    const key = places.join()
    const bundle = bundles.get(key)
    if (bundle !== undefined) bundle.series.push(series)
    else bundles.set(key, { series: [series], pieces: places.map((place) => pieces[place]) })
  }
  return [...bundles.values()]
}

/** Pieces in time order; undefined when some overlap. */
function apart(pieces: readonly Piece[]): readonly Piece[] | undefined {
  if (pieces.length === 1) return pieces
  const inOrder = pieces.toSorted((a, b) => a.times[0] - b.times[0])
  for (let i = 1; i < inOrder.length; i++) {
    const before = inOrder[i - 1].times
    if (before[before.length - 1] >= inOrder[i].times[0]) return undefined
  }
  return inOrder
}

function readBundle(
  plan: GroupPlan,
  bundle: Bundle,
  budget: Budget,
  into: Series[],
  allocate: Allocate,
): void {
  const { series, pieces } = bundle
  let rowCount = 0
  for (const piece of pieces) rowCount += piece.times.length
  budget.chargeSamples(rowCount * series.length)
  budget.chargeBytes(8 * rowCount * (series.length + 1))
  const inOrder = apart(pieces)
  if (inOrder !== undefined) readApart(plan, series, inOrder, rowCount, into, allocate)
  else readMixed(plan, series, pieces, rowCount, into)
}

/** Rows [from, to) of a part: a query for one instant must not hold whole blocks. */
interface Piece {
  readonly part: Part
  readonly from: number
  readonly to: number
  /** Of these rows. */
  readonly times: Float64Array
}

/** The rows of a part that lie in range; undefined when there are none, or none can be read. */
function openInRange(part: Part, fromMs: number, toMs: number): Piece | undefined {
  if (part.rowCount === 0 || part.maxTimeMs < fromMs || part.minTimeMs > toMs) return undefined
  if (!part.open()) return undefined
  const times = part.times()
  if (part.minTimeMs >= fromMs && part.maxTimeMs <= toMs) {
    return { part, from: 0, to: part.rowCount, times }
  }
  const from = lowerBound(times, fromMs)
  const to = lowerBound(times, toMs, true)
  if (from < to) return { part, from, to, times: times.subarray(from, to) }
  part.close()
  return undefined
}

/** Pieces that do not overlap: series without holes share one array of times. */
function readApart(
  plan: GroupPlan,
  wanted: readonly number[],
  pieces: readonly Piece[],
  rowCount: number,
  into: Series[],
  allocate: Allocate,
): void {
  const times = pieces.length === 1 ? pieces[0].times : joinTimes(pieces, rowCount)
  const wordCount = (rowCount + 31) >>> 5
  if (partBits.length < wordCount) partBits = new Uint32Array(wordCount)
  const partPresence = partBits
  let presence = NO_BITS
  const holes = new HoleTimes(times)
  const all = allocate(rowCount * wanted.length)
  for (let i = 0; i < wanted.length; i++) {
    const values = all.subarray(i * rowCount, (i + 1) * rowCount)
    let present = 0
    let at = 0
    let whole = true
    let mayBeStale = false
    for (const { part, from, to } of pieces) {
      const size = to - from
      const count = part.read(wanted[i], from, to, values, at, partPresence)
      if (whole && count !== size) {
        whole = false
        if (presence.length === 0) presence = new Uint32Array(wordCount)
        presence.fill(0)
        setBits(presence, 0, at)
      }
      if (!whole && count === size) setBits(presence, at, size)
      else if (!whole && count > 0) copyBits(partPresence, size, presence, at)
      if (count > 0 && part.mayBeStale) mayBeStale = true
      present += count
      at += size
    }
    if (present === 0) continue
    const labels = joinLabels(plan.groupLabels, plan.shapes[wanted[i]])
    if (whole) {
      into.push(finish(labels, times, values, 0, rowCount, mayBeStale))
    } else {
      const packed = holes.pack(values, presence)
      into.push(finish(labels, packed.times, values, packed.from, packed.to, mayBeStale))
    }
  }
}

function joinTimes(pieces: readonly Piece[], rowCount: number): Float64Array {
  const times = new Float64Array(rowCount)
  let at = 0
  for (const piece of pieces) {
    times.set(piece.times, at)
    at += piece.times.length
  }
  return times
}

const NO_BITS = new Uint32Array(0)
/** Presence bits of the part that is being read. */
let partBits: Uint32Array = new Uint32Array(16)

/** Times of series with holes; series with the same holes share them. */
class HoleTimes {
  readonly #times: Float64Array
  #presence: Uint32Array | undefined
  #last: { times: Float64Array; from: number; to: number } | undefined

  constructor(times: Float64Array) {
    this.#times = times
  }

  /** Moves the present values together, and hands back the times in step with them. */
  pack(
    values: Float64Array,
    presence: Uint32Array,
  ): { times: Float64Array; from: number; to: number } {
    const { from, to } = this.#range(presence)
    if (isSolid(presence, from, to)) return { times: this.#times, from, to }
    const same = this.#presence !== undefined && equalBits(this.#presence, presence)
    const times = same && this.#last !== undefined ? this.#last.times : new Float64Array(to - from)
    let count = 0
    for (let row = from; row < to; row++) {
      if ((presence[row >>> 5] & (1 << (row & 31))) === 0) continue
      values[count] = values[row]
      if (!same) times[count] = this.#times[row]
      count++
    }
    this.#presence = same ? this.#presence : presence.slice()
    this.#last = { times, from: 0, to: count }
    return this.#last
  }

  /** First and one past the last present row; there is one. */
  #range(presence: Uint32Array): { from: number; to: number } {
    let from = 0
    let to = this.#times.length
    while ((presence[from >>> 5] & (1 << (from & 31))) === 0) from++
    while ((presence[(to - 1) >>> 5] & (1 << ((to - 1) & 31))) === 0) to--
    return { from, to }
  }
}

/** Pieces that overlap: each series is sorted by time, the value accepted first stays. */
function readMixed(
  plan: GroupPlan,
  wanted: readonly number[],
  pieces: readonly Piece[],
  rowCount: number,
  into: Series[],
): void {
  const allTimes = joinTimes(pieces, rowCount)
  const presence = new Uint32Array((rowCount + 31) >>> 5)
  const allValues = new Float64Array(rowCount)
  const order = new Uint32Array(rowCount)
  for (const series of wanted) {
    let count = 0
    let at = 0
    for (const { part, from, to } of pieces) {
      const size = to - from
      const present = part.read(series, from, to, allValues, at, presence)
      for (let row = 0; present > 0 && row < size; row++) {
        if (present < size && (presence[row >>> 5] & (1 << (row & 31))) === 0) continue
        order[count++] = at + row
      }
      at += size
    }
    if (count === 0) continue
    const slots = order.subarray(0, count)
    slots.sort((a, b) => allTimes[a] - allTimes[b] || a - b)
    const times = new Float64Array(count)
    const values = new Float64Array(count)
    let kept = 0
    for (const slot of slots) {
      if (kept > 0 && times[kept - 1] === allTimes[slot]) continue
      times[kept] = allTimes[slot]
      values[kept] = allValues[slot]
      kept++
    }
    const labels = joinLabels(plan.groupLabels, plan.shapes[series])
    into.push(finish(labels, times, values, 0, kept, true))
  }
}

function finish(
  labels: Labels,
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  mayBeStale: boolean,
): Series {
  return { labels, times, values, from, to, stale: mayBeStale && hasNaN(values, from, to) }
}

/** First slot with a time >= (or > when `after`) the given one. */
export function lowerBound(times: Float64Array, timeMs: number, after = false): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle] < timeMs || (after && times[middle] === timeMs)) low = middle + 1
    else high = middle
  }
  return low
}

function setBits(bits: Uint32Array, from: number, count: number): void {
  for (let row = from; row < from + count; row++) bits[row >>> 5] |= 1 << (row & 31)
}

function copyBits(source: Uint32Array, count: number, target: Uint32Array, at: number): void {
  for (let row = 0; row < count; row++) {
    if ((source[row >>> 5] & (1 << (row & 31))) !== 0) {
      target[(at + row) >>> 5] |= 1 << ((at + row) & 31)
    }
  }
}

function equalBits(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function isSolid(presence: Uint32Array, from: number, to: number): boolean {
  for (let row = from; row < to; row++) {
    if ((presence[row >>> 5] & (1 << (row & 31))) === 0) return false
  }
  return true
}

/** Collects the plans of one select: groups and shapes that head and windows name differently. */
export class PlanBuilder {
  readonly #groups = new Map<string, GroupBuilder>()

  /** The plan of a group under construction. */
  group({ labels, key }: KeyedLabels): GroupBuilder {
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = new GroupBuilder(labels)
      this.#groups.set(key, group)
    }
    return group
  }

  /** By the key of the group's labels. */
  plans(): ReadonlyMap<string, GroupPlan> {
    return this.#groups
  }
}

/** One group of a PlanBuilder. */
export class GroupBuilder implements GroupPlan {
  readonly groupLabels: Labels
  readonly shapes: Labels[] = []
  readonly parts: Part[] = []
  head: HeadWanted | undefined
  readonly #numbers = new Map<string, number>()

  constructor(groupLabels: Labels) {
    this.groupLabels = groupLabels
  }

  /** The index of a wanted series in the plan. */
  series({ labels, key }: KeyedLabels): number {
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.shapes.length
      this.#numbers.set(key, number)
      this.shapes.push(labels)
    }
    return number
  }
}
