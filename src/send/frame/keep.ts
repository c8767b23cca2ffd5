/** Changes a segment over to a row that lacks some of its series. */
import { decodeSnappy } from '../../wire/snappy.ts'
import { Block } from './block.ts'
import { writeWithout } from './drop.ts'
import { ELEMENTS_AT, ElementWriter } from './elements.ts'
import {
  type Entries,
  HEAD_BYTES,
  HEAD_BYTES_MAX,
  JOINT_FIELDS,
  LEAD_OFFSET,
  LEAD_SOURCE,
  REACH,
  TRAIL_BYTES,
  TRAIL_OFFSET,
  TRAIL_SOURCE,
} from './entries.ts'
import { takeJoints } from './joints.ts'
import { NO_ROW } from './matchrows.ts'
import { type RowTexts, rowBytesMax, writeRow } from './rowwriter.ts'
import type { Workbench } from './workbench.ts'

/** decodeSnappy may write so many bytes past the end. */
const DECODE_SLACK_BYTES = 16

/** A segment that is being changed over. Messages that have nothing to do with those that leave stay as they are. */
export class Keeping {
  /** Messages that stay, so far. */
  kept = 0
  readonly #entries: Entries
  readonly #count: number
  readonly #texts: RowTexts
  readonly #bench: Workbench
  /** Writes the heads of what stays. */
  readonly #writer: ElementWriter
  /** Where in the heads the next message begins. */
  #headAt: number = ELEMENTS_AT
  /** Bytes of the head of the next message that are written, and how far they reach. */
  #carriedBytes = 0
  #carriedReach = 0
  /** Elements of messages that are taken apart. */
  readonly #before: Block

  constructor(
    entries: Entries,
    count: number,
    texts: RowTexts,
    bench: Workbench,
    writer: ElementWriter,
  ) {
    this.#entries = entries
    this.#count = count
    this.#texts = texts
    this.#bench = bench
    this.#writer = writer
    this.#before = new Block(bench.elementsBefore, ELEMENTS_AT)
  }

  /**
   * Says where messages lay and where those lie that stay, and changes the rows of these.
   *
   * @param moved by place in the last row the one in the new one, NO_ROW when it is not in there
   * @returns whether some leave
   */
  layOut(moved: Uint32Array): boolean {
    const { rows, sizes } = this.#entries
    const { starts, startsBefore, leaves, dropped } = this.#bench
    const count = this.#count
    dropped.clear()
    let kept = 0
    let at = 0
    let atBefore = 0
    for (let i = 0; i < count; i++) {
      const row = moved[rows[i]]
      const sizeBytes = sizes[i]
      startsBefore[i] = atBefore
      leaves[i] = row === NO_ROW ? 1 : 0
      if (row === NO_ROW) {
        dropped.add(atBefore, atBefore + sizeBytes)
      } else {
        rows[kept] = row
        sizes[kept] = sizeBytes
        starts[kept++] = at
        at += sizeBytes
      }
      atBefore += sizeBytes
    }
    starts[kept] = at
    startsBefore[count] = atBefore
    leaves[count] = 0
    return kept < count
  }

  /**
   * Fills joints of the workbench and heads for the messages that stay.
   *
   * @returns false when it cannot be done
   */
  run(): boolean {
    const { touched, values } = this.#bench
    const count = this.#count
    this.#touch()
    values.fill(0, 0, 2 * count)
    for (let i = 0; i < count; ) {
      const from = i
      const isTouched = touched[i]
      while (i < count && touched[i] === isTouched) i++
      const isDone = isTouched === 1 ? this.#takeApart(from, i) : this.#takeOver(from, i)
      if (!isDone) return false
    }
    return true
  }

