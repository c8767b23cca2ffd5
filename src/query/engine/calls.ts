/** Function calls: which part of the engine answers which function. */
import { NarthexError } from '../../base/error.ts'
import { NO_LABELS } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Call } from '../promql/ast.ts'
import { quote } from '../promql/gotext.ts'
import { absentOverTimeRows, absentRows } from './absent.ts'
import { rangeArgument, unwrapParens } from './arguments.ts'
import type { Evaluation } from './context.ts'
import { DATE_FUNCTIONS } from './dates.ts'
import { droppingRows } from './droppingrows.ts'
import { changeBy, changedRows, elementwiseChange } from './elementwise.ts'
import type { RowSink } from './grid.ts'
import { fractionRows, quantileRows } from './histograms.ts'
import { infoRows } from './info.ts'
import { labelJoinRows, labelReplaceRows } from './labelcalls.ts'
import { hasOneName } from './onename.ts'
import { rangeCallRows } from './rangecalls.ts'
import { timestampRows } from './selectors.ts'
import { sortedRows } from './sorting.ts'

type CallRows = (evaluation: Evaluation, call: Call, grid: StepGrid, sink: RowSink) => void

/** Functions of native histograms or start times, of which there are none: no rows. */
const noRows: CallRows = (evaluation, call, grid, sink) => {
  evaluation.usage.release(evaluation.matrix(call.args[0], grid))
  sink.open(0)
}

const CALLS: ReadonlyMap<string, CallRows> = new Map<string, CallRows>([
  ['absent', absentRows],
  ['absent_over_time', absentOverTimeRows],
  ['histogram_avg', noRows],
  ['histogram_count', noRows],
  ['histogram_stddev', noRows],
  ['histogram_stdvar', noRows],
  ['histogram_sum', noRows],
  ['histogram_fraction', fractionRows],
  ['histogram_quantile', quantileRows],
  ['histogram_quantiles', quantileRows],
  ['info', infoRows],
  ['label_join', labelJoinRows],
  ['label_replace', labelReplaceRows],
  ['sort', sortedRows],
  ['sort_desc', sortedRows],
  ['sort_by_label', sortedRows],
  ['sort_by_label_desc', sortedRows],
  ['start_timestamp', noRows],
  ['vector', vectorRows],
])

/** Streams the rows of a call that gives a vector. */
export function callRows(evaluation: Evaluation, call: Call, grid: StepGrid, sink: RowSink): void {
  const rows = CALLS.get(call.name)
  if (rows !== undefined) {
    rows(evaluation, call, grid, sink)
    return
  }
  const range = rangeArgument(call)
  if (range !== undefined) {
    rangeCallRows(evaluation, call, range, grid, sink)
    return
  }
  if (call.args.length === 0) {
    dateRow(evaluation, call, grid, sink)
    return
  }
  const selector = unwrapParens(call.args[0])
  if (call.name === 'timestamp' && selector.kind === 'selector') {
    droppingRows(evaluation, grid, sink, !hasOneName(selector), (target) =>
      timestampRows(evaluation, selector, grid, target),
    )
    return
  }
  const change = elementwiseChange(evaluation, call, grid)
  if (change === undefined) throw unknown(call)
  changedRows(evaluation, call.args[0], grid, sink, change)
}

/** vector(scalar): one row without labels. */
function vectorRows(evaluation: Evaluation, call: Call, grid: StepGrid, sink: RowSink): void {
  oneRow(evaluation.scalar(call.args[0], grid), grid, sink)
}

/** A date function without argument: of the time of each step. */
function dateRow(_evaluation: Evaluation, call: Call, grid: StepGrid, sink: RowSink): void {
  const date = DATE_FUNCTIONS.find(([name]) => name === call.name)
  if (date === undefined) throw unknown(call)
  const seconds = new Float64Array(grid.count)
  for (let i = 0; i < grid.count; i++) {
    seconds[i] = Math.trunc((grid.fromMs + i * grid.stepMs) / 1000)
  }
  changeBy(date[1])(seconds, new Uint8Array(0), 0, grid.count, grid.count)
  oneRow(seconds, grid, sink)
}

function oneRow(values: Float64Array, grid: StepGrid, sink: RowSink): void {
  sink.open(1)
  sink.values.set(values, sink.base)
  sink.present.fill(1, sink.base, sink.base + grid.count)
  sink.commit(NO_LABELS, false, grid.count)
}

function unknown(call: Call): NarthexError {
  return new NarthexError('execution', `unknown function with name ${quote(call.name)}`)
}
