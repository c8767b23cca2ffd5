/** Moving values by their bits, so that a staleness marker stays the marker that it is. */

/** The values at some slots, as an array of their own. */
export function gatherValues(
  values: Float64Array,
  slots: Uint32Array,
  count: number = slots.length,
): Float64Array {
  const gathered = new Float64Array(count)
  const from = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
  const to = new Uint32Array(gathered.buffer)
  for (let i = 0; i < count; i++) {
    const slot = 2 * slots[i]
    to[2 * i] = from[slot]
    to[2 * i + 1] = from[slot + 1]
  }
  return gathered
}

/** Numbers without odd bits (ids, times) at some slots, as an array of their own. */
export function gatherNumbers(
  numbers: Float64Array,
  slots: Uint32Array,
  count: number = slots.length,
): Float64Array {
  const gathered = new Float64Array(count)
  for (let i = 0; i < count; i++) gathered[i] = numbers[slots[i]]
  return gathered
}