  /** Finds the messages that leave or have something to do with those. */
  #touch(): void {
    const { joints } = this.#entries
    const { leaves, startsBefore, touched } = this.#bench
    const count = this.#count
    /** Where the last message ended that leaves. */
    let leftTo = 0
    let cutBytes = 0
    for (let i = 0, joint = 0; i < count; i++, joint += JOINT_FIELDS) {
      const trailBytes = joints[joint + TRAIL_BYTES]
      const isTouched =
        leaves[i] === 1 ||
        startsBefore[i] - joints[joint + REACH] < leftTo ||
        cutBytes > 0 ||
        (trailBytes > 0 && leaves[i + 1] === 1)
      touched[i] = isTouched ? 1 : 0
      // What the trail of one that leaves made of the next one has to be made in another way.
      cutBytes = leaves[i] === 1 ? trailBytes : 0
      if (leaves[i] === 1) leftTo = startsBefore[i + 1]
    }
  }

  #trailBytes(i: number): number {
    return i < 0 ? 0 : this.#entries.joints[JOINT_FIELDS * i + TRAIL_BYTES]
  }

  /** Goes on in the heads, behind those of messages [from, end); where they begin. */
  #passHeads(from: number, end: number): number {
    const { joints } = this.#entries
    const start = this.#headAt
    let headAt = start
    for (let i = from; i < end; i++) headAt += joints[JOINT_FIELDS * i + HEAD_BYTES]
    this.#headAt = headAt
    return start
  }

  /** Takes messages [from, end) over as they are. */
  #takeOver(from: number, end: number): boolean {
    const { joints } = this.#bench
    const headFrom = this.#passHeads(from, end)
    const source = this.#entries.joints.subarray(JOINT_FIELDS * from, JOINT_FIELDS * end)
    const first = JOINT_FIELDS * this.kept
    joints.set(source, first)
    const left = from - this.kept
    const stop = first + source.length
    for (let joint = left === 0 ? stop : first; joint < stop; joint += JOINT_FIELDS) {
      if (joints[joint + LEAD_OFFSET] !== 0) joints[joint + LEAD_SOURCE] -= left
      if (joints[joint + TRAIL_OFFSET] !== 0) joints[joint + TRAIL_SOURCE] -= left
    }
    this.#writer.append(this.#texts.heads, headFrom, this.#headAt)
    this.kept += end - from
    const headBytes = joints[first + HEAD_BYTES] + this.#carriedBytes
    joints[first + HEAD_BYTES] = headBytes
    joints[first + REACH] = Math.max(joints[first + REACH], this.#carriedReach)
    this.#carriedBytes = 0
    this.#carriedReach = 0
    return headBytes <= HEAD_BYTES_MAX
  }

  /** Makes messages [from, end) anew of their elements, but those that leave. */
  #takeApart(from: number, end: number): boolean {
    const bench = this.#bench
    const headFrom = this.#passHeads(from, end)
    const { dropped, startsBefore, leaves } = bench
    const rawFrom = startsBefore[from] + this.#trailBytes(from - 1)
    const rawEnd = startsBefore[end] + this.#trailBytes(end - 1)
    const elementsFrom = this.#before.to
    this.#writeAny(from, end, headFrom, this.#before)
    const writer = new ElementWriter(bench.elements, bench.raw)
    writer.goTo(dropped.placeOf(rawFrom))
    writeWithout(
      bench.elementsBefore.subarray(0, this.#before.to),
      elementsFrom,
      rawFrom,
      rawEnd,
      bench.raw,
      dropped,
      writer,
      () => this.#text(),
    )
    const elements = bench.elements.subarray(0, writer.to)
    const first = this.kept
    for (let i = from; i < end; i++) this.kept += 1 - leaves[i]
    const [rawTo, stop] = [dropped.placeOf(rawFrom), dropped.placeOf(rawEnd)]
    if (!takeJoints(elements, bench, first, this.kept, rawTo, stop, this.#writer)) return false
    this.#carriedBytes = bench.joints[JOINT_FIELDS * this.kept + HEAD_BYTES]
    this.#carriedReach = bench.joints[JOINT_FIELDS * this.kept + REACH]
    return true
  }

  /** Writes elements of messages [from, end) for values that are all the same. */
  #writeAny(from: number, end: number, headFrom: number, block: Block): void {
    const { values, timeField } = this.#bench
    writeRow(this.#texts, from, end, headFrom, values, timeField, block)
  }

  /** All messages as they were. */
  #text(): Uint8Array {
    const sizeBytes = this.#bench.startsBefore[this.#count]
    const roomBytes = rowBytesMax(this.#texts.heads.length, this.#count, sizeBytes)
    const block = new Block(new Uint8Array(ELEMENTS_AT + roomBytes), ELEMENTS_AT)
    this.#writeAny(0, this.#count, ELEMENTS_AT, block)
    const text = new Uint8Array(sizeBytes + DECODE_SLACK_BYTES)
    decodeSnappy(block.bytes.subarray(0, block.to), sizeBytes, text)
    return text
  }
}
