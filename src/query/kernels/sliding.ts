/** Sums, means and extremes of windows that overlap much, in time that does not grow with the overlap. */

/** Windows that see each slot more often than this are worth sliding. */
const OVERLAP_MIN = 3

/** Slots that scratch memory is kept for between calls; longer ranges get memory of their own. */
const KEPT_SLOTS_MAX = 1 << 17

const keptSums = new Float64Array(KEPT_SLOTS_MAX)
const keptQueue = new Int32Array(KEPT_SLOTS_MAX)

/** Whether the windows see their slots so often that sliding pays. */
export function overlapsMuch(lo: Int32Array, hi: Int32Array, count: number): boolean {
  if (count < 2) return false
  let visits = 0
  for (let step = 0; step < count; step++) visits += hi[step] - lo[step]
  return visits > OVERLAP_MIN * (hi[count - 1] - lo[0])
}

/**
 * Sums of windows by prefix sums, when that gives the very same bits as adding up each window:
 * all values are integers and no sum of any of them leaves the integers of float64.
 *
 * @param mean   divide by the number of samples
 * @returns how many steps have a value, or -1 when the values do not allow it
 */
export function slideSums(
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  mean: boolean,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  const from = lo[0]
  const size = hi[count - 1] - from
  const prefix = size < KEPT_SLOTS_MAX ? keptSums : new Float64Array(size + 1)
  let sum = 0
  let bound = 0
  prefix[0] = 0
  for (let i = 0; i < size; i++) {
    const value = values[from + i]
    bound += Math.abs(value)
    sum += value
    prefix[i + 1] = sum
    if (Math.floor(value) !== value) return -1
  }
  if (!(bound <= Number.MAX_SAFE_INTEGER)) return -1
  let points = 0
  for (let step = 0; step < count; step++) {
    const low = lo[step]
    const high = hi[step]
    if (low === high) {
      present[base + step] = 0
      continue
    }
    const total = prefix[high - from] - prefix[low - from]
    target[base + step] = mean ? total / (high - low) : total
    present[base + step] = 1
    points++
  }
  return points
}

/**
 * Smallest or largest values of windows, by a queue of the slots that may still be it.
 *
 * The first of equal values wins, and NaN only where there is nothing else.
 *
 * @returns how many steps have a value
 */
export function slideExtremes(
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  largest: boolean,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  const size = hi[count - 1] - lo[0]
  const queue = size <= KEPT_SLOTS_MAX ? keptQueue : new Int32Array(size)
  let head = 0
  let tail = 0
  let next = lo[0]
  let points = 0
  for (let step = 0; step < count; step++) {
    const low = lo[step]
    const high = hi[step]
    if (low === high) {
      present[base + step] = 0
      continue
    }
    if (next < low) next = low
    for (; next < high; next++) {
      const value = values[next]
      if (Number.isNaN(value)) continue
      if (largest) while (tail > head && values[queue[tail - 1]] < value) tail--
      else while (tail > head && values[queue[tail - 1]] > value) tail--
      queue[tail++] = next
    }
    while (head < tail && queue[head] < low) head++
    if (head === tail) {
      head = 0
      tail = 0
    }
    target[base + step] = head < tail ? values[queue[head]] : Number.NaN
    present[base + step] = 1
    points++
  }
  return points
}
