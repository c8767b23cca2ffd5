/** One column of a sealed block: the float64 values of one series, packed without loss. */
import type { Cursor } from '../../base/bytes.ts'
import { assert, NarthexError } from '../../base/error.ts'
import { EXPONENT_MAX, newDecimals, POWERS_OF_TEN, splitDecimals } from './decimal.ts'
import {
  DELTAS2,
  INTEGER_MAX,
  newIntegerPlan,
  planIntegers,
  readIntegers,
  writeIntegers,
} from './integers.ts'
import { ODD_BYTES_MAX, oddBytes, readOdds, writeOdds } from './odd.ts'
import { fillPresence, isPresent, presenceWords, readPresence, writePresence } from './presence.ts'
import { decodeXor, encodeXor, xorBytesMax } from './xor.ts'

/** What a column holds; the high half of its first byte. Other kinds are reserved by the format. */
const KIND_FLOAT = 1

/** Most rows of one column. */
export const COLUMN_ROWS_MAX = 16_384

/** Encodings of floats beside those of integers; the low half of the first byte. */
const XOR = 4
const BITS = 5
const CONSTANT_BITS = 6

/** The second byte: a power of ten and what else is there. */
const EXPONENT_MASK = 0x1f
const FROM_NEIGHBOUR = 0x20
const HAS_ODDS = 0x40
const HAS_HOLES = 0x80

/** More bits a value than this, and XOR is tried as well. */
const DECIMAL_BITS_MAX = 44

const HEADER_BYTES_MAX = 96

let dense: Float64Array = new Float64Array(0)
let denseBits: Uint32Array = new Uint32Array(0)
let denseNeighbour: Float64Array = new Float64Array(0)
let oddSlots: Uint16Array = new Uint16Array(0)
let oddBits: Uint32Array = new Uint32Array(0)
let plain = newDecimals(0)
let relative = newDecimals(0)
const plainPlan = newIntegerPlan()
const relativePlan = newIntegerPlan()

/** The encoding of the column at hand; filled by planFloats. */
const chosen = { code: 0, flags: 0, bits: 0, relative: false }

/** Most bytes that encodeColumn writes for `count` rows. */
export function columnBytesMax(count: number): number {
  return HEADER_BYTES_MAX + (count >>> 3) + xorBytesMax(count) + ODD_BYTES_MAX * (count >>> 3)
}

/** Whether the column at `at` was written as differences from its neighbour. */
export function columnNeedsNeighbour(bytes: Uint8Array, at: number): boolean {
  return at + 1 < bytes.length && (bytes[at + 1] & FROM_NEIGHBOUR) !== 0
}

/** Whether the values of the column at `at` are plain decimals: neither NaN nor infinite. */
export function columnIsFinite(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] & 0xf) <= DELTAS2 && (bytes[at + 1] & HAS_ODDS) === 0
}

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
export function encodeColumn(
  values: Float64Array,
  from: number,
  count: number,
  presence: Uint32Array | undefined,
  neighbour: Float64Array | undefined,
  into: Cursor,
): void {
  assert(count >= 1 && count <= COLUMN_ROWS_MAX, 'a column of 1 to 16384 rows')
  assert(into.end - into.at >= columnBytesMax(count), 'room for the largest column')
  reserve(count)
  const present = gather(values, from, count, presence, neighbour)
  assert(present >= 1, 'a column with a value')
  const head = into.at
  into.at += 2
  if (presence !== undefined && present < count) writePresence(presence, count, present, into)
  planFloats(present, neighbour !== undefined)
  writeFloats(present, into)
  into.bytes[head] = (KIND_FLOAT << 4) | chosen.code
  into.bytes[head + 1] = chosen.flags | (present < count ? HAS_HOLES : 0)
}

/** Chooses code, flags and size for dense[0, present). */
function planFloats(present: number, hasNeighbour: boolean): void {
  chosen.flags = 0
  chosen.relative = false
  splitDecimals(dense, present, oddCountMax(present), plain)
  if (plain.exponent < 0 || plain.intCount === 0) {
    chosen.code = sameBits(present) ? CONSTANT_BITS : XOR
    return
  }
  planIntegers(plain.ints, plain.intCount, plainPlan)
  chosen.bits = plainPlan.bits + 8 * oddBytes(plain.oddCount)
  chosen.code = plainPlan.mode
  chosen.flags = plain.exponent | (plain.oddCount > 0 ? HAS_ODDS : 0)
  if (hasNeighbour && plain.exponent === 0 && chosen.bits > 0) planRelative(present)
}

