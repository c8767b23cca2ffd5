/** Which targets the page shows, as parameters of its address. */
import { hasWords, wordsOf } from '../format/words.ts'
import type { Dropped, Health, Pool, Target } from './target.ts'

export interface TargetFilter {
  /** Words that must all occur in the address, the labels or the error. */
  readonly text: string
  /** Empty for all. */
  readonly health: ReadonlySet<Health>
  /** Pools whose list is folded away. */
  readonly folded: ReadonlySet<string>
}

const HEALTHS: readonly Health[] = ['up', 'down', 'unknown']

/** The filter of a query string. */
export function parseFilter(search: string): TargetFilter {
  const params = new URLSearchParams(search)
  const wanted = (params.get('health') ?? '').split(',')
  return {
    text: params.get('search') ?? '',
    health: new Set(HEALTHS.filter((health) => wanted.includes(health))),
    folded: new Set(params.getAll('folded')),
  }
}

/** The query string of a filter, '' for none. */
export function formatFilter(filter: TargetFilter): string {
  const params = new URLSearchParams()
  if (filter.text !== '') params.set('search', filter.text)
  if (filter.health.size > 0) params.set('health', [...filter.health].join(','))
  for (const pool of filter.folded) params.append('folded', pool)
  return params.toString()
}

/** The pools with what is left of them; a pool without anything is left out. */
export function filterPools(pools: readonly Pool[], filter: TargetFilter): Pool[] {
  const words = wordsOf(filter.text)
  const anyHealth = filter.health.size === 0
  const filtered = pools.map((pool) => ({
    ...pool,
    targets: pool.targets.filter(
      (t) => (anyHealth || filter.health.has(t.health)) && hasWords(targetText(pool, t), words),
    ),
    dropped: anyHealth ? pool.dropped.filter((d) => hasWords(droppedText(pool, d), words)) : [],
    droppedCount: anyHealth && words.length === 0 ? pool.droppedCount : 0,
  }))
  return filtered.filter(({ targets, dropped, droppedCount }) => {
    return targets.length > 0 || dropped.length > 0 || droppedCount > 0
  })
}

function targetText(pool: Pool, target: Target): string {
  return [
    pool.name,
    target.scrapeUrl,
    target.lastError,
    ...Object.entries(target.labels).flat(),
  ].join(' ')
}

function droppedText(pool: Pool, dropped: Dropped): string {
  return [pool.name, ...Object.entries(dropped.discoveredLabels).flat()].join(' ')
}
