/** Aggregations over the rows of a vector. */
import { NarthexError } from '../../base/error.ts'
import type { StepGrid } from '../../model/result.ts'
import { GROUP_KERNELS } from '../kernels/groups.ts'
import { quantileOf } from '../kernels/quantiles.ts'
import type { Aggregation, Expr } from '../promql/ast.ts'
import { formatFixed, quote } from '../promql/gotext.ts'
import { unwrapParens } from './arguments.ts'
import type { Evaluation } from './context.ts'
import type { RowSink } from './grid.ts'
import { Grouping } from './grouping.ts'
import { GroupSink } from './groupsink.ts'
import { groupLabels, withLabel } from './naming.ts'
import { rankRows } from './rank.ts'

/** Streams the rows of an aggregation, one per group (topk and its like: rows of the input). */
export function aggregationRows(
  evaluation: Evaluation,
  node: Aggregation,
  grid: StepGrid,
  sink: RowSink,
): void {
  switch (node.op) {
    case 'topk':
    case 'bottomk':
    case 'limitk':
    case 'limit_ratio':
      rankRows(evaluation, node, paramOf(node), grid, sink)
      return
    case 'quantile':
      quantileRows(evaluation, node, grid, sink)
      return
    case 'count_values':
      countValueRows(evaluation, node, grid, sink)
      return
    default: {
      const kernel = GROUP_KERNELS.get(node.op)
      if (kernel === undefined) {
        throw new NarthexError('execution', `unknown aggregation ${quote(node.op)}`)
      }
      const { usage, options } = evaluation
      const groups = new GroupSink(kernel, node, grid, usage, options.delayedNameRemoval)
      evaluation.rows(node.expr, grid, groups)
      groups.pour(sink)
    }
  }
}

function paramOf(node: Aggregation): Expr {
  if (node.param === undefined) {
    throw new NarthexError('execution', `aggregation ${node.op} without its parameter`)
  }
  return node.param
}

/** The quantile of each group at each step; the quantile itself may change per step. */
function quantileRows(
  evaluation: Evaluation,
  node: Aggregation,
  grid: StepGrid,
  sink: RowSink,
): void {
  const param = paramOf(node)
  const qs = evaluation.scalar(param, grid)
  for (const q of qs) if (!(q >= 0 && q <= 1)) evaluation.notes.invalidQuantile(q, param.span)
  const matrix = evaluation.matrix(node.expr, grid)
  const { labels, dropName, values, present } = matrix
  const groups = Grouping.rowsByGroup(labels, node.labels, node.without)
  const scratch = new Float64Array(labels.length)
  sink.open(groups.length)
  for (const rows of groups) {
    evaluation.budget.check()
    const { values: target, present: targetPresent, base } = sink
    let points = 0
    for (let step = 0; step < grid.count; step++) {
      let size = 0
      for (const row of rows) {
        const slot = row * grid.count + step
        if (present[slot] !== 0) scratch[size++] = values[slot]
      }
      targetPresent[base + step] = size === 0 ? 0 : 1
      if (size === 0) continue
      target[base + step] = quantileOf(qs[step], scratch, size)
      points++
    }
    const drops = rows.some((row) => dropName[row])
    sink.commit(groupLabels(labels[rows[0]], node.labels, node.without), drops, points)
  }
  evaluation.usage.release(matrix)
}

/** How often each value occurs in each group at each step. */
function countValueRows(
  evaluation: Evaluation,
  node: Aggregation,
  grid: StepGrid,
  sink: RowSink,
): void {
  const param = unwrapParens(paramOf(node))
  const label = param.kind === 'string' ? param.value : ''
  if (label === '' || label.includes('\ufffd')) {
    // The text itself, where a name of broken bytes could not be kept as it is.
    const written = evaluation.range.text.slice(param.span.from, param.span.to)
    throw new NarthexError('execution', `invalid label name ${label === '' ? quote('') : written}`)
  }
  const matrix = evaluation.matrix(node.expr, grid)
  const { labels, dropName, values, present } = matrix
  const names = node.without ? node.labels : [...node.labels, label]
  const { delayedNameRemoval } = evaluation.options
  const grouping = new Grouping(names, node.without, delayedNameRemoval)
  const counts: Float64Array[] = []
  for (let row = 0; row < labels.length; row++) {
    evaluation.budget.check()
    const groupOfValue = new Map<number, number>()
    for (let step = 0; step < grid.count; step++) {
      const slot = row * grid.count + step
      if (present[slot] === 0) continue
      const value = values[slot]
      let group = groupOfValue.get(value)
      // A map takes -0 for 0, which is another text.
      const signed = Object.is(value, -0)
      if (group === undefined || signed) {
        const own = withLabel(labels[row], label, formatFixed(value))
        group = grouping.of(own, dropName[row])
        if (!signed) groupOfValue.set(value, group)
        if (group === counts.length) {
          evaluation.usage.hold(grid.count)
          counts.push(new Float64Array(grid.count))
        }
      }
      counts[group][step]++
    }
  }
  pourCounts(grouping, counts, grid, sink)
  evaluation.usage.giveBack(counts.length * grid.count)
  evaluation.usage.release(matrix)
}

function pourCounts(
  grouping: Grouping,
  counts: readonly Float64Array[],
  grid: StepGrid,
  sink: RowSink,
): void {
  sink.open(counts.length)
  for (let group = 0; group < counts.length; group++) {
    const { values, present, base } = sink
    let points = 0
    for (let step = 0; step < grid.count; step++) {
      const count = counts[group][step]
      values[base + step] = count
      present[base + step] = count > 0 ? 1 : 0
      if (count > 0) points++
    }
    sink.commit(grouping.labels[group], grouping.dropName[group], points)
  }
}
