/** The kernels of frames: a new row written over the last one. */
import { STALE_HIGH, STALE_LOW } from '../../model/stale.ts'
import type { Parcel } from '../parcel.ts'
import { fitsWidth, writeWidth } from './width.ts'

/** The place of a series in a row that has none for it. */
export const NO_ROW = 0xffffffff

const STALE_HIGH_QUIET = 0x7ff80000

/**
 * Writes the values of a row where they lie in the elements.
 *
 * Moves bits as words: a staleness marker would not survive being a number, and leaves in its exact
 * form whichever way it came.
 *
 * @param view   the elements
 * @param slots  place of the last bytes of each value in `view`
 * @param widths how many bytes of each value those are
 * @param rows   place of each series in the row
 * @param lasts  two words for each series, the value that it has in `view`
 * @param stamps gets `stamp` for each series whose value is another one now
 * @param bits   two words for each value of the row
 * @param broken uint32[>= count], gets the series whose value does not fit its slot: they keep the last
 * @returns how many those are
 */
export function patchValues(
  view: DataView,
  slots: Uint32Array,
  widths: Uint8Array,
  rows: Uint32Array,
  lasts: Int32Array,
  stamps: Uint16Array,
  bits: Int32Array,
  count: number,
  stamp: number,
  broken: Uint32Array,
): number {
  let brokenCount = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]
    const low = bits[2 * row]
    let high = bits[2 * row + 1]
    if (low === STALE_LOW && high === STALE_HIGH_QUIET) high = STALE_HIGH
    if (lasts[2 * i] === low && lasts[2 * i + 1] === high) continue
    const width = widths[i]
    if (!fitsWidth(width, low, high)) {
      broken[brokenCount++] = i
      continue
    }
    writeWidth(view, slots[i], width, low, high)
    lasts[2 * i] = low
    lasts[2 * i + 1] = high
    stamps[i] = stamp
  }
  return brokenCount
}

/**
 * Writes the time of a row where its bytes lie in the elements.
 *
 * @param timeSlots place of each byte, times 8, with its place in the varint
 * @param timeMs    ms since epoch, 2^35 … 2^42 - 1: six bytes
 */
export function patchTime(bytes: Uint8Array, timeSlots: Uint32Array, timeMs: number): void {
  const low = timeMs % 2 ** 28
  const high = Math.floor(timeMs / 2 ** 28)
  for (let i = 0; i < timeSlots.length; i++) {
    const slot = timeSlots[i]
    const k = slot & 7
    const part = k < 4 ? low >>> (7 * k) : high >>> (7 * (k - 4))
    bytes[slot >>> 3] = k < 5 ? part | 0x80 : part
  }
}

/** The values of a parcel as words. */
export function wordsOf(parcel: Parcel): Int32Array {
  const { values, count } = parcel
  return new Int32Array(values.buffer, values.byteOffset, 2 * count)
}
