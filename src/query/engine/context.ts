/** What the parts of the engine share while one query is evaluated. */
import type { Matcher } from '../../model/matcher.ts'
import type { Budget, Queryable, Series } from '../../model/queryable.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Expr } from '../promql/ast.ts'
import type { Features } from '../promql/features.ts'
import { type Matrix, type RowSink, SLOT_BYTES } from './grid.ts'
import type { Notes } from './notes.ts'

/** How the engine answers; the same for all queries of a server. */
export interface EngineOptions {
  /** How old a sample may be to stand for its series at an instant. */
  readonly lookbackMs: number
  /** Step of subqueries that name none: the global evaluation interval. */
  readonly subqueryStepMs: number
  /** Feature promql-delayed-name-removal: metric names go at the end of the evaluation. */
  readonly delayedNameRemoval: boolean
  /** Feature type-and-unit-labels: the label __type__ tells counters, not the name. */
  readonly typeAndUnitLabels: boolean
  /** The experimental parts of the language that are switched on. */
  readonly features: Features
}

/** The query itself: its text and the grid that it was asked on. */
export interface QueryRange {
  readonly text: string
  readonly fromMs: number
  readonly toMs: number
  /** 0 for an instant query. */
  readonly stepMs: number
}

/** Counts samples as Prometheus's statistics do, and charges the budget for grids. */
export class Usage {
  readonly #budget: Budget
  #held = 0
  #heldMax = 0
  totalSamples = 0

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get peakSamples(): number {
    return this.#heldMax
  }

  /** Samples that selectors hand to the steps. */
  countRead(samples: number): void {
    this.totalSamples += samples
  }

  /** Charges a grid of so many slots, before it is allocated. */
  hold(slots: number): void {
    this.#budget.check()
    this.#budget.chargeBytes(slots * SLOT_BYTES)
    this.#held += slots
    if (this.#held > this.#heldMax) this.#heldMax = this.#held
  }

  /** Gives back slots that `hold` has charged. */
  giveBack(slots: number): void {
    this.#held -= slots
    this.#budget.releaseBytes(slots * SLOT_BYTES)
  }

  /** Gives back a matrix that is no longer used. */
  release(matrix: Matrix): void {
    this.giveBack(matrix.present.length)
  }
}

/** One evaluation; hands each part the others. */
export interface Evaluation {
  readonly range: QueryRange
  readonly options: EngineOptions
  readonly source: Queryable
  readonly budget: Budget
  readonly notes: Notes
  readonly usage: Usage
  /** Streams the rows of a vector expression into a sink. */
  rows(expr: Expr, grid: StepGrid, sink: RowSink): void
  /** The rows of a vector expression; to be given back by `usage.release`. */
  matrix(expr: Expr, grid: StepGrid): Matrix
  /** The values of a scalar expression at each step. */
  scalar(expr: Expr, grid: StepGrid): Float64Array
  /** Series with samples in (afterMs, toMs]. */
  select(matchers: readonly Matcher[], afterMs: number, toMs: number): Series[]
  /** A matrix for so many rows, charged. */
  newMatrix(grid: StepGrid, rowsMax: number): Matrix
}
