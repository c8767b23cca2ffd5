/** Parts of dates in UTC, from seconds since epoch. */

const DAY_MS = 86_400_000

function dateOf(seconds: number): Date {
  return new Date(Math.trunc(seconds) * 1000)
}

/** Functions by name; NaN for a time that no calendar date has. */
export const DATE_FUNCTIONS: readonly (readonly [string, (seconds: number) => number])[] = [
  ['minute', (seconds) => dateOf(seconds).getUTCMinutes()],
  ['hour', (seconds) => dateOf(seconds).getUTCHours()],
  ['day_of_week', (seconds) => dateOf(seconds).getUTCDay()],
  ['day_of_month', (seconds) => dateOf(seconds).getUTCDate()],
  ['day_of_year', (seconds) => dayOfYear(dateOf(seconds))],
  ['days_in_month', (seconds) => daysInMonth(dateOf(seconds))],
  ['month', (seconds) => dateOf(seconds).getUTCMonth() + 1],
  ['year', (seconds) => dateOf(seconds).getUTCFullYear()],
]

function dayOfYear(date: Date): number {
  const yearStart = new Date(0)
  yearStart.setUTCFullYear(date.getUTCFullYear(), 0, 1)
  return Math.floor((date.getTime() - yearStart.getTime()) / DAY_MS) + 1
}

function daysInMonth(date: Date): number {
  const nextMonth = new Date(0)
  nextMonth.setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)
  return nextMonth.getUTCDate()
}
