/** What is shown once its files have come. */
import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { errorText } from '../api/client.ts'
import { Icon } from './icon.tsx'
import { Waiting } from './listpage.tsx'

/** A part of a page that is loaded when it is first shown, and is there at once from then on. */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  waitingLook: string,
): ComponentType<Props> {
  let Part: ComponentType<Props> | undefined
  return function LazyPart(props: Props): JSX.Element {
    const [failure, setFailure] = useState('')
    const [, setIsLoaded] = useState(Part !== undefined)
    useEffect(() => {
      if (Part !== undefined) return
      load().then(
        (loaded) => {
          Part = loaded
          setIsLoaded(true)
        },
        (error: unknown) => setFailure(errorText(error)),
      )
    }, [])
    if (Part !== undefined) return <Part {...props} />
    return failure === '' ? <Waiting look={waitingLook} /> : <NotLoaded failure={failure} />
  }
}

export function NotLoaded({ failure }: { readonly failure: string }): JSX.Element {
  return (
    <div class="empty" role="alert">
      <Icon name="warn" />
      <strong>This page could not be loaded</strong>
      <span>{failure}</span>
      <button type="button" class="button" onClick={() => location.reload()}>
        Load again
      </button>
    </div>
  )
}
