/** Finds known series in a row of ids that is nearly, or not at all, like the one before. */
import type { SeriesId } from '../../model/appender.ts'

/** The place of a series in a row that has none for it. */
export const NO_ROW = 0xffffffff

/** How far ahead a series is looked for where it should stand. */
const AHEAD_MAX = 16

/** As many series as were missed in a row may have others in their place: so much further at most. */
const REPLACED_MAX = 128

/** Where the series of a row stand in a new one. */
export interface RowMatch {
  /** For each known series, in the order given: its place, or NO_ROW; until rows are matched again. */
  readonly rows: Uint32Array
  /** Places that no known series has. */
  readonly added: readonly number[]
  readonly matchedCount: number
}

/** Used again and again. */
let found = new Uint32Array(0)

/**
 * Finds each of `known` in `ids`. Costs some ns a series where the order is the same; what is not
 * found in passing is looked up in a map.
 *
 * @param known each id once
 */
export function matchRows(known: Float64Array, ids: Float64Array, count: number): RowMatch {
  if (found.length < known.length) found = new Uint32Array(known.length)
  const rows = found.subarray(0, known.length).fill(NO_ROW)
  const missing: number[] = []
  const skipped: number[] = []
  let row = 0
  let missed = 0
  for (let i = 0; i < known.length; i++) {
    const id = known[i]
    if (row < count && ids[row] === id) {
      rows[i] = row++
      continue
    }
    const stop = Math.min(count, row + AHEAD_MAX + missed)
    let ahead = row
    while (ahead < stop && ids[ahead] !== id) ahead++
    if (ahead === stop) {
      missing.push(i)
      if (missed < REPLACED_MAX) missed++
      continue
    }
    while (row < ahead) skipped.push(row++)
    rows[i] = row++
    missed = 0
  }
  while (row < count) skipped.push(row++)
  const added = findRows(known, ids, missing, skipped, rows)
  return { rows, added, matchedCount: count - added.length }
}

/**
 * Finds series at some places of a row.
 *
 * @param missing which of `known` are looked for
 * @param skipped the places
 * @param rows    gets the place of each that is found
 * @returns the places that remain
 */
function findRows(
  known: Float64Array,
  ids: Float64Array,
  missing: readonly number[],
  skipped: readonly number[],
  rows: Uint32Array,
): readonly number[] {
  if (missing.length === 0 || skipped.length === 0) return skipped
  const placeOf = new Map<SeriesId, number>()
  for (const row of skipped) placeOf.set(ids[row], row)
  const matched = new Set<number>()
  for (const i of missing) {
    const row = placeOf.get(known[i])
    if (row === undefined) continue
    rows[i] = row
    matched.add(row)
  }
  return matched.size === 0 ? skipped : skipped.filter((row) => !matched.has(row))
}
