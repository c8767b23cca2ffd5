/** Asks for the targets and what their last scrapes brought. */
import { ask, askIfKnown } from '../api/client.ts'
import type { Metric } from '../api/columns.ts'
import { hasPage } from '../shell/router.ts'
import { type FailedSource, poolsOf, type Targets, type TargetsData, targetKey } from './target.ts'

interface VectorData {
  readonly result: readonly { readonly metric: Metric; readonly value: readonly [number, string] }[]
}

/** Asks for the targets, and for the samples that each gave last. */
export async function loadTargets(abort: AbortSignal): Promise<Targets> {
  const [targets, discovery, samples] = await Promise.all([
    ask<TargetsData>('targets', {}, abort),
    askIfKnown<{ readonly sources: readonly FailedSource[] }>('status/discovery', {}, abort),
    askSamples(abort),
  ])
  return {
    pools: poolsOf(targets.data),
    failedSources: (discovery?.sources ?? []).filter(({ lastError }) => lastError !== ''),
    samples,
  }
}

/** Empty where nobody here answers queries. */
async function askSamples(abort: AbortSignal): Promise<ReadonlyMap<string, number>> {
  if (!hasPage('explore')) return new Map()
  const data = await askIfKnown<VectorData>('query', { query: 'scrape_samples_scraped' }, abort)
  const result = data?.result ?? []
  return new Map(result.map(({ metric, value }) => [targetKey(metric), Number(value[1])]))
}
