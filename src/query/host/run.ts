/** One question from its text to the bytes of its answer, on whichever thread it runs. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { LabelQuery, Query } from '../../model/querier.ts'
import type { Queryable } from '../../model/queryable.ts'
import { type QueryTimings, writeNames, writeResult, writeSeries } from '../../wire/promjson.ts'
import type { EngineOptions } from '../engine/context.ts'
import { evaluate } from '../engine/evaluate.ts'
import { Notes } from '../engine/notes.ts'
import type { Expr } from '../promql/ast.ts'
import { parseExpr } from '../promql/parse.ts'
import { type QueryBudget, samplesError } from './budget.ts'
import { type Cost, estimateCost } from './cost.ts'
import type { QueryLimits } from './limits.ts'

/** What evaluating needs, the same on every thread. */
export interface QueryDeps {
  readonly source: Queryable
  readonly engine: EngineOptions
  readonly limits: QueryLimits
  readonly clock: Clock
}

/** The bytes of an answer and what they took. */
export interface Ran {
  readonly body: Uint8Array<ArrayBuffer>
  /** Samples read. */
  readonly samples: number
  /** Most bytes held at a time, by the engine's account. */
  readonly heldBytesMax: number
  readonly timings: QueryTimings
}

/** Prometheus's warning where `limit` has cut an answer. */
const TRUNCATED = 'results truncated due to limit'

/** Parses the text of a query within the limits; more points than these are refused, too. */
export function parseQuery(query: Query, deps: Pick<QueryDeps, 'engine' | 'limits'>): Expr {
  const { pointsMax, textLengthMax } = deps.limits
  const { stepMs = 0, fromMs, toMs } = query
  if (stepMs > 0 && (toMs - fromMs) / stepMs > pointsMax) {
    throw new NarthexError(
      'bad_data',
      `exceeded maximum resolution of ${pointsMax.toLocaleString('en-US')} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    )
  }
  return parseExpr(query.expr, deps.engine.features, textLengthMax)
}

/**
 * What a query will cost.
 *
 * @throws NarthexError `limit` where that is too much, and whatever `budget.check` throws
 */
export function estimateQuery(
  query: Query,
  expr: Expr,
  deps: QueryDeps,
  budget: QueryBudget,
): Cost {
  const { expr: text, fromMs, toMs, stepMs = 0, lookbackMs } = query
  const engine = lookbackMs ? { ...deps.engine, lookbackMs } : deps.engine
  const range = { text, fromMs, toMs, stepMs }
  const { source, limits } = deps
  const cost = estimateCost(expr, range, source, engine, limits, () => budget.checkNow())
  if (cost.samples > limits.samplesMax) throw samplesError(limits)
  return cost
}

/** What came before the evaluation. */
export interface Before {
  readonly queueSeconds: number
  readonly preparationSeconds: number
}

/**
 * Evaluates a query whose cost has been found bearable, and writes its answer.
 *
 * @throws NarthexError as Querier has it
 */
export function runQuery(query: Query, deps: QueryDeps, budget: QueryBudget, before: Before): Ran {
  const startedMs = deps.clock.monotonicMs()
  const result = evaluate(query, deps.source, budget, deps.engine)
  const innerEvalSeconds = (deps.clock.monotonicMs() - startedMs) / 1000
  const evalTotalSeconds = before.preparationSeconds + innerEvalSeconds
  const totalSeconds = before.queueSeconds + evalTotalSeconds
  const timings = { ...before, innerEvalSeconds, evalTotalSeconds, sortSeconds: 0, totalSeconds }
  const body = writeResult(result, query.stats === true ? { timings, budget } : { budget })
  const { samples, heldBytesMax } = budget
  return { body, samples, heldBytesMax, timings }
}

/**
 * Answers a question of the label APIs.
 *
 * @throws NarthexError as Querier has it
 */
export function runLabels(
  query: LabelQuery,
  deps: QueryDeps,
  budget: QueryBudget,
): Uint8Array<ArrayBuffer> {
  const { sets, fromMs, toMs } = query
  const { labelSeriesMax } = deps.limits
  const limit = query.limit > 0 ? Math.min(query.limit, labelSeriesMax) : labelSeriesMax
  const { source } = deps
  const notes = new Notes('')
  const warn = (text: string): void => notes.warnPlain(text)
  if (query.kind === 'series') {
    const series = source.series(sets, fromMs, toMs, budget, warn)
    if (series.length > limit) warn(TRUNCATED)
    return writeSeries(series.slice(0, limit), notes.warnings(), budget)
  }
  const names =
    query.kind === 'names'
      ? source.labelNames(sets, fromMs, toMs, budget, warn)
      : source.labelValues(query.name ?? '', sets, fromMs, toMs, budget, warn)
  if (names.length > limit) warn(TRUNCATED)
  return writeNames(names.slice(0, limit), notes.warnings(), budget)
}

/** Whatever was thrown, as an error that a client may see. */
export function asQueryError(error: unknown): NarthexError {
  if (error instanceof NarthexError) return error
  return new NarthexError('execution', `cannot run query: ${messageOf(error)}`, error)
}
