/** Points in time as text: the form of Prometheus's links, of date fields, and for people. */

const TWO = (n: number): string => String(n).padStart(2, '0')

/** `2026-08-01 09:30:00` in UTC, as links carry it; milliseconds only when there are some. */
export function formatUtc(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '').replace('.000', '')
}

/** Reads what formatUtc wrote, with or without seconds; undefined for anything else. */
export function parseUtc(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)Z?$/.exec(text.trim())
  if (parts === null) return undefined
  const timeMs = Date.parse(`${parts[1]}T${parts[2]}Z`)
  return Number.isNaN(timeMs) ? undefined : timeMs
}

/** The calendar of a time zone: the browser's own, or UTC. */
export type Zone = 'local' | 'utc'

/** `2026-08-01 09:30:00` in the zone. */
export function formatTime(timeMs: number, zone: Zone): string {
  if (zone === 'utc') return formatUtc(Math.round(timeMs / 1000) * 1000)
  const d = new Date(Math.round(timeMs / 1000) * 1000)
  const date = `${d.getFullYear()}-${TWO(d.getMonth() + 1)}-${TWO(d.getDate())}`
  return `${date} ${TWO(d.getHours())}:${TWO(d.getMinutes())}:${TWO(d.getSeconds())}`
}

/** The value of a `datetime-local` field, to the second. */
export function formatField(timeMs: number, zone: Zone): string {
  return formatTime(timeMs, zone).replace(' ', 'T')
}

/** Reads a `datetime-local` field in the zone; undefined when it is empty or broken. */
export function parseField(text: string, zone: Zone): number | undefined {
  if (zone === 'utc') return parseUtc(text)
  const timeMs = Date.parse(text)
  return text === '' || Number.isNaN(timeMs) ? undefined : timeMs
}

/** The date of the zone as Date's local getters see it, which is what axis labels are made from. */
export function zonedDate(timeSeconds: number, zone: Zone): Date {
  const date = new Date(timeSeconds * 1000)
  if (zone === 'local') return date
  return new Date(date.getTime() + date.getTimezoneOffset() * 60_000)
}
