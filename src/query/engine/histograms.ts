/** Quantiles and fractions of classic histograms, whose buckets are rows told apart by `le`. */
import { type Labels, labelValue, METRIC_NAME } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import { bucketFraction, bucketQuantile, newRepair } from '../kernels/buckets.ts'
import type { Call, Expr } from '../promql/ast.ts'
import { quote } from '../promql/gotext.ts'
import { textOf } from './arguments.ts'
import type { Evaluation } from './context.ts'
import { formatG } from './gofloat.ts'
import { type Matrix, pourMatrix, RowCollector, type RowSink } from './grid.ts'
import { indexOmitting } from './labelindex.ts'
import { mergeEqualRows, removeNames } from './merge.ts'
import { omitLabels, withLabel } from './naming.ts'

const BUCKET_LABEL = 'le'
const BUCKET_LABELS: ReadonlySet<string> = new Set([BUCKET_LABEL])

/** The buckets of one histogram, upper bounds rising. */
interface Histogram {
  readonly labels: Labels
  readonly rows: Int32Array
  readonly bounds: Float64Array
}

/** Computes one value from the counts of the buckets that are present at a step. */
type StepFunction = (
  histogram: Histogram,
  step: number,
  bounds: Float64Array,
  counts: Float64Array,
  count: number,
) => number

/** histogram_fraction(lower, upper, vector). */
export function fractionRows(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
): void {
  const lower = evaluation.scalar(call.args[0], grid)
  const upper = evaluation.scalar(call.args[1], grid)
  const matrix = evaluation.matrix(call.args[2], grid)
  const histograms = findHistograms(evaluation, matrix, call.args[2])
  const collector = new RowCollector(grid, (slots) => evaluation.usage.hold(slots))
  collector.open(histograms.length)
  computeRows(
    evaluation,
    matrix,
    histograms,
    collector,
    undefined,
    (_h, step, bounds, counts, size) =>
      bucketFraction(lower[step], upper[step], bounds, counts, size),
  )
  pourNamed(evaluation, collector.matrix, sink)
  evaluation.usage.release(matrix)
}

/** histogram_quantile(q, vector) and histogram_quantiles(vector, label, q…). */
export function quantileRows(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
): void {
  const several = call.name === 'histogram_quantiles'
  const arg = several ? call.args[0] : call.args[1]
  const qArgs = several ? call.args.slice(2) : [call.args[0]]
  const matrix = evaluation.matrix(arg, grid)
  const histograms = findHistograms(evaluation, matrix, arg)
  const collector = new RowCollector(grid, (slots) => evaluation.usage.hold(slots))
  collector.open(histograms.length * qArgs.length)
  const repair = newRepair()
  const { notes, options } = evaluation
  for (const qArg of qArgs) {
    const qs = evaluation.scalar(qArg, grid)
    for (const q of qs) if (!(q >= 0 && q <= 1)) evaluation.notes.invalidQuantile(q, qArg.span)
    const label = several ? { name: textOf(call.args[1]), value: formatQuantile(qs[0]) } : undefined
    computeRows(
      evaluation,
      matrix,
      histograms,
      collector,
      label,
      (histogram, step, bounds, counts, size) => {
        const value = bucketQuantile(qs[step], bounds, counts, size, repair)
        if (repair.forced) {
          const name = options.delayedNameRemoval ? labelValue(histogram.labels, METRIC_NAME) : ''
          const timeMs = grid.fromMs + step * grid.stepMs
          notes.repaired(name, arg.span, timeMs, repair.lowBound, repair.highBound, repair.fallMax)
        }
        return value
      },
    )
  }
  pourNamed(evaluation, collector.matrix, sink)
  evaluation.usage.release(matrix)
}

/** A quantile as a label value: always with a point or exponent, as OpenMetrics wants it. */
function formatQuantile(q: number): string {
  const text = formatG(q)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** Rows of equal labels but for `le`, in the order of their bounds. */
function findHistograms(evaluation: Evaluation, matrix: Matrix, arg: Expr): Histogram[] {
  const index = indexOmitting(BUCKET_LABELS)
  const groups: { row: number; bound: number }[][] = []
  const { labels } = matrix
  for (let row = 0; row < labels.length; row++) {
    const le = labelValue(labels[row], BUCKET_LABEL)
    const bound = parseBound(le)
    if (bound === undefined) {
      const name = labelValue(labels[row], METRIC_NAME)
      const metric = name === '' ? '' : ` for metric name ${quote(name)}`
      const text = `bucket label "le" is missing or has a malformed value of ${quote(le)}${metric}`
      evaluation.notes.warn(text, arg.span)
      continue
    }
    const number = index.of(labels[row])
    if (number === groups.length) groups.push([{ row, bound }])
    else groups[number].push({ row, bound })
  }
  return groups.map((group) => {
    group.sort((a, b) => (a.bound < b.bound ? -1 : a.bound > b.bound ? 1 : 0))
    return {
      labels: omitLabels(labels[group[0].row], BUCKET_LABELS),
      rows: Int32Array.from(group, ({ row }) => row),
      bounds: Float64Array.from(group, ({ bound }) => bound),
    }
  })
}

/** A number as Go's ParseFloat reads it. */
function parseBound(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special === null) return undefined
  if (special[2].toLowerCase() === 'nan') return Number.NaN
  return special[1] === '-' ? -Infinity : Infinity
}

/** Adds one row per histogram. */
function computeRows(
  evaluation: Evaluation,
  matrix: Matrix,
  histograms: readonly Histogram[],
  collector: RowCollector,
  label: { readonly name: string; readonly value: string } | undefined,
  compute: StepFunction,
): void {
  const { grid, values, present } = matrix
  const { count } = grid
  let bounds = new Float64Array(0)
  let counts = bounds
  for (const histogram of histograms) {
    evaluation.budget.check()
    const { rows } = histogram
    if (bounds.length < rows.length) {
      bounds = new Float64Array(rows.length)
      counts = new Float64Array(rows.length)
    }
    const { values: target, present: targetPresent, base } = collector
    let points = 0
    for (let step = 0; step < count; step++) {
      let size = 0
      for (let i = 0; i < rows.length; i++) {
        const slot = rows[i] * count + step
        if (present[slot] === 0) continue
        bounds[size] = histogram.bounds[i]
        counts[size++] = values[slot]
      }
      targetPresent[base + step] = size === 0 ? 0 : 1
      if (size === 0) continue
      target[base + step] = compute(histogram, step, bounds, counts, size)
      points++
    }
    const own =
      label === undefined ? histogram.labels : withLabel(histogram.labels, label.name, label.value)
    collector.commit(own, true, points)
  }
}

/** Hands on rows whose names go, and tells those that become equal. */
function pourNamed(evaluation: Evaluation, matrix: Matrix, sink: RowSink): void {
  const { delayedNameRemoval } = evaluation.options
  pourMatrix(delayedNameRemoval ? mergeEqualRows(matrix) : removeNames(matrix), sink)
  evaluation.usage.release(matrix)
}
