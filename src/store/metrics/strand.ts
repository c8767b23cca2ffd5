/** Samples of one series with times of its own, packed one behind the other. Layout: docs/formats/head.md. */

/** Most bytes of one entry: kinds, absolute time, whole value. */
export const ENTRY_BYTES_MAX = 16

/** How the time of an entry is written; the lower two bits of its first byte. */
const TIME_SAME_STEP = 0
const TIME_BYTE = 1
const TIME_SHORT = 2
const TIME_ABSOLUTE = 3

/** How the value is written; the upper six bits. */
const VALUE_SAME = 0
/** And so many upper bytes of the float64 more. */
const VALUE_UPPER = 1
/** And the power of ten times four, and bytes of the signed difference less one. */
const VALUE_DECIMAL = 10
/** And so many lower bytes of the XOR with the value before, 1 … 7. */
const VALUE_XOR = 29

const SCALES = [1, 10, 100, 1000, 10_000]
const EXACT_MAX = 2 ** 53
const TIME_BIAS = 2 ** 51
/** In the highest byte of an absolute time: the step to it from the newest one counts. */
const HAS_STEP = 0x80
/** A longer step is taken for none. */
const STEP_MS_MAX = 2 ** 31 - 1

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

/** What an entry is written against: the newest one. */
export interface StrandState {
  /** -Infinity where there is none; then an entry stands for itself. */
  newestMs: number
  stepMs: number
  low: number
  high: number
}

/**
 * Writes one sample and moves the state on, unless the sample is older than the newest.
 *
 * @param into uint8[>= ENTRY_BYTES_MAX]
 * @returns how many bytes it took
 */
export function encodeEntry(
  into: Uint8Array,
  state: StrandState,
  timeMs: number,
  low: number,
  high: number,
): number {
  const stepMs = timeMs - state.newestMs
  const change = stepMs - state.stepMs
  if (!(stepMs > 0) || Math.abs(change) > 0x7fff) {
    into[0] = TIME_ABSOLUTE
    writeTime(into, timeMs, Number.isFinite(stepMs))
    const end = writeUpper(into, 8, low, high)
    if (stepMs > 0) move(state, timeMs, low, high)
    return end
  }
  let at = 1
  let kind = TIME_SAME_STEP
  if (change !== 0) {
    into[at++] = change
    kind = TIME_BYTE
    if (change > 127 || change < -128) {
      into[at++] = change >> 8
      kind = TIME_SHORT
    }
  }
  into[0] = kind
  at = writeValue(into, at, state, low, high)
  move(state, timeMs, low, high)
  return at
}

/**
 * Reads `count` entries in the order in which they came.
 *
 * @param values words of a float64[>= count]
 * @returns false when the bytes end early or say nothing
 */
export function decodeEntries(
  bytes: Uint8Array,
  end: number,
  count: number,
  times: Float64Array,
  values: Uint32Array,
): boolean {
  const state: StrandState = { newestMs: -Infinity, stepMs: 0, low: 0, high: 0 }
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at >= end) return false
    const kinds = bytes[at++]
    let timeMs = 0
    let isStepKnown = true
    switch (kinds & 3) {
      case TIME_SAME_STEP:
        timeMs = state.newestMs + state.stepMs
        break
      case TIME_BYTE:
        timeMs = state.newestMs + state.stepMs + ((bytes[at++] << 24) >> 24)
        break
      case TIME_SHORT:
        timeMs = state.newestMs + state.stepMs + (((bytes[at] | (bytes[at + 1] << 8)) << 16) >> 16)
        at += 2
        break
      default:
        timeMs = readTime(bytes, at)
        if ((bytes[at + 6] & HAS_STEP) === 0) isStepKnown = false
        at += 7
    }
    at = readValue(bytes, at, kinds >>> 2, state)
    if (at < 0 || at > end) return false
    times[i] = timeMs
    values[i * 2] = words[0]
    values[i * 2 + 1] = words[1]
    if (timeMs > state.newestMs) {
      if (!isStepKnown) state.newestMs = -Infinity
      move(state, timeMs, words[0], words[1])
    }
  }
  return true
}

function move(state: StrandState, timeMs: number, low: number, high: number): void {
  const stepMs = timeMs - state.newestMs
  state.stepMs = stepMs > STEP_MS_MAX ? 0 : stepMs
  state.newestMs = timeMs
  state.low = low
  state.high = high
}

function writeTime(into: Uint8Array, timeMs: number, hasStep: boolean): void {
  const biased = timeMs + TIME_BIAS
  const low = biased >>> 0
  const high = Math.floor(biased / 2 ** 32)
  for (let i = 0; i < 4; i++) into[1 + i] = low >>> (i * 8)
  for (let i = 0; i < 3; i++) into[5 + i] = high >>> (i * 8)
  if (hasStep) into[7] |= HAS_STEP
}

