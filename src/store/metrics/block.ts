/** Values of blocks: the times of some rows of a group, and its columns in segments. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Cursor, readVarint, writeVarint } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import {
  COLUMN_ROWS_MAX,
  columnBytesMax,
  columnIsFinite,
  columnNeedsNeighbour,
  decodeColumn,
  encodeColumn,
} from '../codec/column.ts'
import { presenceWords } from '../codec/presence.ts'
import { decodeTimes, encodeTimes, timesBytesMax } from '../codec/times.ts'
import { GrowingBytes } from './definitions.ts'

/** Version of the layout; a newer one is refused. */
const BLOCK_VERSION = 1

/** Forms of a segment. */
const PLAIN = 0
const ZSTD = 1

/** Columns of a segment of a merged block. A sealed block has one segment with all its columns. */
export const SEGMENT_COLUMNS = 64

/** Most columns of one block, and most bytes of an unpacked segment. */
const COLUMNS_MAX = 2 ** 24
const SEGMENT_BYTES_MAX = 256 * 1024 * 1024

/** Gathers the columns of one segment. */
export class SegmentWriter {
  readonly #bytes = new GrowingBytes(65_536)
  readonly #lengths: number[] = []

  get columnCount(): number {
    return this.#lengths.length
  }

  /** Adds a column; see encodeColumn. */
  add(
    values: Float64Array,
    from: number,
    count: number,
    presence: Uint32Array | undefined,
    neighbour: Float64Array | undefined,
  ): void {
    const c = this.#bytes.room(columnBytesMax(count))
    const start = c.at
    encodeColumn(values, from, count, presence, neighbour, c)
    this.#lengths.push(c.at - start)
  }

