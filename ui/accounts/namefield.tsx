/** The field for the name of a user or a token. */
import type { ComponentChildren, JSX } from 'preact'

/** In UTF-16 units. */
const NAME_LENGTH_MAX = 64

interface NameFieldProps {
  readonly name: string
  readonly onName: (name: string) => void
  /** What is said below it. */
  readonly children?: ComponentChildren
}

export function NameField({ name, onName, children }: NameFieldProps): JSX.Element {
  return (
    <label>
      Name
      <input
        class="field"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        required
        maxLength={NAME_LENGTH_MAX}
        value={name}
        onInput={(event) => onName(event.currentTarget.value)}
      />
      {children}
    </label>
  )
}
