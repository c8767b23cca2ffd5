/** Asks for the name of an entry that is not there yet, and leads to where it is written. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from '../shell/icon.tsx'
import { Popover } from '../shell/popover.tsx'
import { hrefBelow, navigate } from '../shell/router.ts'
import { formatPlace } from './place.ts'
import { useRights } from './rights.ts'
import { refuseEntryName } from './template.ts'
import './edits.css'

export function NewEntry(): JSX.Element | null {
  const { isEditable } = useRights()
  if (!isEditable) return null
  return (
    <Popover
      name="New entry"
      face={
        <>
          <Icon name="add" />
          New entry
        </>
      }
    >
      {() => <NameForm />}
    </Popover>
  )
}

function NameForm(): JSX.Element {
  const [name, setName] = useState('')
  const [refusal, setRefusal] = useState('')
  const go = (event: SubmitEvent): void => {
    event.preventDefault()
    const reason = refuseEntryName(name.trim())
    setRefusal(reason)
    if (reason !== '') return
    const place = formatPlace('', { view: 'edit', file: 'entry.yaml' })
    navigate(`${hrefBelow('catalogue', name.trim())}?${place}`)
  }
  return (
    <form class="new-entry" onSubmit={go}>
      <label>
        Name, as its folder
        <input
          class="field"
          ref={(field) => field?.focus()}
          value={name}
          maxLength={64}
          placeholder="mysqld"
          aria-invalid={refusal !== ''}
          aria-describedby="entry-refusal"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary">
        Write it
      </button>
      <p id="entry-refusal" role="alert">
        {refusal}
      </p>
    </form>
  )
}
