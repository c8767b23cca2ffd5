/** Durations as Prometheus writes them: `1h30m`, `500ms`, `0`. */
import { NarthexError } from '../base/error.ts'

const UNITS = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

const SHAPE = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

/** Longest duration, in ms: what fits 63 bits of nanoseconds, as in Prometheus. */
const DURATION_MS_MAX = 9_223_372_036_854

/**
 * Milliseconds of a duration; units from large to small, each at most once.
 *
 * @throws NarthexError `bad_data` for anything else, in Prometheus's words
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0
  if (text === '') throw new NarthexError('bad_data', 'empty duration string')
  const parts = SHAPE.exec(text)
  if (parts === null) {
    throw new NarthexError('bad_data', `not a valid duration string: ${JSON.stringify(text)}`)
  }
  let ms = 0
  for (let i = 0; i < UNITS.length; i++) ms += Number(parts[i + 1] ?? 0) * UNITS[i][1]
  if (ms > DURATION_MS_MAX) throw new NarthexError('bad_data', 'duration out of range')
  return ms
}

/** The duration in the fewest units that keep it exact; days and larger only when it is whole in them. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s'
  let rest = durationMs
  let text = ''
  for (const [unit, unitMs] of UNITS) {
    const exactOnly = unit === 'y' || unit === 'w' || unit === 'd'
    if (exactOnly && rest % unitMs !== 0) continue
    const count = Math.floor(rest / unitMs)
    if (count > 0) text += `${count}${unit}`
    rest -= count * unitMs
  }
  return text
}
