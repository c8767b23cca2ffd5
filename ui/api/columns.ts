/** Answers of the query API as columns: one time grid, one Float64Array a series. */
import type { Grid } from './grid.ts'

/** A label set as the API writes it. */
export type Metric = Readonly<Record<string, string>>

/** One series of a range answer as the API writes it. */
export interface MatrixSeries {
  readonly metric: Metric
  readonly values?: readonly (readonly [number, string])[]
}

/** One series on the grid; NaN where it has no point. */
export interface Column {
  readonly metric: Metric
  readonly values: Float64Array
}

/** A graph's worth of data. */
export interface Columns {
  /** float64[n], seconds since epoch, rising by the step */
  readonly times: Float64Array
  readonly series: readonly Column[]
  /** Series that the answer held; more than `series` when not all are drawn. */
  readonly seriesCount: number
}

/** Series drawn at most; the panel says so when there are more. */
export const SERIES_DRAWN_MAX = 1000

/** Number of the API's text, which writes the infinities with a sign. */
export function parseSample(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  return text === 'NaN' ? Number.NaN : Number(text)
}

/** Puts the series of a range answer on the grid it was asked for. */
export function columnsOf(matrix: readonly MatrixSeries[], grid: Grid): Columns {
  const count = Math.floor((grid.toMs - grid.fromMs) / grid.stepMs + 1e-6) + 1
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) times[i] = (grid.fromMs + i * grid.stepMs) / 1000
  const drawn = matrix.slice(0, SERIES_DRAWN_MAX)
  return {
    times,
    series: drawn.map((series) => ({
      metric: series.metric,
      values: columnOf(series.values ?? [], grid, count),
    })),
    seriesCount: matrix.length,
  }
}

function columnOf(
  points: readonly (readonly [number, string])[],
  grid: Grid,
  count: number,
): Float64Array {
  const values = new Float64Array(count).fill(Number.NaN)
  for (let i = 0; i < points.length; i++) {
    const slot = Math.round((points[i][0] * 1000 - grid.fromMs) / grid.stepMs)
    if (slot >= 0 && slot < count) values[slot] = parseSample(points[i][1])
  }
  return values
}

/** The columns without the slots before the first point, but at least the last `slotsMin`. */
export function withoutLeadingHoles(columns: Columns, slotsMin: number): Columns {
  const { times, series } = columns
  const latest = Math.max(0, times.length - slotsMin)
  let from = 0
  while (from < latest && series.every(({ values }) => Number.isNaN(values[from]))) from++
  return {
    ...columns,
    times: times.subarray(from),
    series: series.map(({ metric, values }) => ({ metric, values: values.subarray(from) })),
  }
}

/** What a legend says about a series. */
export interface Summary {
  readonly last: number
  readonly min: number
  readonly max: number
  readonly mean: number
}

/** Figures over the points that are there; NaN for a series without any. */
export function summaryOf(values: Float64Array): Summary {
  let last = Number.NaN
  let min = Number.NaN
  let max = Number.NaN
  let sum = 0
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (Number.isNaN(value)) continue
    last = value
    if (!(value >= min)) min = value
    if (!(value <= max)) max = value
    sum += value
    count++
  }
  return { last, min, max, mean: count > 0 ? sum / count : Number.NaN }
}

/** Sums of the series up to and including each, so that bands stand on each other. */
export function stackColumns(columns: readonly Float64Array[]): Float64Array[] {
  const stacked: Float64Array[] = []
  let below: Float64Array | undefined
  for (const values of columns) {
    const sums = new Float64Array(values.length)
    for (let i = 0; i < values.length; i++) {
      const base = below === undefined ? 0 : below[i]
      sums[i] = base + (Number.isFinite(values[i]) ? values[i] : 0)
    }
    stacked.push(sums)
    below = sums
  }
  return stacked
}
