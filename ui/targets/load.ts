/** Asks for the targets and what their last scrapes brought. */
import { ApiError, ask } from '../api/client.ts'
import type { Metric } from '../api/columns.ts'
import { poolsOf, type Targets, type TargetsData, targetKey } from './target.ts'

interface VectorData {
  readonly result: readonly { readonly metric: Metric; readonly value: readonly [number, string] }[]
}

/** Asks for the targets, and for the samples that each gave last. */
export async function loadTargets(abort: AbortSignal): Promise<Targets> {
  const [targets, samples] = await Promise.all([
    ask<TargetsData>('targets', {}, abort),
    askSamples(abort),
  ])
  return {
    pools: poolsOf(targets.data),
    samples,
  }
}

/** Empty where there is no store to ask. */
async function askSamples(abort: AbortSignal): Promise<ReadonlyMap<string, number>> {
  try {
    const reply = await ask<VectorData>('query', { query: 'scrape_samples_scraped' }, abort)
    const { result } = reply.data
    return new Map(result.map(({ metric, value }) => [targetKey(metric), Number(value[1])]))
  } catch (error) {
    if (error instanceof ApiError && error.kind !== 'away') return new Map()
    throw error
  }
}
