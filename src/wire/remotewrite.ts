/**
 * Remote write requests 1.0 and 2.0, read in place: no object and no text per series or sample.
 *
 * @source prometheus/prompb remote.proto, types.proto and io/prometheus/write/v2/types.proto
 */
import { Cursor } from '../base/bytes.ts'
import { NarthexError } from '../base/error.ts'
import {
  BYTES,
  FIXED64,
  fieldHead,
  readInt64,
  readLength,
  readUint32,
  skipField,
  VARINT,
} from './protobuf.ts'
import { decodeText } from './protomessage.ts'
import { LABELS, type LabelFault, readLabels1 } from './writelabels.ts'

export type WriteVersion = 1 | 2

/** Most symbols of one 2.0 request. */
export const SYMBOLS_MAX = 262_144

/** Field heads of the two requests and of what is inside. */
const V1_SERIES: number = fieldHead(1, BYTES)
const V1_METADATA: number = fieldHead(3, BYTES)
const V2_SYMBOL: number = fieldHead(4, BYTES)
const V2_SERIES: number = fieldHead(5, BYTES)
const V2_LABEL: number = fieldHead(1, VARINT)
const SAMPLE: number = fieldHead(2, BYTES)
export const V1_EXEMPLAR: number = fieldHead(3, BYTES)
export const V1_HISTOGRAM: number = fieldHead(4, BYTES)
export const V2_HISTOGRAM: number = fieldHead(3, BYTES)
export const V2_EXEMPLAR: number = fieldHead(4, BYTES)
const V2_METADATA: number = fieldHead(5, BYTES)
const SAMPLE_VALUE: number = fieldHead(1, FIXED64)
const SAMPLE_TIME: number = fieldHead(2, VARINT)
const METADATA_TYPE: number = fieldHead(1, VARINT)

/** Where the time of a sample stands when its value, head and 8 bytes, comes first. */
const SAMPLE_TIME_AT = 11

/** Names of the metadata types, by number; the two versions agree. */
export const METADATA_TYPES: readonly string[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
]

/** Type, help and unit of a family; '' where the request has none. */
export interface WriteMetadata {
  readonly family: string
  readonly type: string
  readonly help: string
  readonly unit: string
}

/**
 * Goes through one decoded request: `nextSeries` to a series, `nextSample` through its samples.
 * The fields say what was found; nothing is checked but the form.
 */
export class WriteReader {
  readonly version: WriteVersion
  readonly bytes: Uint8Array
  /** The same bytes, for words of them. */
  readonly view: DataView
  /** Range of the bytes of the labels: label messages (1.0) or symbol numbers (2.0). */
  labelsFrom = 0
  labelsTo = 0
  /** The labels lie in one piece, so their range stands for them. */
  labelsInOnePiece = false
  sampleCount = 0
  histogramCount = 0
  exemplarCount = 0
  /** ms since epoch; beyond 2^53 rounded */
  timeMs = 0
  /** The sample's float64 as two words: a staleness marker would not survive being a number. */
  valueLow = 0
  valueHigh = 0
  /** Range of symbol i in 2.0: bytes [symbolFrom[i], symbolTo[i]). */
  symbolFrom: Uint32Array = NO_SYMBOLS
  symbolTo: Uint32Array = NO_SYMBOLS
  symbolCount = 0

  /** Range of the series' own bytes, by which its labels can be read later. */
  seriesFrom = 0
  seriesTo = 0

  readonly #top: Cursor
  readonly #field: Cursor
  #metadataAt = -1

  /** @throws NarthexError `bad_data` when the symbols of a 2.0 request are damaged */
  constructor(version: WriteVersion, bytes: Uint8Array, sizeBytes: number) {
    this.version = version
    this.bytes = bytes
    this.#top = new Cursor(bytes, 0, sizeBytes)
    this.#field = new Cursor(bytes, 0, sizeBytes)
    this.view = this.#top.view
    if (version === 2) this.#readSymbols()
  }

  /**
   * Goes to the next series; false at the end of the request.
   *
   * @throws NarthexError `bad_data`
   */
  nextSeries(): boolean {
    const c = this.#top
    const wanted = this.version === 1 ? V1_SERIES : V2_SERIES
    while (c.at < c.end) {
      const head = readUint32(c)
      if (head !== wanted) {
        skipField(c, head)
        continue
      }
      this.seriesTo = readLength(c)
      this.seriesFrom = c.at
      c.at = this.seriesTo
      this.#scanSeries()
      return true
    }
    return false
  }

