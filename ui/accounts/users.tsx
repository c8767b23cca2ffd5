/** Users: who may log in with a name and a password. */
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Ago } from '../shell/ago.tsx'
import { caller } from '../shell/caller.ts'
import { Icon } from '../shell/icon.tsx'
import { type Column, RowsTable } from '../shell/rowstable.tsx'
import { loadUsers, removeUser, type UserRow } from './load.ts'
import { RoleBadge } from './rolefield.tsx'
import { Section } from './section.tsx'
import { TakeAway } from './takeaway.tsx'
import { UserDialog } from './userform.tsx'

const COLUMNS: readonly Column[] = [
  { title: 'Name' },
  { title: 'Role' },
  { title: 'Changed', isNumber: true },
  { title: 'By' },
  { title: 'Actions', isNumber: true },
]

export function UsersSection(): JSX.Element {
  return (
    <Section load={loadUsers} none={<NoUsers />} tools={(reload) => <NewUser onDone={reload} />}>
      {(users, reload) => (
        <RowsTable columns={COLUMNS} rows={users}>
          {(user) => <Row key={user.name} user={user} onDone={reload} />}
        </RowsTable>
      )}
    </Section>
  )
}

function NewUser({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const isFirst = caller.value?.isOpen === true
  return (
    <>
      <button type="button" class="button" onClick={() => dialog.current?.showModal()}>
        <Icon name="add" />
        New user
      </button>
      <UserDialog dialog={dialog} user={undefined} isFirst={isFirst} onDone={onDone} />
    </>
  )
}

function Row({
  user,
  onDone,
}: {
  readonly user: UserRow
  readonly onDone: () => void
}): JSX.Element {
  const { name, role, changed, changedBy } = user
  const dialog = useRef<HTMLDialogElement>(null)
  const [isOpened, setIsOpened] = useState(false)
  const edit = (): void => {
    setIsOpened(true)
    requestAnimationFrame(() => dialog.current?.showModal())
  }
  return (
    <tr>
      <th scope="row">
        <span class="row-name">{name}</span>
        {caller.value?.name === name && <span class="soft">you</span>}
      </th>
      <td data-title="Role">
        <RoleBadge role={role} />
      </td>
      <td class="number" data-title="Changed">
        <Ago timeMs={Date.parse(changed)} never="never" />
      </td>
      <td data-title="By">{changedBy}</td>
      <td class="row-buttons" data-title="">
        <button type="button" class="button" onClick={edit}>
          Change
        </button>
        <TakeAway
          verb="Remove"
          title={`Remove the user ${name}?`}
          onTakeAway={() => removeUser(name)}
          onDone={onDone}
        >
          Every browser in which {name} is logged in is logged out.
        </TakeAway>
        {isOpened && <UserDialog dialog={dialog} user={user} isFirst={false} onDone={onDone} />}
      </td>
    </tr>
  )
}

function NoUsers(): JSX.Element {
  if (caller.value?.isOpen !== true) {
    return (
      <div class="card empty">
        <Icon name="user" />
        <strong>No users in the records</strong>
        <span>Those of the web configuration file are not listed here.</span>
      </div>
    )
  }
  return (
    <div class="card empty">
      <Icon name="user" />
      <strong>Nobody has to log in here</strong>
      <span>
        Everybody on this machine may see and change everything. The first user makes logging in
        necessary at once: for people, for scripts, and for everybody who asks for targets. It has
        to be an admin, who can give the others users and tokens.
      </span>
    </div>
  )
}
