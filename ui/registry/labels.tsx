/** Labels of a target. */
import type { JSX } from 'preact'

interface LabelChipsProps {
  readonly labels: Readonly<Record<string, string>>
}

export function LabelChips({ labels }: LabelChipsProps): JSX.Element {
  const pairs = Object.entries(labels)
  if (pairs.length === 0) return <span class="faint">no labels</span>
  return (
    <span class="chips">
      {pairs.map(([name, value]) => (
        <span class="chip" key={name}>
          <span>
            {name}=<b>{value}</b>
          </span>
        </span>
      ))}
    </span>
  )
}
