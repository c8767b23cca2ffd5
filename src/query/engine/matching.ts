/** Operators between two vectors: rows are paired once by their labels, then computed pair by pair. */
import { NarthexError } from '../../base/error.ts'
import { type Labels, labelsKey } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import {
  type ArithmeticOp,
  type ComparisonOp,
  compareRow,
  computeRow,
} from '../kernels/arithmetic.ts'
import type { Binary, Matching } from '../promql/ast.ts'
import { isComparison } from '../promql/check.ts'
import { quote } from '../promql/gotext.ts'
import type { Evaluation } from './context.ts'
import { countPresent, type Matrix, type RowSink } from './grid.ts'
import { indexBy, indexWithout } from './labelindex.ts'
import { SAME_LABELS } from './merge.ts'
import { dropReserved, groupLabels, keepLabels, omitLabels, withLabel } from './naming.ts'

/** Rows of both sides whose labels match; `many` is the only side with several at one step. */
interface Match {
  readonly many: number[]
  readonly one: number[]
}

/** One row of the "many" side with one of the "one" side; -1 stands for the fill value. */
interface Pair {
  readonly match: Match
  readonly many: number
  readonly one: number
}

/** Everything about the operator that the steps need. */
interface Plan {
  readonly evaluation: Evaluation
  readonly node: Binary
  readonly matching: Matching
  readonly grid: StepGrid
  readonly many: Matrix
  readonly one: Matrix
  /** Whether the "one" side is written on the left. */
  readonly oneLeft: boolean
  readonly fillMany: number | undefined
  readonly fillOne: number | undefined
}

/** Streams the rows of an arithmetic or comparison operator between vectors. */
export function matchedRows(
  evaluation: Evaluation,
  node: Binary,
  grid: StepGrid,
  sink: RowSink,
): void {
  const left = evaluation.matrix(node.left, grid)
  const right = evaluation.matrix(node.right, grid)
  const matching = node.matching ?? {
    card: 'one-to-one',
    labels: [],
    on: false,
    include: [],
    fillLeft: undefined,
    fillRight: undefined,
  }
  const oneLeft = matching.card === 'one-to-many'
  const plan: Plan = {
    evaluation,
    node,
    matching,
    grid,
    many: oneLeft ? right : left,
    one: oneLeft ? left : right,
    oneLeft,
    // The first fill value stands for the side that group_right has made the first.
    fillMany: matching.fillLeft,
    fillOne: matching.fillRight,
  }
  const matches = findMatches(plan)
  const pairs: Pair[] = []
  for (const match of matches) {
    checkMatch(plan, match)
    pairUp(plan, match, pairs)
  }
  if (node.op === '</' || node.op === '>/') {
    if (pairs.length > 0) noteIncompatible(evaluation, node)
    sink.open(0)
  } else {
    streamPairs(plan, pairs, sink)
  }
  evaluation.usage.release(left)
  evaluation.usage.release(right)
}

function findMatches({ many, one, matching }: Plan): readonly Match[] {
  const index = matching.on ? indexBy(matching.labels) : indexWithout(matching.labels)
  const matches: Match[] = []
  const place = (labels: Labels): Match => {
    const number = index.of(labels)
    if (number === matches.length) matches.push({ many: [], one: [] })
    return matches[number]
  }
  for (let row = 0; row < many.labels.length; row++) place(many.labels[row]).many.push(row)
  for (let row = 0; row < one.labels.length; row++) place(one.labels[row]).one.push(row)
  return matches
}

/** Refuses matches that are not unique at some step. */
function checkMatch(plan: Plan, match: Match): void {
  const { many, one, matching, grid, fillMany, fillOne } = plan
  if (match.one.length > 1) {
    const filled = fillMany !== undefined || fillOne !== undefined
    for (let step = 0; step < grid.count; step++) {
      const rows = presentRows(one, match.one, step)
      if (rows.length > 1 && (filled || anyPresent(many, step))) refuseDuplicates(plan, rows)
    }
  }
  if (matching.card !== 'one-to-one' || match.many.length < 2) return
  for (let step = 0; step < grid.count; step++) {
    if (presentRows(many, match.many, step).length < 2) continue
    if (fillOne === undefined && presentRows(one, match.one, step).length === 0) continue
    throw new NarthexError(
      'execution',
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
    )
  }
}

