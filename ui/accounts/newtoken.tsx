/** Adds a token, and shows it the one time that it is known. */
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Role } from '../../src/model/role.ts'
import { errorText } from '../api/client.ts'
import { caller } from '../shell/caller.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { DialogHead } from '../shell/dialoghead.tsx'
import { Icon } from '../shell/icon.tsx'
import { Alert } from '../shell/listpage.tsx'
import { addToken } from './load.ts'
import { NameField } from './namefield.tsx'
import { RoleField } from './rolefield.tsx'

const AGES: readonly (readonly [value: string, words: string])[] = [
  ['30d', 'after 30 days'],
  ['90d', 'after 90 days'],
  ['365d', 'after a year'],
  ['', 'never'],
]

interface NewTokenProps {
  readonly onDone: () => void
}

export function NewToken({ onDone }: NewTokenProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [round, setRound] = useState(0)
  const [token, setToken] = useState('')
  /** Forgets the token. */
  const forget = (): void => {
    setToken('')
    setRound(round + 1)
    if (token !== '') onDone()
  }
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={caller.value?.isOpen === true}
        title={caller.value?.isOpen === true ? 'A first user comes before tokens' : undefined}
        onClick={() => dialog.current?.showModal()}
      >
        <Icon name="add" />
        New token
      </button>
      <dialog
        class="help account-dialog"
        ref={dialog}
        aria-labelledby="token-title"
        onClose={forget}
      >
        <DialogHead
          id="token-title"
          title={token === '' ? 'New token' : 'The token'}
          dialog={dialog}
        />
        {token === '' ? (
          <TokenForm key={round} onToken={setToken} />
        ) : (
          <ShownToken token={token} onClose={() => dialog.current?.close()} />
        )}
      </dialog>
    </>
  )
}

function TokenForm({ onToken }: { readonly onToken: (token: string) => void }): JSX.Element {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [expires, setExpires] = useState(AGES[1][0])
  const [failure, setFailure] = useState('')
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    try {
      onToken(await addToken(name.trim(), role, expires))
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <form class="account-form" onSubmit={(event) => void add(event)}>
      <NameField name={name} onName={setName}>
        <small class="soft">Of the program that will use it: histories and logs call it so.</small>
      </NameField>
      <RoleField role={role} onRole={setRole} />
      <label>
        Ends
        <select
          class="field"
          value={expires}
          onChange={(event) => setExpires(event.currentTarget.value)}
        >
          {AGES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <Alert text={failure} />
      <div class="form-buttons">
        <button type="submit" class="button primary">
          Add token
        </button>
      </div>
    </form>
  )
}

function ShownToken(props: { readonly token: string; readonly onClose: () => void }): JSX.Element {
  return (
    <div class="account-form">
      <p>
        Copy it now: it is shown this once. narthex keeps only a digest, from which nobody can get
        it back.
      </p>
      <CodeBox title="Token" text={props.token} look="wrapped" />
      <p class="soft">
        Programs send it as <code>Authorization: Bearer …</code>
      </p>
      <div class="form-buttons">
        <button type="button" class="button primary" onClick={props.onClose}>
          Done
        </button>
      </div>
    </div>
  )
}