/** Prefers differences from the neighbour where they are smaller. */
function planRelative(present: number): void {
  subtractNeighbour(present)
  if (relative.intCount > 0) {
    planIntegers(relative.ints, relative.intCount, relativePlan)
    const bits = relativePlan.bits + 8 * oddBytes(relative.oddCount)
    if (bits < chosen.bits) {
      chosen.bits = bits
      chosen.code = relativePlan.mode
      chosen.flags = FROM_NEIGHBOUR | (relative.oddCount > 0 ? HAS_ODDS : 0)
      chosen.relative = true
      return
    }
  }
  planIntegers(plain.ints, plain.intCount, plainPlan)
}

/** Writes what planFloats chose, or what turns out smaller. */
function writeFloats(present: number, into: Cursor): void {
  const start = into.at
  if (chosen.code === CONSTANT_BITS) {
    writeBits(1, into)
    return
  }
  if (chosen.code === XOR || chosen.bits > DECIMAL_BITS_MAX * present) {
    const bitsMax = chosen.code === XOR ? 64 * present : chosen.bits
    encodeXor(denseBits, present, into)
    if (8 * (into.at - start) <= bitsMax) {
      chosen.code = XOR
      chosen.flags = 0
      return
    }
    into.at = start
  }
  if (chosen.code === XOR) {
    chosen.code = BITS
    writeBits(present, into)
    return
  }
  const decimals = chosen.relative ? relative : plain
  if (decimals.oddCount > 0) writeOdds(denseBits, decimals.oddSlots, decimals.oddCount, into)
  writeIntegers(decimals.ints, decimals.intCount, chosen.relative ? relativePlan : plainPlan, into)
}

function writeBits(count: number, into: Cursor): void {
  for (let i = 0; i < count; i++, into.at += 8) {
    into.view.setUint32(into.at, denseBits[2 * i], true)
    into.view.setUint32(into.at + 4, denseBits[2 * i + 1], true)
  }
}

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
 *   neighbour that is needed and missing; the cursor stays, `into[at, at + count)` and `presence`
 *   may then hold anything
 */
export function decodeColumn(
  c: Cursor,
  count: number,
  into: Float64Array,
  at: number,
  presence: Uint32Array,
  neighbour: Float64Array | undefined,
): number {
  assert(count >= 1 && count <= COLUMN_ROWS_MAX, 'a column of 1 to 16384 rows')
  assert(into.length >= at + count, 'room for every row')
  assert(presence.length >= presenceWords(count), 'room for every presence bit')
  const start = c.at
  try {
    return readColumn(c, count, into, at, presence, neighbour)
  } catch (error) {
    c.at = start
    throw error
  }
}

function readColumn(
  c: Cursor,
  count: number,
  into: Float64Array,
  at: number,
  presence: Uint32Array,
  neighbour: Float64Array | undefined,
): number {
  if (c.end - c.at < 2) throw damaged('it ends inside its header')
  const kind = c.bytes[c.at] >>> 4
  const code = c.bytes[c.at] & 0xf
  const flags = c.bytes[c.at + 1]
  c.at += 2
  if (kind !== KIND_FLOAT) throw damaged(`it is of kind ${kind}, not of floats`)
  const base = (flags & FROM_NEIGHBOUR) !== 0 ? neighbour : undefined
  if ((flags & FROM_NEIGHBOUR) !== 0 && base === undefined)
    throw damaged('its neighbour is missing')
  if (code > DELTAS2 && (flags & ~HAS_HOLES) !== 0) throw damaged('its flags contradict each other')

  let present = count
  if ((flags & HAS_HOLES) !== 0) present = readPresence(c, count, presence)
  else fillPresence(presence, count)
  if (code > DELTAS2) {
    readFloats(c, code, present, into, at)
    if (present < count) spread(count, presence, present, 0, into, at, undefined)
    return present
  }
  const exponent = flags & EXPONENT_MASK
  if (exponent > EXPONENT_MAX) throw damaged(`its exponent is ${exponent}`)
  let oddCount = 0
  if ((flags & HAS_ODDS) !== 0) {
    reserve(count)
    oddCount = readOdds(c, present, oddSlots, oddBits)
  }
  readIntegers(c, code, present - oddCount, POWERS_OF_TEN[exponent], into, at)
  if (present < count || oddCount > 0) {
    spread(count, presence, present, oddCount, into, at, base)
  } else if (base !== undefined) {
    for (let i = at; i < at + count; i++) into[i] += base[i]
  }
  return present
}

