/** Who asks for targets: how often, when last, and what they got. */
import type { JSX } from 'preact'
import { usePolled } from '../api/polled.ts'
import { describeDuration } from '../format/duration.ts'
import { formatCount } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert, Waiting } from '../shell/listpage.tsx'
import { type Column, None, RowsTable } from '../shell/rowstable.tsx'
import { type ConsumerRow, loadConsumers } from './load.ts'

const REFRESH_MS = 5000

export function ConsumersSection(): JSX.Element {
  const { data, failure } = usePolled(loadConsumers, REFRESH_MS)
  return (
    <div class="registry-section">
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="registry-skeleton" />}
      {data?.length === 0 && <NoConsumers />}
      {data !== undefined && data.length > 0 && <ConsumersTable consumers={data} />}
    </div>
  )
}

function NoConsumers(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="inbox" />
      <strong>Nobody has asked for targets yet</strong>
      <span>The scrape configuration above tells Prometheus, vmagent or narthex to.</span>
    </div>
  )
}

const COLUMNS: readonly Column[] = [
  { title: 'Consumer' },
  { title: 'State' },
  { title: 'Asks for' },
  { title: 'Every', isNumber: true },
  { title: 'Last seen', isNumber: true },
  { title: 'Got', isNumber: true },
  { title: 'Polls', isNumber: true },
]

function ConsumersTable({ consumers }: { consumers: readonly ConsumerRow[] }): JSX.Element {
  return (
    <RowsTable columns={COLUMNS} rows={consumers}>
      {(each) => (
        <Row key={`${each.name} ${each.address} ${each.path} ${each.agent}`} consumer={each} />
      )}
    </RowsTable>
  )
}

function Row({ consumer }: { readonly consumer: ConsumerRow }): JSX.Element {
  const { name, address, agent, path, intervalSeconds, lastSeen, polls, isLate } = consumer
  return (
    <tr>
      <th scope="row">
        <span class="row-name">{name}</span>
        {address !== name && <span class="mono faint">{address}</span>}
        {agent !== '' && <span class="soft">{agent}</span>}
      </th>
      <td data-title="State">
        <span class={isLate ? 'badge warn' : 'badge good'}>{isLate ? 'late' : 'in time'}</span>
      </td>
      <td class="mono" data-title="Asks for">
        {path}
      </td>
      <td class="number" data-title="Every">
        {intervalSeconds > 0 ? (
          describeDuration(intervalSeconds * 1000)
        ) : (
          <None why="It does not say how often it comes" />
        )}
      </td>
      <td class="number" data-title="Last seen">
        <Ago timeMs={Date.parse(lastSeen)} never="never" />
      </td>
      <td class="number" data-title="Got">
        <Got consumer={consumer} />
      </td>
      <td class="number" data-title="Polls">
        {formatCount(polls)}
      </td>
    </tr>
  )
}

/** What the last answer was; who was told that nothing is new has what it got before. */
function Got({ consumer }: { readonly consumer: ConsumerRow }): JSX.Element {
  const { status, targets } = consumer
  if (status !== 200 && status !== 304) return <span class="badge bad">{`${status}`}</span>
  const title = status === 304 ? 'It had them already' : 'The whole list'
  return <span title={title}>{`${formatCount(targets)} targets`}</span>
}
