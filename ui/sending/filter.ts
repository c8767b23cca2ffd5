/** Which destinations the page shows, as parameters of its address. */
import { hasWords, wordsOf } from '../format/words.ts'
import type { Destination, Health } from './destination.ts'

export interface SendingFilter {
  /** Words that must all occur in the name, the kind, the address or the last error. */
  readonly text: string
  /** Empty for all. */
  readonly health: ReadonlySet<Health>
}

/** Those that need a look first. */
export const HEALTHS: readonly Health[] = ['retrying', 'sending', 'idle']

/** The filter of a query string. */
export function parseFilter(search: string): SendingFilter {
  const params = new URLSearchParams(search)
  const wanted = (params.get('health') ?? '').split(',')
  return {
    text: params.get('search') ?? '',
    health: new Set(HEALTHS.filter((health) => wanted.includes(health))),
  }
}

/** The query string of a filter, '' for none. */
export function formatFilter({ text, health }: SendingFilter): string {
  const params = new URLSearchParams()
  if (text !== '') params.set('search', text)
  if (health.size > 0) params.set('health', [...health].join(','))
  return params.toString()
}

/** What is left, those that need a look first, in the order of the configuration otherwise. */
export function filterDestinations(
  destinations: readonly Destination[],
  filter: SendingFilter,
): Destination[] {
  const words = wordsOf(filter.text)
  return destinations
    .filter(
      (each) =>
        (filter.health.size === 0 || filter.health.has(each.health)) &&
        hasWords([each.name, each.kind, each.address, each.lastError].join(' '), words),
    )
    .sort((a, b) => HEALTHS.indexOf(a.health) - HEALTHS.indexOf(b.health))
}
