/** Answers one query: text in, columns out. */
import { assert, NarthexError } from '../../base/error.ts'
import { compareLabels } from '../../model/labels.ts'
import type { Query } from '../../model/querier.ts'
import type { Budget, Queryable } from '../../model/queryable.ts'
import type { Result, ResultData, SamplesData, StepGrid } from '../../model/result.ts'
import type { Expr } from '../promql/ast.ts'
import { documentedType, valueTypeOf } from '../promql/check.ts'
import { ALL_FEATURES } from '../promql/features.ts'
import { quote } from '../promql/gotext.ts'
import { parseExpr } from '../promql/parse.ts'
import { textOf, unwrapParens } from './arguments.ts'
import type { EngineOptions, QueryRange } from './context.ts'
import { Evaluator } from './evaluator.ts'
import { type Matrix, pickRows, SLOT_BYTES } from './grid.ts'
import { mergeEqualRows, removeNames } from './merge.ts'
import { isOrdered } from './ordered.ts'
import { openRange } from './subquery.ts'
import { WindowReader } from './windowreader.ts'

/** Prometheus's defaults, but for the language: all of it, which a server narrows by its flags. */
export const ENGINE_DEFAULTS: EngineOptions = {
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  features: ALL_FEATURES,
}

/**
 * Evaluates a query, synchronously.
 *
 * @param query  an instant query without `stepMs` (then fromMs === toMs), else a range query
 * @param source where the samples are
 * @param budget is charged before anything large is allocated, and asked whether to go on
 * @throws NarthexError `bad_data` for text that does not parse, `execution` in Prometheus's words,
 *   `limit`, `timeout` and `canceled` from the budget
 */
export function evaluate(
  query: Query,
  source: Queryable,
  budget: Budget,
  options: EngineOptions = ENGINE_DEFAULTS,
): Result {
  const expr = parseExpr(query.expr, options.features)
  const stepMs = query.stepMs ?? 0
  assert(query.fromMs <= query.toMs && stepMs >= 0, 'a query that ends after it starts')
  assert(stepMs > 0 || query.fromMs === query.toMs, 'an instant query at one time')
  const range: QueryRange = { text: query.expr, fromMs: query.fromMs, toMs: query.toMs, stepMs }
  const lookbackMs = query.lookbackMs || options.lookbackMs
  const evaluator = new Evaluator(range, { ...options, lookbackMs }, source, budget)
  const whole = stepMs > 0 ? rangeAnswer(evaluator, expr) : instantAnswer(evaluator, expr)
  const data = truncate(whole, query.limit ?? 0, evaluator)
  const { notes, usage } = evaluator
  return {
    data,
    warnings: notes.warnings(),
    infos: notes.infos(),
    stats: { totalQueryableSamples: usage.totalSamples, peakSamples: usage.peakSamples },
  }
}

function rangeAnswer(evaluator: Evaluator, expr: Expr): ResultData {
  const { fromMs, toMs, stepMs } = evaluator.range
  const grid: StepGrid = { fromMs, stepMs, count: Math.floor((toMs - fromMs) / stepMs) + 1 }
  const type = valueTypeOf(expr)
  if (type === 'scalar') {
    const values = evaluator.scalar(expr, grid)
    const present = new Uint8Array(grid.count).fill(1)
    return { kind: 'matrix', grid, labels: [[]], values, present }
  }
  if (type !== 'vector') {
    throw new NarthexError(
      'bad_data',
      `invalid expression type ${quote(documentedType(type))} for range query, must be Scalar or instant Vector`,
    )
  }
  const matrix = sortRows(evaluator, finish(evaluator, evaluator.matrix(expr, grid)))
  return {
    kind: 'matrix',
    grid,
    labels: matrix.labels,
    values: matrix.values,
    present: matrix.present,
  }
}

function instantAnswer(evaluator: Evaluator, expr: Expr): ResultData {
  const timeMs = evaluator.range.fromMs
  const grid: StepGrid = { fromMs: timeMs, stepMs: 1, count: 1 }
  switch (valueTypeOf(expr)) {
    case 'scalar':
      return { kind: 'scalar', timeMs, value: evaluator.scalar(expr, grid)[0] }
    case 'string':
      return { kind: 'string', timeMs, value: textOf(expr) }
    case 'matrix':
      return samplesAnswer(evaluator, expr, grid)
    default: {
      const whole = finish(evaluator, evaluator.matrix(expr, grid))
      const matrix = isOrdered(expr) ? whole : sortRows(evaluator, whole)
      return { kind: 'vector', timeMs, labels: matrix.labels, values: matrix.values }
    }
  }
}

/** An instant query for a range vector: the samples themselves. */
function samplesAnswer(evaluator: Evaluator, expr: Expr, grid: StepGrid): SamplesData {
  const node = unwrapParens(expr)
  assert(node.kind === 'matrix' || node.kind === 'subquery', 'a range vector')
  const range = openRange(evaluator, node, grid)
  const { rangeMs, lookup } = range
  const reader = new WindowReader(lookup, rangeMs, 0)
  const series: SamplesData['series'][number][] = []
  for (const one of range.series) {
    reader.load(one)
    evaluator.usage.countRead(reader.total)
    const from = reader.lo[0]
    const to = reader.hi[0]
    if (from === to) continue
    evaluator.budget.chargeBytes((to - from) * 16)
    const times = reader.times.slice(from, to)
    const values = reader.values.slice(from, to)
    series.push({ labels: one.labels, times, values, from: 0, to: to - from, stale: false })
  }
  range.close()
  series.sort((a, b) => compareLabels(a.labels, b.labels))
  return { kind: 'samples', series }
}

/** Drops the names that were to go at the end. */
function finish(evaluator: Evaluator, matrix: Matrix): Matrix {
  return evaluator.options.delayedNameRemoval ? mergeEqualRows(removeNames(matrix)) : matrix
}

function sortRows(evaluator: Evaluator, matrix: Matrix): Matrix {
  const { labels, grid } = matrix
  let sorted = true
  for (let row = 1; row < labels.length && sorted; row++) {
    sorted = compareLabels(labels[row - 1], labels[row]) <= 0
  }
  if (sorted) return matrix
  const order = labels.map((_, row) => row)
  order.sort((a, b) => compareLabels(labels[a], labels[b]))
  // The copy is paid for, but no sample is held twice in the statistics.
  evaluator.budget.chargeBytes(order.length * grid.count * SLOT_BYTES)
  const sortedMatrix = pickRows(matrix, order)
  evaluator.usage.release(matrix)
  return sortedMatrix
}

/** Cuts an answer to the asked number of series, with a warning. */
function truncate(data: ResultData, limit: number, evaluator: Evaluator): ResultData {
  if (limit <= 0 || data.kind === 'scalar' || data.kind === 'string') return data
  const size = data.kind === 'samples' ? data.series.length : data.labels.length
  if (size <= limit) return data
  evaluator.notes.warnPlain('results truncated due to limit')
  return data.kind === 'samples'
    ? { ...data, series: data.series.slice(0, limit) }
    : { ...data, labels: data.labels.slice(0, limit) }
}