  /**
   * Goes to the next sample of the series; false at its end.
   *
   * @throws NarthexError `bad_data`
   */
  nextSample(): boolean {
    const c = this.#field
    if (this.#nextUsualSample()) return true
    while (c.at < this.seriesTo) {
      const head = readUint32(c)
      if (head !== SAMPLE) {
        skipField(c, head)
        continue
      }
      const end = readLength(c)
      this.timeMs = 0
      this.valueLow = 0
      this.valueHigh = 0
      while (c.at < end) {
        const part = readUint32(c)
        if (part === SAMPLE_VALUE && end - c.at >= 8) {
          this.valueLow = c.view.getUint32(c.at, true)
          this.valueHigh = c.view.getUint32(c.at + 4, true)
          c.at += 8
        } else if (part === SAMPLE_TIME) {
          this.timeMs = readInt64(c)
        } else {
          skipField(c, part)
        }
      }
      if (c.at !== end) throw overrun(end)
      return true
    }
    return false
  }

  /** A sample right here with value and time in this order, as nearly all are; else nothing moves. */
  #nextUsualSample(): boolean {
    const { bytes, view } = this
    const c = this.#field
    const at = c.at
    const end = at + 2 + bytes[at + 1]
    const usual =
      end <= this.seriesTo &&
      end - at > SAMPLE_TIME_AT + 1 &&
      bytes[at] === SAMPLE &&
      bytes[at + 1] < 0x80 &&
      bytes[at + 2] === SAMPLE_VALUE &&
      bytes[at + SAMPLE_TIME_AT] === SAMPLE_TIME
    if (!usual) return false
    c.at = at + SAMPLE_TIME_AT + 1
    this.timeMs = readInt64(c)
    if (c.at !== end) {
      c.at = at
      return false
    }
    this.valueLow = view.getUint32(at + 3, true)
    this.valueHigh = view.getUint32(at + 7, true)
    return true
  }

  /**
   * Names and values of the series at [seriesFrom, seriesTo), in the order sent, or why they cannot
   * be had.
   *
   * @throws NarthexError `bad_data`
   */
  readLabels(seriesFrom: number, seriesTo: number, labelsMax: number): string[] | LabelFault {
    const c = new Cursor(this.bytes, seriesFrom, seriesTo)
    const labels: string[] = []
    try {
      return this.version === 1
        ? readLabels1(c, labels, labelsMax)
        : this.#readLabels2(c, labels, labelsMax)
    } catch (error) {
      // What TextDecoder throws is a TypeError without more to say.
      if (error instanceof TypeError) return 'invalid_utf8'
      throw error
    }
  }

  /**
   * Metadata of the series at hand (2.0); undefined when it has none, or none that is text.
   *
   * @throws NarthexError `bad_data`
   */
  readMetadata(family: string): WriteMetadata | undefined {
    if (this.#metadataAt < 0) return undefined
    const c = new Cursor(this.bytes, this.#metadataAt, this.seriesTo)
    c.end = readLength(c)
    let type = 0
    let help = 0
    let unit = 0
    while (c.at < c.end) {
      const head = readUint32(c)
      if (head === METADATA_TYPE) type = readUint32(c)
      else if (head === fieldHead(3, VARINT)) help = readUint32(c)
      else if (head === fieldHead(4, VARINT)) unit = readUint32(c)
      else skipField(c, head)
    }
    try {
      return {
        family,
        type: METADATA_TYPES[type] ?? 'unknown',
        help: this.symbolText(help),
        unit: this.symbolText(unit),
      }
    } catch (error) {
      if (error instanceof TypeError) return undefined
      throw error
    }
  }

  /** Finds the parts of a series once, so that its samples can wait for its labels. */
  #scanSeries(): void {
    const c = this.#field
    c.at = this.seriesFrom
    c.end = this.seriesTo
    this.sampleCount = 0
    this.histogramCount = 0
    this.exemplarCount = 0
    this.labelsFrom = -1
    this.labelsInOnePiece = true
    this.#metadataAt = -1
    let firstSample = this.seriesTo
    const histogram = this.version === 1 ? V1_HISTOGRAM : V2_HISTOGRAM
    const exemplar = this.version === 1 ? V1_EXEMPLAR : V2_EXEMPLAR
    if (this.version === 1) this.#scanUsualLabels(c)
    while (c.at < c.end) {
      const start = c.at
      const head = readUint32(c)
      if (head === LABELS) {
        const end = readLength(c)
        this.#extendLabels(this.version === 1 ? start : c.at, end)
        c.at = end
        continue
      }
      if (head === SAMPLE) {
        if (this.sampleCount++ === 0) firstSample = start
      } else if (head === histogram) this.histogramCount++
      else if (head === exemplar) this.exemplarCount++
      else if (head === V2_METADATA && this.version === 2) this.#metadataAt = c.at
      else if (head === V2_LABEL && this.version === 2) this.labelsInOnePiece = false
      skipField(c, head)
    }
    if (this.labelsFrom < 0) {
      this.labelsFrom = this.seriesFrom
      this.labelsTo = this.seriesFrom
    }
    c.at = firstSample
  }

  /** Labels at the start, one behind the other, each shorter than 128 bytes. */
  #scanUsualLabels(c: Cursor): void {
    const { bytes } = this
    let at = c.at
    while (at + 1 < c.end && bytes[at] === LABELS && bytes[at + 1] < 0x80) {
      const next = at + 2 + bytes[at + 1]
      if (next > c.end) break
      at = next
    }
    if (at === c.at) return
    this.labelsFrom = c.at
    this.labelsTo = at
    c.at = at
  }

