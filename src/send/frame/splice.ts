/** Turns bytes inside ready elements into literals; everything else stays as it was matched. */
import { copyBytes } from './copybytes.ts'
import { ELEMENT, ELEMENTS_AT, type ElementWriter, readElement } from './elements.ts'
import { PAGE_BITS, type Workbench } from './workbench.ts'

/** Raw bytes that must be literals, and that no copy may draw from. */
export class ForcedBytes {
  readonly #marks: Uint8Array
  readonly #pages: Uint8Array
  readonly #ranges: number[] = []

  /** @param bench its marks are all 0, and are so again after `clear` */
  constructor(bench: Workbench) {
    this.#marks = bench.forced
    this.#pages = bench.forcedPages
  }

  add(from: number, to: number): void {
    this.#ranges.push(from, to)
    this.#marks.fill(1, from, to)
    this.#pages[from >>> PAGE_BITS] = 1
    this.#pages[(to - 1) >>> PAGE_BITS] = 1
  }

  has(at: number): boolean {
    return this.#marks[at] !== 0
  }

  /** Whether one of [from, to) is forced. */
  meets(from: number, to: number): boolean {
    if (to - from <= 1 << PAGE_BITS) {
      const pages = this.#pages
      if ((pages[from >>> PAGE_BITS] | pages[(to - 1) >>> PAGE_BITS]) === 0) return false
    }
    for (let at = from; at < to; at++) if (this.#marks[at] !== 0) return true
    return false
  }

  clear(): void {
    for (let i = 0; i < this.#ranges.length; i += 2) {
      const from = this.#ranges[i]
      const to = this.#ranges[i + 1]
      this.#marks.fill(0, from, to)
      this.#pages[from >>> PAGE_BITS] = 0
      this.#pages[(to - 1) >>> PAGE_BITS] = 0
    }
  }
}

/**
 * Writes the elements of `source` anew, with the forced bytes as literals, and notes in the runs of
 * the workbench what was taken over as it is.
 *
 * What was copied from forced bytes becomes literal, too, and keeps their old content. Nothing is
 * decoded: only elements that have to do with forced bytes are looked into.
 *
 * @param source elements, from ELEMENTS_AT on
 * @param bench  `raw` holds the old content of the forced bytes; what else of it becomes literal
 *   is filled in here
 * @param writer has nothing written yet
 */
export function writeSpliced(
  source: Uint8Array,
  bench: Workbench,
  forced: ForcedBytes,
  writer: ElementWriter,
): void {
  const { runs } = bench
  runs.clear()
  let runFrom = ELEMENTS_AT
  let rawAt = 0
  for (let at = ELEMENTS_AT; at < source.length; ) {
    const elementFrom = at
    at = readElement(source, at)
    const sizeBytes = ELEMENT[0]
    const offset = ELEMENT[1]
    const rawTo = rawAt + sizeBytes
    const isTouched =
      forced.meets(rawAt, rawTo) || (offset > 0 && forced.meets(rawAt - offset, rawTo - offset))
    if (isTouched) {
      if (elementFrom > runFrom) {
        const shift = writer.verbatim(source, runFrom, elementFrom, rawAt - writer.at)
        runs.add(runFrom, elementFrom, shift)
      }
      if (offset === 0) {
        copyBytes(source, at - sizeBytes, at, bench.raw, rawAt)
        writer.literal(sizeBytes)
      } else {
        splitCopy(bench.raw, forced, offset, sizeBytes, writer)
      }
      runFrom = at
    }
    rawAt = rawTo
  }
  if (source.length > runFrom) {
    const shift = writer.verbatim(source, runFrom, source.length, rawAt - writer.at)
    runs.add(runFrom, source.length, shift)
  }
  forced.clear()
}

/**
 * Says on the workbench where patched bytes lie now that are in runs taken over as they are.
 *
 * @param slots     place of the patched bytes of each value in the source; 0: it is a constant
 * @param timeSlots place of each byte of the time in the source, times 8, with its place in the varint
 * @param count     series in the source
 */
export function shiftSlots(
  bench: Workbench,
  slots: Uint32Array,
  timeSlots: Uint32Array,
  count: number,
): void {
  const { from, to, shift, count: runCount } = bench.runs
  let run = 0
  for (let i = 0; i < count; i++) {
    const slot = slots[i]
    if (slot === 0) continue
    while (run < runCount && to[run] <= slot) run++
    if (run < runCount && from[run] <= slot) bench.slots[i] = slot + shift[run]
  }
  run = 0
  for (const timeSlot of timeSlots) {
    const slot = timeSlot >>> 3
    while (run < runCount && to[run] <= slot) run++
    if (run < runCount && from[run] <= slot) bench.timeSlots.push(timeSlot + 8 * shift[run])
  }
}

/** One copy as copies and literals, so that no forced byte is made or read by a copy. */
function splitCopy(
  raw: Uint8Array,
  forced: ForcedBytes,
  offset: number,
  sizeBytes: number,
  writer: ElementWriter,
): void {
  const end = writer.at + sizeBytes
  while (writer.at < end) {
    let at = writer.at
    while (at < end && !forced.has(at) && !forced.has(at - offset)) at++
    if (at > writer.at) writer.copy(offset, at - writer.at)
    for (; at < end && (forced.has(at) || forced.has(at - offset)); at++) {
      if (!forced.has(at)) raw[at] = raw[at - offset]
      writer.literal(1)
    }
  }
}