function readTime(bytes: Uint8Array, at: number): number {
  const low = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
  const high = bytes[at + 4] | (bytes[at + 5] << 8) | ((bytes[at + 6] & ~HAS_STEP) << 16)
  return (low >>> 0) + high * 2 ** 32 - TIME_BIAS
}

function writeValue(
  into: Uint8Array,
  at: number,
  state: StrandState,
  low: number,
  high: number,
): number {
  if (low === state.low && high === state.high) return at
  words[0] = state.low
  words[1] = state.high
  const before = float[0]
  words[0] = low
  words[1] = high
  const value = float[0]
  const scale = value === 0 && high !== 0 ? -1 : scaleOf(value)
  if (scale >= 0) {
    const base = scaled(before, SCALES[scale])
    const change = Math.round(value * SCALES[scale]) - base
    if ((change | 0) === change && (base + change) / SCALES[scale] === value) {
      return writeDecimal(into, at, scale, change)
    }
  }
  const same = (state.high ^ high) >>> 0
  const xorBytes = same === 0 ? byteLength((state.low ^ low) >>> 0) : 4 + byteLength(same)
  const upper = upperBytes(low, high)
  if (upper <= xorBytes || xorBytes === 8) return writeUpper(into, at, low, high)
  into[0] |= (VALUE_XOR + xorBytes) << 2
  const xorLow = state.low ^ low
  for (let i = 0; i < xorBytes && i < 4; i++) into[at++] = xorLow >>> (i * 8)
  for (let i = 4; i < xorBytes; i++) into[at++] = same >>> ((i - 4) * 8)
  return at
}

function writeDecimal(into: Uint8Array, from: number, scale: number, change: number): number {
  let length = 1
  while (length < 4 && (change << (32 - 8 * length)) >> (32 - 8 * length) !== change) length++
  into[0] |= (VALUE_DECIMAL + scale * 4 + length - 1) << 2
  let at = from
  for (let i = 0; i < length; i++) into[at++] = change >> (i * 8)
  return at
}

function writeUpper(into: Uint8Array, from: number, low: number, high: number): number {
  const count = upperBytes(low, high)
  into[0] |= (VALUE_UPPER + count) << 2
  let at = from
  for (let i = 0; i < count && i < 4; i++) into[at++] = high >>> (24 - 8 * i)
  for (let i = 4; i < count; i++) into[at++] = low >>> (24 - 8 * (i - 4))
  return at
}

/** Leaves the value in `words`; returns where it ends, -1 when the kind is none. */
function readValue(bytes: Uint8Array, from: number, kind: number, state: StrandState): number {
  let at = from
  if (kind === VALUE_SAME) {
    words[0] = state.low
    words[1] = state.high
  } else if (kind < VALUE_DECIMAL) {
    const count = kind - VALUE_UPPER
    words[0] = 0
    words[1] = 0
    for (let i = 0; i < count && i < 4; i++) words[1] |= bytes[at++] << (24 - 8 * i)
    for (let i = 4; i < count; i++) words[0] |= bytes[at++] << (24 - 8 * (i - 4))
  } else if (kind <= VALUE_XOR) {
    const scale = SCALES[(kind - VALUE_DECIMAL) >> 2]
    const length = ((kind - VALUE_DECIMAL) & 3) + 1
    let change = 0
    for (let i = 0; i < length; i++) change |= bytes[at++] << (i * 8)
    change = (change << (32 - 8 * length)) >> (32 - 8 * length)
    words[0] = state.low
    words[1] = state.high
    float[0] = (scaled(float[0], scale) + change) / scale
  } else if (kind <= VALUE_XOR + 7) {
    const count = kind - VALUE_XOR
    words[0] = state.low
    words[1] = state.high
    for (let i = 0; i < count && i < 4; i++) words[0] ^= bytes[at++] << (i * 8)
    for (let i = 4; i < count; i++) words[1] ^= bytes[at++] << ((i - 4) * 8)
  } else {
    return -1
  }
  return at
}

/** The lowest power of ten over which a value is an integer; -1 where none of ours is. */
function scaleOf(value: number): number {
  if (Math.round(value) === value) return 0
  // What is a decimal of fewer places is one of the most, too.
  const last = SCALES.length - 1
  if (Math.round(value * SCALES[last]) / SCALES[last] !== value) return -1
  let scale = 1
  while (Math.round(value * SCALES[scale]) / SCALES[scale] !== value) scale++
  return scale
}

/** The value before as an integer over the scale; 0 where it is none. */
function scaled(value: number, scale: number): number {
  const integer = Math.round(value * scale)
  return Math.abs(integer) <= EXACT_MAX ? integer : 0
}

function byteLength(word: number): number {
  return (39 - Math.clz32(word)) >>> 3
}

/** How many upper bytes of a float64 are not just zeros. */
function upperBytes(low: number, high: number): number {
  if (low !== 0) return 8 - (trailingZeros(low) >>> 3)
  return high === 0 ? 0 : 4 - (trailingZeros(high) >>> 3)
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}
