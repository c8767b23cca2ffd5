/** The timestamps that the columns of a block share. */
import type { Cursor } from '../../base/bytes.ts'
import { assert, NarthexError } from '../../base/error.ts'
import { COLUMN_ROWS_MAX, columnBytesMax } from './column.ts'
import {
  CONSTANT,
  DELTAS2,
  INTEGER_MAX,
  newIntegerPlan,
  planIntegers,
  readIntegers,
  writeIntegers,
} from './integers.ts'

const plan = newIntegerPlan()
let scratch: Float64Array = new Float64Array(1024)

/** Most bytes that encodeTimes writes for `count` timestamps. */
export function timesBytesMax(count: number): number {
  return columnBytesMax(count)
}

/**
 * Writes `count` timestamps, times[from, from + count).
 *
 * @param times float64, ms since epoch, integers with |t| < 2^51, strictly rising
 * @param count 1 … COLUMN_ROWS_MAX
 * @param into  room for timesBytesMax(count) bytes; left behind the block
 */
export function encodeTimes(times: Float64Array, from: number, count: number, into: Cursor): void {
  assert(count >= 1 && count <= COLUMN_ROWS_MAX, 'a block of 1 to 16384 rows')
  assert(into.end - into.at >= timesBytesMax(count), 'room for the largest block')
  if (scratch.length < count) scratch = new Float64Array(COLUMN_ROWS_MAX)
  for (let i = 0; i < count; i++) scratch[i] = times[from + i]
  planIntegers(scratch, count, plan)
  into.bytes[into.at++] = plan.mode
  writeIntegers(scratch, count, plan, into)
}

/**
 * Reads `count` timestamps into into[at, at + count).
 *
 * @param c on the first byte; left behind the last one
 * @throws NarthexError `bad_data` for damaged bytes or times that do not rise; the cursor stays
 */
export function decodeTimes(c: Cursor, count: number, into: Float64Array, at: number): void {
  assert(count >= 1 && count <= COLUMN_ROWS_MAX, 'a block of 1 to 16384 rows')
  assert(into.length >= at + count, 'room for every timestamp')
  const start = c.at
  try {
    const mode = c.at < c.end ? c.bytes[c.at++] : DELTAS2 + 1
    if (mode > DELTAS2 || (mode === CONSTANT && count > 1)) throw damaged()
    readIntegers(c, mode, count, 1, into, at)
    for (let i = at; i < at + count; i++) {
      if (!(Math.abs(into[i]) <= INTEGER_MAX)) throw damaged()
      if (i > at && into[i] <= into[i - 1]) throw damaged()
    }
  } catch (error) {
    c.at = start
    throw error
  }
}

function damaged(): NarthexError {
  return new NarthexError('bad_data', 'cannot decode timestamps: they are damaged or do not rise')
}
