/** Instant selectors: the newest sample of each series at each step. */
import type { Series } from '../../model/queryable.ts'
import type { StepGrid } from '../../model/result.ts'
import { smoothedValues } from '../kernels/growth.ts'
import { latestSlots, takeFreshSlots, takeFreshTimes, takeSlots } from '../kernels/windows.ts'
import type { VectorSelector } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'
import { resolveAt, resolveDuration } from './durations.ts'
import type { RowSink } from './grid.ts'
import { WindowReader } from './windowreader.ts'

/** How often, in series, the budget is asked whether to go on. */
const CHECK_SERIES = 1024

/** When each step of a grid looks at the data. */
export interface Lookup {
  /** Time in the data of step 0. */
  readonly firstMs: number
  /** 0 where all steps look at one time. */
  readonly stepMs: number
  readonly count: number
}

/** Where the steps of a grid look, under an `@` and an offset. */
export function lookupOf(
  evaluation: Evaluation,
  node: Pick<VectorSelector, 'at' | 'offset'>,
  grid: StepGrid,
): Lookup {
  const offsetMs = resolveDuration(node.offset, evaluation.range, true)
  const atMs = resolveAt(node.at, evaluation.range)
  return {
    firstMs: (atMs ?? grid.fromMs) - offsetMs,
    stepMs: atMs === undefined ? grid.stepMs : 0,
    count: grid.count,
  }
}

/** Time in the data of the last step. */
export function lastLookupMs(lookup: Lookup): number {
  return lookup.firstMs + (lookup.count - 1) * lookup.stepMs
}

/** Streams the rows of a selector. */
export function selectorRows(
  evaluation: Evaluation,
  node: VectorSelector,
  grid: StepGrid,
  sink: RowSink,
): void {
  const lookup = lookupOf(evaluation, node, grid)
  if (node.extension === 'smoothed') smoothedRows(evaluation, node, lookup, sink)
  else latestRows(evaluation, node, lookup, sink, false)
}

/** Streams, instead of the values, the times of the samples in seconds: timestamp(selector). */
export function timestampRows(
  evaluation: Evaluation,
  node: VectorSelector,
  grid: StepGrid,
  sink: RowSink,
): void {
  latestRows(evaluation, node, lookupOf(evaluation, node, grid), sink, true)
}

function latestRows(
  evaluation: Evaluation,
  node: VectorSelector,
  lookup: Lookup,
  sink: RowSink,
  wantTimes: boolean,
): void {
  const { lookbackMs } = evaluation.options
  const { firstMs, stepMs, count } = lookup
  const list = evaluation.select(node.matchers, firstMs - lookbackMs, lastLookupMs(lookup))
  sink.open(list.length)
  const slots = new Int32Array(count)
  let known: Series | undefined
  let found = 0
  let read = 0
  for (let i = 0; i < list.length; i++) {
    if (i % CHECK_SERIES === 0) evaluation.budget.check()
    const series = list[i]
    if (known?.times !== series.times || known.from !== series.from || known.to !== series.to) {
      known = series
      const { times, from, to } = series
      found = latestSlots(times, from, to, firstMs, stepMs, count, lookbackMs, slots)
    }
    const { values, present, base } = sink
    let points = found
    if (wantTimes) {
      points = takeFreshTimes(series.times, series.values, slots, count, values, present, base)
    } else if (series.stale) {
      points = takeFreshSlots(series.values, slots, count, values, present, base)
    } else {
      takeSlots(series.values, slots, count, values, present, base)
    }
    read += points
    sink.commit(series.labels, wantTimes, points)
  }
  evaluation.usage.countRead(read)
}

function smoothedRows(
  evaluation: Evaluation,
  node: VectorSelector,
  lookup: Lookup,
  sink: RowSink,
): void {
  const { lookbackMs } = evaluation.options
  const { firstMs, stepMs, count } = lookup
  const lastMs = lastLookupMs(lookup)
  const list = evaluation.select(node.matchers, firstMs - lookbackMs, lastMs + lookbackMs)
  sink.open(list.length)
  const reader = new WindowReader(lookup, lookbackMs, lookbackMs)
  for (const series of list) {
    evaluation.budget.check()
    reader.load(series)
    evaluation.usage.countRead(reader.total)
    const { values, present, base } = sink
    const { times, values: samples, lo, hi } = reader
    const points = smoothedValues(
      times,
      samples,
      lo,
      hi,
      count,
      firstMs,
      stepMs,
      values,
      present,
      base,
    )
    sink.commit(series.labels, false, points)
  }
}
