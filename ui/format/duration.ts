/** Durations as Prometheus writes them: `1h30m`, `15s`, `250ms`. */

const UNIT_MS: readonly (readonly [string, number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

/** Milliseconds of `1h30m`, or of a bare number of seconds; undefined for anything else and for zero. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim()
  const bare = /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) * 1000 : undefined
  if (bare !== undefined) return bare > 0 ? bare : undefined
  const parts =
    /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(trimmed)
  if (trimmed === '' || parts === null) return undefined
  let totalMs = 0
  for (let i = 0; i < UNIT_MS.length; i++) totalMs += Number(parts[i + 1] ?? 0) * UNIT_MS[i][1]
  return totalMs > 0 && Number.isFinite(totalMs) ? totalMs : undefined
}

/** The text that parseDuration reads back; whole milliseconds, `0s` for less than one. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.round(durationMs)
  if (restMs <= 0) return '0s'
  let text = ''
  for (const [unit, unitMs] of UNIT_MS) {
    // Weeks and years only where nothing is lost to the reader: 10d stays 10d.
    if ((unit === 'w' || unit === 'y') && restMs % unitMs !== 0) continue
    const count = Math.floor(restMs / unitMs)
    if (count === 0) continue
    text += `${count}${unit}`
    restMs -= count * unitMs
  }
  return text
}

/** A duration for people, with at most two units: `4.2 s`, `3 m 12 s`, `2 d 5 h`. */
export function describeDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return '–'
  const ms = Math.abs(durationMs)
  if (ms < 1) return ms === 0 ? '0 ms' : `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 3_600_000) return twoUnits(ms, 60_000, 'm', 1000, 's')
  if (ms < 86_400_000) return twoUnits(ms, 3_600_000, 'h', 60_000, 'm')
  return twoUnits(ms, 86_400_000, 'd', 3_600_000, 'h')
}

/** How long ago something was, in whole seconds at least: tenths that tick would only flicker. */
export function describeAgo(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000)
  if (seconds <= 0) return 'now'
  return `${seconds < 60 ? `${seconds} s` : describeDuration(seconds * 1000)} ago`
}

function twoUnits(ms: number, bigMs: number, big: string, smallMs: number, small: string): string {
  const count = Math.floor(ms / bigMs)
  const rest = Math.floor((ms - count * bigMs) / smallMs)
  return rest === 0 ? `${count} ${big}` : `${count} ${big} ${rest} ${small}`
}
