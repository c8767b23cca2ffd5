/** Columns of integers: constant, offsets, differences or differences of differences. */
import { type Cursor, readVarint, unzigzag, writeVarint, zigzag } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import { packBits, unpackOffsets, unpackSums, WIDTH_BITS_MAX } from './pack.ts'

/** Largest integer either way; differences stay exact, and so does their span. */
export const INTEGER_MAX: number = 2 ** 51 - 1

/** Ways to write a column of integers; the low half of a column's first byte. */
export const CONSTANT = 0
export const OFFSETS = 1
export const DELTAS = 2
export const DELTAS2 = 3

const DELTA_MAX_FOR_DELTAS2 = 2 ** 51 - 1
const HAS_PATCHES = 0x80
const TWO_32 = 2 ** 32

/** What patches must save at least: their count, and the slower way of reading. */
const PATCHING_BITS = 32

/** How one sequence is best packed: x - base in `width` bits, what does not fit as patches. */
interface Fit {
  base: number
  width: number
  patchCount: number
  bits: number
}

/** The chosen way for one column; filled by planIntegers, read by writeIntegers right after. */
export interface IntegerPlan extends Fit {
  mode: number
}

export function newIntegerPlan(): IntegerPlan {
  return { mode: CONSTANT, base: 0, width: 0, patchCount: 0, bits: 0 }
}

const trial: Fit = { base: 0, width: 0, patchCount: 0, bits: 0 }
const countByWidth = new Int32Array(WIDTH_BITS_MAX + 2)
let deltas: Float64Array = new Float64Array(1024)
let deltas2: Float64Array = new Float64Array(1024)
let offsets: Float64Array = new Float64Array(1024)

/**
 * Chooses the smallest way to write ints[0, count).
 *
 * @param ints  float64, integers, |x| <= INTEGER_MAX
 * @param count >= 1
 */
export function planIntegers(ints: Float64Array, count: number, plan: IntegerPlan): void {
  plan.mode = CONSTANT
  plan.base = ints[0]
  plan.width = 0
  plan.patchCount = 0
  plan.bits = 0
  if (isConstant(ints, count)) return
  reserve(count)
  fit(ints, 0, count, plan)
  plan.mode = OFFSETS
  let deltaMax = 0
  for (let i = 1; i < count; i++) {
    const delta = ints[i] - ints[i - 1]
    deltas[i] = delta
    if (delta > deltaMax) deltaMax = delta
    else if (-delta > deltaMax) deltaMax = -delta
  }
  fit(deltas, 1, count, trial)
  adopt(DELTAS, plan)
  if (count < 3 || deltaMax > DELTA_MAX_FOR_DELTAS2 || plan.bits === 0) return
  for (let i = 2; i < count; i++) deltas2[i] = deltas[i] - deltas[i - 1]
  fit(deltas2, 2, count, trial)
  adopt(DELTAS2, plan)
}

/** Writes what planIntegers has chosen for the same integers. */
export function writeIntegers(
  ints: Float64Array,
  count: number,
  plan: IntegerPlan,
  into: Cursor,
): void {
  if (plan.mode === CONSTANT) {
    writeVarint(into, zigzag(ints[0]))
    return
  }
  if (plan.mode !== OFFSETS) writeVarint(into, zigzag(ints[0]))
  if (plan.mode === DELTAS2) writeVarint(into, zigzag(deltas[1]))
  writeVarint(into, zigzag(plan.base))
  into.bytes[into.at++] = plan.width | (plan.patchCount > 0 ? HAS_PATCHES : 0)
  const source = plan.mode === OFFSETS ? ints : plan.mode === DELTAS ? deltas : deltas2
  const from = firstPacked(plan.mode)
  if (plan.patchCount > 0) writeVarint(into, plan.patchCount)
  const limit = 2 ** plan.width
  let patchedBefore = from
  for (let i = from; i < count; i++) {
    const offset = source[i] - plan.base
    if (offset >= 0 && offset < limit) {
      offsets[i] = offset
      continue
    }
    offsets[i] = 0
    writeVarint(into, i - patchedBefore)
    writeVarint(into, zigzag(source[i]))
    patchedBefore = i + 1
  }
  packBits(offsets, from, count, plan.width, into)
}

/**
 * Reads `count` integers written by writeIntegers and divides each by `divisor`.
 *
 * @throws NarthexError `bad_data` for damaged bytes
 */
export function readIntegers(
  c: Cursor,
  mode: number,
  count: number,
  divisor: number,
  into: Float64Array,
  at: number,
): void {
  const first = mode === OFFSETS ? 0 : unzigzag(readVarint(c))
  if (mode === CONSTANT) {
    into.fill(first / divisor, at, at + count)
    return
  }
  const firstDelta = mode === DELTAS2 ? unzigzag(readVarint(c)) : 0
  const base = unzigzag(readVarint(c))
  const from = firstPacked(mode)
  if (c.at >= c.end || count < from) throw damaged('ends inside its header')
  const head = c.bytes[c.at++]
  const width = head & 0x7f
  if ((head & HAS_PATCHES) !== 0) {
    readPatched(c, mode, count, first, firstDelta, base, width, into, at)
    if (divisor !== 1) for (let i = at; i < at + count; i++) into[i] /= divisor
    return
  }
  if (mode === OFFSETS) {
    unpackOffsets(c, count, width, base, divisor, into, at)
    return
  }
  if (mode === DELTAS) {
    into[at] = first / divisor
    unpackSums(c, count - 1, width, base, first, divisor, into, at + 1)
    return
  }
  unpackOffsets(c, count - 2, width, base, 1, into, at + 2)
  sumTwice(first, firstDelta, count, divisor, into, at)
}