function presentRows(matrix: Matrix, rows: readonly number[], step: number): number[] {
  return rows.filter((row) => matrix.present[row * matrix.grid.count + step] !== 0)
}

function anyPresent({ labels, present, grid }: Matrix, step: number): boolean {
  for (let row = 0; row < labels.length; row++) {
    if (present[row * grid.count + step] !== 0) return true
  }
  return false
}

function refuseDuplicates({ one, matching, oneLeft }: Plan, rows: readonly number[]): never {
  const [first, second] = rows
  const group = formatSet(groupLabels(one.labels[second], matching.labels, !matching.on))
  const series = `[${formatSet(one.labels[second])}, ${formatSet(one.labels[first])}]`
  throw new NarthexError(
    'execution',
    `found duplicate series for the match group ${group} on the ${oneLeft ? 'left' : 'right'} ` +
      `hand-side of the operation: ${series};many-to-many matching not allowed: ` +
      'matching labels must be unique on one side',
  )
}

/** A label set as Prometheus writes it into errors, the metric name among the labels. */
export function formatSet(labels: Labels): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    const plain = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(labels[i])
    parts.push(`${plain ? labels[i] : quote(labels[i])}=${quote(labels[i + 1])}`)
  }
  return `{${parts.join(', ')}}`
}

function pairUp({ fillMany, fillOne }: Plan, match: Match, pairs: Pair[]): void {
  for (const many of match.many) {
    for (const one of match.one) pairs.push({ match, many, one })
    if (fillOne !== undefined) pairs.push({ match, many, one: -1 })
  }
  if (fillMany === undefined) return
  for (const one of match.one) pairs.push({ match, many: -1, one })
}

/** Computes the pairs; those with equal result labels share a row. */
function streamPairs(plan: Plan, pairs: readonly Pair[], sink: RowSink): void {
  const { evaluation, node, grid } = plan
  const rows = new Map<string, { labels: Labels; pairs: Pair[] }>()
  for (const pair of pairs) {
    const labels = resultLabels(plan, pair)
    const key = labelsKey(labels)
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { labels, pairs: [pair] })
    else row.pairs.push(pair)
  }
  const computer = new PairComputer(plan)
  sink.open(rows.size)
  let count = 0
  for (const row of rows.values()) {
    if (count++ % 1024 === 0) evaluation.budget.check()
    if (row.pairs.length === 1) {
      computer.compute(row.pairs[0], sink.values, sink.present, sink.base)
    } else {
      computeShared(computer, row.pairs, grid.count, sink)
    }
    const points = countPresent(sink.present, sink.base, grid.count)
    sink.commit(row.labels, node.bool, points)
  }
}

/** Several pairs with equal result labels: no two of them may have a result at one step. */
function computeShared(
  computer: PairComputer,
  pairs: readonly Pair[],
  count: number,
  sink: RowSink,
): void {
  const { values, present, base } = sink
  const own = new Float64Array(count)
  const ownPresent = new Uint8Array(count)
  const matchedBy = new Array<Match | undefined>(count)
  present.fill(0, base, base + count)
  for (const pair of pairs) {
    computer.compute(pair, own, ownPresent, 0)
    for (let i = 0; i < count; i++) {
      if (computer.matched[i] === 0) continue
      if (matchedBy[i] === pair.match) {
        throw new NarthexError(
          'execution',
          'multiple matches for labels: grouping labels must ensure unique matches',
        )
      }
      matchedBy[i] = pair.match
      if (ownPresent[i] === 0) continue
      if (present[base + i] !== 0) throw new NarthexError('execution', SAME_LABELS)
      present[base + i] = 1
      values[base + i] = own[i]
    }
  }
}

