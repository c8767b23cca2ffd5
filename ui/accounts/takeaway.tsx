/** A button that takes an account away, after asking. */
import type { ComponentChildren, JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { errorText } from '../api/client.ts'
import { ConfirmDialog } from '../shell/confirm.tsx'

interface TakeAwayProps {
  /** On the buttons. */
  readonly verb: string
  /** The question. */
  readonly title: string
  readonly onTakeAway: () => Promise<void>
  readonly onDone: () => void
  /** What follows from it. */
  readonly children: ComponentChildren
}

export function TakeAway({
  verb,
  title,
  onTakeAway,
  onDone,
  children,
}: TakeAwayProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState('')
  const takeAway = async (): Promise<void> => {
    try {
      await onTakeAway()
      dialog.current?.close()
      onDone()
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => {
          setFailure('')
          dialog.current?.showModal()
        }}
      >
        {verb}
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={title}
        verb={verb}
        failure={failure}
        onConfirm={() => void takeAway()}
      >
        {children}
      </ConfirmDialog>
    </>
  )
}
