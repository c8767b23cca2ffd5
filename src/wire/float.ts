/** Decimal numbers as bytes to the nearest float64, exactly as Go's strconv reads them. */

/** The largest power of ten that a float64 holds exactly. */
export const EXACT_POWER_MAX = 22

/** Powers of ten that a float64 holds exactly. */
export const EXACT_POWERS: Float64Array = Float64Array.from(
  { length: EXACT_POWER_MAX + 1 },
  (_, i) => Number(`1e${i}`),
)

/** Digits that always fit into 53 bits. */
export const EXACT_DIGITS_MAX = 15

/** Longer texts are decoded otherwise than as arguments of one call. */
const TEXT_BYTES_MAX = 64

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i

/** Why a text is no number. */
export type FloatFault = 'syntax' | 'range' | 'character'

/**
 * The number in `bytes[from, to)`.
 *
 * @returns the nearest float64, or why the text is none: `range` where it overflows, `character`
 *   for digit separators and hexadecimal exponents
 * @source Go strconv.ParseFloat without its forms of 1.13 (`_`, `p`), as Prometheus reads values
 */
export function parseFloatBytes(bytes: Uint8Array, from: number, to: number): number | FloatFault {
  const exact = parseExact(bytes, from, to)
  if (exact !== undefined) return exact
  if (to - from > TEXT_BYTES_MAX)
    return parseFloatText(new TextDecoder().decode(bytes.subarray(from, to)))
  return parseFloatText(String.fromCharCode(...bytes.subarray(from, to)))
}

/** As parseFloatBytes, from text. */
export function parseFloatText(text: string): number | FloatFault {
  if (FLOAT.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : 'range'
  }
  const special = SPECIAL.exec(text)
  if (special !== null) {
    if (/nan/i.test(text)) return special[1] === '' ? Number.NaN : 'syntax'
    return special[1] === '-' ? -Infinity : Infinity
  }
  return /[pP_]/.test(text) ? 'character' : 'syntax'
}

/** Short numbers without a string: mantissa and power of ten are exact, so one division rounds right. */
function parseExact(bytes: Uint8Array, from: number, to: number): number | undefined {
  const negative = bytes[from] === 45
  let at = negative ? from + 1 : from
  let mantissa = 0
  let digits = 0
  let exponent = 0
  for (; at < to; at++) {
    const c = bytes[at] - 48
    if (c < 0 || c > 9) break
    mantissa = mantissa * 10 + c
    digits++
  }
  if (at < to && bytes[at] === 46) {
    for (at++; at < to; at++) {
      const c = bytes[at] - 48
      if (c < 0 || c > 9) break
      mantissa = mantissa * 10 + c
      digits++
      exponent--
    }
  }
  if (at !== to || digits === 0 || digits > EXACT_DIGITS_MAX) return undefined
  const value = exponent === 0 ? mantissa : mantissa / EXACT_POWERS[-exponent]
  return negative ? -value : value
}

/** The words of Go's strconv for a text that is no number. */
export function floatFaultText(fault: FloatFault, text: string): string {
  if (fault === 'character') return 'unsupported character in float'
  const why = fault === 'range' ? 'value out of range' : 'invalid syntax'
  return `strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${why}`
}

/** A number as OpenMetrics writes `le` and `quantile`: with a point or an exponent. */
export function formatOpenMetricsFloat(value: number): string {
  if (value === 1) return '1.0'
  if (value === 0) return '0.0'
  if (value === -1) return '-1.0'
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  const text = formatGo(value)
  return /[e.]/.test(text) ? text : `${text}.0`
}

/** Go's 'g' with the shortest digits: an exponent below 1e-4 and from 1e6 on, of two digits at least. */
function formatGo(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e6) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
