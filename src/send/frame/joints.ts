/** Takes elements apart around the values, so that they can be written for any values. */
import { copyBytes } from './copybytes.ts'
import { ELEMENT, ELEMENTS_AT, type ElementWriter, readElement } from './elements.ts'
import {
  HEAD_BYTES,
  HEAD_BYTES_MAX,
  JOINT_FIELDS,
  LEAD_BYTES,
  LEAD_OFFSET,
  LEAD_SOURCE,
  REACH,
  TRAIL_BYTES,
  TRAIL_OFFSET,
  TRAIL_SOURCE,
} from './entries.ts'
import { TIME_FIELD_BYTES, VALUE_BYTES, VALUE_FROM_END } from './message.ts'
import type { Workbench } from './workbench.ts'

/** Elements that are read front to back; copies that follow each other and reach equally far back are one. */
class ElementReader {
  /** What the element at hand makes. */
  from = 0
  to = 0
  /** How far back it reaches; 0: it is literal. */
  offset = 0
  /** Where the bytes of a literal lie. */
  place = 0
  readonly source: Uint8Array
  #at = ELEMENTS_AT

  constructor(source: Uint8Array, rawFrom: number) {
    this.source = source
    this.to = rawFrom
  }

  /** Goes on to the element that makes the byte at `at`, which is not before the one at hand. */
  seek(at: number): void {
    while (this.to <= at) this.#next()
  }

  #next(): void {
    this.from = this.to
    this.#at = readElement(this.source, this.#at)
    this.to += ELEMENT[0]
    this.offset = ELEMENT[1]
    this.place = this.#at - ELEMENT[0]
    if (this.offset === 0) return
    while (this.#at < this.source.length) {
      const end = readElement(this.source, this.#at)
      if (ELEMENT[1] !== this.offset) return
      this.#at = end
      this.to += ELEMENT[0]
    }
  }
}

/**
 * Takes elements apart into heads, leads and trails of messages [from, end).
 *
 * What elements say of values and times is of no account but for how far back they reach: any row
 * may be written with what is taken here.
 *
 * @param source  elements, from ELEMENTS_AT on, that make raw [rawFrom, rawEnd): the messages, but
 *   what the trail before them makes, and with what their last trail may make of the next one
 * @param bench   `joints` are filled in, and literals of `raw`; the joint behind them says what head
 *   bytes were written for the message behind them, and how far these reach
 * @param writer  writes the heads
 * @returns false when those of one message are too large
 */
export function takeJoints(
  source: Uint8Array,
  bench: Workbench,
  from: number,
  end: number,
  rawFrom: number,
  rawEnd: number,
  writer: ElementWriter,
): boolean {
  const { starts, joints, raw } = bench
  const reader = new ElementReader(source, rawFrom)
  let at = rawFrom
  let lead = -1
  let trail = -1
  for (let i = from; i < end; i++) {
    const joint = JOINT_FIELDS * i
    const value = starts[i + 1] - VALUE_FROM_END
    const headFrom = writer.to
    let reach = 0
    joints.fill(0, joint, joint + JOINT_FIELDS)
    writer.goTo(at)
    while (at < value) {
      reader.seek(at)
      const { offset } = reader
      const to = Math.min(reader.to, value)
      const found = to === value && offset > 0 ? sourceOf(bench, value - offset, lead, i) : -1
      if (found >= 0) {
        lead = found
        joints[joint + LEAD_OFFSET] = offset
        joints[joint + LEAD_SOURCE] = found
        joints[joint + LEAD_BYTES] = value - at
      } else {
        writeText(reader, raw, at, to, writer)
      }
      reach = Math.max(reach, offset)
      at = to
    }
    writer.flush()
    if (writer.to - headFrom > HEAD_BYTES_MAX) return false
    joints[joint + HEAD_BYTES] = writer.to - headFrom
    at = value + VALUE_BYTES
    reader.seek(at)
    at += TIME_FIELD_BYTES
    const { offset } = reader
    if (offset > 0 && reader.to >= at) {
      const found = sourceOf(bench, value - offset, trail, i)
      if (found >= 0) {
        const textEnd = i + 1 < end ? starts[i + 2] - VALUE_FROM_END : rawEnd
        const textBytes = Math.min(reader.to, textEnd) - at
        trail = found
        joints[joint + TRAIL_OFFSET] = offset
        joints[joint + TRAIL_SOURCE] = found
        joints[joint + TRAIL_BYTES] = textBytes
        reach = Math.max(reach, offset)
        at += textBytes
      }
    }
    joints[joint + REACH] = reach
  }
  const headFrom = writer.to
  let reach = 0
  writer.goTo(at)
  while (at < rawEnd) {
    reader.seek(at)
    const to = Math.min(reader.to, rawEnd)
    writeText(reader, raw, at, to, writer)
    reach = Math.max(reach, reader.offset)
    at = to
  }
  writer.flush()
  joints[JOINT_FIELDS * end + HEAD_BYTES] = writer.to - headFrom
  joints[JOINT_FIELDS * end + REACH] = reach
  return writer.to - headFrom <= HEAD_BYTES_MAX
}

/** Writes raw [at, to), which the element at hand makes. */
function writeText(
  reader: ElementReader,
  raw: Uint8Array,
  at: number,
  to: number,
  writer: ElementWriter,
): void {
  if (reader.offset > 0) {
    writer.copy(reader.offset, to - at)
    return
  }
  const place = reader.place + at - reader.from
  copyBytes(reader.source, place, place + to - at, raw, at)
  writer.literal(to - at)
}

/**
 * The message before `end` whose value begins at the given place; -1 when there is none.
 *
 * @param last what was found last: mostly it is the next one
 */
function sourceOf(bench: Workbench, value: number, last: number, end: number): number {
  const { starts } = bench
  const next = value + VALUE_FROM_END
  if (last >= 0 && last + 2 <= end && starts[last + 2] === next) return last + 1
  let low = 0
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (starts[middle + 1] < next) low = middle + 1
    else high = middle
  }
  return low < end && starts[low + 1] === next ? low : -1
}
