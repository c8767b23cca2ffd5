/**
 * How many bytes of a value are patched. Seen from the front, the doubles of small whole numbers begin
 * with zeros: these stay as they are, so that only the last bytes have a slot.
 */

/** Width of a constant: no byte of it is patched. */
export const CONSTANT = 0

/** Width of values that have no known zeros. */
export const WHOLE = 8

const MANTISSA_BITS_HIGH = 20
const EXPONENT_BIAS = 1023

/**
 * The width for a value and others that are up to twice as large: 3, 4 or 6 for whole numbers below
 * 2^12, 2^20 and 2^36, else WHOLE.
 */
export function widthFor(low: number, high: number): number {
  const exponent = ((high >>> MANTISSA_BITS_HIGH) & 0x7ff) - EXPONENT_BIAS
  if (exponent < 0) return low === 0 && (high & 0x7fffffff) === 0 ? 3 : WHOLE
  if (exponent <= MANTISSA_BITS_HIGH) {
    const fraction = high & ((1 << (MANTISSA_BITS_HIGH - exponent)) - 1)
    if (low !== 0 || fraction !== 0) return WHOLE
    return exponent < 12 ? 3 : exponent < 20 ? 4 : 6
  }
  if (exponent >= 36) return WHOLE
  return (low & ((1 << (32 + MANTISSA_BITS_HIGH - exponent)) - 1)) === 0 ? 6 : WHOLE
}

/** Whether all bytes of a value outside of a slot are 0. */
export function fitsWidth(width: number, low: number, high: number): boolean {
  if (width === WHOLE) return true
  if (width === 6) return (low & 0xffff) === 0
  if (width === CONSTANT || low !== 0) return false
  return width === 4 || (high & 0xff) === 0
}

/** Writes the last `width` bytes of a value at `at`. */
export function writeWidth(
  view: DataView,
  at: number,
  width: number,
  low: number,
  high: number,
): void {
  if (width === WHOLE) {
    view.setInt32(at, low, true)
    view.setInt32(at + 4, high, true)
  } else if (width === 6) {
    view.setInt16(at, low >> 16, true)
    view.setInt32(at + 2, high, true)
  } else if (width === 4) {
    view.setInt32(at, high, true)
  } else {
    view.setInt16(at, high >> 8, true)
    view.setInt8(at + 2, high >> 24)
  }
}