  /** Hands out the segment and begins the next one. */
  finish(compress: boolean): Uint8Array {
    const into = new GrowingBytes(this.#lengths.length * 3 + this.#bytes.written.length + 16)
    const c = into.room(8 + this.#lengths.length * 8 + this.#bytes.written.length)
    c.bytes[c.at++] = PLAIN
    writeVarint(c, this.#lengths.length)
    for (const length of this.#lengths) writeVarint(c, length)
    c.bytes.set(this.#bytes.written, c.at)
    c.at += this.#bytes.written.length
    this.#bytes.cursor.at = 0
    this.#lengths.length = 0
    const plain = into.written
    if (!compress) return plain
    const packed = zstdCompressSync(plain.subarray(1))
    if (packed.length >= plain.length - 1) return plain
    const segment = new Uint8Array(packed.length + 1)
    segment[0] = ZSTD
    segment.set(packed, 1)
    return segment
  }
}

/** Writes the head of a block: version, columns per segment (0: one holds all), times. */
export function encodeBlockHead(
  times: Float64Array,
  from: number,
  count: number,
  segmentColumns: number,
): Uint8Array {
  const c = new Cursor(new Uint8Array(16 + timesBytesMax(count)))
  c.bytes[c.at++] = BLOCK_VERSION
  writeVarint(c, segmentColumns)
  encodeTimes(times, from, count, c)
  return c.bytes.subarray(0, c.at)
}

/** The head of a block, read. */
export interface BlockHead {
  /** Columns of a segment; 0: the only segment holds all. */
  readonly segmentColumns: number
  readonly times: Float64Array
  /** Where the bytes behind the head begin. */
  readonly end: number
}

/** @throws NarthexError `corrupt` for damaged bytes or a newer version */
export function decodeBlockHead(bytes: Uint8Array, rowCount: number): BlockHead {
  if (bytes[0] !== BLOCK_VERSION || rowCount < 1 || rowCount > COLUMN_ROWS_MAX) {
    throw new NarthexError(
      'corrupt',
      `cannot read block: version ${bytes[0]}, at most ${BLOCK_VERSION} is known`,
    )
  }
  const c = new Cursor(bytes, 1)
  const segmentColumns = readVarint(c)
  const times = new Float64Array(rowCount)
  decodeTimes(c, rowCount, times, 0)
  return { segmentColumns, times, end: c.at }
}

/** One series of a block; nobody writes into it. */
export interface DecodedColumn {
  /** float64[rows of the block]; absent rows may hold anything. */
  readonly values: Float64Array
  /** A bit for each row that has a value. */
  readonly presence: Uint32Array
  readonly presentCount: number
  /** Whether staleness markers may stand among the values. */
  readonly mayBeStale: boolean
}

/** A segment with the places of its columns. */
export class Segment {
  readonly #bytes: Uint8Array
  readonly #offsets: Uint32Array
  /** Ordinal and values of the column decoded last, for its neighbour. */
  #lastOrdinal = -1
  #last: Float64Array = new Float64Array(0)
  /** Takes the next one. */
  #spare: Float64Array = new Float64Array(0)

  /** @throws NarthexError `corrupt` or `bad_data` for damaged bytes */
  constructor(stored: Uint8Array) {
    if (stored[0] > ZSTD) {
      throw new NarthexError('corrupt', `cannot read segment: form ${stored[0]}, 0 or 1 wanted`)
    }
    const bytes =
      stored[0] === ZSTD
        ? zstdDecompressSync(stored.subarray(1), { maxOutputLength: SEGMENT_BYTES_MAX })
        : stored.subarray(1)
    const c = new Cursor(bytes)
    const count = readVarint(c)
    if (count > COLUMNS_MAX || count > bytes.length) {
      throw new NarthexError('corrupt', `cannot read segment: ${count} columns`)
    }
    const offsets = new Uint32Array(count + 1)
    for (let i = 0; i < count; i++) offsets[i + 1] = readVarint(c)
    offsets[0] = c.at
    for (let i = 0; i < count; i++) offsets[i + 1] += offsets[i]
    this.#bytes = bytes
    this.#offsets = offsets
  }

  get columnCount(): number {
    return this.#offsets.length - 1
  }

  /** Memory that it takes. */
  get sizeBytes(): number {
    return this.#bytes.length + this.#offsets.byteLength
  }

  /** Whether a column was written as differences from the one before it. */
  needsNeighbour(ordinal: number): boolean {
    return columnNeedsNeighbour(this.#bytes, this.#offsets[ordinal])
  }

  /** Decodes column `ordinal` of the segment; `neighbour` is the one before it, where it needs one. */
  decode(ordinal: number, rowCount: number, neighbour: DecodedColumn | undefined): DecodedColumn {
    const from = this.#offsets[ordinal]
    const values = new Float64Array(rowCount)
    const presence = new Uint32Array(presenceWords(rowCount))
    const c = new Cursor(this.#bytes, from, this.#offsets[ordinal + 1])
    const presentCount = decodeColumn(c, rowCount, values, 0, presence, neighbour?.values)
    const mayBeStale = !columnIsFinite(this.#bytes, from) && hasNaN(values, 0, rowCount)
    return { values, presence, presentCount, mayBeStale }
  }

  /** Reads column `ordinal` of the segment; see decodeColumn. */
  read(
    ordinal: number,
    rowCount: number,
    into: Float64Array,
    at: number,
    presence: Uint32Array,
  ): number {
    if (ordinal >= this.#offsets.length - 1) return 0
    const from = this.#offsets[ordinal]
    const needsNeighbour = columnNeedsNeighbour(this.#bytes, from)
    let neighbour: Float64Array | undefined
    if (needsNeighbour) {
      if (this.#lastOrdinal !== ordinal - 1) this.#decodeLast(ordinal - 1, rowCount, presence)
      neighbour = this.#last
    }
    const c = new Cursor(this.#bytes, from, this.#offsets[ordinal + 1])
    if (neighbour !== undefined || this.#nextNeeds(ordinal)) {
      const values = this.#takeSpare(rowCount)
      const count = decodeColumn(c, rowCount, values, 0, presence, neighbour)
      into.set(values, at)
      this.#keepLast(ordinal, values)
      return count
    }
    return decodeColumn(c, rowCount, into, at, presence, undefined)
  }

  #nextNeeds(ordinal: number): boolean {
    return (
      ordinal + 2 < this.#offsets.length &&
      columnNeedsNeighbour(this.#bytes, this.#offsets[ordinal + 1])
    )
  }

  /** Decodes a column for the one behind it, and so on down to one that stands alone. */
  #decodeLast(ordinal: number, rowCount: number, presence: Uint32Array): void {
    let first = ordinal
    while (first > 0 && columnNeedsNeighbour(this.#bytes, this.#offsets[first])) first--
    for (let i = first; i <= ordinal; i++) {
      const values = this.#takeSpare(rowCount)
      const c = new Cursor(this.#bytes, this.#offsets[i], this.#offsets[i + 1])
      decodeColumn(c, rowCount, values, 0, presence, i === first ? undefined : this.#last)
      this.#keepLast(i, values)
    }
  }

  #takeSpare(rowCount: number): Float64Array {
    return this.#spare.length === rowCount ? this.#spare : new Float64Array(rowCount)
  }

  #keepLast(ordinal: number, values: Float64Array): void {
    this.#spare = this.#last
    this.#last = values
    this.#lastOrdinal = ordinal
  }
}

/** Whether a NaN stands in values[from, to): without a branch a value, so that it costs little. */
export function hasNaN(values: Float64Array, from: number, to: number): boolean {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = from
  for (; i + 4 <= to; i += 4) {
    a += values[i] * 0
    b += values[i + 1] * 0
    c += values[i + 2] * 0
    d += values[i + 3] * 0
  }
  for (; i < to; i++) a += values[i] * 0
  // Infinity × 0 is NaN, too: then the answer is careful, not wrong.
  return Number.isNaN(a + b + c + d)
}