function readFloats(
  c: Cursor,
  code: number,
  present: number,
  into: Float64Array,
  at: number,
): void {
  const bits = bitsOf(into, at, present)
  if (code === XOR) {
    decodeXor(c, present, bits)
    return
  }
  if (code !== BITS && code !== CONSTANT_BITS) throw damaged(`its encoding is ${code}`)
  const stored = code === BITS ? present : 1
  if (c.end - c.at < 8 * stored) throw damaged('it ends inside its values')
  for (let i = 0; i < 2 * stored; i++, c.at += 4) bits[i] = c.view.getUint32(c.at, true)
  for (let i = 2 * stored; i < 2 * present; i++) bits[i] = bits[i & 1]
}

/** Moves the values of a column to their rows, from the last to the first, odd ones among them. */
function spread(
  count: number,
  presence: Uint32Array,
  present: number,
  oddCount: number,
  into: Float64Array,
  at: number,
  base: Float64Array | undefined,
): void {
  const bits = bitsOf(into, at, count)
  let slot = present - 1
  let odd = oddCount - 1
  let ordinary = present - oddCount - 1
  for (let row = count - 1; row >= 0; row--) {
    if (!isPresent(presence, row)) {
      into[at + row] = 0
    } else if (odd >= 0 && oddSlots[odd] === slot) {
      bits[2 * row] = oddBits[2 * odd]
      bits[2 * row + 1] = oddBits[2 * odd + 1]
      odd--
      slot--
    } else {
      bits[2 * row] = bits[2 * ordinary]
      bits[2 * row + 1] = bits[2 * ordinary + 1]
      if (base !== undefined) into[at + row] += base[at + row]
      ordinary--
      slot--
    }
  }
}

/** Copies the present rows side by side; how many there are. */
function gather(
  values: Float64Array,
  from: number,
  count: number,
  presence: Uint32Array | undefined,
  neighbour: Float64Array | undefined,
): number {
  let present = 0
  let hasNaN = false
  for (let i = 0; i < count; i++) {
    if (presence !== undefined && !isPresent(presence, i)) continue
    const x = values[from + i]
    if (Number.isNaN(x)) hasNaN = true
    dense[present] = x
    if (neighbour !== undefined) denseNeighbour[present] = neighbour[from + i]
    present++
  }
  if (hasNaN) gatherBits(bitsOf(values, from, count), count, presence)
  return present
}

/** As gather, by words: a NaN that is moved as a double may come out with other bits. */
function gatherBits(bits: Uint32Array, count: number, presence: Uint32Array | undefined): void {
  let present = 0
  for (let i = 0; i < count; i++) {
    if (presence !== undefined && !isPresent(presence, i)) continue
    denseBits[2 * present] = bits[2 * i]
    denseBits[2 * present + 1] = bits[2 * i + 1]
    present++
  }
}

/** Values[at, at + count) as pairs of low and high word. */
function bitsOf(values: Float64Array, at: number, count: number): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset + 8 * at, 2 * count)
}

/** Fills `relative` with value - neighbour where both are integers; intCount is 0 for too few. */
function subtractNeighbour(present: number): void {
  const oddMax = oddCountMax(present)
  let intCount = 0
  let oddCount = 0
  for (let i = 0; i < present; i++) {
    const x = dense[i]
    const y = denseNeighbour[i]
    const difference = x - y
    if (isPlainInteger(x) && isPlainInteger(y) && Math.abs(difference) <= INTEGER_MAX) {
      relative.ints[intCount++] = difference
    } else if (oddCount < oddMax) {
      relative.oddSlots[oddCount++] = i
    } else {
      relative.intCount = 0
      return
    }
  }
  relative.intCount = intCount
  relative.oddCount = oddCount
}

/** An integer that adds up exactly; -0 is none. */
function isPlainInteger(x: number): boolean {
  return Math.floor(x) === x && Math.abs(x) <= INTEGER_MAX && (x !== 0 || 1 / x > 0)
}

function sameBits(count: number): boolean {
  for (let i = 1; i < count; i++) {
    if (denseBits[2 * i] !== denseBits[0] || denseBits[2 * i + 1] !== denseBits[1]) return false
  }
  return true
}

/** More odd values than this, and a column is no column of decimals. */
function oddCountMax(count: number): number {
  return Math.max(2, count >>> 3)
}

function reserve(count: number): void {
  if (dense.length >= count) return
  const rows = Math.min(COLUMN_ROWS_MAX, Math.max(1024, 2 * count))
  dense = new Float64Array(rows)
  denseBits = new Uint32Array(dense.buffer)
  denseNeighbour = new Float64Array(rows)
  oddSlots = new Uint16Array(rows)
  oddBits = new Uint32Array(2 * rows)
  plain = newDecimals(rows)
  relative = newDecimals(rows)
}

function damaged(what: string): NarthexError {
  return new NarthexError('bad_data', `cannot decode column: ${what}`)
}
