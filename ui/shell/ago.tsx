/** How long ago something was, ticking; the exact time is its title. */
import type { JSX } from 'preact'
import { describeDuration } from '../format/duration.ts'
import { formatTime } from '../format/time.ts'
import { useNow } from './now.ts'
import { zone } from './settings.ts'

interface AgoProps {
  /** ms since epoch; undefined for never. */
  readonly timeMs: number | undefined
  readonly never: string
}

export function Ago({ timeMs, never }: AgoProps): JSX.Element {
  const nowMs = useNow()
  if (timeMs === undefined) return <span class="faint">{never}</span>
  // Whole seconds: tenths that tick would only flicker.
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000))
  const text =
    seconds === 0
      ? 'now'
      : `${seconds < 60 ? `${seconds} s` : describeDuration(seconds * 1000)} ago`
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatTime(timeMs, zone.value)}>
      {text}
    </time>
  )
}
