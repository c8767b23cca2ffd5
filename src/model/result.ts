/** The answer of one query, in columns, as the engine hands it over and the JSON writer reads it. */
import type { Labels } from './labels.ts'
import type { Series } from './queryable.ts'

/** The shared steps of a range query: step `i` is at `fromMs + i * stepMs`. */
export interface StepGrid {
  /** ms since epoch */
  readonly fromMs: number
  /** > 0; 1 where there is only one step */
  readonly stepMs: number
  /** >= 1 */
  readonly count: number
}

/**
 * Answer of a range query: one row of `grid.count` slots per series, rows side by side.
 *
 * Row `r` takes the slots [r * grid.count, (r + 1) * grid.count) of `values` and `present`. A slot
 * is a point when its byte in `present` is not 0; the value of any other slot means nothing (a
 * present value may well be NaN). No row is empty. Rows are sorted by compareLabels.
 */
export interface MatrixData {
  readonly kind: 'matrix'
  readonly grid: StepGrid
  readonly labels: readonly Labels[]
  /** float64[>= labels.length * grid.count] */
  readonly values: Float64Array
  /** uint8[>= labels.length * grid.count] */
  readonly present: Uint8Array
}

/** Answer of an instant query: series `i` has `values[i]` at `timeMs`, in the order to be shown. */
export interface VectorData {
  readonly kind: 'vector'
  readonly timeMs: number
  readonly labels: readonly Labels[]
  /** float64[>= labels.length] */
  readonly values: Float64Array
}

export interface ScalarData {
  readonly kind: 'scalar'
  readonly timeMs: number
  readonly value: number
}

export interface StringData {
  readonly kind: 'string'
  readonly timeMs: number
  readonly value: string
}

/**
 * Answer of an instant query for a range vector: samples at times of their own, no staleness
 * markers among them, sorted by compareLabels. The API calls it a matrix, too.
 */
export interface SamplesData {
  readonly kind: 'samples'
  readonly series: readonly Series[]
}

export type ResultData = MatrixData | VectorData | ScalarData | StringData | SamplesData

/** What the evaluation has read and held, as Prometheus counts it. */
export interface ResultStats {
  /** Samples read by selectors, counted once per step that uses them. */
  readonly totalQueryableSamples: number
  /** Most samples held at one time. */
  readonly peakSamples: number
}

/** The answer of one query. */
export interface Result {
  readonly data: ResultData
  /** Prometheus's texts with `(line:column)`, each once, "PromQL warning: " in front. */
  readonly warnings: readonly string[]
  /** As `warnings`, "PromQL info: " in front. */
  readonly infos: readonly string[]
  readonly stats: ResultStats
}