/** The rare way: the packed part first, then its patches, then the sums. */
function readPatched(
  c: Cursor,
  mode: number,
  count: number,
  first: number,
  firstDelta: number,
  base: number,
  width: number,
  into: Float64Array,
  at: number,
): void {
  const from = firstPacked(mode)
  const patchCount = readVarint(c)
  if (patchCount > count - from) throw damaged('has more patches than rows')
  const patches = c.at
  for (let i = 0; i < 2 * patchCount; i++) readVarint(c)
  unpackOffsets(c, count - from, width, base, 1, into, at + from)
  const end = c.at
  c.at = patches
  let row = from
  for (let i = 0; i < patchCount; i++) {
    row += readVarint(c)
    if (row >= count) throw damaged('patches a row past its end')
    into[at + row] = unzigzag(readVarint(c))
    row++
  }
  c.at = end
  if (mode === DELTAS) {
    let sum = first
    into[at] = first
    for (let i = at + 1; i < at + count; i++) {
      sum += into[i]
      into[i] = sum
    }
  } else if (mode === DELTAS2) {
    sumTwice(first, firstDelta, count, 1, into, at)
  }
}

/** into[at + 2, …) holds differences of differences and becomes the integers. */
function sumTwice(
  first: number,
  firstDelta: number,
  count: number,
  divisor: number,
  into: Float64Array,
  at: number,
): void {
  let delta = firstDelta
  let sum = first + firstDelta
  into[at] = first / divisor
  into[at + 1] = sum / divisor
  for (let i = at + 2; i < at + count; i++) {
    delta += into[i]
    sum += delta
    into[i] = sum / divisor
  }
}

/** Base, width and patches that need the fewest bits for a[from, to); to - from >= 1. */
function fit(a: Float64Array, from: number, to: number, into: Fit): void {
  let min = Infinity
  let max = -Infinity
  let sum = 0
  for (let i = from; i < to; i++) {
    const x = a[i]
    if (x < min) min = x
    if (x > max) max = x
    sum += x
  }
  const patchBits = 8 + 8 * Math.ceil((widthOf(Math.max(max, -min)) + 1) / 7)
  into.bits = Infinity
  fitBase(a, from, to, min, patchBits, into)
  if (into.width === 0 && into.patchCount === 0) return

  // A reset among differences would widen all of them: where most lie far above the least one, the
  // least one near the mean is tried as well.
  const mean = sum / (to - from)
  if (mean - min < 0.75 * (max - min)) return
  let deviation = 0
  for (let i = from; i < to; i++) deviation += Math.abs(a[i] - mean)
  const floor = mean - (8 * deviation) / (to - from)
  if (min >= floor) return
  let base = Infinity
  for (let i = from; i < to; i++) if (a[i] >= floor && a[i] < base) base = a[i]
  fitBase(a, from, to, base, patchBits, into)
}

/** Takes `base` and its best width into `into` where they need fewer bits than what is there. */
function fitBase(
  a: Float64Array,
  from: number,
  to: number,
  base: number,
  patchBits: number,
  into: Fit,
): void {
  countByWidth.fill(0)
  let below = 0
  for (let i = from; i < to; i++) {
    const x = a[i] - base
    if (x < 0) below++
    else countByWidth[x < TWO_32 ? 32 - Math.clz32(x) : 64 - Math.clz32(x / TWO_32)]++
  }
  let patchCount = below
  let width = WIDTH_BITS_MAX
  while (width > 0 && countByWidth[width] === 0) width--
  for (;;) {
    const bits = width * (to - from) + (patchCount > 0 ? PATCHING_BITS + patchCount * patchBits : 0)
    if (bits < into.bits) {
      into.bits = bits
      into.base = base
      into.width = width
      into.patchCount = patchCount
    }
    if (width === 0) return
    patchCount += countByWidth[width]
    width--
  }
}

function adopt(mode: number, plan: IntegerPlan): void {
  if (trial.bits >= plan.bits) return
  plan.mode = mode
  plan.base = trial.base
  plan.width = trial.width
  plan.patchCount = trial.patchCount
  plan.bits = trial.bits
}

function isConstant(ints: Float64Array, count: number): boolean {
  const first = ints[0]
  for (let i = 1; i < count; i++) if (ints[i] !== first) return false
  return true
}

function firstPacked(mode: number): number {
  return mode === OFFSETS ? 0 : mode === DELTAS ? 1 : 2
}

function widthOf(x: number): number {
  return x < TWO_32 ? 32 - Math.clz32(x) : 64 - Math.clz32(x / TWO_32)
}

function reserve(count: number): void {
  if (deltas.length >= count) return
  deltas = new Float64Array(count)
  deltas2 = new Float64Array(count)
  offsets = new Float64Array(count)
}

function damaged(what: string): NarthexError {
  return new NarthexError('bad_data', `cannot decode integers: the column ${what}`)
}
