/** Asks for the name of a group or service that is not there yet. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { Icon } from '../shell/icon.tsx'
import { Popover } from '../shell/popover.tsx'
import { hrefBelow, navigate } from '../shell/router.ts'
import { refuseName } from './document.ts'

export function NewDocument({ kind }: { readonly kind: DocumentKind }): JSX.Element {
  return (
    <Popover
      name={`New ${kind}`}
      face={
        <>
          <Icon name="add" />
          {`New ${kind}`}
        </>
      }
    >
      {() => <NameForm kind={kind} />}
    </Popover>
  )
}

function NameForm({ kind }: { readonly kind: DocumentKind }): JSX.Element {
  const [name, setName] = useState('')
  const [refusal, setRefusal] = useState('')
  const go = (event: SubmitEvent): void => {
    event.preventDefault()
    const reason = refuseName(name)
    setRefusal(reason)
    if (reason === '') navigate(hrefBelow('registry', `${kind}s`, name.trim()))
  }
  return (
    <form class="name-form" onSubmit={go}>
      <label>
        Name
        <input
          class="field"
          ref={(field) => field?.focus()}
          value={name}
          maxLength={200}
          aria-invalid={refusal !== ''}
          aria-describedby="name-refusal"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary">
        Write it
      </button>
      <p id="name-refusal" role="alert">
        {refusal}
      </p>
    </form>
  )
}
