/** The staleness marker: one NaN among many, told apart by its bits. */

/** Upper and lower halves of the marker 0x7ff0000000000002. @source Prometheus model/value */
export const STALE_HIGH = 0x7ff00000
export const STALE_LOW = 2

const scratch = new Float64Array(1)
const scratchBits = new Uint32Array(scratch.buffer)

/**
 * A one-slot array that holds the marker. Move it with typed arrays (`set`, element copies between
 * Float64Arrays); the tests of this file prove that the engine keeps the bits on such copies.
 */
export const STALE: Float64Array = (() => {
  const bits = new Uint32Array([STALE_LOW, STALE_HIGH])
  return new Float64Array(bits.buffer)
})()

/** Whether a number is the staleness marker. Only worth asking when it is NaN. */
export function isStale(value: number): boolean {
  if (!Number.isNaN(value)) return false
  scratch[0] = value
  return scratchBits[1] === STALE_HIGH && scratchBits[0] === STALE_LOW
}

/** Whether slot `i` of an array holds the marker. */
export function isStaleAt(values: Float64Array, i: number): boolean {
  const value = values[i]
  return Number.isNaN(value) && isStale(value)
}
