/** Literals in the heads of small segments that may stand in the request already: the texts of labels. */
import type { Block } from './block.ts'
import { ELEMENT, readElement, writeLiteral } from './elements.ts'
import { HEAD_BYTES, JOINT_FIELDS, TRAIL_BYTES } from './entries.ts'

/** The same text of another segment has to be within reach: larger ones are rarely followed by one soon enough. */
const SEGMENT_BYTES_MAX = 32_768

/** A shorter text is not worth looking for: a copy takes three bytes. */
const TEXT_BYTES_MIN = 8

/** Heads of field 1: a label of a series, and the name in a label. */
const LABEL_HEAD = 0x0a

/** Fields of an entry of `findLongTexts`. */
export const LONG_TEXT_FIELDS = 2

const NONE = new Uint32Array(0)

/**
 * Finds the messages whose heads have long literals.
 *
 * @param starts where each message lies, and where they end
 * @param heads  their elements, from `at` on
 * @returns for each of them its place, and where in the segment its head is made
 */
export function findLongTexts(
  starts: Uint32Array,
  count: number,
  joints: Uint16Array,
  heads: Uint8Array,
  at: number,
): Uint32Array {
  if (starts[count] > SEGMENT_BYTES_MAX) return NONE
  const found: number[] = []
  let head = at
  let trailBytes = 0
  for (let i = 0; i < count; i++) {
    const end = head + joints[JOINT_FIELDS * i + HEAD_BYTES]
    let isLong = false
    while (head < end) {
      head = readElement(heads, head)
      if (ELEMENT[1] === 0 && ELEMENT[0] >= TEXT_BYTES_MIN) isLong = true
    }
    if (isLong) found.push(i, starts[i] + trailBytes)
    trailBytes = joints[JOINT_FIELDS * i + TRAIL_BYTES]
  }
  return found.length === 0 ? NONE : Uint32Array.from(found)
}

/**
 * Writes a head, with texts that stand in the block already as copies of these.
 *
 * @param rawFrom where in the decoded request it is made
 */
export function writeHead(
  heads: Uint8Array,
  from: number,
  end: number,
  rawFrom: number,
  block: Block,
): void {
  let rawAt = rawFrom
  for (let at = from; at < end; ) {
    const elementFrom = at
    at = readElement(heads, at)
    const sizeBytes = ELEMENT[0]
    if (ELEMENT[1] === 0 && sizeBytes >= TEXT_BYTES_MIN) {
      writeTexts(heads, at - sizeBytes, at, rawAt, block)
    } else {
      for (let k = elementFrom; k < at; k++) block.bytes[block.to++] = heads[k]
    }
    rawAt += sizeBytes
  }
}

/** Writes a literal of some labels, each for itself: often only one of them is another one. */
function writeTexts(
  heads: Uint8Array,
  from: number,
  end: number,
  rawFrom: number,
  block: Block,
): void {
  for (let at = from; at < end; ) {
    let to = at + 1
    while (to < end && !(heads[to] === LABEL_HEAD && heads[to + 2] === LABEL_HEAD)) to++
    if (to - at < TEXT_BYTES_MIN) {
      block.to = writeLiteral(block.bytes, block.to, heads, at, to)
    } else {
      block.texts?.write(heads, at, to, rawFrom + at - from, block)
    }
    at = to
  }
}
