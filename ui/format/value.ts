/** Numbers with their unit, short enough for an axis and exact enough for a table. */

/** What a value counts; 'none' where nobody can tell. */
export type Unit =
  | 'none'
  | 'bytes'
  | 'bytes/s'
  | 'seconds'
  | 'ratio'
  | 'percent'
  | 'per second'
  | 'celsius'
  | 'hertz'
  | 'volts'
  | 'time'

const BYTE_STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
const PLAIN_STEPS = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/**
 * The value with its unit, with at most four significant digits.
 *
 * @param spread  the distance that must stay visible (an axis step); 0 when there is none
 */
export function formatValue(value: number, unit: Unit, spread = 0): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  switch (unit) {
    case 'bytes':
      return scaled(value, spread, 1024, BYTE_STEPS, ' ')
    case 'bytes/s':
      return `${scaled(value, spread, 1024, BYTE_STEPS, ' ')}/s`
    case 'seconds':
      return formatSeconds(value, spread)
    case 'ratio':
      return `${digits(value * 100, spread * 100)} %`
    case 'percent':
      return `${digits(value, spread)} %`
    case 'per second':
      return `${scaled(value, spread, 1000, PLAIN_STEPS, '')}/s`
    case 'celsius':
      return `${digits(value, spread)} °C`
    case 'hertz':
      return `${scaled(value, spread, 1000, PLAIN_STEPS, ' ')}Hz`
    case 'volts':
      return `${digits(value, spread)} V`
    case 'time':
      return formatTimestamp(value)
    case 'none':
      return scaled(value, spread, 1000, PLAIN_STEPS, '')
  }
}

/** Digits that show `spread`, or four significant ones without it. */
function digits(value: number, spread: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (spread > 0) {
    return trimZeros(value.toFixed(decimalsOf(spread)))
  }
  if (size >= 1e15 || size < 1e-6) return value.toExponential(2)
  return trimZeros(value.toFixed(Math.min(9, Math.max(0, 3 - Math.floor(Math.log10(size))))))
}

/** Decimals that write the spread itself out: 1 for 0.5, 2 for 0.25. */
function decimalsOf(spread: number): number {
  let decimals = Math.max(0, Math.ceil(-Math.log10(spread) - 1e-9))
  while (decimals < 12 && Math.abs(spread - Number(spread.toFixed(decimals))) > spread * 1e-6) {
    decimals++
  }
  return Math.min(12, decimals)
}

function trimZeros(text: string): string {
  if (!text.includes('.')) return text
  const trimmed = text.replace(/0+$/, '').replace(/\.$/, '')
  return trimmed === '-0' ? '0' : trimmed
}

function scaled(
  value: number,
  spread: number,
  base: number,
  steps: readonly string[],
  gap: string,
): string {
  const size = Math.abs(value)
  let step = 0
  let divisor = 1
  while (size / divisor >= base && step < steps.length - 1) {
    divisor *= base
    step++
  }
  const text = digits(value / divisor, spread / divisor)
  return steps[step] === '' ? text : `${text}${gap}${steps[step]}`
}

const SECOND_STEPS: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
]

/** Ticks of one axis share the unit of their distance; a lone value has that of its size. */
function formatSeconds(value: number, spread: number): string {
  if (value === 0) return '0 s'
  const isLong = spread === 0 && Math.abs(value) >= 60
  const size = spread > 0 ? spread : isLong ? Math.abs(value) / 2 : Math.abs(value)
  const [step, name] = SECOND_STEPS.find(([seconds]) => size >= seconds) ?? [1e-9, 'ns']
  return `${digits(value / step, spread / step)} ${name}`
}

function formatTimestamp(seconds: number): string {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return digits(seconds, 0)
  return date.toISOString().slice(0, 16).replace('T', ' ')
}

/** A whole number with thin groups of three: `12 345`. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u2009')
}

/** Round distances in seconds: seconds, minutes, hours, days. */
const CLOCK_STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].map((days) => days * 86_400),
]

/** Distances between axis ticks that look round in the unit: powers of two for bytes, of ten elsewhere. */
export function tickSteps(unit: Unit): number[] {
  const steps: number[] = []
  if (unit === 'bytes' || unit === 'bytes/s') {
    for (let exponent = -10; exponent <= 62; exponent++) steps.push(2 ** exponent)
    return steps
  }
  const exponentMax = unit === 'seconds' ? -1 : 18
  for (let exponent = -12; exponent <= exponentMax; exponent++) {
    for (const mantissa of [1, 2, 5]) steps.push(Number(`${mantissa}e${exponent}`))
  }
  return unit === 'seconds' ? steps.concat(CLOCK_STEPS) : steps
}
