/** Makes a file what it was at a version, after asking; the way there stays in its versions. */
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { BASE_VERSION, BUNDLED_SOURCE, type FileVersion } from '../../src/model/edits.ts'
import { errorText } from '../api/client.ts'
import { ConfirmDialog } from '../shell/confirm.tsx'
import { loadFile, loadVersion, saveFile, takeFileBack } from './load.ts'

interface GoBackProps {
  readonly entry: string
  readonly file: string
  readonly version: FileVersion
  readonly onChanged: () => void
}

export function GoBack({ entry, file, version, onChanged }: GoBackProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState('')
  const { id, summary, source } = version
  const isBase = id === BASE_VERSION || version.isRemoval
  const origin = source === BUNDLED_SOURCE || version.isRemoval ? 'bundled' : source
  const title = isBase ? `Go back to ${origin}?` : 'Go back to this version?'
  const go = async (): Promise<void> => {
    const { signal } = new AbortController()
    try {
      const { tag } = await loadFile(entry, file, signal)
      if (isBase) await takeFileBack(entry, file, '', tag)
      else {
        const { text } = await loadVersion(entry, file, id, signal)
        await saveFile(entry, file, { text, summary: `Back to ${id.slice(0, 8)}: ${summary}` }, tag)
      }
      dialog.current?.close()
      onChanged()
    } catch (error) {
      setFailure(errorText(error))
    }
  }
  return (
    <>
      <button type="button" class="button" onClick={() => dialog.current?.showModal()}>
        {isBase ? `Back to ${origin}` : 'Back to this version'}
      </button>
      <ConfirmDialog
        dialog={dialog}
        title={title}
        verb="Go back"
        failure={failure}
        onConfirm={() => void go()}
      >
        {`Everybody sees ${file} as it was: “${summary}”. What was changed since stays among the versions.`}
      </ConfirmDialog>
    </>
  )
}
