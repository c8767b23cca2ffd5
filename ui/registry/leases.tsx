/** Targets that have registered themselves, and are gone when they no longer say that they are there. */
import type { JSX } from 'preact'
import { apiUrl } from '../api/client.ts'
import { usePolled } from '../api/polled.ts'
import { describeDuration } from '../format/duration.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { useNow } from '../shell/now.ts'
import { type Column, RowsTable } from '../shell/rowstable.tsx'
import { LabelChips } from './labels.tsx'
import { type LeaseRow, loadLeases } from './load.ts'

const REFRESH_MS = 5000

export function LeasesSection(): JSX.Element {
  const { data, failure } = usePolled(loadLeases, REFRESH_MS)
  return (
    <div class="registry-section">
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="registry-skeleton" />}
      {data?.length === 0 && <NoLeases />}
      {data !== undefined && data.length > 0 && <LeasesTable leases={data} />}
    </div>
  )
}

function NoLeases(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="inbox" />
      <strong>No target has registered itself</strong>
      <span>
        One that does, and says so again before its time runs out, stays as long as it runs.
      </span>
      <CodeBox title="Each 20 seconds, from the host itself" text={leaseCommand()} />
    </div>
  )
}

function leaseCommand(): string {
  return `curl -X PUT ${apiUrl('sd/leases/')}$(hostname) -d '{
  "group": "hosts",
  "target": "'$(hostname)':9100",
  "labels": {"job": "node"},
  "ttl": "60s"
}'
`
}

const COLUMNS: readonly Column[] = [
  { title: 'Target' },
  { title: 'Group' },
  { title: 'Labels' },
  { title: 'By' },
  { title: 'Runs out in', isNumber: true },
]

function LeasesTable({ leases }: { readonly leases: readonly LeaseRow[] }): JSX.Element {
  const nowMs = useNow()
  return (
    <RowsTable columns={COLUMNS} rows={leases}>
      {({ key, group, target, labels, expires, ttlSeconds, by }) => (
        <tr key={key}>
          <th scope="row">
            <span class="row-name">{target}</span>
            {key !== target && <span class="mono faint">{key}</span>}
          </th>
          <td data-title="Group">{group}</td>
          <td data-title="">
            <LabelChips labels={labels} />
          </td>
          <td data-title="By">{by}</td>
          <td
            class="number"
            data-title="Runs out in"
            title={`of ${describeDuration(ttlSeconds * 1000)}`}
          >
            {describeRest(Date.parse(expires) - nowMs)}
          </td>
        </tr>
      )}
    </RowsTable>
  )
}

/** In whole seconds: tenths that tick would only flicker. */
function describeRest(restMs: number): string {
  const seconds = Math.max(0, Math.round(restMs / 1000))
  return seconds < 60 ? `${seconds} s` : describeDuration(seconds * 1000)
}
