/** Which rows of a column have a value: a range, and a bitmap where the range has holes. */
import { type Cursor, readVarint, writeVarint } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'

/** Words of a bitmap over `count` rows. */
export function presenceWords(count: number): number {
  return (count + 31) >>> 5
}

/** Whether row i is present. */
export function isPresent(presence: Uint32Array, i: number): boolean {
  return ((presence[i >>> 5] >>> (i & 31)) & 1) !== 0
}

/** Marks all of `count` rows present. */
export function fillPresence(presence: Uint32Array, count: number): void {
  for (let i = 0; i < count >>> 5; i++) presence[i] = 0xffffffff
  if ((count & 31) !== 0) presence[count >>> 5] = 2 ** (count & 31) - 1
}

/** Writes the presence of `count` rows, `present` >= 1 of them. */
export function writePresence(
  presence: Uint32Array,
  count: number,
  present: number,
  into: Cursor,
): void {
  let from = 0
  while (!isPresent(presence, from)) from++
  let to = count
  while (!isPresent(presence, to - 1)) to--
  const holed = to - from !== present
  writeVarint(into, from * 2 + (holed ? 1 : 0))
  writeVarint(into, to - from)
  if (!holed) return
  const start = into.at
  into.at += (to - from + 7) >>> 3
  into.bytes.fill(0, start, into.at)
  for (let i = from; i < to; i++) {
    if (isPresent(presence, i)) into.bytes[start + ((i - from) >>> 3)] |= 1 << ((i - from) & 7)
  }
}

/**
 * Reads what writePresence wrote.
 *
 * @returns how many rows are present, >= 1
 * @throws NarthexError `bad_data`
 */
export function readPresence(c: Cursor, count: number, presence: Uint32Array): number {
  const head = readVarint(c)
  const length = readVarint(c)
  const from = Math.floor(head / 2)
  const holed = head % 2 === 1
  const sizeBytes = holed ? (length + 7) >>> 3 : 0
  if (from + length > count || sizeBytes > c.end - c.at) throw damaged(count)
  presence.fill(0, 0, presenceWords(count))
  let present = 0
  for (let i = 0; i < length; i++) {
    if (holed && ((c.bytes[c.at + (i >>> 3)] >>> (i & 7)) & 1) === 0) continue
    presence[(from + i) >>> 5] |= 1 << ((from + i) & 31)
    present++
  }
  if (present === 0) throw damaged(count)
  c.at += sizeBytes
  return present
}

/**
 * Copies the bits of rows [from, to) to the front of `into`, a uint32[>= ceil((to - from) / 32)].
 *
 * @returns how many are set
 */
export function slicePresence(
  presence: Uint32Array,
  from: number,
  to: number,
  into: Uint32Array,
): number {
  into.fill(0, 0, presenceWords(to - from))
  let present = 0
  for (let row = from; row < to; row++) {
    if (!isPresent(presence, row)) continue
    into[(row - from) >>> 5] |= 1 << ((row - from) & 31)
    present++
  }
  return present
}

function damaged(count: number): NarthexError {
  return new NarthexError(
    'bad_data',
    `cannot decode presence: it does not fit its bytes or the ${count} rows of the block`,
  )
}
