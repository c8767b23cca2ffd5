/** Turns bytes inside ready elements into literals; everything else stays as it was matched. */
import { ELEMENTS_AT, type ElementWriter } from './elements.ts'
import type { Workbench } from './workbench.ts'

/** A shorter copy costs more than the bytes themselves. */
const COPY_BYTES_MIN = 4

/** Ranges of `raw` that must be literals, rising, and that no copy may draw from. */
export class ForcedRanges {
  readonly from: number[] = []
  readonly to: number[] = []

  add(from: number, to: number): void {
    this.from.push(from)
    this.to.push(to)
  }

  /** Index of the first range that ends behind `at`. */
  after(at: number): number {
    const { to } = this
    let low = 0
    let high = to.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (to[middle] > at) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Whether a range has a byte in [from, to). */
  meets(from: number, to: number): boolean {
    const i = this.after(from)
    return i < this.from.length && this.from[i] < to
  }
}

/**
 * Writes the elements of `source` anew, with the forced bytes as literals.
 *
 * Bytes that were copied from forced ones become literals, too: their old content, which `raw` has
 * at their own place, stays theirs.
 *
 * @param source elements, from ELEMENTS_AT on
 * @param bench  `raw` holds what they make, forced bytes already as they are wanted
 */
export function writeSpliced(
  source: Uint8Array,
  bench: Workbench,
  ranges: ForcedRanges,
  writer: ElementWriter,
): void {
  const { forced } = bench
  for (let i = 0; i < ranges.from.length; i++) forced.fill(1, ranges.from[i], ranges.to[i])
  let at = ELEMENTS_AT
  while (at < source.length) {
    const tag = source[at++]
    const kind = tag & 3
    if (kind === 0) {
      let sizeBytes = (tag >>> 2) + 1
      if (sizeBytes > 60) {
        const lengthBytes = sizeBytes - 60
        sizeBytes = 1
        for (let i = 0; i < lengthBytes; i++) sizeBytes += source[at + i] << (8 * i)
        at += lengthBytes
      }
      at += sizeBytes
      writer.literal(sizeBytes)
      continue
    }
    let sizeBytes: number
    let offset: number
    if (kind === 1) {
      sizeBytes = ((tag >>> 2) & 7) + 4
      offset = ((tag >>> 5) << 8) | source[at]
      at += 1
    } else {
      sizeBytes = (tag >>> 2) + 1
      offset = source[at] | (source[at + 1] << 8)
      at += 2
    }
    const to = writer.at
    if (ranges.meets(to, to + sizeBytes) || ranges.meets(to - offset, to - offset + sizeBytes)) {
      splitCopy(forced, offset, sizeBytes, writer)
    } else {
      writer.copy(offset, sizeBytes)
    }
  }
  for (let i = 0; i < ranges.from.length; i++) forced.fill(0, ranges.from[i], ranges.to[i])
}

/** One copy as copies and literals, so that no forced byte is made or read by a copy. */
function splitCopy(
  forced: Uint8Array,
  offset: number,
  sizeBytes: number,
  writer: ElementWriter,
): void {
  const end = writer.at + sizeBytes
  while (writer.at < end) {
    let stop = writer.at
    while (stop < end && forced[stop] === 0 && forced[stop - offset] === 0) stop++
    const run = stop - writer.at
    if (run >= COPY_BYTES_MIN) writer.copy(offset, run)
    else writer.literal(run)
    while (stop < end && (forced[stop] !== 0 || forced[stop - offset] !== 0)) stop++
    writer.literal(stop - writer.at)
  }
}
