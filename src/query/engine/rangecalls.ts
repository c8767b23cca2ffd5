/** Functions over range vectors: one row per series, its windows slid over the grid. */
import { NarthexError } from '../../base/error.ts'
import { labelValue, METRIC_NAME } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import { extendedGrowth, extrapolatedGrowth, instantGrowth } from '../kernels/growth.ts'
import { WINDOW_KERNELS } from '../kernels/overtime.ts'
import { madOverTime, quantileOverTime } from '../kernels/quantiles.ts'
import { derivOverTime, predictOverTime, smoothOverTime } from '../kernels/regression.ts'
import type { Call, MatrixSelector, Subquery } from '../promql/ast.ts'
import { valueTypeOf } from '../promql/check.ts'
import { quote } from '../promql/gotext.ts'
import type { Evaluation } from './context.ts'
import { droppingRows } from './droppingrows.ts'
import { formatF } from './gofloat.ts'
import type { RowSink } from './grid.ts'
import { namesMayClash } from './merge.ts'
import { openRange, type RangeVector } from './subquery.ts'
import { WindowReader } from './windowreader.ts'

/** Functions that leave the metric name, or whose rows are not an answer. */
const NAME_KEEPERS: ReadonlySet<string> = new Set([
  'last_over_time',
  'first_over_time',
  'absent_over_time',
])

const ANCHORED_SAFE = ['changes', 'delta', 'increase', 'rate', 'resets']
const SMOOTHED_SAFE = ['delta', 'increase', 'rate']

/** Stands for an argument that is no scalar. */
const NO_VALUES: Float64Array = new Float64Array(0)

/** Slots of all windows of a row that are worked through between two looks at the budget. */
const CHUNK_SLOTS = 4_000_000

/** Fills the slots [0, count) behind `base` from the reader's windows behind `step`. */
type RowKernel = (
  reader: WindowReader,
  lo: Int32Array,
  hi: Int32Array,
  step: number,
  count: number,
  sink: RowSink,
  base: number,
) => number

/** Streams the rows of a range function. */
export function rangeCallRows(
  evaluation: Evaluation,
  call: Call,
  arg: MatrixSelector | Subquery,
  grid: StepGrid,
  sink: RowSink,
): void {
  // Scalars first: they may read series of their own, and only one selection is held at a time.
  const scalars = call.args.map((one) =>
    valueTypeOf(one) === 'scalar' ? evaluation.scalar(one, grid) : NO_VALUES,
  )
  const range = openRange(evaluation, arg, grid)
  checkExtension(call, range)
  const kernel = kernelOf(evaluation, call, range, scalars, grid)
  const { series } = range
  const drops = !NAME_KEEPERS.has(call.name)
  const mayClash = drops && namesMayClash(series.length, (row) => series[row].labels)
  droppingRows(evaluation, grid, sink, mayClash, (target) =>
    streamRange(evaluation, call, range, kernel, drops, target),
  )
  range.close()
}

function streamRange(
  evaluation: Evaluation,
  call: Call,
  range: RangeVector,
  kernel: RowKernel,
  drops: boolean,
  sink: RowSink,
): void {
  const { lookup, rangeMs, extension, series } = range
  const { lookbackMs } = evaluation.options
  const reader = new WindowReader(
    lookup,
    extension === undefined ? rangeMs : rangeMs + lookbackMs,
    extension === 'smoothed' ? lookbackMs : 0,
    extension === 'anchored' ? rangeMs : 0,
  )
  const counter = call.name === 'rate' || call.name === 'increase'
  let noted = ''
  sink.open(series.length)
  for (let row = 0; row < series.length; row++) {
    const { labels } = series[row]
    reader.load(series[row])
    evaluation.budget.check()
    evaluation.usage.countRead(reader.total)
    const points = runKernel(evaluation, kernel, reader, lookup.count, sink)
    if (counter && points > 0) {
      const name = labelValue(labels, METRIC_NAME)
      if (name !== noted) noteNonCounter(evaluation, call, name, labelValue(labels, '__type__'))
      noted = name
    }
    sink.commit(labels, drops || range.dropName(row), points)
  }
}

/** Runs a kernel over all steps, in pieces where the windows are large. */
function runKernel(
  evaluation: Evaluation,
  kernel: RowKernel,
  reader: WindowReader,
  count: number,
  sink: RowSink,
): number {
  const { lo, hi } = reader
  if (reader.total <= CHUNK_SLOTS) return kernel(reader, lo, hi, 0, count, sink, sink.base)
  const size = Math.max(1, Math.floor((count * CHUNK_SLOTS) / reader.total))
  let points = 0
  for (let step = 0; step < count; step += size) {
    evaluation.budget.check()
    const steps = Math.min(size, count - step)
    const until = step + steps
    const low = lo.subarray(step, until)
    const high = hi.subarray(step, until)
    points += kernel(reader, low, high, step, steps, sink, sink.base + step)
  }
  return points
}

