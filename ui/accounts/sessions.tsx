/** Sessions: the browsers in which somebody is logged in. */
import type { JSX } from 'preact'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { type Column, RowsTable } from '../shell/rowstable.tsx'
import { endSession, loadSessions, type SessionRow } from './load.ts'
import { Section } from './section.tsx'
import { TakeAway } from './takeaway.tsx'
import { Until } from './until.tsx'

const COLUMNS: readonly Column[] = [
  { title: 'User' },
  { title: 'From' },
  { title: 'Last used', isNumber: true },
  { title: 'Logged in', isNumber: true },
  { title: 'Ends', isNumber: true },
  { title: 'Actions', isNumber: true },
]

export function SessionsSection(): JSX.Element {
  return (
    <Section load={loadSessions} none={<NoSessions />}>
      {(sessions, reload) => (
        <RowsTable columns={COLUMNS} rows={sessions}>
          {(session) => <Row key={session.id} session={session} onDone={reload} />}
        </RowsTable>
      )}
    </Section>
  )
}

interface RowProps {
  readonly session: SessionRow
  readonly onDone: () => void
}

function Row({ session, onDone }: RowProps): JSX.Element {
  const { id, user, address, agent, opened, used, expires } = session
  return (
    <tr>
      <th scope="row">
        <span class="row-name">{user}</span>
        <span class="soft session-agent">{agent}</span>
      </th>
      <td class="mono" data-title="From">
        {address}
      </td>
      <td class="number" data-title="Last used">
        <Ago timeMs={Date.parse(used)} never="never" />
      </td>
      <td class="number" data-title="Logged in">
        <Ago timeMs={Date.parse(opened)} never="never" />
      </td>
      <td class="number" data-title="Ends">
        <Until time={expires} />
      </td>
      <td class="row-buttons" data-title="">
        <TakeAway
          verb="End"
          title={`End this session of ${user}?`}
          onTakeAway={() => endSession(id)}
          onDone={onDone}
        >
          The browser at {address} is asked for a name and a password next.
        </TakeAway>
      </td>
    </tr>
  )
}

function NoSessions(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="user" />
      <strong>No browser is logged in</strong>
      <span>
        Each that logs in stands here, until it logs out, is unused for long, or is ended.
      </span>
    </div>
  )
}
