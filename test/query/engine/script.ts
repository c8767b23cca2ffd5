/** Reads Prometheus's test language: load, clear, eval with what it expects. */
import { type Labels, labelsFrom, METRIC_NAME } from '../../../src/model/labels.ts'
import { readDuration } from '../../../src/query/promql/gotext.ts'
import { parseSelector } from '../../../src/query/promql/parse.ts'
import type { MemorySample } from './memory.ts'

/** What a step of a series line says. */
export type Point = number | 'stale' | 'histogram' | undefined

/** A line `name{labels} points`. */
export interface SeriesLine {
  readonly labels: Labels
  readonly points: readonly Point[]
}

export interface Load {
  readonly kind: 'load'
  readonly gapMs: number
  /** load_with_nhcb: classic buckets are loaded as native histograms, too. */
  readonly native: boolean
  readonly startTimes: boolean
  readonly series: readonly SeriesLine[]
}

export interface Expectation {
  readonly kind: string
  /** Without a text any will do. */
  readonly matches: ((text: string) => boolean) | undefined
}

export interface Eval {
  readonly kind: 'eval'
  readonly line: number
  readonly expr: string
  readonly fromMs: number
  readonly toMs: number
  /** 0 for an instant. */
  readonly stepMs: number
  readonly expectations: readonly Expectation[]
  readonly series: readonly SeriesLine[]
  readonly scalar: number | undefined
  readonly text: string | undefined
  /** Where the samples of an expected range vector lie. */
  readonly rangeVector: { readonly fromMs: number; readonly stepMs: number } | undefined
}

export type Command = Load | Eval | { readonly kind: 'clear' }

/** Reads a whole script. */
export function readScript(text: string): Command[] {
  const lines = text.split('\n').map((line) => (line.trim().startsWith('#') ? '' : line.trim()))
  const commands: Command[] = []
  let at = 0
  while (at < lines.length) {
    const head = lines[at]
    const number = at + 1
    at++
    if (head === '') continue
    if (head === 'clear') {
      commands.push({ kind: 'clear' })
      continue
    }
    const body: string[] = []
    while (at < lines.length && lines[at] !== '') body.push(lines[at++])
    if (head.startsWith('load')) commands.push(readLoad(head, body))
    else if (head.startsWith('eval')) {
      const command = readEval(head, body, number)
      commands.push(command.value)
      // A line behind a scalar or a failure begins the next command.
      at -= body.length - command.used
    } else throw new Error(`line ${number}: unknown command ${head}`)
  }
  return commands
}

function readLoad(head: string, body: readonly string[]): Load {
  const match = /^load(_with_nhcb)?\s+(\S+)$/.exec(head)
  if (match === null) throw new Error(`bad load ${head}`)
  const lines = body.filter((line) => !/^[^ ]*@st\s/.test(line) && !/}@st\s/.test(line))
  return {
    kind: 'load',
    gapMs: durationOf(match[2]),
    native: match[1] !== undefined,
    startTimes: lines.length < body.length,
    series: lines.map(readSeriesLine),
  }
}

/** The samples that a load line stands for; histograms are left out. */
export function samplesOf({ points }: SeriesLine, gapMs: number): MemorySample[] {
  const samples: MemorySample[] = []
  for (const [i, value] of points.entries()) {
    if (value === undefined || value === 'histogram') continue
    samples.push({ timeMs: i * gapMs, value })
  }
  return samples
}

