/** Targets that came, or went. */
import type { JSX } from 'preact'
import type { LabelledTarget } from '../../src/model/registry.ts'
import { formatCount } from '../format/value.ts'
import { LabelChips } from './labels.tsx'

interface DiffListProps {
  readonly sign: string
  readonly what: string
  readonly look: string
  readonly targets: readonly LabelledTarget[]
  /** Of all, listed or not. */
  readonly count: number
}

export function DiffList({ sign, what, look, targets, count }: DiffListProps): JSX.Element | null {
  if (count === 0) return null
  return (
    <ul class={look} aria-label={`${count} targets ${what}`}>
      {targets.map(({ target, labels }, index) => (
        <li key={index}>
          <span class="mono">{`${sign} ${target}`}</span>
          <LabelChips labels={labels} />
        </li>
      ))}
      {count > targets.length && (
        <li class="soft">{`and ${formatCount(count - targets.length)} more`}</li>
      )}
    </ul>
  )
}
