/** Copies of some bytes at a time. */

/** So few bytes are copied faster one by one than through a view of them, which is an object. */
const ONE_BY_ONE_MAX = 128

/** Copies source[from, to) to `at` of another array. */
export function copyBytes(
  source: Uint8Array,
  from: number,
  to: number,
  into: Uint8Array,
  at: number,
): void {
  if (to - from > ONE_BY_ONE_MAX) into.set(source.subarray(from, to), at)
  else for (let i = from; i < to; i++) into[at + i - from] = source[i]
}
