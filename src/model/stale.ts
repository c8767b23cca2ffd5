/** The staleness marker: one NaN among many, told apart by its bits. */

/** Upper and lower halves of the marker 0x7ff0000000000002. @source Prometheus model/value */
export const STALE_HIGH = 0x7ff00000
export const STALE_LOW = 2

const scratch = new Float64Array(1)
const scratchBits = new Uint32Array(scratch.buffer)

/**
 * A one-slot array that holds the marker. Move it as a double between arrays that are arguments or
 * fields, or as two uint32. V8 may set the quiet bit (0x0008 in the highest bytes) of a signalling
 * NaN that is stored as a double into an array known at compile time, such as a module's constant
 * (seen in Node 26, middle compiler tier). `isStale` therefore takes the quiet form for the marker;
 * whoever hands bits to others writes STALE_HIGH and STALE_LOW.
 */
export const STALE: Float64Array = (() => {
  const bits = new Uint32Array([STALE_LOW, STALE_HIGH])
  return new Float64Array(bits.buffer)
})()

const QUIET_BIT = 0x00080000

/** Whether a number is the staleness marker, quiet or not. Only worth asking when it is NaN. */
export function isStale(value: number): boolean {
  if (!Number.isNaN(value)) return false
  scratch[0] = value
  return scratchBits[0] === STALE_LOW && (scratchBits[1] | QUIET_BIT) === (STALE_HIGH | QUIET_BIT)
}

/** The upper half that belongs to a lower one on its way out: a quiet marker becomes the marker. */
export function staleHighOf(low: number, high: number): number {
  return low === STALE_LOW && (high | QUIET_BIT) === (STALE_HIGH | QUIET_BIT) ? STALE_HIGH : high
}

/** Whether slot `i` of an array holds the marker. */
export function isStaleAt(values: Float64Array, i: number): boolean {
  const value = values[i]
  return Number.isNaN(value) && isStale(value)
}
