/** Definitions of numbers: pairs, groups and shapes, as journal and windows write them. */
import { Cursor, readBytes, readVarint, writeVarint } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import { LABELS_PER_SERIES_MAX, type LabelIndex } from './labelindex.ts'

/** Kinds of definitions. */
export const DEFINE_PAIR = 1
export const DEFINE_GROUP = 2
export const DEFINE_SHAPE = 3
export const DEFINE_COLUMNS = 4
export const DEFINE_LAYOUT = 5
export const DEFINE_BLOCK = 6

/** Largest number that a definition may give or name. */
const NUMBER_MAX = 2 ** 30

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Bytes that grow, with their cursor. */
export class GrowingBytes {
  cursor: Cursor

  constructor(sizeBytes = 4096) {
    this.cursor = new Cursor(new Uint8Array(sizeBytes))
  }

  /** The cursor with at least so much room behind it. */
  room(wantedBytes: number): Cursor {
    const c = this.cursor
    if (c.end - c.at < wantedBytes) {
      const bytes = new Uint8Array(Math.max(c.end * 2, c.at + wantedBytes))
      bytes.set(c.bytes.subarray(0, c.at))
      this.cursor = new Cursor(bytes, c.at)
    }
    return this.cursor
  }

  /** What has been written; valid until the next write. */
  get written(): Uint8Array {
    return this.cursor.bytes.subarray(0, this.cursor.at)
  }
}

/** Writes the definition of a pair. */
export function definePair(into: GrowingBytes, pair: number, name: string, value: string): void {
  const c = into.room(16)
  c.bytes[c.at++] = DEFINE_PAIR
  writeVarint(c, pair)
  writeText(into, name)
  writeText(into, value)
}

/** Writes the definition of a group or a shape: its pairs in order. */
export function defineList(
  into: GrowingBytes,
  kind: number,
  number: number,
  pairs: readonly number[],
): void {
  const c = into.room(32 + pairs.length * 8)
  c.bytes[c.at++] = kind
  writeVarint(c, number)
  writeVarint(c, pairs.length)
  for (const pair of pairs) writeVarint(c, pair)
}

/** Numbers of one writer, as the index of the reader knows them; undefined where one was lost. */
export class NumberMaps {
  pairs: number[] = []
  groups: number[] = []
  shapes: number[] = []
  readonly #list: Uint32Array = new Uint32Array(LABELS_PER_SERIES_MAX)

  clear(): void {
    this.pairs = []
    this.groups = []
    this.shapes = []
  }

  /**
   * Reads a definition of a pair, a group or a shape into an index.
   *
   * @throws NarthexError `bad_data` for any other kind and for damaged bytes
   */
  read(kind: number, c: Cursor, index: LabelIndex): void {
    const number = readNumber(c)
    if (kind === DEFINE_PAIR) {
      const name = readText(c)
      this.pairs[number] = index.pair(name, readText(c))
      return
    }
    const length = readVarint(c)
    if (length > LABELS_PER_SERIES_MAX || (kind !== DEFINE_GROUP && kind !== DEFINE_SHAPE)) {
      throw new NarthexError('bad_data', `cannot read definition: kind ${kind} of ${length} labels`)
    }
    let isComplete = true
    for (let i = 0; i < length; i++) {
      const pair = this.pairs[readVarint(c)]
      if (pair === undefined) isComplete = false
      else this.#list[i] = pair
    }
    if (!isComplete) return
    if (kind === DEFINE_GROUP) this.groups[number] = index.internGroup(this.#list, length)
    else this.shapes[number] = index.internShape(this.#list, length)
  }
}

/** Reads a number that a definition gives or names. */
export function readNumber(c: Cursor): number {
  const number = readVarint(c)
  if (number > NUMBER_MAX) {
    throw new NarthexError('bad_data', `cannot read number: ${number}, at most ${NUMBER_MAX}`)
  }
  return number
}

function writeText(into: GrowingBytes, text: string): void {
  const c = into.room(text.length * 3 + 8)
  const encoded = encoder.encode(text)
  writeVarint(c, encoded.length)
  c.bytes.set(encoded, c.at)
  c.at += encoded.length
}

function readText(c: Cursor): string {
  return decoder.decode(readBytes(c, readVarint(c)))
}
