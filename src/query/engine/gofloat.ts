/** Numbers and times inside messages, as Go's `%g`, `%.2g`, `%f` and RFC 3339 write them. */

/** Go's `%g`: shortest digits, with an exponent below 1e-4 and from 1e6. */
export function formatG(value: number): string {
  return formatDigits(value, value.toExponential())
}

/** Go's `%.2g`: two significant digits. */
export function formatG2(value: number): string {
  const [digits, exponent] = value.toExponential(1).split('e')
  return formatDigits(value, `${digits.replace(/\.?0+$/, '')}e${exponent}`, 2)
}

function formatDigits(value: number, exponential: string, precision = 6): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [digits, exponentText] = exponential.split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < precision) return String(Number(exponential))
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits}e${exponent < 0 ? '-' : '+'}${size}`
}

/** Go's `%f`: six decimals. */
export function formatF(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return value.toFixed(6)
}

/** Whole seconds of a time as RFC 3339 in UTC. */
export function formatTime(timeMs: number): string {
  return new Date(Math.trunc(timeMs / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
