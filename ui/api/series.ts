/** Names of series for people: as PromQL writes them, and without what all of them share. */
import type { Metric } from './columns.ts'

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const PLAIN_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/** Label pairs in order of name, the metric's name left out. */
export function labelPairs(metric: Metric): [string, string][] {
  return Object.entries(metric)
    .filter(([name]) => name !== '__name__')
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** One matcher of a selector: `name="value"`, with quotes around a name that needs them. */
function formatMatcher(name: string, value: string): string {
  return `${PLAIN_NAME.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`
}

/** The series as a selector that finds it again. */
export function formatSeries(metric: Metric): string {
  const name = metric.__name__ ?? ''
  const matchers = labelPairs(metric).map(([label, value]) => formatMatcher(label, value))
  if (name !== '' && !PLAIN_METRIC.test(name)) matchers.unshift(JSON.stringify(name))
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
