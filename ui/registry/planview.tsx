/** What a change of several documents would do: how many of each sort, and the targets of each. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { PlannedDocument } from '../../src/model/registry.ts'
import { formatCount } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { More } from '../shell/rowstable.tsx'
import { DiffList } from './difflist.tsx'
import { countActions } from './typed.ts'
import { PLAN_WORDS } from './words.ts'

/** Documents that are listed before a person asks for more. */
const STEP = 50

/** Those that stay as they are count, but are not listed. */
export function PlanView({
  documents,
}: {
  readonly documents: readonly PlannedDocument[]
}): JSX.Element {
  const [shown, setShown] = useState(STEP)
  const changed = documents.filter(({ action }) => action !== 'keep')
  return (
    <div class="plan">
      <PlanCounts documents={documents} />
      {changed.length > 0 && (
        <ul class="card plan-list">
          {changed.slice(0, shown).map((each) => (
            <li key={`${each.kind} ${each.name}`}>
              <Planned document={each} isOpen={changed.length <= 3} />
            </li>
          ))}
        </ul>
      )}
      <More count={changed.length - shown} onMore={() => setShown(shown + STEP)} />
    </div>
  )
}

function PlanCounts({
  documents,
}: {
  readonly documents: readonly PlannedDocument[]
}): JSX.Element {
  const counts = countActions(documents)
  const come = documents.reduce((sum, { addedCount }) => sum + addedCount, 0)
  const go = documents.reduce((sum, { removedCount }) => sum + removedCount, 0)
  return (
    <p class="plan-counts">
      {(['add', 'change', 'delete', 'keep'] as const).map((action) => {
        const count = counts.get(action) ?? 0
        const [word, look] = PLAN_WORDS[action]
        return count === 0 ? null : (
          <span class={`badge ${look}`} key={action}>{`${formatCount(count)} ${word}`}</span>
        )
      })}
      <span class="soft">{`${formatCount(come)} targets come, ${formatCount(go)} go`}</span>
    </p>
  )
}

function Planned(props: {
  readonly document: PlannedDocument
  readonly isOpen: boolean
}): JSX.Element {
  const { name, action, added, removed, addedCount, removedCount, repeated } = props.document
  const [word, look] = PLAN_WORDS[action]
  return (
    <details open={props.isOpen}>
      <summary>
        <Icon name="down" />
        <b class="plan-name">{name}</b>
        <span class={`badge ${look}`}>{word}</span>
        <span class="soft">{sizeText(props.document)}</span>
        {repeated.length > 0 && (
          <span class="soft" title={repeated.slice(0, 20).join('\n')}>
            {`${formatCount(repeated.length)} there twice, kept once`}
          </span>
        )}
      </summary>
      <div class="diff">
        {addedCount + removedCount === 0 && <p class="soft">The targets stay the same.</p>}
        <DiffList sign="−" what="go" look="is-removed" targets={removed} count={removedCount} />
        <DiffList sign="+" what="come" look="is-added" targets={added} count={addedCount} />
      </div>
    </details>
  )
}

/** What comes and goes, and how many targets there will be. */
function sizeText({ action, targets, addedCount, removedCount }: PlannedDocument): string {
  const parts = [
    addedCount > 0 ? `+${formatCount(addedCount)}` : '',
    removedCount > 0 ? `−${formatCount(removedCount)}` : '',
    action === 'change' ? `${formatCount(targets)} in all` : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
