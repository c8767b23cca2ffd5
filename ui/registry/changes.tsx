/** Everything that was changed, newest first: groups, services, and targets that registered themselves. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, NoneMatches, Waiting } from '../shell/listpage.tsx'
import { followLink, hrefBelow } from '../shell/router.ts'
import { LabelChips } from './labels.tsx'
import { type ChangeRow, loadChanges } from './load.ts'
import { PlanDialog } from './plandialog.tsx'
import { DONE_WORDS, LEASE_WORDS } from './words.ts'

const REFRESH_MS = 5000
/** Changes that are shown before a person asks for more, and how many each time. */
const STEP = 50
/** As many as one answer has. */
const CHANGES_MAX = 200

interface ChangesProps {
  /** What must stand in them; '' for all. */
  readonly text: string
  readonly onShowAll: () => void
}

export function ChangesSection({ text, onShowAll }: ChangesProps): JSX.Element {
  const [limit, setLimit] = useState(STEP)
  const [own, setOwn] = useState(0)
  const load = useCallback(
    (abort: AbortSignal) => loadChanges(text, limit, abort),
    // Asked anew after a change of our own.
    [text, limit, own],
  )
  const { data, failure } = usePolled(load, REFRESH_MS)
  return (
    <div class="registry-section">
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="registry-skeleton" />}
      {data?.length === 0 && text === '' && <NoChanges />}
      {data?.length === 0 && text !== '' && <NoneMatches what="change" onShowAll={onShowAll} />}
      {data !== undefined && data.length > 0 && (
        <ol class="card history changes">
          {data.map((change) => (
            <li key={change.revision}>
              <Change change={change} onUndone={() => setOwn(own + 1)} />
            </li>
          ))}
        </ol>
      )}
      {data?.length === limit && limit < CHANGES_MAX && (
        <button type="button" class="button bare" onClick={() => setLimit(limit + STEP)}>
          Show older ones
        </button>
      )}
    </div>
  )
}

function NoChanges(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="history" />
      <strong>Nothing was changed yet</strong>
      <span>Who changes a group or a service, and targets that come and go, stand here.</span>
    </div>
  )
}

interface ChangeProps {
  readonly change: ChangeRow
  readonly onUndone: () => void
}

function Change({ change, onUndone }: ChangeProps): JSX.Element {
  const { revision, at, by, count, documents, leases } = change
  const hidden = count - documents.length - leases.length
  return (
    <>
      <div class="change">
        <p class="soft">
          <span class="history-version">{revision}</span>
          <span>
            by {by}, <Ago timeMs={Date.parse(at)} never="never" />
          </span>
        </p>
        <ul>
          {documents.map(({ kind, name, action, version, targets }) => (
            <li key={`${kind} ${name}`}>
              <span class={action === 'delete' ? 'badge bad' : 'badge'}>{DONE_WORDS[action]}</span>
              <span>
                {`${kind} `}
                <a
                  href={`${hrefBelow('registry', `${kind}s`, name)}?tab=history`}
                  onClick={followLink}
                >
                  {name}
                </a>
              </span>
              <span class="soft">{`version ${version}, ${formatCount(targets)} targets`}</span>
            </li>
          ))}
          {leases.map(({ key, action, group, target, labels }) => (
            <li key={`${key} ${action}`}>
              <span class={action === 'expire' ? 'badge warn' : 'badge'}>
                {LEASE_WORDS[action]}
              </span>
              <span class="mono">{target}</span>
              <span class="soft">{`lease ${key} of ${group}`}</span>
              <LabelChips labels={labels} />
            </li>
          ))}
          {hidden > 0 && <li class="soft">{`and ${formatCount(hidden)} more`}</li>}
        </ul>
      </div>
      {documents.length > 0 && <UndoButton revision={revision} onUndone={onUndone} />}
    </>
  )
}

interface UndoProps {
  readonly revision: number
  readonly onUndone: () => void
}

function UndoButton({ revision, onUndone }: UndoProps): JSX.Element {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        class="button bare history-undo"
        aria-label={`Undo change ${revision}`}
        onClick={() => setIsOpen(true)}
      >
        Undo
      </button>
      {isOpen && (
        <PlanDialog
          title={`Undo change ${revision}?`}
          verb="Undo it"
          edit={{ action: 'undo', revision }}
          onClose={() => setIsOpen(false)}
          onDone={onUndone}
        />
      )}
    </>
  )
}
