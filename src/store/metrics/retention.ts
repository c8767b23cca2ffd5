/** What counts as the newest time where time has leapt: nothing follows before there is data behind it. */
import type { WindowName } from './windowname.ts'

const HOUR_MS = 3_600_000

/** A hole in the data is a leap when it is so large a part of the retention, within these bounds. */
const LEAP_SHARE = 0.1
const LEAP_MS_MIN = 4 * HOUR_MS
const LEAP_MS_MAX = 48 * HOUR_MS
/** So much data behind a leap proves it; as much as is kept, where that is less. */
const PROOF_MS = 24 * HOUR_MS

/**
 * The time from which retention counts back, and by which windows are settled. A wall clock that is
 * set a year ahead makes all data look too old at once, and may be set back an hour later; a machine
 * that was off for a year looks the same. Both are told by a hole in the data: what lies before it
 * counts as the newest until there is a day of data behind it.
 *
 * @param windows     oldest first
 * @param newestMs    of the samples; windows that begin later are not looked at
 * @param retentionMs 0: for ever
 */
export function provenNewestMs(
  windows: readonly { readonly name: WindowName }[],
  newestMs: number,
  retentionMs: number,
): number {
  const keptMs = retentionMs === 0 ? Infinity : retentionMs
  const leapMs = Math.min(LEAP_MS_MAX, Math.max(LEAP_MS_MIN, LEAP_SHARE * keptMs))
  const proofMs = Math.min(PROOF_MS, keptMs)
  let provenMs = newestMs
  let earliestMs = newestMs
  let dataMs = 0
  for (let i = windows.length - 1; i >= 0 && dataMs < proofMs; i--) {
    const { fromMs, toMs } = windows[i].name
    if (fromMs > newestMs) continue
    if (earliestMs - toMs >= leapMs) provenMs = toMs
    dataMs += Math.min(toMs, newestMs) - fromMs
    earliestMs = fromMs
  }
  return provenMs
}
