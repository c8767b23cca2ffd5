/** info(): adds the labels of info metrics of the same instance and job. */
import { NarthexError } from '../../base/error.ts'
import { type Labels, labelValue, METRIC_NAME } from '../../model/labels.ts'
import { compileMatcher, type Matcher } from '../../model/matcher.ts'
import type { StepGrid } from '../../model/result.ts'
import type { Call, Expr, VectorSelector } from '../promql/ast.ts'
import { unwrapParens } from './arguments.ts'
import type { Evaluation } from './context.ts'
import { type Matrix, pourMatrix, RowCollector, type RowSink } from './grid.ts'
import { formatSet } from './matching.ts'
import { mergeEqualRows } from './merge.ts'
import { withLabel } from './naming.ts'
import { timestampRows } from './selectors.ts'

const TARGET_INFO: Matcher = { name: METRIC_NAME, op: '=', value: 'target_info' }
const ANY_INFO: Matcher = { name: METRIC_NAME, op: '=~', value: '.+_info' }
/** Labels by which a series and its info metrics are known to belong together. */
const IDENTIFYING = ['instance', 'job']

/** What the second argument asks for. */
interface Wanted {
  /** Which info metrics. */
  readonly names: readonly Matcher[]
  /** Which of their labels; none means all. */
  readonly data: readonly Matcher[]
}

/** info(vector, {matchers}). */
export function infoRows(evaluation: Evaluation, call: Call, grid: StepGrid, sink: RowSink): void {
  const matrix = evaluation.matrix(call.args[0], grid)
  const { asked, ...wanted } = wantedOf(call)
  const isInfo = testOf(asked)
  // Info metrics themselves are not enriched.
  const plain = matrix.labels.map(
    (labels) => asked.length === 0 || !isInfo(labelValue(labels, METRIC_NAME)),
  )
  const infos = readInfos(evaluation, call, matrix, plain, wanted, grid)
  const collector = new RowCollector(grid, (slots) => evaluation.usage.hold(slots))
  const parts = matrix.labels.map((labels, row) => {
    evaluation.budget.check()
    return plain[row]
      ? enrich(matrix, row, infos, wanted)
      : new Map([['', { labels, steps: stepsOf(matrix, row) }]])
  })
  collector.open(parts.reduce((sum, { size }) => sum + size, 0))
  for (let row = 0; row < parts.length; row++) {
    for (const part of parts[row].values()) addPart(matrix, row, part, collector)
  }
  pourMatrix(mergeEqualRows(collector.matrix), sink)
  evaluation.usage.release(collector.matrix)
  evaluation.usage.release(matrix)
}

/**
 * Names that are only ruled out are those of info metrics by their ending; without any name it is
 * target_info, whose own series are then enriched like others.
 */
function wantedOf(call: Call): Wanted & { readonly asked: readonly Matcher[] } {
  const selector = call.args.length > 1 ? unwrapParens(call.args[1]) : undefined
  if (selector?.kind !== 'selector') return { asked: [TARGET_INFO], names: [TARGET_INFO], data: [] }
  const named = selector.matchers.filter(({ name }) => name === METRIC_NAME)
  const positive = named.some(({ op }) => op === '=' || op === '=~')
  const asked = named.length === 0 || positive ? named : [...named, ANY_INFO]
  return {
    asked,
    names: asked.length === 0 ? [TARGET_INFO] : asked,
    data: selector.matchers.filter(({ name }) => name !== METRIC_NAME),
  }
}

function testOf(matchers: readonly Matcher[]): (text: string) => boolean {
  const tests = matchers.map(compileMatcher)
  return (text) => tests.every((test) => test(text))
}

/** Info rows by identity: the values are the times of their samples, in seconds. */
interface Infos {
  readonly matrix: Matrix
  readonly byIdentity: ReadonlyMap<string, readonly number[]>
}

function readInfos(
  evaluation: Evaluation,
  call: Call,
  base: Matrix,
  plain: readonly boolean[],
  wanted: Wanted,
  grid: StepGrid,
): Infos | undefined {
  const matchers: Matcher[] = []
  for (const label of IDENTIFYING) {
    const values = new Set<string>()
    for (let row = 0; row < base.labels.length; row++) {
      const value = plain[row] ? labelValue(base.labels[row], label) : ''
      if (value !== '') values.add(value)
    }
    if (values.size === 0) continue
    const pattern = [...values].map(escapePattern).join('|')
    matchers.push({ name: label, op: '=~', value: pattern })
  }
  if (matchers.length === 0) return undefined
  const source = firstSelector(call.args[0])
  const selector: VectorSelector = {
    kind: 'selector',
    name: '',
    matchers: [...wanted.names, ...wanted.data, ...matchers],
    at: source?.at,
    offset: source?.offset ?? 0,
    extension: undefined,
    span: call.span,
  }
  const collector = new RowCollector(grid, (slots) => evaluation.usage.hold(slots))
  timestampRows(evaluation, selector, grid, collector)
  const { matrix } = collector
  const byIdentity = new Map<string, number[]>()
  for (let row = 0; row < matrix.labels.length; row++) {
    const key = identityOf(matrix.labels[row])
    const rows = byIdentity.get(key)
    if (rows === undefined) byIdentity.set(key, [row])
    else rows.push(row)
  }
  return { matrix, byIdentity }
}

