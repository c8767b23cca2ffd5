/** What a merge does with a group: which of its series share rows, which rows those are, and their columns. */
import { lowerBound, type Part } from './select.ts'

/** A series with fewer than one of so many rows of its group's gets rows of its own. */
const SPARSE_ROWS = 4

/** Series of a group that share rows from now on, and the parts in which they are. */
export interface MergeBundle {
  readonly series: readonly number[]
  readonly parts: readonly Part[]
  /** The parts have rows in which none of the series has a sample. */
  readonly hasForeignRows: boolean
}

/** Rows of some parts. */
export interface MergedRows {
  /** float64[], strictly rising */
  readonly times: Float64Array
  /** By part and row of it: which of the times is its. */
  readonly rowsOfParts: readonly Uint32Array[]
}

/** One series over all rows of a bundle. */
export interface Column {
  readonly values: Float64Array
  readonly presence: Uint32Array
}

/**
 * Tells series that share the rows of their group from those with times of their own: these stand
 * in few of the rows that there are between their first and their last. Of them, those that were
 * always in the same blocks stay together.
 */
export function mergeBundlesOf(seriesCount: number, parts: readonly Part[]): MergeBundle[] {
  if (parts.length === 0) return []
  const all = Array.from({ length: seriesCount }, (_, series) => series)
  if (parts.every((part) => part.series.length === seriesCount)) {
    return [{ series: all, parts, hasForeignRows: false }]
  }
  const { times } = joinTimes(parts)
  const placesOf: number[][] = all.map(() => [])
  for (let place = 0; place < parts.length; place++) {
    for (const series of parts[place].series) placesOf[series].push(place)
  }
  const bundles = new Map<string, { series: number[]; places: readonly number[] }>()
  const shared: number[] = []
  const sharedPlaces = new Set<number>()
  for (const series of all) {
    const places = placesOf[series]
    if (places.length === 0) continue
    if (!isSparse(places, parts, times)) {
      shared.push(series)
      for (const place of places) sharedPlaces.add(place)
      continue
    }
    const key = places.join()
    const bundle = bundles.get(key)
    if (bundle === undefined) bundles.set(key, { series: [series], places })
    else bundle.series.push(series)
  }
  const found: MergeBundle[] = [...bundles.values()].map(({ series, places }) => {
    const partsOfBundle = places.map((place) => parts[place])
    const hasForeignRows = partsOfBundle.some((part) => part.series.length > series.length)
    return { series, parts: partsOfBundle, hasForeignRows }
  })
  if (shared.length === 0) return found
  const partsOfShared = parts.filter((_, place) => sharedPlaces.has(place))
  return [...found, { series: shared, parts: partsOfShared, hasForeignRows: false }]
}

function isSparse(places: readonly number[], parts: readonly Part[], times: Float64Array): boolean {
  let rowCount = 0
  let minTimeMs = Infinity
  let maxTimeMs = -Infinity
  for (const place of places) {
    rowCount += parts[place].rowCount
    minTimeMs = Math.min(minTimeMs, parts[place].minTimeMs)
    maxTimeMs = Math.max(maxTimeMs, parts[place].maxTimeMs)
  }
  const between = lowerBound(times, maxTimeMs, true) - lowerBound(times, minTimeMs)
  return rowCount * SPARSE_ROWS < between
}

/** The rows of a bundle. */
export function timesOf({ series, parts, hasForeignRows }: MergeBundle): MergedRows {
  const rows = joinTimes(parts)
  if (!hasForeignRows) return rows
  const column = newColumn(rows.times.length)
  const used = new Uint32Array(column.presence.length)
  for (const each of series) {
    readColumn(parts, rows.rowsOfParts, each, column)
    for (let i = 0; i < used.length; i++) used[i] |= column.presence[i]
  }
  const moved = new Uint32Array(rows.times.length)
  let count = 0
  for (let row = 0; row < moved.length; row++) {
    moved[row] = count
    if ((used[row >>> 5] & (1 << (row & 31))) === 0) continue
    rows.times[count++] = rows.times[row]
  }
  const rowsOfParts = rows.rowsOfParts.map((places) => places.map((row) => moved[row]))
  return { times: rows.times.slice(0, count), rowsOfParts }
}

/** All distinct times of some parts, and where each row of each part lies among them. */
function joinTimes(parts: readonly Part[]): MergedRows {
  const timesOfParts = parts.map((part) => part.times())
  const all = new Float64Array(timesOfParts.reduce((sum, times) => sum + times.length, 0))
  let at = 0
  for (const times of timesOfParts) {
    all.set(times, at)
    at += times.length
  }
  all.sort()
  let count = 0
  for (let i = 0; i < all.length; i++) {
    if (count === 0 || all[i] !== all[count - 1]) all[count++] = all[i]
  }
  const times = all.slice(0, count)
  const rowsOfParts = timesOfParts.map((partTimes) => {
    const rows = new Uint32Array(partTimes.length)
    let row = lowerBound(times, partTimes[0])
    for (let i = 0; i < partTimes.length; i++) {
      while (times[row] < partTimes[i]) row++
      rows[i] = row
    }
    return rows
  })
  return { times, rowsOfParts }
}

/** An empty column. */
export function newColumn(rowCount: number): Column {
  return {
    values: new Float64Array(rowCount),
    presence: new Uint32Array((rowCount + 31) >>> 5),
  }
}

/** Reads one series of all parts; where two have a sample, the one accepted first stays. */
export function readColumn(
  parts: readonly Part[],
  rowsOfParts: readonly Uint32Array[],
  series: number,
  into: Column,
): void {
  into.presence.fill(0)
  for (let p = 0; p < parts.length; p++) {
    const { rowCount } = parts[p]
    if (partValues.length < rowCount) partValues = new Float64Array(rowCount)
    if (partPresence.length * 32 < rowCount) partPresence = new Uint32Array((rowCount + 31) >>> 5)
    const present = parts[p].read(series, 0, rowCount, partValues, 0, partPresence)
    if (present === 0) continue
    const rows = rowsOfParts[p]
    for (let i = 0; i < rowCount; i++) {
      if (present < rowCount && (partPresence[i >>> 5] & (1 << (i & 31))) === 0) continue
      const row = rows[i]
      const bit = 1 << (row & 31)
      if ((into.presence[row >>> 5] & bit) !== 0) continue
      into.presence[row >>> 5] |= bit
      into.values[row] = partValues[i]
    }
  }
}

let partValues: Float64Array = new Float64Array(512)
let partPresence: Uint32Array = new Uint32Array(16)
