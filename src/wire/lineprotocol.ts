/**
 * InfluxDB's line protocol, read line by line: measurement, tags, fields, time.
 *
 * @source docs.influxdata.com, line protocol
 */

/** One line taken apart. */
export interface Line {
  /** From 1. */
  readonly number: number
  readonly measurement: string
  /** Names and values in turn, in the order sent. */
  readonly tags: readonly string[]
  /** Names and values in turn; texts are not among them. */
  readonly fields: readonly LineField[]
  /** Fields that are texts. */
  readonly textCount: number
  /** A whole number in the unit of the request, whose digits may be more than a double has; '' for none. */
  readonly time: string
}

export interface LineField {
  readonly name: string
  readonly value: number
}

/** Tags and fields of one line. */
export const LINE_PARTS_MAX = 2000

const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const HASH = 35
const COMMA = 44
const EQUAL = 61
const BACKSLASH = 92

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A line that cannot be read; caught where the line ends. */
class LineFault extends Error {}

/**
 * Hands each line to `each`, and the reason of each that cannot be read to `wrong`. Empty lines and
 * comments are passed over.
 */
export function readLines(
  bytes: Uint8Array,
  each: (line: Line) => void,
  wrong: (number: number, reason: string) => void,
): void {
  const reader = new LineReader(bytes)
  let number = 0
  while (reader.at < bytes.length) {
    number++
    let line: Line | undefined
    try {
      line = reader.read(number)
    } catch (error) {
      // What TextDecoder throws is a TypeError without more to say.
      if (error instanceof TypeError) wrong(number, 'invalid UTF-8')
      else if (error instanceof LineFault) wrong(number, error.message)
      else throw error
      reader.skipLine()
    }
    if (line !== undefined) each(line)
    number += reader.takeBreaks()
  }
}

class LineReader {
  at = 0
  readonly #bytes: Uint8Array
  /** Line breaks inside of quoted texts of the line at hand. */
  #breaks = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  takeBreaks(): number {
    const breaks = this.#breaks
    this.#breaks = 0
    return breaks
  }

  /** Reads a line and its break; undefined for one that says nothing. */
  read(number: number): Line | undefined {
    this.#skipSpaces()
    if (this.#isEnd() || this.#bytes[this.at] === HASH) {
      this.skipLine()
      return undefined
    }
    const measurement = this.#word(false)
    if (measurement === '') throw new LineFault('missing measurement')
    const tags: string[] = []
    while (this.#take(COMMA)) {
      const name = this.#word(true)
      if (name === '') throw new LineFault('missing tag key')
      if (!this.#take(EQUAL)) throw new LineFault('missing tag value')
      const value = this.#word(true)
      if (value === '') throw new LineFault('missing tag value')
      if (tags.length === 2 * LINE_PARTS_MAX) throw new LineFault('too many tags')
      tags.push(name, value)
    }
    if (this.#bytes[this.at] !== SPACE) throw new LineFault('missing fields')
    this.#skipSpaces()
    const { fields, textCount } = this.#fields()
    this.#skipSpaces()
    const time = this.#time()
    this.#skipSpaces()
    if (!this.#isEnd()) throw new LineFault('bad timestamp')
    this.skipLine()
    return { number, measurement, tags, fields, textCount, time }
  }

  skipLine(): void {
    const end = this.#bytes.indexOf(NEWLINE, this.at)
    this.at = end < 0 ? this.#bytes.length : end + 1
  }

  #fields(): { fields: LineField[]; textCount: number } {
    const fields: LineField[] = []
    let textCount = 0
    do {
      const name = this.#word(true)
      if (name === '') throw new LineFault('missing field key')
      if (!this.#take(EQUAL)) throw new LineFault('missing field value')
      const value = this.#value()
      if (fields.length + textCount === LINE_PARTS_MAX) throw new LineFault('too many fields')
      if (value === undefined) textCount++
      else fields.push({ name, value })
    } while (this.#take(COMMA))
    return { fields, textCount }
  }

  /** A field's value; undefined for a text. */
  #value(): number | undefined {
    if (this.#bytes[this.at] === QUOTE) {
      this.#skipText()
      return undefined
    }
    const from = this.at
    while (!this.#isEnd() && this.#bytes[this.at] !== COMMA && this.#bytes[this.at] !== SPACE) {
      this.at++
    }
    const text = decoder.decode(this.#bytes.subarray(from, this.at))
    const value = parseValue(text)
    if (value === undefined)
      throw new LineFault(text === '' ? 'missing field value' : 'invalid field value')
    return value
  }

  /** Passes over a text in quotes, which may hold line breaks. */
  #skipText(): void {
    const bytes = this.#bytes
    let breaks = 0
    for (let at = this.at + 1; at < bytes.length; at++) {
      if (bytes[at] === BACKSLASH) at++
      else if (bytes[at] === NEWLINE) breaks++
      else if (bytes[at] === QUOTE) {
        this.at = at + 1
        this.#breaks += breaks
        return
      }
    }
    throw new LineFault('unbalanced quotes')
  }

  #time(): string {
    const from = this.at
    while (!this.#isEnd() && this.#bytes[this.at] !== SPACE) this.at++
    const text = decoder.decode(this.#bytes.subarray(from, this.at))
    if (!/^(?:-?\d{1,19})?$/.test(text)) throw new LineFault('bad timestamp')
    return text
  }

  /** Up to a comma, a space or, in tags and fields, an equal sign that no backslash stands before. */
  #word(endsAtEqual: boolean): string {
    const bytes = this.#bytes
    const from = this.at
    let isEscaped = false
    for (; !this.#isEnd(); this.at++) {
      const byte = bytes[this.at]
      if (byte === BACKSLASH && this.at + 1 < bytes.length && bytes[this.at + 1] !== NEWLINE) {
        isEscaped = true
        this.at++
      } else if (byte === COMMA || byte === SPACE || (endsAtEqual && byte === EQUAL)) {
        break
      }
    }
    const text = decoder.decode(bytes.subarray(from, this.at))
    return isEscaped ? text.replaceAll(/\\([, =])/g, '$1') : text
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.at] !== byte) return false
    this.at++
    return true
  }

  #skipSpaces(): void {
    while (this.#bytes[this.at] === SPACE) this.at++
  }

  /** Whether the line ends here. */
  #isEnd(): boolean {
    const byte = this.#bytes[this.at]
    if (byte === undefined || byte === NEWLINE) return true
    const next = this.#bytes[this.at + 1]
    return byte === RETURN && (next === undefined || next === NEWLINE)
  }
}

/** The number of a field: a decimal, an integer with `i` or `u`, a truth; undefined for none. */
function parseValue(text: string): number | undefined {
  if (/^(?:t|T|true|True|TRUE)$/.test(text)) return 1
  if (/^(?:f|F|false|False|FALSE)$/.test(text)) return 0
  if (/^-?\d{1,20}i$/.test(text) || /^\d{1,20}u$/.test(text)) return Number(text.slice(0, -1))
  const isNumber = /^[-+]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][-+]?\d{1,4})?$/.test(text)
  const value = isNumber ? Number(text) : NaN
  return Number.isFinite(value) ? value : undefined
}
