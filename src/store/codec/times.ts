/** The timestamps that the columns of a block share. */
import type { Cursor } from '../../base/bytes.ts'

/** Most bytes that encodeTimes writes for `count` timestamps. */
export declare function timesBytesMax(count: number): number

/**
 * Writes `count` timestamps, times[from, from + count).
 *
 * @param times float64, ms since epoch, integers with |t| < 2^51, strictly rising
 * @param count 1 … COLUMN_ROWS_MAX
 * @param into  room for timesBytesMax(count) bytes; left behind the block
 */
export declare function encodeTimes(
  times: Float64Array,
  from: number,
  count: number,
  into: Cursor,
): void

/**
 * Reads `count` timestamps into into[at, at + count).
 *
 * @param c on the first byte; left behind the last one
 * @throws NarthexError `bad_data` for damaged bytes or times that do not rise
 */
export declare function decodeTimes(c: Cursor, count: number, into: Float64Array, at: number): void
