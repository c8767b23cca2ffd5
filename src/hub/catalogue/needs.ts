/** Which metrics an expression asks for, and whether they are there. */
import { compileRegex } from '../../base/regex.ts'
import type { Need } from '../../model/catalogue.ts'
import { METRIC_NAME } from '../../model/labels.ts'
import { compileMatcher, formatMatcher, type Matcher } from '../../model/matcher.ts'
import type { Expr, VectorSelector } from '../../query/promql/ast.ts'
import { partsOf } from '../../query/promql/walk.ts'
import { ANYTHING, patternOf } from './template.ts'

/** Metrics that who scrapes makes itself, whatever the exporter says. */
const OF_THE_SCRAPER: ReadonlySet<string> = new Set([
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
  'ALERTS',
  'ALERTS_FOR_STATE',
])

/** What is there, and why other things are not. */
export interface Ground {
  /** Metric names of the sample. */
  readonly names: ReadonlySet<string>
  /** Metrics that rules record; whether the rule has what it needs itself. */
  readonly recorded: ReadonlyMap<string, boolean>
  /** Reasons by metric. */
  readonly misses: ReadonlyMap<string, string>
}

/** Reasons that nobody has to write down. */
export const NO_SAMPLE = 'nothing was recorded'
export const NOT_IN_SAMPLE = 'not in the sample'
export const NOT_RECORDED = 'the rule that records it lacks metrics itself'

/** What an expression needs, each metric once, and whether it can answer. */
export interface Judgement {
  readonly needs: readonly Need[]
  readonly isVerified: boolean
}

/**
 * Holds an expression against what is there. Of `a or b` one side is enough, as it is written where
 * a metric has two names.
 */
export function judge(expr: Expr, ground: Ground): Judgement {
  const needs = new Map<string, Need>()
  const isVerified = isThere(expr, ground, needs)
  return { needs: [...needs.values()], isVerified }
}

function isThere(expr: Expr, ground: Ground, needs: Map<string, Need>): boolean {
  if (expr.kind === 'selector') return isSelected(expr, ground, needs)
  // All parts are gone through, so that all needs are told.
  const parts = partsOf(expr).map((part) => isThere(part, ground, needs))
  return expr.kind === 'binary' && expr.op === 'or' ? parts.some(Boolean) : parts.every(Boolean)
}

function isSelected(selector: VectorSelector, ground: Ground, needs: Map<string, Need>): boolean {
  const matchers = selector.matchers.filter(({ name }) => name === METRIC_NAME)
  if (matchers.length === 0) return true
  const metric = describe(matchers)
  const known = needs.get(metric)
  if (known !== undefined) return known.isThere
  const isFound = find(matchers, ground)
  needs.set(metric, { metric, isThere: isFound, reason: isFound ? '' : whyNot(metric, ground) })
  return isFound
}

function describe(matchers: readonly Matcher[]): string {
  const [first] = matchers
  if (matchers.length > 1 || first.op !== '=') return `{${matchers.map(formatMatcher).join(', ')}}`
  return patternOf(first.value)?.replaceAll(ANYTHING, '*') ?? first.value
}

function find(matchers: readonly Matcher[], { names, recorded }: Ground): boolean {
  const [first] = matchers
  if (matchers.length === 1 && first.op === '=' && patternOf(first.value) === undefined) {
    const { value } = first
    return names.has(value) || OF_THE_SCRAPER.has(value) || recorded.get(value) === true
  }
  const tests = matchers.map(compileNameMatcher)
  const isMatch = (name: string): boolean => tests.every((test) => test(name))
  for (const name of names) if (isMatch(name)) return true
  for (const name of OF_THE_SCRAPER) if (isMatch(name)) return true
  for (const [name, isMade] of recorded) if (isMade && isMatch(name)) return true
  return false
}

function compileNameMatcher(matcher: Matcher): (name: string) => boolean {
  const pattern = patternOf(matcher.value)
  if (pattern === undefined || matcher.op === '!=') return compileMatcher(matcher)
  if (matcher.op === '=') return compileRegex(pattern).test
  return compileMatcher({ ...matcher, value: pattern })
}

function whyNot(metric: string, { names, recorded, misses }: Ground): string {
  const written = misses.get(metric)
  if (written !== undefined) return written
  if (recorded.has(metric)) return NOT_RECORDED
  return names.size === 0 ? NO_SAMPLE : NOT_IN_SAMPLE
}
