/** Points that tell what happened since the last one, added up to what happened in all. */
import type { Clock } from '../../../base/clock.ts'
import type { ExponentialPoint, HistogramPoint, NumberPoint } from '../../../wire/otlp.ts'
import { mergeBuckets } from './buckets.ts'

/** Series that are added up; points of further ones are refused. */
export const DELTA_SERIES_MAX = 200_000

/** A series that was silent for so long begins anew. */
const SILENT_MS_MAX = 60 * 60_000

/** Buckets of one side of an exponential histogram that is added up. */
const BUCKETS_MAX = 320

type Total = NumberPoint | HistogramPoint | ExponentialPoint

interface State {
  total: Total
  seenMs: number
}

/** Why a point was not added. */
export type DeltaRefusal = 'delta_out_of_order' | 'delta_series_limit' | 'delta_buckets'

/**
 * The totals of all series. What one request adds stays provisional until `keep`: a sender whose
 * request was not acknowledged sends it again, and it counts once.
 */
export class DeltaTotals {
  readonly #clock: Clock
  readonly #seriesMax: number
  /** The least recently seen first. */
  readonly #states = new Map<string, State>()

  constructor(clock: Clock, seriesMax: number) {
    this.#clock = clock
    this.#seriesMax = seriesMax
  }

  get count(): number {
    return this.#states.size
  }

  /** Begins a request. */
  begin(): DeltaRequest {
    return new DeltaRequest(this.#states, this.#clock.monotonicMs(), this.#seriesMax)
  }
}

/** What one request adds. */
export class DeltaRequest {
  readonly #states: Map<string, State>
  readonly #nowMs: number
  readonly #seriesMax: number
  /** What was there before, by key. */
  readonly #before = new Map<string, Total | undefined>()
  readonly #added = new Map<string, Total>()

  constructor(states: Map<string, State>, nowMs: number, seriesMax: number) {
    this.#states = states
    this.#nowMs = nowMs
    this.#seriesMax = seriesMax
  }

  /**
   * Adds a point.
   *
   * @returns the total at the time of the point; undefined when it was added before
   */
  add<T extends Total>(key: string, point: T): T | DeltaRefusal | undefined {
    const state = this.#states.get(key)
    if (state === undefined) {
      if (!this.#makeRoom()) return 'delta_series_limit'
      this.#set(key, undefined, point)
      return point
    }
    const known = state.total
    if (point.timeMs < known.timeMs) return 'delta_out_of_order'
    if (point.timeMs === known.timeMs) return undefined
    const total = point.isGone ? point : addUp(known as T, point)
    if (total === undefined) return 'delta_buckets'
    if (point.isGone) this.#states.delete(key)
    else this.#set(key, known, total)
    return total
  }

  /** The request was not taken: what nothing was added to since is as it was before. */
  withdraw(): void {
    for (const [key, before] of this.#before) {
      const state = this.#states.get(key)
      if (state === undefined || state.total !== this.#added.get(key)) continue
      if (before === undefined) this.#states.delete(key)
      else state.total = before
    }
  }

  #set(key: string, before: Total | undefined, total: Total): void {
    if (!this.#before.has(key)) this.#before.set(key, before)
    const kept = withoutExemplars(total)
    this.#added.set(key, kept)
    this.#states.delete(key)
    this.#states.set(key, { total: kept, seenMs: this.#nowMs })
  }

  /** Forgets who was silent for long when there is no room. */
  #makeRoom(): boolean {
    for (const [key, { seenMs }] of this.#states) {
      if (this.#nowMs - seenMs <= SILENT_MS_MAX) break
      this.#states.delete(key)
    }
    return this.#states.size < this.#seriesMax
  }
}

/** Totals keep no exemplars, and no attributes: the key has them. */
function withoutExemplars<T extends Total>(total: T): T {
  return { ...total, exemplars: [], attributes: [] }
}

function addUp<T extends Total>(total: T, point: T): T | undefined {
  if ('scale' in total && 'scale' in point) return addExponential(total, point) as T | undefined
  if ('bounds' in total && 'bounds' in point) return addHistogram(total, point) as T
  if ('value' in total && 'value' in point) {
    return { ...point, value: (total.value ?? 0) + (point.value ?? 0) }
  }
  return point // the metric has become one of another sort
}

/** Other bounds than before are a new beginning. */
function addHistogram(total: HistogramPoint, point: HistogramPoint): HistogramPoint {
  const isSame =
    total.bounds.length === point.bounds.length &&
    total.bucketCounts.length === point.bucketCounts.length &&
    total.bounds.every((bound, i) => bound === point.bounds[i])
  if (!isSame) return point
  return {
    ...point,
    count: total.count + point.count,
    sum: addSums(total.sum, point.sum),
    bucketCounts: point.bucketCounts.map((count, i) => count + total.bucketCounts[i]),
  }
}

function addExponential(
  total: ExponentialPoint,
  point: ExponentialPoint,
): ExponentialPoint | undefined {
  const merged = mergeBuckets(total, point, BUCKETS_MAX)
  if (merged === undefined) return undefined
  return {
    ...point,
    ...merged,
    count: total.count + point.count,
    sum: addSums(total.sum, point.sum),
    zeroCount: total.zeroCount + point.zeroCount,
    zeroThreshold: Math.max(total.zeroThreshold, point.zeroThreshold),
  }
}

function addSums(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}
