/** Asks before something is done that others will see at once. */
import type { ComponentChildren, JSX, RefObject } from 'preact'
import { Alert } from './listpage.tsx'
import './confirm.css'

interface ConfirmProps {
  readonly dialog: RefObject<HTMLDialogElement | null>
  readonly title: string
  /** On the button that does it. */
  readonly verb: string
  /** '' or why it was not done. */
  readonly failure: string
  readonly onConfirm: () => void
  readonly children: ComponentChildren
}

export function ConfirmDialog(props: ConfirmProps): JSX.Element {
  const { dialog, title, verb, failure, onConfirm, children } = props
  return (
    <dialog class="help confirm" ref={dialog} aria-label={title}>
      <h2>{title}</h2>
      <p class="soft">{children}</p>
      <Alert text={failure} />
      <div class="confirm-buttons">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="button danger" onClick={onConfirm}>
          {verb}
        </button>
      </div>
    </dialog>
  )
}
