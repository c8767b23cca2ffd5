/** Log in: a name and a password, and back to where one wanted to go. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ApiError, errorText } from '../api/client.ts'
import { urlOf } from '../api/root.ts'
import { backTo } from '../shell/back.ts'
import { caller, logIn } from '../shell/caller.ts'
import { Alert } from '../shell/listpage.tsx'
import { navigate, searchOf } from '../shell/router.ts'
import './accounts.css'

export function LoginPage(): JSX.Element {
  useEffect(() => {
    document.title = 'Log in · narthex'
  }, [])
  return (
    <section class="card login" aria-labelledby="login-title">
      <h1 id="login-title">Log in to narthex</h1>
      {caller.value === undefined ? <LoginForm /> : <LoggedIn name={caller.value.name} />}
    </section>
  )
}

/** Where the address says that this page was asked from; the first page where it does not. */
function goBack(): void {
  const to = new URLSearchParams(searchOf('login').value).get('to') ?? ''
  navigate(backTo(to, urlOf('').href))
}

function LoginForm(): JSX.Element {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [failure, setFailure] = useState('')
  const [isAsking, setIsAsking] = useState(false)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setIsAsking(true)
    try {
      await logIn(name.trim(), password)
      goBack()
    } catch (error) {
      setFailure(reasonOf(error))
      setPassword('')
      setIsAsking(false)
    }
  }
  return (
    <form class="account-form" onSubmit={(event) => void submit(event)}>
      <label>
        Name
        <input
          class="field"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          maxLength={64}
          ref={(field) => {
            if (name === '') field?.focus()
          }}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        Password
        <input
          class="field"
          type="password"
          autocomplete="current-password"
          required
          maxLength={256}
          aria-invalid={failure !== ''}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <Alert text={failure} />
      <button type="submit" class="button primary" disabled={isAsking}>
        {isAsking ? 'Checking …' : 'Log in'}
      </button>
    </form>
  )
}

/** What a person can do about it. */
function reasonOf(error: unknown): string {
  const kind = error instanceof ApiError ? error.kind : ''
  if (kind === 'unauthorized') return 'This name and this password do not belong together.'
  return errorText(error)
}

function LoggedIn({ name }: { readonly name: string }): JSX.Element {
  return (
    <>
      <p class="soft">
        You are logged in as <strong>{name}</strong>.
      </p>
      <button type="button" class="button primary" onClick={goBack}>
        Go on
      </button>
    </>
  )
}