function identityOf(labels: Labels): string {
  return IDENTIFYING.map((label) => labelValue(labels, label)).join('\u0000')
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')
}

/** The selector whose time and offset the info metrics are read with. */
function firstSelector(expr: Expr): VectorSelector | undefined {
  switch (expr.kind) {
    case 'selector':
      return expr
    case 'matrix':
      return expr.selector
    case 'binary':
      return firstSelector(expr.left) ?? firstSelector(expr.right)
    case 'call':
      return expr.args.map(firstSelector).find((found) => found !== undefined)
    case 'number':
    case 'string':
      return undefined
    default:
      return firstSelector(expr.expr)
  }
}

/** The steps of a row at which its labels are the same. */
interface Part {
  /** Undefined where the row is left out. */
  readonly labels: Labels | undefined
  readonly steps: number[]
}

function stepsOf({ grid, present }: Matrix, row: number): number[] {
  const steps: number[] = []
  for (let step = 0; step < grid.count; step++) {
    if (present[row * grid.count + step] !== 0) steps.push(step)
  }
  return steps
}

/** Splits a row by the info series that apply at each step, and joins their labels to its own. */
function enrich(
  base: Matrix,
  row: number,
  infos: Infos | undefined,
  wanted: Wanted,
): Map<string, Part> {
  const own = base.labels[row]
  const rows = infos?.byIdentity.get(identityOf(own)) ?? []
  const parts = new Map<string, Part>()
  for (const step of stepsOf(base, row)) {
    const chosen = infos === undefined ? [] : newestInfos(infos.matrix, rows, step)
    const key = chosen.join()
    let part = parts.get(key)
    if (part === undefined) {
      part = { labels: joinLabels(own, infos, chosen, wanted), steps: [] }
      parts.set(key, part)
    }
    part.steps.push(step)
  }
  return parts
}

/** The newest row of each info metric at a step. */
function newestInfos(
  { grid, labels, values, present }: Matrix,
  rows: readonly number[],
  step: number,
): number[] {
  const newest = new Map<string, number>()
  for (const row of rows) {
    const slot = row * grid.count + step
    if (present[slot] === 0) continue
    const name = labelValue(labels[row], METRIC_NAME)
    const known = newest.get(name)
    if (known === undefined) {
      newest.set(name, row)
      continue
    }
    const seconds = values[known * grid.count + step]
    if (values[slot] > seconds) newest.set(name, row)
    else if (values[slot] === seconds) {
      const timeMs = Math.round(seconds * 1000)
      throw new NarthexError(
        'execution',
        `found duplicate series for info metric: existing ${formatSet(labels[known])} @ ${timeMs}, ` +
          `new ${formatSet(labels[row])} @ ${timeMs}`,
      )
    }
  }
  return [...newest.values()]
}

/** The labels of a series with those of its info series; undefined when it is left out. */
function joinLabels(
  own: Labels,
  infos: Infos | undefined,
  chosen: readonly number[],
  { data }: Wanted,
): Labels | undefined {
  if (infos === undefined || chosen.length === 0) {
    // A series without info stays only where each wanted label may be missing.
    return data.every((matcher) => compileMatcher(matcher)('')) ? own : undefined
  }
  const wanted = new Set(data.map(({ name }) => name))
  const added = new Map<string, string>()
  for (const row of chosen) {
    const labels = infos.matrix.labels[row]
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]
      if (name === METRIC_NAME || (wanted.size > 0 && !wanted.has(name))) continue
      const known = added.get(name)
      if (known !== undefined && known !== labels[i + 1]) {
        throw new NarthexError('execution', `conflicting label: ${name}`)
      }
      if (labelValue(own, name) === '') added.set(name, labels[i + 1])
    }
  }
  let joined = own
  for (const [name, value] of added) joined = withLabel(joined, name, value)
  return joined
}

function addPart(
  base: Matrix,
  row: number,
  { labels, steps }: Part,
  collector: RowCollector,
): void {
  if (labels === undefined) return
  const { count } = base.grid
  const { values, present, base: at } = collector
  present.fill(0, at, at + count)
  for (const step of steps) {
    values[at + step] = base.values[row * count + step]
    present[at + step] = 1
  }
  collector.commit(labels, base.dropName[row], steps.length)
}