function resultLabels(plan: Plan, pair: Pair): Labels {
  const { many, one, matching, node, evaluation } = plan
  const { on, labels: names, card, include } = matching
  const manyLabels =
    pair.many < 0 ? groupLabels(one.labels[pair.one], names, !on) : many.labels[pair.many]
  const drops = !isComparison(node.op) || (node.bool && !evaluation.options.delayedNameRemoval)
  let labels = drops ? dropReserved(manyLabels) : manyLabels
  if (card === 'one-to-one') {
    const set = new Set(names)
    labels = on ? keepLabels(labels, set) : omitLabels(labels, set)
  }
  for (const name of include) {
    const from = pair.one < 0 ? groupLabels(manyLabels, names, !on) : one.labels[pair.one]
    let value = ''
    for (let i = 0; i < from.length; i += 2) if (from[i] === name) value = from[i + 1]
    labels = withLabel(labels, name, value)
  }
  return labels
}

/** Computes the row of one pair. */
class PairComputer {
  readonly #plan: Plan
  readonly #count: number
  readonly #fill: Float64Array
  readonly #holds: Uint8Array
  /** 1 where both sides of the pair computed last were there, whatever the comparison said. */
  readonly matched: Uint8Array

  constructor(plan: Plan) {
    this.#plan = plan
    this.#count = plan.grid.count
    this.#fill = new Float64Array(this.#count)
    this.#holds = new Uint8Array(this.#count)
    this.matched = new Uint8Array(this.#count)
  }

  compute(pair: Pair, values: Float64Array, present: Uint8Array, base: number): void {
    const { many, one, oneLeft, node, fillMany, fillOne } = this.#plan
    const count = this.#count
    this.#match(pair)
    const manyValues = pair.many < 0 ? this.#fill.fill(fillMany ?? 0) : many.values
    const oneValues = pair.one < 0 ? this.#fill.fill(fillOne ?? 0) : one.values
    const manyAt = pair.many < 0 ? 0 : pair.many * count
    const oneAt = pair.one < 0 ? 0 : pair.one * count
    const left = oneLeft ? oneValues : manyValues
    const leftAt = oneLeft ? oneAt : manyAt
    const right = oneLeft ? manyValues : oneValues
    const rightAt = oneLeft ? manyAt : oneAt
    const { matched } = this
    if (!isComparison(node.op)) {
      computeRow(node.op as ArithmeticOp, left, leftAt, right, rightAt, values, base, count)
      for (let i = 0; i < count; i++) present[base + i] = matched[i]
      return
    }
    const holds = this.#holds
    compareRow(node.op as ComparisonOp, left, leftAt, right, rightAt, holds, count)
    for (let i = 0; i < count; i++) {
      values[base + i] = node.bool ? holds[i] : left[leftAt + i]
      present[base + i] = node.bool ? matched[i] : matched[i] & holds[i]
    }
  }

  /** Fills `matched` with the steps at which the pair exists. */
  #match({ match, many: manyRow, one: oneRow }: Pair): void {
    const { many, one } = this.#plan
    const count = this.#count
    const { matched } = this
    if (manyRow >= 0) matched.set(many.present.subarray(manyRow * count, (manyRow + 1) * count))
    else matched.fill(1)
    if (oneRow >= 0) {
      for (let i = 0; i < count; i++) matched[i] &= one.present[oneRow * count + i]
    }
    // A fill value stands only where the side has no row of this match at all.
    if (manyRow < 0) maskPresent(matched, many, match.many, count)
    if (oneRow < 0) maskPresent(matched, one, match.one, count)
  }
}

/** Clears the steps at which any of the rows is present. */
function maskPresent(
  matched: Uint8Array,
  { present }: Matrix,
  rows: readonly number[],
  count: number,
): void {
  for (const row of rows) {
    for (let i = 0; i < count; i++) if (present[row * count + i] !== 0) matched[i] = 0
  }
}

/** Notes that an operator has met types that it does not take. */
export function noteIncompatible(evaluation: Evaluation, node: Binary): void {
  const { op } = node
  const text = `incompatible sample types encountered for binary operator "${op}": float ${op} float`
  evaluation.notes.info(text, node.span)
}
