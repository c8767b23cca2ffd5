/** Features by Prometheus's names: what is said of those that do nothing here. */
import type { Log } from '../base/log.ts'
import { PROMQL_FEATURES } from '../query/promql/features.ts'

/** All that `--enable-feature` switches on, in whichever role. */
const FEATURES: ReadonlySet<string> = new Set([
  ...PROMQL_FEATURES,
  'promql-delayed-name-removal',
  'type-and-unit-labels',
  'extra-scrape-metrics',
])

/** A misspelt name is no fault, as in Prometheus, and is not passed over in silence either. */
export function warnOfFeatures(names: readonly string[], log: Log): void {
  for (const feature of names) {
    if (!FEATURES.has(feature)) log.warn('a feature that has no effect here', { feature })
  }
}
