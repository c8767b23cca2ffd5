/** Who is logged in, with what they may do about it. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { errorText } from '../api/client.ts'
import { type Caller, caller, changePassword, logOut } from './caller.ts'
import { Icon } from './icon.tsx'
import { Alert } from './listpage.tsx'
import { Popover } from './popover.tsx'
import './account.css'

export function AccountButton(): JSX.Element | null {
  const who = caller.value
  if (who === undefined || who.isOpen) return null
  return (
    <Popover
      name={`Logged in as ${who.name}`}
      buttonClass="bare account-button"
      face={
        <>
          <Icon name="user" />
          <span class="account-name">{who.name}</span>
        </>
      }
    >
      {(close) => <AccountBox who={who} close={close} />}
    </Popover>
  )
}

const MEANING: Readonly<Record<Caller['role'], string>> = {
  viewer: 'may look',
  editor: 'may look and change',
  admin: 'may do everything',
}

function AccountBox({ who, close }: { who: Caller; close: () => void }): JSX.Element {
  const [isChanging, setIsChanging] = useState(false)
  const [failure, setFailure] = useState('')
  const leave = async (): Promise<void> => {
    try {
      await logOut()
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <div class="account-box">
      <p>
        <strong class="account-full">{who.name}</strong>
        <span class="soft">{`${who.role}: ${MEANING[who.role]}`}</span>
      </p>
      <Alert text={failure} />
      {isChanging ? (
        <PasswordForm name={who.name} onDone={close} />
      ) : (
        <div class="form-buttons">
          <button type="button" class="button" onClick={() => setIsChanging(true)}>
            Change password
          </button>
          {who.hasSession && (
            <button type="button" class="button" onClick={() => void leave()}>
              Log out
            </button>
          )}
        </div>
      )}
    </div>
  )
}

function PasswordForm({ name, onDone }: { name: string; onDone: () => void }): JSX.Element {
  const [present, setPresent] = useState('')
  const [next, setNext] = useState('')
  const [failure, setFailure] = useState('')
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    try {
      await changePassword(name, present, next)
      onDone()
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <form class="account-form" onSubmit={(event) => void save(event)}>
      <input type="text" autocomplete="username" value={name} readOnly hidden />
      <label>
        Present password
        <input
          class="field"
          type="password"
          autocomplete="current-password"
          required
          ref={(field) => {
            if (present === '' && next === '') field?.focus()
          }}
          value={present}
          onInput={(event) => setPresent(event.currentTarget.value)}
        />
      </label>
      <label>
        New password
        <input
          class="field"
          type="password"
          autocomplete="new-password"
          required
          minLength={10}
          maxLength={256}
          value={next}
          onInput={(event) => setNext(event.currentTarget.value)}
        />
        <small class="soft">At least 10 characters. Other browsers are logged out.</small>
      </label>
      <Alert text={failure} />
      <div class="form-buttons">
        <button type="submit" class="button primary">
          Change it
        </button>
      </div>
    </form>
  )
}
