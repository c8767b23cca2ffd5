/** How targets do, as badges. */
import type { JSX } from 'preact'
import type { InstalledTarget } from '../../src/model/install.ts'
import { formatCount } from '../format/value.ts'
import type { HealthCounts } from './load.ts'

type Health = InstalledTarget['health']

const LOOKS: Readonly<Record<Health, string>> = { up: 'good', down: 'bad', unknown: '' }
const WORDS: Readonly<Record<Health, string>> = { up: 'up', down: 'down', unknown: 'waiting' }

/** One for each state that some target is in. */
export function HealthBadges({ health }: { readonly health: HealthCounts }): JSX.Element {
  const states = (['up', 'down', 'unknown'] as const).filter((state) => health[state] > 0)
  if (states.length === 0) return <span class="faint">none is scraped</span>
  return (
    <span class="chips">
      {states.map((state) => (
        <span key={state} class={`badge ${LOOKS[state]}`}>
          {`${formatCount(health[state])} ${WORDS[state]}`}
        </span>
      ))}
    </span>
  )
}

export function HealthBadge({ health }: { readonly health: Health }): JSX.Element {
  return (
    <span class={`badge ${LOOKS[health]}`}>
      {health === 'unknown' ? 'waiting for its first scrape' : health}
    </span>
  )
}
