/** When something ends; the exact time is its title. */
import type { JSX } from 'preact'
import { describeDuration } from '../format/duration.ts'
import { formatTime } from '../format/time.ts'
import { useNow } from '../shell/now.ts'
import { zone } from '../shell/settings.ts'

const MINUTE_MS = 60_000

/** @param time RFC 3339, null for never */
export function Until({ time }: { readonly time: string | null }): JSX.Element {
  const nowMs = useNow()
  if (time === null) return <span class="faint">never</span>
  const timeMs = Date.parse(time)
  // In whole minutes: seconds that tick would only flicker.
  const restMs = Math.ceil((timeMs - nowMs) / MINUTE_MS) * MINUTE_MS
  return (
    <time dateTime={time} title={formatTime(timeMs, zone.value)}>
      {restMs > 0 ? `in ${describeDuration(restMs)}` : 'over'}
    </time>
  )
}
