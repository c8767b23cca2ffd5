/** label_replace and label_join: rows under other labels. */
import { NarthexError } from '../../base/error.ts'
import { compileReplacing, type ReplacingRegex } from '../../base/regex.ts'
import { type Labels, labelValue, METRIC_NAME } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Call } from '../promql/ast.ts'
import { textOf } from './arguments.ts'
import type { Evaluation } from './context.ts'
import { pourMatrix, type RowSink } from './grid.ts'
import { mergeEqualRows } from './merge.ts'
import { withLabel } from './naming.ts'

/** Longest label value that joining makes: joins of joins would grow without end. */
const JOINED_LENGTH_MAX = 65_536

/** label_replace(vector, target, replacement, source, regex). */
export function labelReplaceRows(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
): void {
  const [target, replacement, source, pattern] = call.args.slice(1).map(textOf)
  const regex = compilePattern(pattern)
  if (!isLabelName(target)) {
    const text = `invalid destination label name in label_replace(): ${target}`
    throw new NarthexError('execution', text)
  }
  // Series agree on many of their labels, and an expression costs more than a look-up.
  const known = new Map<string, string | undefined>()
  relabel(evaluation, call, grid, sink, target, (labels) => {
    const value = labelValue(labels, source)
    if (!known.has(value)) known.set(value, regex.expand(value, replacement))
    return known.get(value)
  })
}

/** label_join(vector, target, separator, sources…). */
export function labelJoinRows(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
): void {
  const [target, separator, ...sources] = call.args.slice(1).map(textOf)
  for (const source of sources) {
    if (isLabelName(source)) continue
    const text = `invalid source label name in label_join(): ${source}`
    throw new NarthexError('execution', text)
  }
  if (!isLabelName(target)) {
    const text = `invalid destination label name in label_join(): ${target}`
    throw new NarthexError('execution', text)
  }
  relabel(evaluation, call, grid, sink, target, (labels) =>
    joinValues(
      sources.map((source) => labelValue(labels, source)),
      separator,
    ),
  )
}

function joinValues(values: readonly string[], separator: string): string {
  const length = values.reduce((sum, value) => sum + value.length + separator.length, 0)
  if (length <= JOINED_LENGTH_MAX) return values.join(separator)
  const text = `cannot join labels: the result has ${length} characters, at most ${JOINED_LENGTH_MAX}`
  throw new NarthexError('limit', text)
}

/** Sets one label of every row; `undefined` leaves it as it is. */
function relabel(
  evaluation: Evaluation,
  call: Call,
  grid: StepGrid,
  sink: RowSink,
  target: string,
  labelOf: (labels: Labels) => string | undefined,
): void {
  const matrix = evaluation.matrix(call.args[0], grid)
  const { labels, dropName } = matrix
  for (let row = 0; row < labels.length; row++) {
    const value = labelOf(labels[row])
    if (value === undefined) continue
    evaluation.budget.check()
    evaluation.budget.chargeBytes(2 * value.length)
    labels[row] = withLabel(labels[row], target, value)
    if (target === METRIC_NAME) dropName[row] = false
  }
  pourMatrix(mergeEqualRows(matrix), sink)
  evaluation.usage.release(matrix)
}

function compilePattern(pattern: string): ReplacingRegex {
  try {
    return compileReplacing(pattern)
  } catch (error) {
    const text = `invalid regular expression in label_replace(): ${pattern}`
    throw new NarthexError('execution', text, error)
  }
}

/** Any text is a label name but the empty one and one with broken characters. */
function isLabelName(name: string): boolean {
  return name !== '' && !name.includes('\ufffd') && name.isWellFormed()
}
