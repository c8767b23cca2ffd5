/** Runs one eval of a script and tells what differs from what it expects. */
import { messageOf } from '../../../src/base/error.ts'
import { formatLabels, type Labels, labelsKey } from '../../../src/model/labels.ts'
import type { Query } from '../../../src/model/querier.ts'
import type { Result, ResultData } from '../../../src/model/result.ts'
import type { EngineOptions } from '../../../src/query/engine/context.ts'
import { evaluate } from '../../../src/query/engine/evaluate.ts'
import { type MemoryStore, TestBudget } from './memory.ts'
import type { Eval, SeriesLine } from './script.ts'

/** Relative difference that still counts as equal, as in Prometheus's own tests. */
const TOLERANCE = 1e-6

/** One answer as points by series and time, in the order in which it came. */
type Answer = readonly { readonly labels: Labels; readonly points: ReadonlyMap<number, number> }[]

/** What is wrong; undefined when all is as expected. */
export function judge(
  evaluation: Eval,
  store: MemoryStore,
  options: EngineOptions,
): string | undefined {
  const { expr, fromMs, toMs, stepMs } = evaluation
  const query: Query = stepMs > 0 ? { expr, fromMs, toMs, stepMs } : { expr, fromMs, toMs: fromMs }
  const failures = evaluation.expectations.filter(({ kind }) => kind === 'fail')
  let result: Result
  try {
    result = run(query, store, options)
  } catch (error) {
    const message = messageOf(error)
    if (failures.length === 0) return `failed: ${message}`
    const [{ matches }] = failures
    return matches === undefined || matches(message) ? undefined : `another error: ${message}`
  }
  if (failures.length > 0) return 'did not fail'
  return compareData(evaluation, result.data) ?? compareNotes(evaluation, result)
}

/** The same instant within a range must give the same vector; undefined when it does. */
export function judgeInRange(
  evaluation: Eval,
  store: MemoryStore,
  options: EngineOptions,
): string | undefined {
  const { expr, fromMs } = evaluation
  const query = { expr, fromMs: fromMs - 60_000, toMs: fromMs + 60_000, stepMs: 60_000 }
  let data: ResultData
  try {
    data = run(query, store, options).data
  } catch (error) {
    return `failed in range mode: ${messageOf(error)}`
  }
  const rows: { labels: Labels; points: Map<number, number> }[] = []
  for (const { labels, points } of answerOf(data)) {
    const value = points.get(fromMs)
    if (value !== undefined) rows.push({ labels, points: new Map([[fromMs, value]]) })
  }
  const { scalar } = evaluation
  const wanted: SeriesLine[] =
    scalar === undefined ? [...evaluation.series] : [{ labels: [], points: [scalar] }]
  const difference = compareRows(rows, wanted, fromMs, 0)
  return difference === undefined ? undefined : `in range mode: ${difference}`
}

function run(query: Query, store: MemoryStore, options: EngineOptions): Result {
  const budget = new TestBudget(5e7, 256 * 2 ** 20, (what) => new Error(`too much: ${what}`))
  return evaluate(query, store, budget, options)
}

function compareData(evaluation: Eval, data: ResultData): string | undefined {
  if (data.kind === 'string') {
    return evaluation.text === data.value ? undefined : `text ${data.value}`
  }
  if (data.kind === 'scalar') {
    if (evaluation.scalar === undefined) return `a scalar, ${data.value}`
    return almost(evaluation.scalar, data.value) ? undefined : `scalar ${data.value}`
  }
  if (evaluation.scalar !== undefined) return `no scalar but a ${data.kind}`
  const answer = answerOf(data)
  const { rangeVector, fromMs, stepMs } = evaluation
  const difference =
    rangeVector === undefined
      ? compareRows(answer, evaluation.series, fromMs, stepMs)
      : compareRows(answer, evaluation.series, rangeVector.fromMs, rangeVector.stepMs)
  if (difference !== undefined) return difference
  if (!evaluation.expectations.some(({ kind }) => kind === 'ordered')) return undefined
  const order = answer.map(({ labels }) => formatLabels(labels)).join(' ')
  const wanted = evaluation.series.map(({ labels }) => formatLabels(labels)).join(' ')
  return order === wanted ? undefined : `order ${order}`
}

function answerOf(data: ResultData): Answer {
  switch (data.kind) {
    case 'vector':
      return data.labels.map((labels, i) => ({
        labels,
        points: new Map([[data.timeMs, data.values[i]]]),
      }))
    case 'samples':
      return data.series.map(({ labels, times, values, from, to }) => {
        const points = new Map<number, number>()
        for (let i = from; i < to; i++) points.set(times[i], values[i])
        return { labels, points }
      })
    case 'matrix':
      return data.labels.map((labels, row) => {
        const { fromMs, stepMs, count } = data.grid
        const points = new Map<number, number>()
        for (let i = 0; i < count; i++) {
          const slot = row * count + i
          if (data.present[slot] !== 0) points.set(fromMs + i * stepMs, data.values[slot])
        }
        return { labels, points }
      })
    default:
      return []
  }
}

function compareRows(
  answer: Answer,
  wanted: readonly SeriesLine[],
  fromMs: number,
  stepMs: number,
): string | undefined {
  const lines = new Map(wanted.map((line) => [labelsKey(line.labels), line]))
  const seen = new Set<string>()
  for (const { labels, points } of answer) {
    const key = labelsKey(labels)
    const line = lines.get(key)
    const shown = `${formatLabels(labels)} [${[...points.values()].join(' ')}]`
    if (line === undefined) return `unexpected ${shown}`
    if (seen.has(key)) return `twice ${shown}`
    seen.add(key)
    let count = 0
    for (const [i, point] of line.points.entries()) {
      if (point === undefined) continue
      count++
      const value = points.get(fromMs + i * stepMs)
      if (typeof point !== 'number' || value === undefined || !almost(point, value)) {
        return `${shown}, expected ${line.points.join(' ')}`
      }
    }
    if (count !== points.size) return `${shown}, expected ${line.points.join(' ')}`
  }
  const missing = wanted.find(({ labels }) => !seen.has(labelsKey(labels)))
  return missing === undefined ? undefined : `missing ${formatLabels(missing.labels)}`
}

function compareNotes({ expectations }: Eval, result: Result): string | undefined {
  for (const kind of ['warn', 'info']) {
    const notes = kind === 'warn' ? result.warnings : result.infos
    if (expectations.some((entry) => entry.kind === `no_${kind}`) && notes.length > 0) {
      return `unexpected ${kind}: ${notes.join()}`
    }
    const wanted = expectations.filter((entry) => entry.kind === kind)
    if (wanted.length === 0) continue
    if (notes.length === 0) return `expected ${kind}`
    for (const { matches } of wanted) {
      if (matches !== undefined && !notes.some(matches)) return `another ${kind}: ${notes.join()}`
    }
    for (const note of notes) {
      const fits = wanted.some(({ matches }) => matches === undefined || matches(note))
      if (!fits) return `unexpected ${kind}: ${note}`
    }
  }
  return undefined
}

function almost(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true
  if (a === b) return true
  const sum = Math.abs(a) + Math.abs(b)
  const distance = Math.abs(a - b)
  const least = 2.2250738585072014e-308
  if (a === 0 || b === 0 || sum < least) return distance < TOLERANCE * least
  return distance / Math.min(sum, Number.MAX_VALUE) < TOLERANCE
}
