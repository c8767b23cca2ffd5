/** The head of a dialog: what it is, and a button that closes it. */
import type { JSX, RefObject } from 'preact'
import { Icon } from './icon.tsx'

interface DialogHeadProps {
  /** What `aria-labelledby` of the dialog names. */
  readonly id: string
  readonly title: string
  readonly dialog: RefObject<HTMLDialogElement | null>
}

export function DialogHead({ id, title, dialog }: DialogHeadProps): JSX.Element {
  return (
    <header>
      <h2 id={id}>{title}</h2>
      <button
        type="button"
        class="button bare icon-only"
        aria-label="Close"
        onClick={() => dialog.current?.close()}
      >
        <Icon name="remove" />
      </button>
    </header>
  )
}
