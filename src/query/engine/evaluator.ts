/** The evaluator: hands each kind of expression to the part that knows it. */
import { NarthexError } from '../../base/error.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { Budget, Queryable, Series } from '../../model/queryable.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Expr } from '../promql/ast.ts'
import { aggregationRows } from './aggregations.ts'
import { binaryRows } from './binary.ts'
import { callRows } from './calls.ts'
import { type EngineOptions, type Evaluation, type QueryRange, Usage } from './context.ts'
import { changedRows } from './elementwise.ts'
import { type Matrix, newMatrix, RowCollector, type RowSink } from './grid.ts'
import { isInvariant, repeatRows } from './invariant.ts'
import { dropReserved } from './naming.ts'
import { Notes } from './notes.ts'
import { scalarValues } from './scalars.ts'
import { selectorRows } from './selectors.ts'

/** One evaluation of one query. */
export class Evaluator implements Evaluation {
  readonly range: QueryRange
  readonly options: EngineOptions
  readonly source: Queryable
  readonly budget: Budget
  readonly notes: Notes
  readonly usage: Usage

  constructor(range: QueryRange, options: EngineOptions, source: Queryable, budget: Budget) {
    this.range = range
    this.options = options
    this.source = source
    this.budget = budget
    this.notes = new Notes(range.text)
    this.usage = new Usage(budget)
  }

  rows(expr: Expr, grid: StepGrid, sink: RowSink): void {
    this.budget.check()
    if (grid.count > 1 && isInvariant(expr)) {
      repeatRows(this, expr, grid, sink)
      return
    }
    switch (expr.kind) {
      case 'selector':
        selectorRows(this, expr, grid, sink)
        return
      case 'call':
        callRows(this, expr, grid, sink)
        return
      case 'aggregation':
        aggregationRows(this, expr, grid, sink)
        return
      case 'binary':
        binaryRows(this, expr, grid, sink)
        return
      case 'unary':
        if (expr.op === '+') this.rows(expr.expr, grid, sink)
        else changedRows(this, expr.expr, grid, sink, negate)
        return
      case 'paren':
        this.rows(expr.expr, grid, sink)
        return
      default:
        throw new NarthexError('execution', `unexpected ${expr.kind} where a vector is wanted`)
    }
  }

  matrix(expr: Expr, grid: StepGrid): Matrix {
    const collector = new RowCollector(grid, (slots) => this.usage.hold(slots))
    this.rows(expr, grid, collector)
    const { matrix } = collector
    // Whoever streams flagged rows has made sure that dropping their names joins none.
    if (!this.options.delayedNameRemoval) dropFlaggedNames(matrix)
    return matrix
  }

  scalar(expr: Expr, grid: StepGrid): Float64Array {
    return scalarValues(this, expr, grid)
  }

  select(matchers: readonly Matcher[], afterMs: number, toMs: number): Series[] {
    this.budget.check()
    const warn = (text: string): void => this.notes.warnPlain(text)
    return this.source.select(matchers, afterMs + 1, toMs, this.budget, warn)
  }

  newMatrix(grid: StepGrid, rowsMax: number): Matrix {
    this.usage.hold(rowsMax * grid.count)
    return newMatrix(grid, rowsMax)
  }
}

function dropFlaggedNames({ labels, dropName }: Matrix): void {
  for (let row = 0; row < labels.length; row++) {
    if (!dropName[row]) continue
    labels[row] = dropReserved(labels[row])
    dropName[row] = false
  }
}

function negate(
  values: Float64Array,
  _present: Uint8Array,
  base: number,
  count: number,
  points: number,
): number {
  for (let i = 0; i < count; i++) values[base + i] = -values[base + i]
  return points
}
