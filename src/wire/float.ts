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

/** Digits that two float64 together hold exactly. */
const LONG_DIGITS_MAX = 19

/** Splits a float64 into two halves of 26 bits. @source Dekker 1971 */
const SPLITTER = 2 ** 27 + 1

/** By how much what is left behind rounding may be off; it is far less. */
const LEFT_OFF_MAX = 2 ** -40

const latin1 = new TextDecoder('latin1')

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
  const value = parseDecimal(bytes, from, to)
  return value === undefined ? parseFloatText(latin1.decode(bytes.subarray(from, to))) : value
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

/**
 * The number in `bytes[from, to)`, without making a string.
 *
 * @returns undefined for what is no plain decimal number, and for the few whose nearest float64
 *   is not beyond doubt
 */
export function parseDecimal(bytes: Uint8Array, from: number, to: number): number | undefined {
  const negative = bytes[from] === 45
  let at = negative ? from + 1 : from
  let digits = 0
  let seen = 0
  let point = 0
  let head = 0
  let tail = 0
  let tailPower = 1
  for (; at < to; at++) {
    const c = bytes[at] - 48
    if (c === -2 && point === 0) {
      point = seen + 1
      continue
    }
    if (c < 0 || c > 9) break
    seen++
    if (digits > 0 || c > 0) digits++
    if (digits <= EXACT_DIGITS_MAX) head = head * 10 + c
    else {
      tail = tail * 10 + c
      tailPower *= 10
    }
  }
  if (seen === 0 || digits > LONG_DIGITS_MAX) return undefined
  let exponent = point === 0 ? 0 : point - 1 - seen
  if (at < to) {
    const power = parsePower(bytes, at, to)
    if (power === undefined) return undefined
    exponent += power
  }
  if (exponent < -EXACT_POWER_MAX || exponent > EXACT_POWER_MAX) return undefined
  const size =
    digits > EXACT_DIGITS_MAX
      ? roundLong(head, tailPower, tail, exponent)
      : exponent < 0
        ? head / EXACT_POWERS[-exponent]
        : head * EXACT_POWERS[exponent]
  return negative && size !== undefined ? -size : size
}

/** The power of ten behind an `e`; undefined when there is something else. */
function parsePower(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (bytes[from] !== 101 && bytes[from] !== 69) return undefined
  let at = from + 1
  const negative = bytes[at] === 45
  if (negative || bytes[at] === 43) at++
  if (at === to || to - at > 3) return undefined
  let power = 0
  for (; at < to; at++) {
    const c = bytes[at] - 48
    if (c < 0 || c > 9) return undefined
    power = power * 10 + c
  }
  return negative ? -power : power
}

/** What `multiply` gives: the product is exactly the sum of both. */
let product = 0
let productRest = 0

/** Exactly, by halves: JavaScript has no fused multiplication. */
function multiply(a: number, b: number): void {
  const a1 = a * SPLITTER - (a * SPLITTER - a)
  const b1 = b * SPLITTER - (b * SPLITTER - b)
  const a2 = a - a1
  const b2 = b - b1
  product = a * b
  productRest = a1 * b1 - product + a1 * b2 + a2 * b1 + a2 * b2
}

/**
 * (head · tailPower + tail) · 10^exponent, rounded once.
 *
 * @returns undefined when it lies so close to the middle of two float64 that what was left out
 *   might decide
 */
function roundLong(
  head: number,
  tailPower: number,
  tail: number,
  exponent: number,
): number | undefined {
  multiply(head, tailPower)
  // Whole numbers below 10^19: the sum of three parts as a sum of two.
  const rest = productRest + tail
  let high = product + rest
  let low = rest - (high - product)
  if (exponent < 0) {
    const power = EXACT_POWERS[-exponent]
    const quotient = high / power
    multiply(quotient, power)
    low = (high - product - productRest + low) / power
    high = quotient
  } else if (exponent > 0) {
    const power = EXACT_POWERS[exponent]
    const more = low * power
    multiply(high, power)
    high = product
    low = productRest + more
  }
  const rounded = high + low
  const left = low - (rounded - high)
  return rounded + left * (1 + LEFT_OFF_MAX) === rounded ? rounded : undefined
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
