/** Range vectors: series of a range selector, or of a subquery evaluated on a grid of its own. */
import type { Series } from '../../model/queryable.ts'
import type { StepGrid } from '../../model/result.ts'
import type { MatrixSelector, Subquery } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'
import { resolveDuration } from './durations.ts'
import { countPresent, type Matrix } from './grid.ts'
import { type Lookup, lastLookupMs, lookupOf } from './selectors.ts'

/** A range vector at every step of a grid. */
export interface RangeVector {
  readonly lookup: Lookup
  readonly rangeMs: number
  readonly extension: 'anchored' | 'smoothed' | undefined
  readonly series: readonly Series[]
  /** Whether the metric name of series i goes at the end. */
  dropName(index: number): boolean
  /** Gives back the memory. */
  close(): void
}

/** Reads the range vector that a range function takes. */
export function openRange(
  evaluation: Evaluation,
  node: MatrixSelector | Subquery,
  grid: StepGrid,
): RangeVector {
  return node.kind === 'matrix'
    ? openSelector(evaluation, node, grid)
    : openSubquery(evaluation, node, grid)
}

function openSelector(evaluation: Evaluation, node: MatrixSelector, grid: StepGrid): RangeVector {
  const { selector } = node
  const { lookbackMs } = evaluation.options
  const rangeMs = resolveDuration(node.range, evaluation.range, false)
  const lookup = lookupOf(evaluation, selector, grid)
  const beforeMs = selector.extension === undefined ? rangeMs : rangeMs + lookbackMs
  const afterMs = selector.extension === 'smoothed' ? lookbackMs : 0
  const series = evaluation.select(
    selector.matchers,
    lookup.firstMs - beforeMs,
    lastLookupMs(lookup) + afterMs,
  )
  return {
    lookup,
    rangeMs,
    extension: selector.extension,
    series,
    dropName: () => false,
    close() {},
  }
}

function openSubquery(evaluation: Evaluation, node: Subquery, grid: StepGrid): RangeVector {
  const { range, options, budget, usage } = evaluation
  const rangeMs = resolveDuration(node.range, range, false)
  const stepMs =
    node.step === undefined ? options.subqueryStepMs : resolveDuration(node.step, range, false)
  const lookup = lookupOf(evaluation, node, grid)
  const inner = innerGrid(lookup.firstMs - rangeMs, lastLookupMs(lookup), stepMs)
  const none = { lookup, rangeMs, extension: undefined, dropName: () => false, close() {} }
  if (inner.count <= 0) return { ...none, series: [] }
  budget.chargeSamples(inner.count)
  budget.chargeBytes(inner.count * 8)
  // Only the windows over the subquery count as read, not what the subquery itself reads.
  const readBefore = usage.totalSamples
  const matrix = evaluation.matrix(node.expr, inner)
  usage.totalSamples = readBefore
  return {
    ...none,
    series: seriesOf(matrix),
    dropName: (index) => matrix.dropName[index],
    close() {
      usage.release(matrix)
      budget.releaseBytes(inner.count * 8)
    },
  }
}

/** The steps in (afterMs, toMs] that are multiples of the step. */
function innerGrid(afterMs: number, toMs: number, stepMs: number): StepGrid {
  const fromMs = (Math.floor(afterMs / stepMs) + 1) * stepMs
  return { fromMs, stepMs, count: Math.floor((toMs - fromMs) / stepMs) + 1 }
}

/** Rows of a matrix as series; complete rows share one array of times. */
function seriesOf(matrix: Matrix): Series[] {
  const { grid, labels, values, present } = matrix
  const { count } = grid
  const gridTimes = new Float64Array(count)
  for (let i = 0; i < count; i++) gridTimes[i] = grid.fromMs + i * grid.stepMs
  return labels.map((rowLabels, row) => {
    const at = row * count
    const points = countPresent(present, at, count)
    if (points === count) {
      const own = values.subarray(at, at + count)
      return { labels: rowLabels, times: gridTimes, values: own, from: 0, to: count, stale: false }
    }
    const times = new Float64Array(points)
    const own = new Float64Array(points)
    let size = 0
    for (let i = 0; i < count; i++) {
      if (present[at + i] === 0) continue
      times[size] = gridTimes[i]
      own[size++] = values[at + i]
    }
    return { labels: rowLabels, times, values: own, from: 0, to: points, stale: false }
  })
}
