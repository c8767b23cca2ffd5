/** Rows of one layout as what changed since the row before: under a byte a sample. */

import { type Cursor, readVarint, unzigzag, writeVarint, zigzag } from '../base/bytes.ts'
import { assert, NarthexError } from '../base/error.ts'
import { isStale, STALE_HIGH, STALE_LOW } from '../model/stale.ts'

/*
 * The layout is docs/formats/columnar.md. How it is used:
 *
 *   const encoder = new RowEncoder(columns)        // or reset(columns): the next row is a key row
 *   encoder.encode(timeMs, values, into)           // room: rowBytesMax(columns)
 *
 *   const decoder = new RowDecoder(columns)
 *   const timeMs = decoder.decode(from)            // then decoder.values holds the row
 *
 * A key row is one that follows a reset: all columns count as 0 before it. The decoder must see
 * every row since the last reset, in order; runs that begin with a reset can be thrown away or
 * passed on as a whole. Both sides keep 9 bytes a column; one pair may serve any number of runs.
 */

/**
 * Bits of a column that has no sample in a row. They are a NaN that nobody measures; a sample that
 * happens to have them has to go another way.
 */
export const ABSENT_HIGH = 0xfff5b5e4
export const ABSENT_LOW = 0x6e0a5e17

/** Most columns of a row; layouts come from others. */
export const COLUMNS_MAX: number = 1 << 22

/** First byte of a change that is no difference. */
const ESCAPE = 0
/** What may follow an escape: [0, EXPONENT_MAX] is a new power of ten. */
const EXPONENT_MAX = 12
const KIND_STALE = 13
const KIND_ABSENT = 14
/** 64 + 8 × lowest byte + (count - 1): bytes that differ from the value before. */
const KIND_BYTES = 64

/** Largest integer either way: differences, folded, stay below 2^52. */
const INTEGER_MAX = 2 ** 49

/** Differences of times beyond this are written as the time itself. */
const TIME_STEP_MAX = 2 ** 50

const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: EXPONENT_MAX + 1 }, (_, e) =>
  Number(`1e${e}`),
)

const COLUMN_BYTES_MAX = 11
const ROW_EXTRA_BYTES_MAX = 32

/** Bytes that a row of so many columns takes at most. */
export function rowBytesMax(columns: number): number {
  return ROW_EXTRA_BYTES_MAX + COLUMN_BYTES_MAX * columns
}

/** What both sides know of the row before. */
class RowState {
  columns = 0
  timeMs = 0
  stepMs = 0
  values: Float64Array = new Float64Array(0)
  /** The values by halves and by bytes, lowest first. */
  words: Uint32Array = new Uint32Array(0)
  bytes: Uint8Array = new Uint8Array(0)
  /** Power of ten of each column. */
  exponents: Uint8Array = new Uint8Array(0)
  /** Which columns changed in the row before, one bit each. */
  changed: Uint8Array = new Uint8Array(0)

  reset(columns: number): void {
    assert(columns >= 0 && columns <= COLUMNS_MAX, 'a bounded number of columns')
    if (this.values.length < columns) this.#reserve(columns)
    this.columns = columns
    this.timeMs = 0
    this.stepMs = 0
    this.values.fill(0, 0, columns)
    this.exponents.fill(0, 0, columns)
    this.changed.fill(0)
  }

  extend(columns: number): void {
    assert(columns >= this.columns && columns <= COLUMNS_MAX, 'columns only added')
    if (this.values.length < columns) {
      const { words, exponents, changed } = this
      this.#reserve(columns + (columns >> 3))
      this.words.set(words.subarray(0, 2 * this.columns))
      this.exponents.set(exponents.subarray(0, this.columns))
      this.changed.set(changed)
    }
    this.values.fill(0, this.columns, columns)
    this.exponents.fill(0, this.columns, columns)
    this.columns = columns
  }

  #reserve(columns: number): void {
    this.values = new Float64Array(columns)
    this.words = new Uint32Array(this.values.buffer)
    this.bytes = new Uint8Array(this.values.buffer)
    this.exponents = new Uint8Array(columns)
    this.changed = new Uint8Array(Math.ceil(columns / 8))
  }
}

/** Writes rows of one layout. */
export class RowEncoder {
  readonly #state = new RowState()

  constructor(columns = 0) {
    this.#state.reset(columns)
  }

  get columns(): number {
    return this.#state.columns
  }

  /** Begins anew: the next row needs none before it. */
  reset(columns: number): void {
    this.#state.reset(columns)
  }

  /** Adds columns at the end; the others keep what is known of them. */
  extend(columns: number): void {
    this.#state.extend(columns)
  }

