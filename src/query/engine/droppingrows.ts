/** Rows whose metric names go: where they go at once, rows that become equal are told. */
import type { StepGrid } from '../../model/result.ts'
import type { Evaluation } from './context.ts'
import { pourMatrix, RowCollector, type RowSink } from './grid.ts'
import { removeNames } from './merge.ts'

/**
 * Lets `produce` stream rows flagged for dropping.
 *
 * @param mayClash whether two of the rows may become equal without their names
 * @throws NarthexError `execution` when two do, at one step, and names go at once
 */
export function droppingRows(
  evaluation: Evaluation,
  grid: StepGrid,
  sink: RowSink,
  mayClash: boolean,
  produce: (sink: RowSink) => void,
): void {
  if (evaluation.options.delayedNameRemoval || !mayClash) {
    produce(sink)
    return
  }
  const collector = new RowCollector(grid, (slots) => evaluation.usage.hold(slots))
  produce(collector)
  pourMatrix(removeNames(collector.matrix), sink)
  evaluation.usage.release(collector.matrix)
}
