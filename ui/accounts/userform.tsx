/** A dialog for a user: new, or with another role or password. */
import type { JSX, RefObject } from 'preact'
import { useState } from 'preact/hooks'
import type { Role } from '../../src/model/role.ts'
import { errorText } from '../api/client.ts'
import { caller } from '../shell/caller.ts'
import { DialogHead } from '../shell/dialoghead.tsx'
import { Alert } from '../shell/listpage.tsx'
import { saveUser, type UserRow } from './load.ts'
import { NameField } from './namefield.tsx'
import { RoleField } from './rolefield.tsx'

interface UserDialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>
  /** Undefined for a new one. */
  readonly user: UserRow | undefined
  /** Whether nobody else is there: the first one has to be admin. */
  readonly isFirst: boolean
  readonly onDone: () => void
}

export function UserDialog({ dialog, user, isFirst, onDone }: UserDialogProps): JSX.Element {
  // A new form after each closing: nothing typed before is in it.
  const [round, setRound] = useState(0)
  const id = `user-title-${user?.name ?? ''}`
  return (
    <dialog
      class="help account-dialog"
      ref={dialog}
      aria-labelledby={id}
      onClose={() => setRound(round + 1)}
    >
      <DialogHead id={id} title={user?.name ?? 'New user'} dialog={dialog} />
      <UserForm
        key={round}
        user={user}
        isFirst={isFirst}
        onDone={() => {
          dialog.current?.close()
          onDone()
        }}
      />
    </dialog>
  )
}

function UserForm({ user, isFirst, onDone }: Omit<UserDialogProps, 'dialog'>): JSX.Element {
  const [name, setName] = useState(user?.name ?? '')
  const [wanted, setRole] = useState<Role>(user?.role ?? 'viewer')
  const [password, setPassword] = useState('')
  const [failure, setFailure] = useState('')
  const [isSaving, setIsSaving] = useState(false)
  const isNew = user === undefined
  // Whether there is nobody yet may become known when the form is there already.
  const role = isFirst && isNew ? 'admin' : wanted
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setIsSaving(true)
    try {
      await saveUser(name.trim(), role, password)
      onDone()
    } catch (error) {
      setFailure(errorText(error))
      setIsSaving(false)
    }
  }
  return (
    <form class="account-form" onSubmit={(event) => void save(event)}>
      {isNew && <NameField name={name} onName={setName} />}
      <RoleField role={role} onRole={isFirst && isNew ? undefined : setRole} />
      <label>
        {isNew ? 'Password' : 'New password'}
        <input
          class="field"
          type="password"
          autocomplete="new-password"
          required={isNew}
          minLength={10}
          maxLength={256}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <small class="soft">
          {isNew ? 'At least 10 characters.' : 'Empty leaves it; another one ends all sessions.'}
        </small>
      </label>
      {caller.value?.isOpen === true && (
        <p class="note">
          With this user logging in becomes necessary, for people and for programs. You are asked
          for this name and password next.
        </p>
      )}
      <Alert text={failure} />
      <div class="form-buttons">
        <button type="submit" class="button primary" disabled={isSaving}>
          {isNew ? 'Add user' : 'Save'}
        </button>
      </div>
    </form>
  )
}
