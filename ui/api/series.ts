/** Names of series for people: as PromQL writes them, and without what all of them share. */
import type { Metric } from './columns.ts'

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const PLAIN_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/** Characters that have no shape or turn the direction of what follows. */
const HIDDEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** A text in quotes, as PromQL reads it; nothing in it is invisible or reorders its neighbours. */
export function quoteText(text: string): string {
  return JSON.stringify(text).replace(
    HIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Label pairs in order of name, the metric's name left out. */
export function labelPairs(metric: Metric): [string, string][] {
  return Object.entries(metric)
    .filter(([name]) => name !== '__name__')
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** One matcher of a selector: `name="value"`, with quotes around a name that needs them. */
function formatMatcher(name: string, value: string): string {
  return `${PLAIN_NAME.test(name) ? name : quoteText(name)}=${quoteText(value)}`
}

/** The series as a selector that finds it again. */
export function formatSeries(metric: Metric): string {
  const name = metric.__name__ ?? ''
  const matchers = labelPairs(metric).map(([label, value]) => formatMatcher(label, value))
  if (name !== '' && !PLAIN_METRIC.test(name)) matchers.unshift(quoteText(name))
  const head = PLAIN_METRIC.test(name) ? name : ''
  if (matchers.length === 0) return head === '' ? '{}' : head
  return `${head}{${matchers.join(', ')}}`
}

/** The pairs, name included, that every one of two or more series has. */
export function commonLabels(metrics: readonly Metric[]): Metric {
  if (metrics.length < 2) return {}
  const [first, ...rest] = metrics
  const common: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(first)) {
    if (rest.every((metric) => Object.hasOwn(metric, name) && metric[name] === value)) {
      common[name] = value
    }
  }
  return common
}

/** What tells a series from its neighbours: its pairs without the common ones. */
export function distinctLabels(metric: Metric, common: Metric): Metric {
  const own: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(metric)) {
    if (!Object.hasOwn(common, name)) own[name] = value
  }
  return own
}