  /**
   * Writes a row behind those before it.
   *
   * @param timeMs an integer, |timeMs| < 2^53
   * @param values float64[>= columns], read by their bits; a quiet staleness marker is a marker
   * @param into   with room for rowBytesMax(columns)
   */
  encode(timeMs: number, values: Float64Array, into: Cursor): void {
    const state = this.#state
    const { columns, words, changed } = state
    assert(values.length >= columns, 'a value for each column')
    assert(into.end - into.at >= rowBytesMax(columns), 'room for a row')
    const now = new Uint32Array(values.buffer, values.byteOffset, 2 * columns)
    const { bytes } = into
    writeTime(state, timeMs, into)
    for (let block = 0; block < columns; block += 64) {
      const headAt = into.at++
      const blockEnd = Math.min(block + 64, columns)
      let head = 0
      for (let from = block; from < blockEnd; from += 8) {
        const to = Math.min(from + 8, columns)
        let mask = 0
        for (let i = from; i < to; i++) {
          const low = 2 * i
          if (now[low] !== words[low] || now[low + 1] !== words[low + 1]) mask |= 1 << (i - from)
        }
        const byteAt = from >> 3
        const difference = mask ^ changed[byteAt]
        if (difference !== 0) {
          head |= 1 << ((from - block) >> 3)
          bytes[into.at++] = difference
          changed[byteAt] = mask
        }
        for (let i = from; mask !== 0; i++, mask >>= 1) {
          if ((mask & 1) !== 0) writeChange(state, i, now[2 * i], now[2 * i + 1], values[i], into)
        }
      }
      bytes[headAt] = head
    }
  }
}

/** Reads what a RowEncoder wrote. */
export class RowDecoder {
  readonly #state = new RowState()
  #values: Float64Array = this.#state.values

  constructor(columns = 0) {
    this.reset(columns)
  }

  get columns(): number {
    return this.#state.columns
  }

  /** float64[columns]: the row that was read last, until the next one; ABSENT by its bits. */
  get values(): Float64Array {
    return this.#values
  }

  /** Begins anew; to be called where the encoder was reset. */
  reset(columns: number): void {
    this.#state.reset(columns)
    this.#values = this.#state.values.subarray(0, columns)
  }

  /** Adds columns at the end; to be called where the encoder was extended. */
  extend(columns: number): void {
    this.#state.extend(columns)
    this.#values = this.#state.values.subarray(0, columns)
  }

  /**
   * Reads a row into `values`.
   *
   * @returns its time, ms since epoch
   * @throws NarthexError `bad_data` for damaged bytes; then only a reset helps
   */
  decode(from: Cursor): number {
    const state = this.#state
    const { columns, changed } = state
    const { bytes } = from
    const timeMs = readTime(state, from)
    for (let block = 0; block < columns; block += 64) {
      const head = readByte(from)
      const blockEnd = Math.min(block + 64, columns)
      if (head >>> ((blockEnd - block + 7) >> 3) !== 0) throw damaged('a change past its columns')
      for (let first = block, bit = 1; first < blockEnd; first += 8, bit <<= 1) {
        let mask = changed[first >> 3]
        if ((head & bit) !== 0) {
          mask ^= readByte(from)
          if (first + 8 > columns && mask >>> (columns - first) !== 0) {
            throw damaged('a change past its columns')
          }
          changed[first >> 3] = mask
        }
        for (let i = first; mask !== 0; i++, mask >>= 1) {
          if ((mask & 1) === 0) continue
          const { at } = from
          if (at < from.end && bytes[at] > ESCAPE && bytes[at] < 0x80) {
            from.at = at + 1
            addToColumn(state, i, unzigzag(bytes[at] - 1))
          } else readChange(state, i, from)
        }
      }
    }
    return timeMs
  }
}

/** Twice the folded difference of steps; or 1, then the time as a float64. */
function writeTime(state: RowState, timeMs: number, into: Cursor): void {
  const stepMs = timeMs - state.timeMs
  const change = stepMs - state.stepMs
  if (Math.abs(timeMs) < TIME_STEP_MAX && Math.abs(change) < TIME_STEP_MAX) {
    writeVarint(into, 2 * zigzag(change))
    state.stepMs = stepMs
  } else {
    into.bytes[into.at] = 1
    into.view.setFloat64(into.at + 1, timeMs, true)
    into.at += 9
    state.stepMs = 0
  }
  state.timeMs = timeMs
}

function readTime(state: RowState, from: Cursor): number {
  const folded = readVarint(from)
  if (folded % 2 === 0) {
    state.stepMs += unzigzag(folded / 2)
    state.timeMs += state.stepMs
  } else {
    if (folded !== 1 || from.end - from.at < 8) throw damaged('no time')
    state.timeMs = from.view.getFloat64(from.at, true)
    state.stepMs = 0
    from.at += 8
  }
  if (!Number.isSafeInteger(state.timeMs)) throw damaged('a time that is no integer')
  return state.timeMs
}

