/** Deletes a document, after asking. */
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { DocumentKind } from '../../src/model/registry.ts'
import { errorText } from '../api/client.ts'
import { ConfirmDialog } from '../shell/confirm.tsx'
import { hrefOf, navigate } from '../shell/router.ts'
import { removeDocument } from './load.ts'

interface RemoveButtonProps {
  readonly kind: DocumentKind
  readonly name: string
}

export function RemoveButton({ kind, name }: RemoveButtonProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState('')
  const remove = async (): Promise<void> => {
    try {
      await removeDocument(kind, name)
      navigate(hrefOf('registry'))
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <>
      <button
        type="button"
        class="button document-remove"
        onClick={() => dialog.current?.showModal()}
      >
        Delete
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={`Delete the ${kind} ${name}?`}
        verb="Delete"
        failure={failure}
        onConfirm={() => void remove()}
      >
        Its targets are gone from every consumer with its next question. Its history stays, and with
        it the way back.
      </ConfirmDialog>
    </>
  )
}
