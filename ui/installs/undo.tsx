/** Takes an installation back, after saying which files go. */
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Installation } from '../../src/model/install.ts'
import { errorText } from '../api/client.ts'
import { ConfirmDialog } from '../shell/confirm.tsx'
import { undo } from './load.ts'

interface UndoButtonProps {
  readonly installation: Installation
  readonly onUndone: () => void
}

export function UndoButton({ installation, onUndone }: UndoButtonProps): JSX.Element {
  const { name, files } = installation
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState('')
  const run = async (): Promise<void> => {
    try {
      await undo(name)
      dialog.current?.close()
      onUndone()
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <>
      <button
        type="button"
        class="button"
        aria-label={`Undo ${name}`}
        onClick={() => dialog.current?.showModal()}
      >
        Undo
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={`Undo ${name}?`}
        verb="Undo it"
        failure={failure}
        onConfirm={() => void run()}
      >
        Its targets are no longer scraped; what was scraped stays. Exactly these files go:
        <span class="undo-files mono">
          {files.map((file) => (
            <span key={file}>{`config.d/${file}`}</span>
          ))}
        </span>
      </ConfirmDialog>
    </>
  )
}
