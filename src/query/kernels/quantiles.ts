/** Quantiles of plain samples, NaN counting as the smallest value. */

/** Passes after which selecting gives way to sorting, so that no input makes it slow. */
const PASSES_MAX = 64

/**
 * The q-quantile of scratch[0, count), interpolated between neighbours; reorders the scratch.
 *
 * @returns NaN without values or for q NaN, -Inf below 0, +Inf above 1
 * @source  Prometheus promql/quantile.go, quantile
 */
export function quantileOf(q: number, scratch: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(q)) return Number.NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  const size = dropNaN(scratch, count)
  const nanCount = count - size
  const rank = q * (count - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(count - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  // NaN stands first, and even no share of it is NaN.
  if (lower < nanCount) return Number.NaN
  const low = selectSmallest(scratch, size, lower - nanCount)
  let high = low
  if (upper > lower) {
    high = Infinity
    for (let i = lower - nanCount + 1; i < size; i++) if (scratch[i] < high) high = scratch[i]
  }
  return low * (1 - weight) + high * weight
}

/** Median of the distances from the median; NaN when any value is. */
export function madOf(scratch: Float64Array, count: number): number {
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(scratch[i])) return Number.NaN
  }
  const median = quantileOf(0.5, scratch, count)
  for (let i = 0; i < count; i++) scratch[i] = Math.abs(scratch[i] - median)
  return quantileOf(0.5, scratch, count)
}

/** Moves the values of scratch[0, count) that are no NaN to the front; returns how many. */
function dropNaN(scratch: Float64Array, count: number): number {
  let size = 0
  for (let i = 0; i < count; i++) {
    const value = scratch[i]
    if (!Number.isNaN(value)) scratch[size++] = value
  }
  return size
}

/**
 * The value that stands at `rank` when scratch[0, size) is sorted. Afterwards nothing before that
 * slot is larger and nothing behind it smaller.
 */
function selectSmallest(scratch: Float64Array, size: number, rank: number): number {
  let left = 0
  let right = size - 1
  let passes = 0
  while (left < right) {
    if (++passes > PASSES_MAX) {
      scratch.subarray(0, size).sort()
      break
    }
    const pivot = middleOf(scratch[left], scratch[(left + right) >>> 1], scratch[right])
    let i = left
    let j = right
    while (i <= j) {
      while (scratch[i] < pivot) i++
      while (scratch[j] > pivot) j--
      if (i > j) break
      const value = scratch[i]
      scratch[i++] = scratch[j]
      scratch[j--] = value
    }
    if (rank <= j) right = j
    else if (rank >= i) left = i
    else break
  }
  return scratch[rank]
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}

/**
 * One row of quantile_over_time; the quantile may differ per step.
 *
 * @param qs      float64[>= count], the quantile of each step
 * @param scratch float64, at least as long as the longest window
 * @returns how many steps have a value
 */
export function quantileOverTime(
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  qs: Float64Array,
  scratch: Float64Array,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const from = lo[step]
    const size = hi[step] - from
    if (size === 0) {
      present[base + step] = 0
      continue
    }
    for (let i = 0; i < size; i++) scratch[i] = values[from + i]
    target[base + step] = quantileOf(qs[step], scratch, size)
    present[base + step] = 1
    points++
  }
  return points
}

/** One row of mad_over_time; as quantileOverTime. */
export function madOverTime(
  values: Float64Array,
  lo: Int32Array,
  hi: Int32Array,
  count: number,
  scratch: Float64Array,
  target: Float64Array,
  present: Uint8Array,
  base: number,
): number {
  let points = 0
  for (let step = 0; step < count; step++) {
    const from = lo[step]
    const size = hi[step] - from
    if (size === 0) {
      present[base + step] = 0
      continue
    }
    for (let i = 0; i < size; i++) scratch[i] = values[from + i]
    target[base + step] = madOf(scratch, size)
    present[base + step] = 1
    points++
  }
  return points
}
