/** Data that a page keeps fresh: asked at once, again and again, and when the server comes back. */
import { useEffect, useState } from 'preact/hooks'
import { comebacks, errorText, isAbort } from './client.ts'

/** What was answered last; `failure` says why nothing newer came. */
export interface Polled<T> {
  readonly data: T | undefined
  readonly failure: string
}

/**
 * Asks while the page is visible.
 *
 * @param load     a function of the module, or one kept by useCallback: a new one asks anew
 * @param everyMs  0 asks only once
 */
export function usePolled<T>(load: (abort: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ data: undefined, failure: '' })
  const back = comebacks.value

  useEffect(() => {
    const abort = new AbortController()
    let isAsking = false
    const askNow = async (): Promise<void> => {
      isAsking = true
      try {
        setPolled({ data: await load(abort.signal), failure: '' })
      } catch (error) {
        if (!isAbort(error)) setPolled(({ data }) => ({ data, failure: errorText(error) }))
      }
      isAsking = false
    }
    const askAgain = (): void => {
      if (!document.hidden && !isAsking) void askNow()
    }
    void askNow()
    const timer = everyMs > 0 ? window.setInterval(askAgain, everyMs) : undefined
    return () => {
      window.clearInterval(timer)
      abort.abort()
    }
  }, [load, everyMs, back])

  return polled
}
