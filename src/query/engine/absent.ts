/** absent and absent_over_time: 1 at the steps where nothing is. */
import type { Labels } from '../../model/labels.ts'
import { labelsFrom, METRIC_NAME } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Call, Expr } from '../promql/ast.ts'
import { rangeArgument, unwrapParens } from './arguments.ts'
import type { Evaluation } from './context.ts'
import type { RowSink } from './grid.ts'
import { rangeCallRows } from './rangecalls.ts'

/** A sink that only notes at which steps there is a sample. */
class PresenceSink implements RowSink {
  readonly base = 0
  readonly values: Float64Array
  readonly present: Uint8Array
  readonly seen: Uint8Array

  constructor(count: number) {
    this.values = new Float64Array(count)
    this.present = new Uint8Array(count)
    this.seen = new Uint8Array(count)
  }

  open(): void {}

  commit(_labels: Labels, _dropName: boolean, points: number): void {
    if (points === 0) return
    for (let i = 0; i < this.seen.length; i++) this.seen[i] |= this.present[i]
  }
}

/** absent(vector). */
export function absentRows(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
): void {
  const presence = new PresenceSink(grid.count)
  evaluation.rows(call.args[0], grid, presence)
  pourAbsence(call, presence.seen, grid, sink)
}

/** absent_over_time(range). */
export function absentOverTimeRows(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
): void {
  const presence = new PresenceSink(grid.count)
  const range = rangeArgument(call)
  if (range !== undefined) rangeCallRows(evaluation, call, range, grid, presence)
  pourAbsence(call, presence.seen, grid, sink)
}

function pourAbsence(call: Call, seen: Uint8Array, grid: StepGrid, sink: RowSink): void {
  sink.open(1)
  let points = 0
  for (let i = 0; i < grid.count; i++) {
    sink.values[sink.base + i] = 1
    sink.present[sink.base + i] = 1 - seen[i]
    points += 1 - seen[i]
  }
  sink.commit(labelsAsked(call.args[0]), false, points)
}

/** The labels that a selector asks for with `=`, each once. */
function labelsAsked(expr: Expr): Labels {
  const inner = unwrapParens(expr)
  const selector = inner.kind === 'matrix' ? inner.selector : inner
  if (selector.kind !== 'selector') return []
  const asked = new Map<string, string>()
  const seen = new Set<string>()
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue
    if (op === '=' && !seen.has(name)) {
      asked.set(name, value)
      seen.add(name)
    } else {
      asked.delete(name)
    }
  }
  return labelsFrom(asked)
}