function readEval(
  head: string,
  body: readonly string[],
  line: number,
): { value: Eval; used: number } {
  const instant = /^eval(?:_(\w+))?\s+instant\s+(?:at\s+(\S+))?\s+(.+)$/.exec(head)
  const range = /^eval(?:_(\w+))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/.exec(
    head,
  )
  const expectations: Expectation[] = []
  const series: SeriesLine[] = []
  let scalar: number | undefined
  let text: string | undefined
  let rangeVector: { fromMs: number; stepMs: number } | undefined
  const modifier = (instant ?? range)?.[1]
  if (modifier !== undefined) expectations.push({ kind: modifier, matches: undefined })
  let used = 0
  for (const entry of body) {
    used++
    if (entry.startsWith('expect string ')) text = JSON.parse(entry.slice(14))
    else if (entry.startsWith('expect range vector')) {
      const [, from, step] = /from\s+(\S+)\s+to\s+\S+\s+step\s+(\S+)$/.exec(entry) ?? []
      rangeVector = { fromMs: durationOf(from), stepMs: durationOf(step) }
    } else if (entry.startsWith('expect ')) expectations.push(readExpectation(entry))
    else {
      const number = parseNumber(entry)
      if (number !== undefined) {
        scalar = number
        break
      }
      series.push(readSeriesLine(entry))
    }
  }
  if (instant !== null) {
    const atMs = durationOf(instant[2] ?? '0')
    const value: Eval = {
      kind: 'eval',
      line,
      expr: instant[3],
      fromMs: atMs,
      toMs: atMs,
      stepMs: 0,
      expectations,
      series,
      scalar,
      text,
      rangeVector,
    }
    return { value, used }
  }
  if (range === null) throw new Error(`line ${line}: bad eval ${head}`)
  const value: Eval = {
    kind: 'eval',
    line,
    expr: range[5],
    fromMs: durationOf(range[2]),
    toMs: durationOf(range[3]),
    stepMs: durationOf(range[4]),
    expectations,
    series,
    scalar,
    text,
    rangeVector,
  }
  return { value, used }
}

function readExpectation(line: string): Expectation {
  const match = /^expect\s+(\w+)(?:\s+(msg|regex):\s*(.+))?$/.exec(line)
  if (match === null) throw new Error(`bad expectation ${line}`)
  const [, kind, how, what] = match
  if (how === undefined) return { kind, matches: undefined }
  if (how === 'msg') return { kind, matches: (text) => text === what.trim() }
  const pattern = new RegExp(what.trim(), 'u')
  return { kind, matches: (text) => pattern.test(text) }
}

function durationOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const durationMs = readDuration(text)
  if (typeof durationMs === 'string') throw new Error(durationMs)
  return durationMs
}

function readSeriesLine(line: string): SeriesLine {
  const end = line.includes('}') && /^[^\s{]*\s*\{(?!\{)/.test(line) ? closingBrace(line) + 1 : -1
  const split = end > 0 ? end : line.search(/\s/)
  const head = split < 0 ? line : line.slice(0, split)
  return { labels: labelsOfHead(head), points: split < 0 ? [] : readPoints(line.slice(split)) }
}

/** The brace that ends the label set; quoted ones do not count. */
function closingBrace(line: string): number {
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\') i++
    else if (line[i] === '"') quoted = !quoted
    else if (line[i] === '}' && !quoted) return i
  }
  throw new Error(`no } in ${line}`)
}

function labelsOfHead(head: string): Labels {
  if (head === '{}') return []
  const selector = parseSelector(head.replace(/\{\}$/, ''))
  return labelsFrom(selector.map(({ name, value }) => [name === '' ? METRIC_NAME : name, value]))
}

function readPoints(text: string): Point[] {
  const points: Point[] = []
  const tokens = text.trim().match(/\{\{[^}]*\}\}(?:[+-]\{\{[^}]*\}\})?(?:x\d+)?|\S+/g) ?? []
  for (const token of tokens) addPoints(token, points)
  return points
}

function addPoints(token: string, points: Point[]): void {
  const times = Number(/x(\d+)$/.exec(token)?.[1] ?? -1)
  const base = token.replace(/x\d+$/, '')
  if (base.startsWith('{{') || base === '_' || base === 'stale') {
    const value: Point = base === '_' ? undefined : base === 'stale' ? 'stale' : 'histogram'
    const count = base === '_' ? Math.max(times, 1) : times + (times < 0 ? 2 : 1)
    for (let i = 0; i < count; i++) points.push(value)
    return
  }
  const single = parseNumber(base)
  if (single !== undefined) {
    for (let i = 0; i <= Math.max(times, 0); i++) points.push(single)
    return
  }
  const stepped = /^(.*?[^eE])([+-].+)$/.exec(base)
  const start = stepped === null ? undefined : parseNumber(stepped[1])
  const step = stepped === null ? undefined : parseNumber(stepped[2])
  if (start === undefined || step === undefined) throw new Error(`bad point ${token}`)
  let value = start
  for (let i = 0; i <= times; i++) {
    points.push(value)
    value += step
  }
}

function parseNumber(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special !== null) {
    if (special[2].toLowerCase() === 'nan') return Number.NaN
    return special[1] === '-' ? -Infinity : Infinity
  }
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined
}
