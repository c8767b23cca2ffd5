/** The clock for texts like "3 s ago", which must not stand still between two answers. */
import { useEffect, useState } from 'preact/hooks'

const TICK_MS = 1000

/** Ms since epoch, anew each second while the page is seen. */
export function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (!document.hidden) setNowMs(Date.now())
    }, TICK_MS)
    return () => window.clearInterval(timer)
  }, [])
  return nowMs
}
