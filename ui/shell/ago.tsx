/** How long ago something was, ticking; the exact time is its title. */
import type { JSX } from 'preact'
import { describeAgo } from '../format/duration.ts'
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
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatTime(timeMs, zone.value)}>
      {describeAgo(nowMs - timeMs)}
    </time>
  )
}
