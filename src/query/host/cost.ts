/** What a query will cost, known from the index before a sample is read. */
import { NarthexError } from '../../base/error.ts'
import { formatMatcher } from '../../model/matcher.ts'
import type { Estimate, Queryable } from '../../model/queryable.ts'
import type { EngineOptions, QueryRange } from '../engine/context.ts'
import { resolveAt, resolveDuration } from '../engine/durations.ts'
import type { Expr, MatrixSelector, Subquery, VectorSelector } from '../promql/ast.ts'
import { partsOf } from '../promql/walk.ts'
import type { QueryLimits } from './limits.ts'

/** Cost of a query. */
export interface Cost {
  /** An upper bound of the samples that selectors read. */
  readonly samples: number
  /** Samples and slots that are gone through, windows that overlap counted each time. */
  readonly work: number
}

/** The steps at which a part of the query is evaluated. */
interface Steps {
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
}

/**
 * Adds up what every selector of an expression reads.
 *
 * @param check is asked before each look at the index whether to go on
 * @throws NarthexError `limit` where a subquery has more steps than the limits allow
 */
export function estimateCost(
  expr: Expr,
  range: QueryRange,
  source: Queryable,
  engine: EngineOptions,
  limits: QueryLimits,
  check: () => void,
): Cost {
  const estimate = rememberEstimates(source, check)
  const walk = new CostWalk(range, estimate, engine, limits)
  walk.visit(expr, { fromMs: range.fromMs, toMs: range.toMs, count: stepCount(range) })
  return { samples: walk.samples, work: walk.work }
}

/** How many steps a query has. */
function stepCount(range: QueryRange): number {
  if (range.stepMs <= 0) return 1
  return Math.floor((range.toMs - range.fromMs) / range.stepMs) + 1
}

/** Expressions name the same series again and again: each look at the index is made once. */
function rememberEstimates(source: Queryable, check: () => void): Queryable['estimate'] {
  const seen = new Map<string, Estimate>()
  return (matchers, fromMs, toMs) => {
    const key = `${fromMs} ${toMs} ${matchers.map(formatMatcher).join()}`
    let estimate = seen.get(key)
    if (estimate === undefined) {
      check()
      estimate = source.estimate(matchers, fromMs, toMs)
      seen.set(key, estimate)
    }
    return estimate
  }
}

/** Functions that look at both ends of a window, and at what lies between only where a counter dropped. */
const GROWTH: ReadonlySet<string> = new Set(['rate', 'increase', 'delta', 'irate', 'idelta'])

function isGrowth(expr: Expr): boolean {
  return expr.kind === 'call' && GROWTH.has(expr.name)
}

class CostWalk {
  readonly #range: QueryRange
  readonly #estimate: Queryable['estimate']
  readonly #engine: EngineOptions
  readonly #limits: QueryLimits
  samples = 0
  work = 0

  constructor(
    range: QueryRange,
    estimate: Queryable['estimate'],
    engine: EngineOptions,
    limits: QueryLimits,
  ) {
    this.#range = range
    this.#estimate = estimate
    this.#engine = engine
    this.#limits = limits
  }

  visit(expr: Expr, steps: Steps, looksAtEnds = false): void {
    switch (expr.kind) {
      case 'selector':
        this.#selector(expr, steps, this.#engine.lookbackMs, false)
        break
      case 'matrix':
        this.#matrix(expr, steps, !looksAtEnds)
        break
      case 'subquery':
        this.#subquery(expr, steps)
        break
      default:
        this.work += steps.count
        for (const part of partsOf(expr)) this.visit(part, steps, isGrowth(expr))
    }
  }

  /** @param windowed whether each window is gone through from end to end */
  #matrix(expr: MatrixSelector, steps: Steps, windowed: boolean): void {
    const windowMs = resolveDuration(expr.range, this.#range, false)
    // Extended selectors look for a sample before the window, too.
    const extraMs = expr.selector.extension === undefined ? 0 : this.#engine.lookbackMs
    this.#selector(expr.selector, steps, windowMs + extraMs, windowed)
  }

  #selector(expr: VectorSelector, steps: Steps, backMs: number, windowed: boolean): void {
    const moved = this.#moved(expr, steps)
    const fromMs = moved.fromMs - backMs
    const { seriesCount, sampleCount } = this.#estimate(expr.matchers, fromMs, moved.toMs)
    this.samples += sampleCount
    this.work += sampleCount + seriesCount * moved.count
    if (windowed) this.work += (sampleCount * backMs * moved.count) / (moved.toMs - fromMs + 1)
  }

  #subquery(expr: Subquery, steps: Steps): void {
    const windowMs = resolveDuration(expr.range, this.#range, false)
    const named = expr.step === undefined ? 0 : resolveDuration(expr.step, this.#range, false)
    const stepMs = named > 0 ? named : this.#engine.subqueryStepMs
    const points = Math.floor(windowMs / stepMs) + 1
    const { subqueryPointsMax } = this.#limits
    if (!(points <= subqueryPointsMax)) {
      throw new NarthexError(
        'limit',
        `cannot run query: a subquery has ${points} points per series, at most ${subqueryPointsMax}`,
      )
    }
    const moved = this.#moved(expr, steps)
    const fromMs = moved.fromMs - windowMs
    const count = Math.floor((moved.toMs - fromMs) / stepMs) + 1
    this.work += count + points * moved.count
    this.visit(expr.expr, { fromMs, toMs: moved.toMs, count })
  }

  /** The steps where a selector reads, after its `@` and offset. */
  #moved(expr: VectorSelector | Subquery, steps: Steps): Steps {
    const offsetMs = resolveDuration(expr.offset, this.#range, true)
    const atMs = resolveAt(expr.at, this.#range)
    if (atMs !== undefined) return { fromMs: atMs - offsetMs, toMs: atMs - offsetMs, count: 1 }
    return { fromMs: steps.fromMs - offsetMs, toMs: steps.toMs - offsetMs, count: steps.count }
  }
}
