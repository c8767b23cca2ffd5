/** The audit log: who did what, when, from where, and what came of it. */
import type { JSX } from 'preact'
import { useCallback } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { formatTime } from '../format/time.ts'
import { Icon } from '../shell/icon.tsx'
import { Alert, NoneMatches, Waiting } from '../shell/listpage.tsx'
import { type Column, None, RowsTable } from '../shell/rowstable.tsx'
import { zone } from '../shell/settings.ts'
import { type AuditRow, ENTRIES_COUNT, loadAudit } from './load.ts'
import type { AccountsState } from './state.ts'

const REFRESH_MS = 10_000

/** From here on a status says that nothing was done. */
const FAILED_STATUS = 400

const COLUMNS: readonly Column[] = [
  { title: 'Time' },
  { title: 'Outcome' },
  { title: 'Who' },
  { title: 'From' },
  { title: 'What' },
  { title: 'On' },
]

interface AuditSectionProps {
  readonly state: AccountsState
  readonly onState: (state: AccountsState) => void
}

export function AuditSection({ state, onState }: AuditSectionProps): JSX.Element {
  const { section, text, failed, before } = state
  const load = useCallback(
    (abort: AbortSignal) => loadAudit({ section, text, failed, before }, abort),
    [section, text, failed, before],
  )
  // Older parts do not change.
  const { data, failure } = usePolled(load, before === 0 ? REFRESH_MS : 0)
  const isFiltered = text !== '' || failed || before > 0
  return (
    <div class="accounts-section">
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="accounts-skeleton" />}
      {data?.length === 0 && isFiltered && (
        <NoneMatches
          what="entry"
          onShowAll={() => onState({ ...state, text: '', failed: false, before: 0 })}
        />
      )}
      {data?.length === 0 && !isFiltered && <NoEntries />}
      {data !== undefined && data.length > 0 && (
        <RowsTable columns={COLUMNS} rows={data}>
          {(entry) => <Row key={entry.id} entry={entry} />}
        </RowsTable>
      )}
      {data !== undefined && (before > 0 || data.length === ENTRIES_COUNT) && (
        <nav class="pages" aria-label="Parts of the log">
          <button
            type="button"
            class="button"
            disabled={before === 0}
            onClick={() => onState({ ...state, before: 0 })}
          >
            Newest
          </button>
          <button
            type="button"
            class="button"
            disabled={data.length < ENTRIES_COUNT}
            onClick={() => {
              onState({ ...state, before: data.at(-1)?.id ?? 0 })
              window.scrollTo(0, 0)
            }}
          >
            Older
          </button>
        </nav>
      )}
    </div>
  )
}

function Row({ entry }: { readonly entry: AuditRow }): JSX.Element {
  const { time, who, address, action, object, status } = entry
  const isFailed = status >= FAILED_STATUS
  return (
    <tr>
      <th scope="row" class="audit-time">
        <time dateTime={time}>{formatTime(Date.parse(time), zone.value)}</time>
      </th>
      <td data-title="Outcome">
        <span class={isFailed ? 'badge bad' : 'badge good'}>{isFailed ? `${status}` : 'done'}</span>
      </td>
      <td data-title="Who">{who === '' ? <span class="faint">unknown</span> : who}</td>
      <td class="mono" data-title="From">
        {address === '' ? <None why="On the command line" /> : address}
      </td>
      <td class="mono audit-action" data-title="What">
        {action}
      </td>
      <td class="audit-object" data-title="On">
        {object === '' ? <None /> : object}
      </td>
    </tr>
  )
}

function NoEntries(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="history" />
      <strong>Nothing was done yet</strong>
      <span>Every change, and every login that is refused, is written down here.</span>
    </div>
  )
}
