/** A growing buffer for JSON, with numbers and times written as Prometheus writes them. */
import type { Budget } from '../model/queryable.ts'

/** Longest text of one value with what closes a point: sign, 21 digits, point, exponent, `"]`. */
export const VALUE_SIZE_MAX = 32

const SIZE_FIRST = 1_024
const encoder = new TextEncoder()

/** Powers of ten that split an integer into nine-digit halves. */
const BILLION = 1_000_000_000
/** From here on numbers have an exponent. */
const DIGITS_MAX = 1e21
/** Decimals with at most four digits behind the point, 15 in all, are unique: no search is needed. */
const SCALED_MAX = 1e15

export class JsonBuffer {
  readonly #budget: Budget | undefined
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(SIZE_FIRST)
  #length = 0
  #lastValue = Number.NaN
  #lastFrom = 0
  #lastTo = 0

  /** @param budget pays for what the buffer grows by */
  constructor(budget?: Budget) {
    this.#budget = budget
  }

  get length(): number {
    return this.#length
  }

  /** What was written; the buffer must not be used afterwards. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Makes room, so that `byte`, `copy` and `value` need not ask. */
  reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes
    if (needed <= this.#bytes.length) return
    const size = Math.max(needed, this.#bytes.length * 2)
    this.#budget?.check()
    this.#budget?.chargeBytes(size - this.#bytes.length)
    const larger = new Uint8Array(size)
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }

  /** One byte into reserved room. */
  byte(code: number): void {
    this.#bytes[this.#length++] = code
  }

  /** Bytes into reserved room; a dozen of them are quicker in a loop than by `set`. */
  copy(from: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes
    let at = this.#length
    for (let i = start; i < end; i++) bytes[at++] = from[i]
    this.#length = at
  }

  /** Text of ASCII characters, as it is. */
  ascii(text: string): void {
    this.reserve(text.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
    this.#length = at
  }

  /** A JSON string, quoted and escaped. */
  text(text: string): void {
    const length = text.length
    this.reserve(length + 2)
    const bytes = this.#bytes
    let at = this.#length
    bytes[at++] = 34
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code < 32 || code > 126 || code === 34 || code === 92) {
        this.#anyText(text)
        return
      }
      bytes[at++] = code
    }
    bytes[at++] = 34
    this.#length = at
  }

  /** Text with escapes or characters beyond ASCII. */
  #anyText(text: string): void {
    const json = JSON.stringify(text)
    this.reserve(json.length * 3)
    this.#length += encoder.encodeInto(json, this.#bytes.subarray(this.#length)).written
  }

  /** A time in seconds, with three digits behind the point unless they are zero. */
  time(timeMs: number): void {
    this.reserve(VALUE_SIZE_MAX)
    let restMs = timeMs
    if (restMs < 0) {
      this.byte(45)
      restMs = -restMs
    }
    const seconds = Math.floor(restMs / 1000)
    const thousandths = restMs - seconds * 1000
    this.#whole(seconds)
    if (thousandths !== 0) this.#fraction(thousandths, 3)
  }

  /**
   * A value into VALUE_SIZE_MAX reserved bytes: the shortest digits that read back as the same
   * number, without an exponent from 1e-6 to below 1e21.
   *
   * @source Prometheus util/jsonutil, MarshalFloat
   */
  value(value: number): void {
    if (value === this.#lastValue && value !== 0) {
      this.copy(this.#bytes, this.#lastFrom, this.#lastTo)
      return
    }
    const from = this.#length
    this.#number(value)
    this.#lastValue = value
    this.#lastFrom = from
    this.#lastTo = this.#length
  }

  #number(value: number): void {
    if (value === Infinity) this.#raw('+Inf')
    else if (value === -Infinity) this.#raw('-Inf')
    else if (!(Math.abs(value) < DIGITS_MAX)) this.#shortest(value)
    else {
      if (value < 0 || Object.is(value, -0)) this.byte(45)
      this.#positive(Math.abs(value))
    }
  }

  /** A number >= 0 and below DIGITS_MAX, by the quickest way that its digits allow. */
  #positive(value: number): void {
    if (value === Math.floor(value)) {
      // Above 2^53 the shortest digits end in zeros that the exact integer does not have.
      if (value <= Number.MAX_SAFE_INTEGER) this.#whole(value)
      else this.#shortest(value)
      return
    }
    const scaled = Math.round(value * 10_000)
    if (scaled < SCALED_MAX && scaled / 10_000 === value) this.#scaled(scaled)
    else this.#shortest(value)
  }

  /** A whole number >= 0 that is exact. */
  #whole(value: number): void {
    if (value < BILLION) {
      this.#digits(value | 0, 1)
      return
    }
    const high = Math.floor(value / BILLION)
    this.#whole(high)
    this.#digits((value - high * BILLION) | 0, 9)
  }

  /** A number of ten-thousandths, without the zeros at the end. */
  #scaled(scaled: number): void {
    const whole = Math.floor(scaled / 10_000)
    let fraction = scaled - whole * 10_000
    let width = 4
    while (fraction % 10 === 0) {
      fraction = fraction / 10
      width--
    }
    this.#whole(whole)
    this.#fraction(fraction, width)
  }

  #fraction(digits: number, width: number): void {
    this.byte(46)
    this.#digits(digits | 0, width)
  }

  /** Digits of an int32 >= 0, with zeros in front up to a width. */
  #digits(value: number, widthMin: number): void {
    const bytes = this.#bytes
    const from = this.#length
    const to = from + Math.max(widthMin, widthOf(value))
    let at = to
    let rest = value
    while (at - from >= 2) {
      const next = (rest / 100) | 0
      const pair = (rest - next * 100) << 1
      bytes[--at] = PAIRS[pair + 1]
      bytes[--at] = PAIRS[pair]
      rest = next
    }
    if (at > from) bytes[from] = 48 + rest
    this.#length = to
  }

  /** Whatever has no short cut; Go pads exponents to two digits, JavaScript does not. */
  #shortest(value: number): void {
    const text = String(value)
    const split = text.indexOf('e')
    const padded = split >= 0 && text.length - split < 4
    this.#raw(padded ? `${text.slice(0, split + 2)}0${text.slice(split + 2)}` : text)
  }

  #raw(text: string): void {
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
    this.#length = at
  }
}

/** `00` to `99`, side by side. */
const PAIRS: Uint8Array = Uint8Array.from({ length: 200 }, (_, i) =>
  i % 2 === 0 ? 48 + Math.floor(i / 20) : 48 + ((i >> 1) % 10),
)

/** How many digits an int32 >= 0 has. */
function widthOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4
  if (value < 1_000_000) return value < 100_000 ? 5 : 6
  if (value < 100_000_000) return value < 10_000_000 ? 7 : 8
  return value < 1_000_000_000 ? 9 : 10
}
