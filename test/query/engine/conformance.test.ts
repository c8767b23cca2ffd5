/** Prometheus's own evaluation scripts, in process: every float case must pass. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { labelValue } from '../../../src/model/labels.ts'
import { compileMatcher, type Matcher } from '../../../src/model/matcher.ts'
import type { EngineOptions } from '../../../src/query/engine/context.ts'
import { ENGINE_DEFAULTS } from '../../../src/query/engine/evaluate.ts'
import type { Expr } from '../../../src/query/promql/ast.ts'
import { ALL_FEATURES } from '../../../src/query/promql/features.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { judge, judgeInRange } from './judge.ts'
import { MemoryStore } from './memory.ts'
import { type Eval, type Load, readScript, type SeriesLine, samplesOf } from './script.ts'

const DATA = join(import.meta.dirname, '../../../../shared/conformance/data/promql')
const SKIP = existsSync(DATA) ? false : 'the suites are not beside the checkout'

/** As Prometheus runs its scripts: names go at the end. */
const DELAYED: EngineOptions = {
  ...ENGINE_DEFAULTS,
  features: ALL_FEATURES,
  delayedNameRemoval: true,
}
/** As a server runs without that feature. */
const AT_ONCE: EngineOptions = { ...DELAYED, delayedNameRemoval: false }

/** Scripts whose expectations are those of names that go at the end. */
const NEED_DELAY: ReadonlySet<string> = new Set(['name_label_dropping.test', 'type_and_unit.test'])

/** Cases that need start times of samples, which are not stored. */
const NEED_START_TIMES = /^start_timestamps\.test:/

interface Block {
  readonly store: MemoryStore
  /** Series that have native histograms, which cannot be stored yet. */
  readonly native: SeriesLine[]
}

interface Verdict {
  readonly name: string
  readonly native: boolean
  readonly fault: string | undefined
}

function runFile(file: string, options: EngineOptions): Verdict[] {
  const verdicts: Verdict[] = []
  let block: Block = { store: new MemoryStore(), native: [] }
  for (const command of readScript(readFileSync(join(DATA, file), 'utf8'))) {
    if (command.kind === 'clear') block = { store: new MemoryStore(), native: [] }
    else if (command.kind === 'load') loadInto(block, command)
    else {
      const fault = faultOf(command, block.store, options)
      const native = needsNative(command, block.native)
      verdicts.push({ name: `${file}:${command.line}`, native, fault })
    }
  }
  return verdicts
}

function loadInto({ store, native }: Block, load: Load): void {
  for (const line of load.series) {
    store.add(line.labels, samplesOf(line, load.gapMs))
    if (line.points.includes('histogram')) native.push(line)
    if (load.native) native.push({ ...line, labels: nativeLabels(line) })
  }
}

/** The series that load_with_nhcb makes of a classic one. */
function nativeLabels({ labels }: SeriesLine): string[] {
  const made: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    const value = labels[i + 1]
    if (labels[i] === '__name__') made.push('__name__', value.replace(/_(bucket|count|sum)$/, ''))
    else if (labels[i] !== 'le') made.push(labels[i], value)
  }
  return made
}

/** Whether a case expects or reads native histograms. */
function needsNative({ series, expr }: Eval, native: readonly SeriesLine[]): boolean {
  if (series.some(({ points }) => points.includes('histogram'))) return true
  let tree: Expr
  try {
    tree = parseExpr(expr, ALL_FEATURES)
  } catch {
    // A text that does not parse reads nothing.
    return false
  }
  return matchersOf(tree).some((matchers) => {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }))
    return native.some(({ labels }) =>
      tests.every(({ name, test }) => test(labelValue(labels, name))),
    )
  })
}

function matchersOf(value: unknown): (readonly Matcher[])[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'matchers' in value ? [value.matchers as readonly Matcher[]] : []
  return [...own, ...Object.values(value).flatMap(matchersOf)]
}

function faultOf(command: Eval, store: MemoryStore, options: EngineOptions): string | undefined {
  const fault = judge(command, store, options)
  if (fault !== undefined || !hasRangeForm(command)) return fault
  return judgeInRange(command, store, options)
}

function hasRangeForm({ stepMs, expectations, rangeVector, text, expr }: Eval): boolean {
  return (
    stepMs === 0 &&
    rangeVector === undefined &&
    text === undefined &&
    !expectations.some(({ kind }) => kind === 'ordered' || kind === 'fail') &&
    !/(start|end|range|step)\(\)/.test(expr)
  )
}

const files = SKIP === false ? readdirSync(DATA).filter((name) => name.endsWith('.test')) : []
const nativeFaults: string[] = []
let nativeCount = 0
let floatCount = 0

for (const file of files) {
  test(`all float cases of ${file} pass`, () => {
    const faults: string[] = []
    for (const { name, native, fault } of runFile(file, DELAYED)) {
      if (native) nativeCount++
      if (native && fault !== undefined) nativeFaults.push(name)
      if (!native) floatCount++
      if (!native && fault !== undefined && !NEED_START_TIMES.test(name)) {
        faults.push(`${name}: ${fault}`)
      }
    }
    assert.deepEqual(faults, [])
  })
  if (NEED_DELAY.has(file)) continue
  test(`all float cases of ${file} pass when names go at once`, () => {
    const faults = runFile(file, AT_ONCE).filter(
      ({ name, native, fault }) => fault !== undefined && !native && !NEED_START_TIMES.test(name),
    )
    assert.deepEqual(faults, [])
  })
}

test('cases with native histograms are counted apart', { skip: SKIP }, (context) => {
  context.diagnostic(`${floatCount} cases need floats only`)
  context.diagnostic(
    `${nativeFaults.length} of ${nativeCount} others fail without native histograms: ${nativeFaults.join(' ')}`,
  )
  assert.ok(floatCount > 700 && nativeCount > 0)
})
