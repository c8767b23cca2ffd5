/** The querier: answers small questions at once and hands all others to worker threads. */
import { type Clock, systemClock } from '../../base/clock.ts'
import { assert, NarthexError } from '../../base/error.ts'
import type { Running } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import { compileRegex } from '../../base/regex.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { Answer, AskOptions, LabelQuery, Querier, Query } from '../../model/querier.ts'
import type { Queryable } from '../../model/queryable.ts'
import type { EngineOptions } from '../engine/context.ts'
import type { Expr } from '../promql/ast.ts'
import { partsOf } from '../promql/walk.ts'
import { cancelError, finalDeadline, QueryBudget } from './budget.ts'
import type { QueryLimits } from './limits.ts'
import { type StoreWorkerData, WorkerPool } from './pool.ts'
import {
  asQueryError,
  estimateQuery,
  parseQuery,
  type QueryDeps,
  runLabels,
  runQuery,
} from './run.ts'
import { QueryTelemetry } from './telemetry.ts'

/** Most work, in samples and slots, that is done on the calling thread: about a millisecond. */
const MAIN_WORK_MAX = 50_000
/** What takes longer on the calling thread after all starts again in a worker. */
const MAIN_MS_MAX = 20
/** Most series that a question to the label APIs may concern on the calling thread. */
const MAIN_SERIES_MAX = 5_000

export interface QueryHostOptions {
  /** The store as this thread sees it. */
  readonly queryable: Queryable
  readonly engine: EngineOptions
  readonly limits: QueryLimits
  /** Program of a worker: opens the store from `workerData.store` and calls `serveQueries`. */
  readonly workerFile: URL
  /** The store's part of a worker's data, made for each worker that starts. */
  makeWorkerData(): StoreWorkerData
  readonly metrics: Metrics
  readonly log: Log
  readonly clock?: Clock
}

/** Starts answering; worker threads start with the first question that needs one. */
export function startQueryHost(options: QueryHostOptions): Querier & Running {
  return new QueryHost(options)
}

/** Ends an attempt on the calling thread; nothing outside of this file sees it. */
class TooLong extends Error {}

class QueryHost implements Querier, Running {
  readonly #deps: QueryDeps
  readonly #telemetry: QueryTelemetry
  readonly #log: Log
  readonly #pool: WorkerPool | undefined

