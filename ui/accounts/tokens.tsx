/** Tokens: what programs come in with. */
import type { JSX } from 'preact'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { type Column, None, RowsTable } from '../shell/rowstable.tsx'
import { loadTokens, removeToken, type TokenRow } from './load.ts'
import { NewToken } from './newtoken.tsx'
import { RoleBadge } from './rolefield.tsx'
import { Section } from './section.tsx'
import { TakeAway } from './takeaway.tsx'
import { Until } from './until.tsx'

const COLUMNS: readonly Column[] = [
  { title: 'Name' },
  { title: 'Role' },
  { title: 'Last used', isNumber: true },
  { title: 'From' },
  { title: 'Added', isNumber: true },
  { title: 'By' },
  { title: 'Ends', isNumber: true },
  { title: 'Actions', isNumber: true },
]

export function TokensSection(): JSX.Element {
  return (
    <Section load={loadTokens} none={<NoTokens />} tools={(reload) => <NewToken onDone={reload} />}>
      {(tokens, reload) => (
        <RowsTable columns={COLUMNS} rows={tokens}>
          {(token) => <Row key={token.name} token={token} onDone={reload} />}
        </RowsTable>
      )}
    </Section>
  )
}

function Row({
  token,
  onDone,
}: {
  readonly token: TokenRow
  readonly onDone: () => void
}): JSX.Element {
  const { name, role, used, usedFrom, created, createdBy, expires } = token
  return (
    <tr>
      <th scope="row">
        <span class="row-name">{name}</span>
      </th>
      <td data-title="Role">
        <RoleBadge role={role} />
      </td>
      <td class="number" data-title="Last used">
        <Ago timeMs={used === null ? undefined : Date.parse(used)} never="never" />
      </td>
      <td class="mono" data-title="From">
        {usedFrom === '' ? <None why="It was never used" /> : usedFrom}
      </td>
      <td class="number" data-title="Added">
        <Ago timeMs={Date.parse(created)} never="never" />
      </td>
      <td data-title="By">{createdBy}</td>
      <td class="number" data-title="Ends">
        <Until time={expires} />
      </td>
      <td class="row-buttons" data-title="">
        <TakeAway
          verb="Revoke"
          title={`Revoke the token ${name}?`}
          onTakeAway={() => removeToken(name)}
          onDone={onDone}
        >
          Whoever uses it is refused from the next request on, at all hubs of this database within a
          second.
        </TakeAway>
      </td>
    </tr>
  )
}

function NoTokens(): JSX.Element {
  return (
    <div class="card empty">
      <Icon name="braces" />
      <strong>No tokens in the records</strong>
      <span>
        Give everybody who asks for targets, and every script, a token of its own: it can be revoked
        alone.
      </span>
    </div>
  )
}
