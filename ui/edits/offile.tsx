/** What is shown of a file of an entry once it has been loaded. */
import { Fragment, type JSX } from 'preact'
import { useCallback } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { Alert, Waiting } from '../shell/listpage.tsx'

interface OfFileProps<T> {
  readonly entry: string
  readonly file: string
  /** The same function each time. */
  readonly load: (entry: string, file: string, abort: AbortSignal) => Promise<T>
  readonly children: (loaded: T) => JSX.Element
}

export function OfFile<T>({ entry, file, load, children }: OfFileProps<T>): JSX.Element {
  const ask = useCallback(
    async (abort: AbortSignal) => ({ file, loaded: await load(entry, file, abort) }),
    [entry, file, load],
  )
  const { data, failure } = usePolled(ask, 0)
  return (
    <>
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="edit-skeleton" />}
      {data !== undefined && data.file === file && (
        <Fragment key={file}>{children(data.loaded)}</Fragment>
      )}
    </>
  )
}
