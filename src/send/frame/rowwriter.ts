/** The kernel of frames: a row written as elements, its values compared with those that may be copied. */
import { STALE_HIGH, STALE_LOW } from '../../model/stale.ts'
import type { Parcel } from '../parcel.ts'
import type { Block } from './block.ts'
import { COPIED_BYTES_LEAST, COPY_BYTES, writeCopies } from './elements.ts'
import {
  HEAD_BYTES,
  JOINT_FIELDS,
  LEAD_BYTES,
  LEAD_OFFSET,
  LEAD_SOURCE,
  TRAIL_BYTES,
  TRAIL_OFFSET,
  TRAIL_SOURCE,
} from './entries.ts'
import { LONG_TEXT_FIELDS, writeHead } from './longtexts.ts'
import { TIME_FIELD_BYTES, VALUE_BYTES } from './message.ts'

const STALE_HIGH_QUIET = 0x7ff80000

/** Most bytes that a message takes beside its head and long copies: a lead, a literal, a trail or a literal time. */
const JOINT_BYTES_MAX = 19

/** Words are written whole: so many bytes behind the last that counts may be touched, and read of heads. */
export const SLACK_BYTES = 3

/** From an equal value's first byte to where the text goes on. */
const TAIL_BYTES: number = VALUE_BYTES + TIME_FIELD_BYTES

/** The values of a parcel as words. */
export function wordsOf({ values, count }: Parcel): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, 2 * count)
}

/**
 * Brings the values of a row into the order of the entries.
 *
 * Moves bits as words: a staleness marker would not survive being a number, and leaves in its exact
 * form whichever way it came.
 *
 * @param bits two words for each value of the row
 * @param into gets two words for each entry
 */
export function orderValues(
  bits: Int32Array,
  rows: Uint32Array,
  count: number,
  into: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]
    const low = bits[2 * row]
    const high = bits[2 * row + 1]
    into[2 * i] = low
    into[2 * i + 1] = low === STALE_LOW && high === STALE_HIGH_QUIET ? STALE_HIGH : high
  }
}

/** What is written of a segment in each row. */
export interface RowTexts {
  /** See `Entries`. */
  readonly joints: Uint16Array
  /** Elements of text, from ELEMENTS_AT on, and SLACK_BYTES. */
  readonly heads: Uint8Array
  readonly headsView: DataView
  /** See `findLongTexts`. */
  readonly longTexts: Uint32Array
}

/** Room that `writeRow` needs for so many messages; heads may be written in smaller parts. */
export function rowBytesMax(headsBytes: number, count: number, decodedBytes: number): number {
  const copies = Math.ceil(decodedBytes / COPIED_BYTES_LEAST)
  return 2 * headsBytes + JOINT_BYTES_MAX * count + COPY_BYTES * copies + SLACK_BYTES
}

/**
 * Writes the elements of messages [from, end) behind those of a block, which has room for them: see
 * `rowBytesMax`.
 *
 * @param headFrom where in the heads those of the first message begin
 * @param values   two words for each entry
 * @param timeField TIME_FIELD_BYTES, for where a time is literal
 */
export function writeRow(
  { joints, heads, headsView, longTexts }: RowTexts,
  from: number,
  end: number,
  headFrom: number,
  values: Int32Array,
  timeField: Uint8Array,
  block: Block,
): void {
  const { bytes: into, view } = block
  let { to } = block
  let head = headFrom
  let long = 0
  let longAt = block.texts === undefined ? end : longTexts[0]
  for (let i = from; i < end; i++) {
    const joint = JOINT_FIELDS * i
    const headBytes = joints[joint + HEAD_BYTES]
    if (i === longAt) {
      block.to = to
      writeHead(heads, head, head + headBytes, block.decodedBytes + longTexts[long + 1], block)
      to = block.to
      long += LONG_TEXT_FIELDS
      longAt = longTexts[long]
    } else {
      // Whole words: what is too much is written over.
      for (let k = 0; k < headBytes; k += 4) {
        view.setInt32(to + k, headsView.getInt32(head + k, true), true)
      }
      to += headBytes
    }
    head += headBytes
    const low = values[2 * i]
    const high = values[2 * i + 1]
    const leadOffset = joints[joint + LEAD_OFFSET]
    const trailOffset = joints[joint + TRAIL_OFFSET]
    let first = 0
    if (leadOffset !== 0) {
      const source = 2 * joints[joint + LEAD_SOURCE]
      first = equalFirst(low ^ values[source], high ^ values[source + 1])
      if (first === VALUE_BYTES && leadOffset === trailOffset) {
        const sizeBytes = joints[joint + LEAD_BYTES] + TAIL_BYTES + joints[joint + TRAIL_BYTES]
        to = writeCopies(view, to, leadOffset, sizeBytes)
        continue
      }
    }
    let last = VALUE_BYTES
    if (trailOffset !== 0) {
      const source = 2 * joints[joint + TRAIL_SOURCE]
      last -= equalLast(low ^ values[source], high ^ values[source + 1])
      if (first > last) first = last
    }
    if (leadOffset !== 0) to = writeCopies(view, to, leadOffset, joints[joint + LEAD_BYTES] + first)
    const timeBytes = trailOffset === 0 ? TIME_FIELD_BYTES : 0
    if (last - first + timeBytes > 0) into[to++] = (last - first + timeBytes - 1) << 2
    if (first < 4) {
      view.setInt32(to, low >>> (8 * first), true)
      view.setInt32(to + 4 - first, high, true)
    } else {
      view.setInt32(to, high >>> (8 * (first - 4)), true)
    }
    to += last - first
    for (let k = 0; k < timeBytes; k++) into[to++] = timeField[k]
    if (trailOffset === 0) continue
    const sizeBytes = TAIL_BYTES - last + joints[joint + TRAIL_BYTES]
    to = writeCopies(view, to, trailOffset, sizeBytes)
  }
  block.to = to
}

/** Of two values that differ by these bits, how many of the first bytes are the same. */
function equalFirst(low: number, high: number): number {
  if (low !== 0) return (31 - Math.clz32(low & -low)) >>> 3
  if (high !== 0) return 4 + ((31 - Math.clz32(high & -high)) >>> 3)
  return VALUE_BYTES
}

/** How many of the last bytes are the same. */
function equalLast(low: number, high: number): number {
  if (high !== 0) return Math.clz32(high) >>> 3
  if (low !== 0) return 4 + (Math.clz32(low) >>> 3)
  return VALUE_BYTES
}