/** Writes one changed value and makes it the one before. */
function writeChange(
  state: RowState,
  i: number,
  low: number,
  high: number,
  value: number,
  into: Cursor,
): void {
  const exponent = state.exponents[i]
  if (isDecimal(value, exponent, low, high)) {
    const step = integerOf(value, exponent) - baseOf(state.values[i], exponent)
    const folded = zigzag(step) + 1
    if (folded < 0x80) into.bytes[into.at++] = folded
    else writeVarint(into, folded)
  } else if (isStale(value)) {
    into.bytes[into.at++] = ESCAPE
    into.bytes[into.at++] = KIND_STALE
    state.words[2 * i] = STALE_LOW
    state.words[2 * i + 1] = STALE_HIGH
    return
  } else writeEscape(state, i, low, high, value, into)
  state.words[2 * i] = low
  state.words[2 * i + 1] = high
}

function writeEscape(
  state: RowState,
  i: number,
  low: number,
  high: number,
  value: number,
  into: Cursor,
): void {
  const { bytes } = into
  bytes[into.at++] = ESCAPE
  const exponent = exponentOf(value, low, high)
  if (exponent >= 0) {
    state.exponents[i] = exponent
    bytes[into.at++] = exponent
    writeVarint(into, zigzag(integerOf(value, exponent) - baseOf(state.values[i], exponent)))
  } else if (low === ABSENT_LOW && high === ABSENT_HIGH) bytes[into.at++] = KIND_ABSENT
  else writeBytes(state, i, low, high, into)
}

/** The bytes between the first and the last that differ from the value before. */
function writeBytes(state: RowState, i: number, low: number, high: number, into: Cursor): void {
  const lowChange = (low ^ state.words[2 * i]) >>> 0
  const highChange = (high ^ state.words[2 * i + 1]) >>> 0
  const first = lowChange !== 0 ? lowestByte(lowChange) : 4 + lowestByte(highChange)
  const last = highChange !== 0 ? 4 + highestByte(highChange) : highestByte(lowChange)
  const { bytes } = into
  bytes[into.at++] = KIND_BYTES + 8 * first + (last - first)
  for (let k = first; k <= last; k++) {
    bytes[into.at++] = k < 4 ? low >>> (8 * k) : high >>> (8 * (k - 4))
  }
}

function lowestByte(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3
}

function highestByte(word: number): number {
  return (31 - Math.clz32(word)) >> 3
}

/** Reads one change that takes more than a byte. */
function readChange(state: RowState, i: number, from: Cursor): void {
  const folded = readVarint(from)
  if (folded !== ESCAPE) {
    addToColumn(state, i, unzigzag(folded - 1))
    return
  }
  const kind = readByte(from)
  if (kind <= EXPONENT_MAX) {
    state.exponents[i] = kind
    addToColumn(state, i, unzigzag(readVarint(from)))
  } else if (kind === KIND_STALE) {
    state.words[2 * i] = STALE_LOW
    state.words[2 * i + 1] = STALE_HIGH
  } else if (kind === KIND_ABSENT) {
    state.words[2 * i] = ABSENT_LOW
    state.words[2 * i + 1] = ABSENT_HIGH
  } else {
    const first = (kind - KIND_BYTES) >> 3
    const count = (kind & 7) + 1
    if (kind < KIND_BYTES || first + count > 8) throw damaged(`a change of kind ${kind}`)
    const to = 8 * i + first
    for (let k = 0; k < count; k++) state.bytes[to + k] = readByte(from)
  }
}

function addToColumn(state: RowState, i: number, step: number): void {
  const exponent = state.exponents[i]
  const integer = baseOf(state.values[i], exponent) + step
  if (integer > INTEGER_MAX || integer < -INTEGER_MAX) throw damaged('a number over its bound')
  state.values[i] = integer / POWERS_OF_TEN[exponent]
}

/** What a difference is added to: the value before in that power of ten, 0 for one that has none. */
function baseOf(value: number, exponent: number): number {
  const integer = integerOf(value, exponent)
  return integer <= INTEGER_MAX && integer >= -INTEGER_MAX ? integer : 0
}

function integerOf(value: number, exponent: number): number {
  return Math.round(value * POWERS_OF_TEN[exponent]) + 0
}

/** Whether a value is n / 10^exponent, bit for bit. */
function isDecimal(value: number, exponent: number, low: number, high: number): boolean {
  const integer = integerOf(value, exponent)
  if (integer === 0) return low === 0 && high === 0
  if (integer > INTEGER_MAX || integer < -INTEGER_MAX) return false
  return integer / POWERS_OF_TEN[exponent] === value
}

/** The least power of ten that makes an integer of a value; -1 when none does. */
function exponentOf(value: number, low: number, high: number): number {
  let exponent = EXPONENT_MAX
  while (exponent > 0 && Math.abs(value) * POWERS_OF_TEN[exponent] > INTEGER_MAX) exponent--
  if (!isDecimal(value, exponent, low, high)) return -1
  let least = 0
  while (!isDecimal(value, least, low, high)) least++
  return least
}

function readByte(from: Cursor): number {
  if (from.at >= from.end) throw damaged(`it ends at byte ${from.at}`)
  return from.bytes[from.at++]
}

function damaged(seen: string): NarthexError {
  return new NarthexError('bad_data', `cannot read row: ${seen}`)
}