  #extendLabels(from: number, to: number): void {
    if (this.labelsFrom < 0) {
      this.labelsFrom = from
    } else if (this.version === 2 || this.labelsTo !== from) {
      this.labelsInOnePiece = false
    }
    this.labelsTo = to
  }

  #readLabels2(c: Cursor, labels: string[], labelsMax: number): string[] | LabelFault {
    const take = (symbol: number): LabelFault | undefined => {
      if (symbol >= this.symbolCount) return 'invalid_symbol'
      if (labels.length === 2 * labelsMax) return 'too_many_labels'
      labels.push(this.symbolText(symbol))
      return undefined
    }
    while (c.at < c.end) {
      const head = readUint32(c)
      if (head === V2_LABEL) {
        const fault = take(readUint32(c))
        if (fault !== undefined) return fault
      } else if (head === LABELS) {
        const end = readLength(c)
        while (c.at < end) {
          const fault = take(readUint32(c))
          if (fault !== undefined) return fault
        }
        if (c.at !== end) throw overrun(end)
      } else {
        skipField(c, head)
      }
    }
    return labels.length % 2 === 0 ? labels : 'invalid_symbol'
  }

  /**
   * The text of a symbol (2.0); '' for one that is not there.
   *
   * @throws TypeError for bytes that are no UTF-8
   */
  symbolText(symbol: number): string {
    if (symbol >= this.symbolCount) return ''
    return decodeText(this.bytes, this.symbolFrom[symbol], this.symbolTo[symbol])
  }

  #readSymbols(): void {
    const c = new Cursor(this.bytes, 0, this.#top.end)
    this.symbolFrom = new Uint32Array(1024)
    this.symbolTo = new Uint32Array(1024)
    while (c.at < c.end) {
      const head = readUint32(c)
      if (head !== V2_SYMBOL) {
        skipField(c, head)
        continue
      }
      if (this.symbolCount === this.symbolFrom.length) this.#growSymbols()
      const end = readLength(c)
      this.symbolFrom[this.symbolCount] = c.at
      this.symbolTo[this.symbolCount] = end
      this.symbolCount++
      c.at = end
    }
  }

  #growSymbols(): void {
    if (this.symbolCount === SYMBOLS_MAX) {
      throw new NarthexError(
        'too_big',
        `cannot decode write request: more than ${SYMBOLS_MAX} symbols`,
      )
    }
    const from = new Uint32Array(2 * this.symbolCount)
    from.set(this.symbolFrom)
    this.symbolFrom = from
    const to = new Uint32Array(2 * this.symbolCount)
    to.set(this.symbolTo)
    this.symbolTo = to
  }
}

const NO_SYMBOLS = new Uint32Array(0)

/**
 * Hands each metadata of a 1.0 request to `each`; what is no UTF-8 is left out.
 *
 * @throws NarthexError `bad_data`
 */
export function readMetadata1(
  bytes: Uint8Array,
  sizeBytes: number,
  each: (metadata: WriteMetadata) => void,
): void {
  const c = new Cursor(bytes, 0, sizeBytes)
  while (c.at < sizeBytes) {
    const head = readUint32(c)
    if (head !== V1_METADATA) {
      skipField(c, head)
      continue
    }
    c.end = readLength(c)
    const texts = ['', '', '', '', '']
    let type = 0
    try {
      while (c.at < c.end) {
        const part = readUint32(c)
        const number = part >>> 3
        if (part === METADATA_TYPE) {
          type = readUint32(c)
        } else if ((part & 7) === BYTES && (number === 2 || number === 4 || number === 5)) {
          const end = readLength(c)
          texts[number - 1] = decodeText(bytes, c.at, end)
          c.at = end
        } else {
          skipField(c, part)
        }
      }
      each({
        family: texts[1],
        type: METADATA_TYPES[type] ?? 'unknown',
        help: texts[3],
        unit: texts[4],
      })
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      c.at = c.end
    }
    c.end = sizeBytes
  }
}

function overrun(end: number): NarthexError {
  return new NarthexError(
    'bad_data',
    `cannot decode write request: a field runs past its message's end at byte ${end}`,
  )
}
