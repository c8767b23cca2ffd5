/** The table of senders; its heads sort it. */
import type { JSX } from 'preact'
import { describeDuration } from '../format/duration.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { type Column, None, RowsTable } from '../shell/rowstable.tsx'
import { keyOf, refusedOf, type Sender, type SendersState, type SortKey } from './sender.ts'

/** A sender further behind is told apart, in seconds. */
const LAG_WARN_SECONDS = 60

const COLUMNS: readonly Column<SortKey>[] = [
  { title: 'Name', sort: 'name' },
  { title: 'State' },
  { title: 'Protocol' },
  { title: 'Tenant' },
  { title: 'Version' },
  { title: 'Last seen', sort: 'seen', isNumber: true },
  { title: 'Samples', sort: 'rate', isNumber: true },
  { title: 'Series', isNumber: true },
  { title: 'Lag', sort: 'lag', isNumber: true },
  { title: 'Refused', isNumber: true },
]

interface SendersTableProps {
  readonly senders: readonly Sender[]
  readonly rates: ReadonlyMap<string, number | undefined>
  readonly state: SendersState
  readonly onSort: (key: SortKey) => void
}

export function SendersTable({ senders, rates, state, onSort }: SendersTableProps): JSX.Element {
  const { sort: by, isDescending } = state
  return (
    <RowsTable columns={COLUMNS} rows={senders} sorting={{ by, isDescending, onSort }}>
      {(sender) => <Row key={keyOf(sender)} sender={sender} rate={rates.get(keyOf(sender))} />}
    </RowsTable>
  )
}

function Row({ sender, rate }: { sender: Sender; rate: number | undefined }): JSX.Element {
  const { name, address, version, tenant, isConnected, lagSeconds, series } = sender
  const seenMs = Date.parse(sender.lastSeen)
  return (
    <tr>
      <th scope="row">
        <span class="row-name">{name}</span>
        {address !== '' && address !== name && <span class="mono faint">{address}</span>}
        {sender.lastError !== '' && (
          <p class="note bad">
            <Icon name="warn" />
            <span>{sender.lastError}</span>
          </p>
        )}
      </th>
      <td data-title="State">
        <span class={isConnected ? 'badge good' : 'badge warn'}>
          {isConnected ? 'connected' : 'away'}
        </span>
      </td>
      <td data-title="Protocol">{sender.protocol === '' ? <None /> : sender.protocol}</td>
      <td data-title="Tenant">{tenant === '' ? <None /> : tenant}</td>
      <td data-title="Version">{version === '' ? <None /> : version}</td>
      <td class="number" data-title="Last seen">
        <Ago timeMs={seenMs > 0 ? seenMs : undefined} never="not yet" />
      </td>
      <td class="number" data-title="Samples" title={`${formatCount(sender.samples)} in all`}>
        {rate === undefined ? <None /> : formatValue(rate, 'per second')}
      </td>
      <td class="number" data-title="Series">
        {sender.protocol === 'stream' ? formatCount(series) : <None />}
      </td>
      <td class={lagSeconds > LAG_WARN_SECONDS ? 'number is-warn' : 'number'} data-title="Lag">
        {describeDuration(Math.max(0, lagSeconds) * 1000)}
      </td>
      <td class="number" data-title="Refused">
        <Refused sender={sender} />
      </td>
    </tr>
  )
}

function Refused({ sender }: { sender: Sender }): JSX.Element {
  const reasons = Object.entries(sender.refused).filter(([, count]) => count > 0)
  return (
    <>
      {formatCount(refusedOf(sender))}
      {reasons.map(([reason, count]) => (
        <span class="refused-reason" key={reason}>
          {reasons.length === 1 ? reason : `${reason} ${formatCount(count)}`}
        </span>
      ))}
    </>
  )
}
