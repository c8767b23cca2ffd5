/** From which time retention counts: a leap of time deletes nothing before there is data behind it. */
import type { WindowName } from './windowname.ts'

const HOUR_MS = 3_600_000

/** A hole in the data is a leap when it is so long, and so large a part of the retention. */
const LEAP_MS_MIN = 4 * HOUR_MS
const LEAP_SHARE = 0.1
/** So much data behind a leap proves it; as much as is kept, where that is less. */
const PROOF_MS = 24 * HOUR_MS

/**
 * The time from which retention counts back. A wall clock that is set a year ahead makes all data
 * look too old at once, and may be set back an hour later; a machine that was off for a year looks
 * the same. Both are told by a hole in the data: what lies before it counts as the newest until
 * there is a day of data behind it.
 *
 * @param windows  oldest first
 * @param newestMs of the samples; windows that begin later are not looked at
 */
export function provenNewestMs(
  windows: readonly WindowName[],
  newestMs: number,
  retentionMs: number,
): number {
  const leapMs = Math.max(LEAP_MS_MIN, LEAP_SHARE * retentionMs)
  const proofMs = Math.min(PROOF_MS, retentionMs)
  let provenMs = newestMs
  let earliestMs = newestMs
  let dataMs = 0
  for (let i = windows.length - 1; i >= 0 && dataMs < proofMs; i--) {
    const { fromMs, toMs } = windows[i]
    if (fromMs > newestMs) continue
    if (earliestMs - toMs >= leapMs) provenMs = toMs
    dataMs += Math.min(toMs, newestMs) - fromMs
    earliestMs = fromMs
  }
  return provenMs
}
