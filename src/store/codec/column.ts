/** One column of a sealed block: the float64 values of one series, packed without loss. */
import type { Cursor } from '../../base/bytes.ts'

/** What a column holds; the high half of its first byte. Only floats are written today. */
export const KIND_FLOAT = 1
export const KIND_HISTOGRAM = 2
export const KIND_START_TIME = 3
export const KIND_EXEMPLAR = 4

/** Most rows of one column. */
export const COLUMN_ROWS_MAX = 16_384

/** Most bytes that encodeColumn writes for `count` rows. */
export declare function columnBytesMax(count: number): number

/**
 * Writes one float column.
 *
 * @param values    float64; row i of the block is values[from + i]
 * @param count     rows of the block, 1 … COLUMN_ROWS_MAX
 * @param presence  bit i of word i >>> 5 is set where row i has a value; undefined when all have.
 *   At least one is set. Values of absent rows are not read.
 * @param neighbour a column on the same rows whose values run close to these (the histogram bucket
 *   before this one): row i is neighbour[from + i], read where this column is present, and must be
 *   present there; undefined for none. The encoder uses it only where that is smaller.
 * @param into      room for columnBytesMax(count) bytes; left behind the column
 */
export declare function encodeColumn(
  values: Float64Array,
  from: number,
  count: number,
  presence: Uint32Array | undefined,
  neighbour: Float64Array | undefined,
  into: Cursor,
): void

/**
 * Reads one float column, bit for bit.
 *
 * @param c         on the first byte of the column; left behind its last one
 * @param count     rows of the block, as encoded
 * @param into      float64; row i goes to into[at + i]. Rows without a value get 0.
 * @param presence  uint32[>= ceil(count / 32)], gets the presence bits
 * @param neighbour the decoded neighbour with row i at neighbour[at + i]; may be undefined where
 *   columnNeedsNeighbour says no
 * @returns how many rows have a value: 1 … count
 * @throws NarthexError `bad_data` for damaged bytes, a column kind that is not a float's, or a
 *   neighbour that is needed and missing; `into[at, at + count)` may then hold anything
 */
export declare function decodeColumn(
  c: Cursor,
  count: number,
  into: Float64Array,
  at: number,
  presence: Uint32Array,
  neighbour: Float64Array | undefined,
): number

/** Whether the column at `at` was written as differences from its neighbour. */
export declare function columnNeedsNeighbour(bytes: Uint8Array, at: number): boolean