function kernelOf(
  evaluation: Evaluation,
  call: Call,
  range: RangeVector,
  scalars: readonly Float64Array[],
  grid: StepGrid,
): RowKernel {
  switch (call.name) {
    case 'rate':
      return growthKernel(range, true, true)
    case 'increase':
      return growthKernel(range, true, false)
    case 'delta':
      return growthKernel(range, false, false)
    case 'irate':
    case 'idelta': {
      const counter = call.name === 'irate'
      return (reader, lo, hi, _step, count, { values, present }, base) =>
        instantGrowth(reader.times, reader.values, lo, hi, count, counter, values, present, base)
    }
    case 'deriv':
      return (reader, lo, hi, _step, count, { values, present }, base) =>
        derivOverTime(reader.times, reader.values, lo, hi, count, values, present, base)
    case 'predict_linear':
      return predictKernel(scalars[1], grid)
    case 'double_exponential_smoothing':
      return smoothKernel(scalars[1], scalars[2])
    case 'quantile_over_time':
      return quantileKernel(evaluation, call, scalars[0])
    case 'mad_over_time':
      return madKernel()
    default: {
      const kernel = WINDOW_KERNELS.get(call.name)
      if (kernel === undefined) {
        throw new NarthexError('execution', `unknown function with name ${quote(call.name)}`)
      }
      return (reader, lo, hi, _step, count, { values, present }, base) =>
        kernel(reader.times, reader.values, lo, hi, count, values, present, base)
    }
  }
}

function growthKernel(range: RangeVector, counter: boolean, perSecond: boolean): RowKernel {
  const { lookup, rangeMs, extension } = range
  const { firstMs, stepMs } = lookup
  if (extension === undefined) {
    return (reader, lo, hi, step, count, { values, present }, base) =>
      extrapolatedGrowth(
        reader.times,
        reader.values,
        lo,
        hi,
        count,
        firstMs + step * stepMs,
        stepMs,
        rangeMs,
        counter,
        perSecond,
        values,
        present,
        base,
      )
  }
  const smoothed = extension === 'smoothed'
  return (reader, lo, hi, step, count, { values, present }, base) =>
    extendedGrowth(
      reader.times,
      reader.values,
      lo,
      hi,
      count,
      firstMs + step * stepMs,
      stepMs,
      rangeMs,
      smoothed,
      counter,
      perSecond,
      values,
      present,
      base,
    )
}

function predictKernel(ahead: Float64Array, grid: StepGrid): RowKernel {
  return (reader, lo, hi, step, count, { values, present }, base) =>
    predictOverTime(
      reader.times,
      reader.values,
      lo,
      hi,
      count,
      ahead.subarray(step),
      grid.fromMs + step * grid.stepMs,
      grid.stepMs,
      values,
      present,
      base,
    )
}

function smoothKernel(smoothing: Float64Array, trend: Float64Array): RowKernel {
  let checked = false
  return (reader, lo, hi, step, count, { values, present }, base) => {
    if (!checked && reader.total > 0) {
      checkFactors('smoothing', 'sf', smoothing)
      checkFactors('trend', 'tf', trend)
      checked = true
    }
    return smoothOverTime(
      reader.values,
      lo,
      hi,
      count,
      smoothing.subarray(step),
      trend.subarray(step),
      values,
      present,
      base,
    )
  }
}

function checkFactors(kind: string, name: string, factors: Float64Array): void {
  for (const factor of factors) {
    if (factor <= 0 || factor >= 1) {
      throw new NarthexError(
        'execution',
        `invalid ${kind} factor. Expected: 0 < ${name} < 1, got: ${formatF(factor)}`,
      )
    }
  }
}

function quantileKernel(evaluation: Evaluation, call: Call, qs: Float64Array): RowKernel {
  let scratch = new Float64Array(0)
  let noted = false
  return (reader, lo, hi, step, count, { values, present }, base) => {
    if (scratch.length < reader.widest) scratch = new Float64Array(reader.widest)
    if (!noted && reader.total > 0) {
      noted = true
      for (const q of qs) {
        if (!(q >= 0 && q <= 1)) evaluation.notes.invalidQuantile(q, call.args[0].span)
      }
    }
    return quantileOverTime(
      reader.values,
      lo,
      hi,
      count,
      qs.subarray(step),
      scratch,
      values,
      present,
      base,
    )
  }
}

function madKernel(): RowKernel {
  let scratch = new Float64Array(0)
  return (reader, lo, hi, _step, count, { values, present }, base) => {
    if (scratch.length < reader.widest) scratch = new Float64Array(reader.widest)
    return madOverTime(reader.values, lo, hi, count, scratch, values, present, base)
  }
}

function checkExtension(call: Call, range: RangeVector): void {
  const { extension } = range
  if (extension === undefined) return
  const safe = extension === 'anchored' ? ANCHORED_SAFE : SMOOTHED_SAFE
  if (safe.includes(call.name)) return
  throw new NarthexError(
    'execution',
    `${extension} modifier can only be used with: ${safe.join(', ')} - not with ${call.name}`,
  )
}

/** Notes a rate of something that is probably no counter. */
function noteNonCounter(evaluation: Evaluation, call: Call, name: string, type: string): void {
  if (name === '') return
  const { notes, options } = evaluation
  const { span } = call.args[0]
  if (options.typeAndUnitLabels) {
    if (type === 'counter' || type === 'histogram') return
    const wanted = '__type__ label is not set to "counter" or "histogram"'
    const got = `got ${quote(type)}: ${quote(name)}`
    notes.info(`metric might not be a counter, ${wanted}, ${got}`, span)
  } else if (!/_(?:total|sum|count|bucket)$/.test(name)) {
    const wanted = 'name does not end in _total/_sum/_count/_bucket'
    notes.info(`metric might not be a counter, ${wanted}: ${quote(name)}`, span)
  }
}
