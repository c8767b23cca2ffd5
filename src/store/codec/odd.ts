/** Values that are no decimals, kept beside a column: staleness markers, NaN, infinities, -0. */
import { type Cursor, readVarint, writeVarint } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'

/** Bits of the values that have a code of their own, high and low word; code 0 is "8 bytes follow". */
const CODED_BITS: readonly (readonly [number, number])[] = [
  [0, 0],
  [0x7ff00000, 2],
  [0x7ff80000, 1],
  [0x7ff80000, 0],
  [0x7ff00000, 0],
  [0xfff00000, 0],
  [0x80000000, 0],
  [0x7ff80000, 2],
]
const CODES: number = CODED_BITS.length
const RAW = 0

/** Most bytes of one entry. */
export const ODD_BYTES_MAX: number = 8 + 8

/** Bytes that writeOdds takes at most, cheaply: for choosing between encodings. */
export function oddBytes(oddCount: number): number {
  return oddCount === 0 ? 0 : 1 + 3 * oddCount
}

/** Writes the values in slots[k] for k < oddCount, given as pairs of low and high word. */
export function writeOdds(
  bits: Uint32Array,
  slots: Uint16Array,
  oddCount: number,
  into: Cursor,
): void {
  writeVarint(into, oddCount)
  let before = 0
  for (let k = 0; k < oddCount; k++) {
    const low = bits[2 * slots[k]]
    const high = bits[2 * slots[k] + 1]
    const code = codeOf(high, low)
    writeVarint(into, (slots[k] - before) * CODES + code)
    before = slots[k] + 1
    if (code !== RAW) continue
    into.view.setUint32(into.at, low, true)
    into.view.setUint32(into.at + 4, high, true)
    into.at += 8
  }
}

/**
 * Reads what writeOdds wrote.
 *
 * @param count values of the column; fewer odd ones than this
 * @param slots uint16[>= count], gets the places, rising
 * @param bits  uint32[>= 2 * count], gets the values as pairs of low and high word
 * @returns how many odd values there are
 * @throws NarthexError `bad_data`
 */
export function readOdds(c: Cursor, count: number, slots: Uint16Array, bits: Uint32Array): number {
  const oddCount = readVarint(c)
  if (oddCount >= count) throw damaged()
  let next = 0
  for (let k = 0; k < oddCount; k++) {
    const head = readVarint(c)
    const slot = next + Math.floor(head / CODES)
    const code = head % CODES
    if (slot >= count) throw damaged()
    if (code === RAW) {
      if (c.end - c.at < 8) throw damaged()
      bits[2 * k] = c.view.getUint32(c.at, true)
      bits[2 * k + 1] = c.view.getUint32(c.at + 4, true)
      c.at += 8
    } else {
      bits[2 * k] = CODED_BITS[code][1]
      bits[2 * k + 1] = CODED_BITS[code][0]
    }
    slots[k] = slot
    next = slot + 1
  }
  return oddCount
}

function codeOf(high: number, low: number): number {
  for (let code = 1; code < CODED_BITS.length; code++) {
    if (CODED_BITS[code][0] === high && CODED_BITS[code][1] === low) return code
  }
  return RAW
}

function damaged(): NarthexError {
  return new NarthexError('bad_data', 'cannot decode odd values: their list is damaged')
}
