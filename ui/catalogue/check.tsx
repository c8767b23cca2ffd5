/** How a rule or a panel did against the exporter, and what it needs. */
import type { JSX } from 'preact'
import type { Need } from '../../src/model/catalogue.ts'
import { Icon } from '../shell/icon.tsx'

interface CheckProps {
  readonly isVerified: boolean
  /** Whether there is a sample that it could be held against. */
  readonly hasSample: boolean
}

export function CheckBadge({ isVerified, hasSample }: CheckProps): JSX.Element {
  if (!hasSample) return <span class="badge">not verified</span>
  return isVerified ? (
    <span class="badge good">verified</span>
  ) : (
    <span class="badge warn">not verified</span>
  )
}

/** The metrics that were not there, each with its reason. */
export function Misses(props: { needs: readonly Need[]; fault?: string }): JSX.Element | null {
  const missing = props.needs.filter(({ isThere }) => !isThere)
  const { fault = '' } = props
  if (missing.length === 0 && fault === '') return null
  return (
    <ul class="misses">
      {fault !== '' && (
        <li class="note bad">
          <Icon name="warn" />
          <span>{fault}</span>
        </li>
      )}
      {missing.map(({ metric, reason }) => (
        <li key={metric}>
          <code>{metric}</code>
          <span class="soft">{reason}</span>
        </li>
      ))}
    </ul>
  )
}