  constructor(options: QueryHostOptions) {
    const { queryable, engine, limits, log, clock = systemClock } = options
    this.#deps = { source: queryable, engine, limits, clock }
    this.#log = log
    const telemetry = new QueryTelemetry(options.metrics, limits)
    this.#telemetry = telemetry
    if (limits.concurrencyMax === 0) return
    this.#pool = new WorkerPool({
      workerFile: options.workerFile,
      makeWorkerData: () => options.makeWorkerData(),
      host: { engine, limits },
      limits,
      clock,
      events: {
        died(reason) {
          telemetry.deaths.inc()
          log.warn('query worker has ended', { reason })
        },
        bug: (message) => log.error('query failed by a fault of the program', { message }),
        queueLength: (length) => telemetry.queueLength.set(length),
        workers: (count) => telemetry.workers.set(count),
      },
    })
  }

  async stop(): Promise<void> {
    await this.#pool?.stop()
  }

  query(query: Query, ask: AskOptions): Promise<Answer> {
    const timeoutMs = Math.min(ask.timeoutMs, this.#deps.limits.timeoutMsMax)
    return this.#counted(() => this.#query(query, { ...ask, timeoutMs }))
  }

  labels(query: LabelQuery, ask: AskOptions): Promise<Answer> {
    const timeoutMs = Math.min(ask.timeoutMs, this.#deps.limits.labelTimeoutMsMax)
    return this.#counted(() => this.#labels(query, { ...ask, timeoutMs }))
  }

  async #counted(answer: () => Promise<Answer>): Promise<Answer> {
    const { active } = this.#telemetry
    active.inc()
    try {
      return await answer()
    } catch (error) {
      const shown = asQueryError(error)
      if (!(error instanceof NarthexError)) {
        this.#log.error('query failed by a fault of the program', { message: shown.message })
      }
      this.#telemetry.failed(shown.kind)
      throw shown
    } finally {
      active.inc(-1)
    }
  }

  async #query(query: Query, ask: AskOptions): Promise<Answer> {
    if (ask.signal.aborted) throw cancelError()
    const startedMs = this.#deps.clock.monotonicMs()
    const expr = parseQuery(query, this.#deps)
    const answer = this.#attempt(() => this.#queryHere(query, expr, startedMs, ask))
    if (answer !== undefined) return answer
    const pool = this.#workers()
    const ran = await pool.run((queueSeconds) => ({ kind: 'query', query, queueSeconds }), ask)
    if ('timings' in ran) this.#telemetry.answered('worker', ran)
    return { body: ran.body }
  }

  /** The answer of this thread, or undefined where the query is a worker's. */
  #queryHere(query: Query, expr: Expr, startedMs: number, ask: AskOptions): Answer | undefined {
    const alone = this.#pool === undefined
    if (!alone && hasCostlyMatchers(expr)) return undefined
    const budget = this.#budgetHere(ask)
    const { work } = estimateQuery(query, expr, this.#deps, budget)
    if (!alone && work > MAIN_WORK_MAX) return undefined
    const preparationSeconds = (this.#deps.clock.monotonicMs() - startedMs) / 1000
    const before = { queueSeconds: 0, preparationSeconds }
    const ran = runQuery(query, this.#deps, budget, before)
    this.#telemetry.answered('main', ran)
    return { body: ran.body }
  }

  /** What this thread makes of it, or undefined where it took longer than there is time for. */
  #attempt(answer: () => Answer | undefined): Answer | undefined {
    try {
      return answer()
    } catch (error) {
      if (error instanceof TooLong) return undefined
      throw error
    }
  }

  #workers(): WorkerPool {
    assert(this.#pool !== undefined, 'workers for what this thread has not answered')
    return this.#pool
  }

  #budgetHere(ask: AskOptions): QueryBudget {
    const { limits, clock } = this.#deps
    if (this.#pool === undefined)
      return new QueryBudget(limits, finalDeadline(ask.timeoutMs, clock))
    const atMs = clock.monotonicMs() + MAIN_MS_MAX
    return new QueryBudget(limits, { clock, atMs, overdue: () => new TooLong() })
  }

  async #labels(query: LabelQuery, ask: AskOptions): Promise<Answer> {
    if (ask.signal.aborted) throw cancelError()
    const answer = this.#attempt(() => this.#labelsHere(query, ask))
    if (answer !== undefined) return answer
    const ran = await this.#workers().run(() => ({ kind: 'labels', query }), ask)
    return { body: ran.body }
  }

  #labelsHere(query: LabelQuery, ask: AskOptions): Answer | undefined {
    if (this.#pool !== undefined && !this.#concernsFew(query)) return undefined
    return { body: runLabels(query, this.#deps, this.#budgetHere(ask)) }
  }

  #concernsFew(query: LabelQuery): boolean {
    const { sets, fromMs, toMs } = query
    if (sets.some((matchers) => matchers.some(isCostly))) return false
    let seriesCount = 0
    for (const matchers of sets.length === 0 ? [[]] : sets) {
      seriesCount += this.#deps.source.estimate(matchers, fromMs, toMs).seriesCount
    }
    return seriesCount <= MAIN_SERIES_MAX
  }
}

/** Whether finding the series takes testing many values one by one. */
function isCostly(matcher: Matcher): boolean {
  const { op, value } = matcher
  return op === '!~' || (op === '=~' && compileRegex(value).literals === undefined)
}

function hasCostlyMatchers(expr: Expr): boolean {
  if (expr.kind === 'selector') return expr.matchers.some(isCostly)
  return partsOf(expr).some(hasCostlyMatchers)
}
