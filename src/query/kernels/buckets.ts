/** Quantiles and fractions of classic histograms: cumulative bucket counts under upper bounds. */

/** Relative differences between neighbours that are noise. @source Prometheus promql/quantile.go */
const NOISE = 1e-12
const NORMAL_MIN = 2.2250738585072014e-308

/** What forcing counts to rise had to change in the last call; all zero when nothing. */
export interface Repair {
  forced: boolean
  /** Lowest and highest bound of a changed bucket. */
  lowBound: number
  highBound: number
  /** Largest fall of a count. */
  fallMax: number
}

/** A repair record with nothing in it. */
export function newRepair(): Repair {
  return { forced: false, lowBound: 0, highBound: 0, fallMax: 0 }
}

/**
 * The q-quantile of a histogram, linear within a bucket.
 *
 * @param bounds upper bounds [0, count), rising, equal ones allowed; is merged in place
 * @param counts cumulative counts in step with `bounds`; is merged and repaired in place
 * @param repair gets what had to be repaired
 * @returns NaN without a +Inf bucket, with fewer than two buckets or no observation
 * @source  Prometheus promql/quantile.go, BucketQuantile
 */
export function bucketQuantile(
  q: number,
  bounds: Float64Array,
  counts: Float64Array,
  count: number,
  repair: Repair,
): number {
  repair.forced = false
  if (Number.isNaN(q)) return Number.NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  if (count === 0 || bounds[count - 1] !== Infinity) return Number.NaN
  const size = mergeEqual(bounds, counts, count)
  forceRising(bounds, counts, size, repair)
  const observations = counts[size - 1]
  if (size < 2 || observations === 0) {
    repair.forced = false
    return Number.NaN
  }
  let rank = q * observations
  let low = 0
  let high = size - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (counts[middle] >= rank) high = middle
    else low = middle + 1
  }
  if (low === size - 1) return bounds[size - 2]
  if (low === 0 && bounds[0] <= 0) return bounds[0]
  let start = 0
  const end = bounds[low]
  let within = counts[low]
  if (low > 0) {
    start = bounds[low - 1]
    within -= counts[low - 1]
    rank -= counts[low - 1]
  }
  return start + (end - start) * (rank / within)
}

/**
 * The share of observations between `lower` and `upper`.
 *
 * @param bounds as bucketQuantile
 * @param counts as bucketQuantile; not repaired
 * @returns NaN without a +Inf bucket or observation, or when a bound is NaN
 * @source  Prometheus promql/quantile.go, BucketFraction
 */
export function bucketFraction(
  lower: number,
  upper: number,
  bounds: Float64Array,
  counts: Float64Array,
  count: number,
): number {
  if (count === 0 || bounds[count - 1] !== Infinity) return Number.NaN
  const size = mergeEqual(bounds, counts, count)
  const total = counts[size - 1]
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
  if (lower >= upper) return 0
  const from = Math.min(rankOf(lower, bounds, counts, size), total)
  const to = Math.min(rankOf(upper, bounds, counts, size), total)
  return (to - from) / total
}

/** How many observations lie below `value`; Infinity above the last finite bound. */
function rankOf(value: number, bounds: Float64Array, counts: Float64Array, size: number): number {
  let start = bounds[0] <= 0 ? -Infinity : 0
  let rank = 0
  for (let i = 0; i < size; i++) {
    const end = bounds[i]
    if (start >= value) return rank
    if (end > value) {
      if (start === -Infinity) return counts[i]
      return rank + ((counts[i] - rank) * (value - start)) / (end - start)
    }
    rank = counts[i]
    start = end
  }
  return Infinity
}

/** Adds up buckets of equal bounds; returns how many are left. */
function mergeEqual(bounds: Float64Array, counts: Float64Array, count: number): number {
  let last = 0
  for (let i = 1; i < count; i++) {
    if (bounds[i] === bounds[last]) {
      counts[last] = counts[last] + counts[i]
    } else {
      last++
      bounds[last] = bounds[i]
      counts[last] = counts[i]
    }
  }
  return last + 1
}

/** Makes counts rise: noise is levelled silently, a real fall is levelled and reported. */
function forceRising(
  bounds: Float64Array,
  counts: Float64Array,
  size: number,
  repair: Repair,
): void {
  repair.lowBound = Infinity
  repair.highBound = -Infinity
  repair.fallMax = 0
  let prev = counts[0]
  for (let i = 1; i < size; i++) {
    const count = counts[i]
    if (count === prev) continue
    if (almostEqual(prev, count)) {
      counts[i] = prev
    } else if (count < prev) {
      counts[i] = prev
      repair.forced = true
      if (bounds[i] < repair.lowBound) repair.lowBound = bounds[i]
      if (bounds[i] > repair.highBound) repair.highBound = bounds[i]
      if (prev - count > repair.fallMax) repair.fallMax = prev - count
    } else {
      prev = count
    }
  }
}

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true
  const sum = Math.abs(a) + Math.abs(b)
  const distance = Math.abs(a - b)
  if (a === 0 || b === 0 || sum < NORMAL_MIN) return distance < NOISE * NORMAL_MIN
  return distance / Math.min(sum, Number.MAX_VALUE) < NOISE
}
