/** Floats as integers over a power of ten, exactly or not at all. */
import { INTEGER_MAX } from './integers.ts'

/** Largest power of ten tried. */
export const EXPONENT_MAX = 15

/** 10^e, each exact in float64. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: EXPONENT_MAX + 1 }, (_, e) =>
  Number(`1e${e}`),
)

/** What splitDecimals found. */
export interface Decimals {
  /** Power of ten; -1 when too many values are no decimals. */
  exponent: number
  /** Integers, one for each value that is a decimal, in order. */
  readonly ints: Float64Array
  /** How many of them. */
  intCount: number
  /** Slots of the values that are none, rising. */
  readonly oddSlots: Uint16Array
  /** How many of them. */
  oddCount: number
}

export function newDecimals(rowsMax: number): Decimals {
  return {
    exponent: 0,
    ints: new Float64Array(rowsMax),
    intCount: 0,
    oddSlots: new Uint16Array(rowsMax),
    oddCount: 0,
  }
}

/**
 * Finds the least power of ten that makes integers of values[0, count), those left out that have
 * none: NaN, infinities, -0 and numbers with too many digits.
 *
 * A value x counts as n / 10^e only when the division gives x back, bit for bit.
 *
 * @param oddMax give up (exponent -1) when more values than this are left out
 */
export function splitDecimals(
  values: Float64Array,
  count: number,
  oddMax: number,
  into: Decimals,
): void {
  const { ints, oddSlots } = into
  let exponent = 0
  let scale = 1
  let intCount = 0
  let oddCount = 0
  for (let i = 0; i < count; i++) {
    const x = values[i]
    const n = Math.round(x * scale)
    if (n / scale === x && n <= INTEGER_MAX && n >= -INTEGER_MAX && (x !== 0 || 1 / x > 0)) {
      ints[intCount++] = n
      continue
    }
    const needed = x - x === 0 && x !== 0 ? exponentOf(x, exponent + 1) : -1
    if (needed >= 0) {
      exponent = needed
      scale = POWERS_OF_TEN[exponent]
      intCount = 0
      oddCount = 0
      i = -1
      continue
    }
    if (oddCount === oddMax) {
      into.exponent = -1
      return
    }
    oddSlots[oddCount++] = i
  }
  into.exponent = exponent
  into.intCount = intCount
  into.oddCount = oddCount
}

/** The least exponent from `from` on that makes an integer of x; -1 for none. */
function exponentOf(x: number, from: number): number {
  for (let e = from; e <= EXPONENT_MAX; e++) {
    const scale = POWERS_OF_TEN[e]
    const n = Math.round(x * scale)
    if (n > INTEGER_MAX || n < -INTEGER_MAX) return -1
    if (n / scale === x) return e
  }
  return -1
}
