/** Writes the snappy elements of a segment and notes where the bytes to be patched come to lie. */
import { copyBytes } from './copybytes.ts'
import { TIME_BYTES, VALUE_END_FROM_END } from './message.ts'
import type { Workbench } from './workbench.ts'

const COPY_ONE = 1
const COPY_TWO = 2

/** Elements start here: byte 0 is an empty length, so that the whole reads as a snappy block. */
export const ELEMENTS_AT = 1

/** How far back a copy may reach. */
export const OFFSET_MAX = 65_535

/** What `readElement` read last: how many bytes it makes, and how far back they come from, 0: a literal. */
export const ELEMENT: Uint32Array = new Uint32Array(2)

/** Reads the element at `at` into ELEMENT; where it ends. A literal's bytes are its last. */
export function readElement(source: Uint8Array, at: number): number {
  const tag = source[at]
  const kind = tag & 3
  if (kind === COPY_TWO) {
    ELEMENT[0] = (tag >>> 2) + 1
    ELEMENT[1] = source[at + 1] | (source[at + 2] << 8)
    return at + 3
  }
  if (kind === COPY_ONE) {
    ELEMENT[0] = ((tag >>> 2) & 7) + 4
    ELEMENT[1] = ((tag >>> 5) << 8) | source[at + 1]
    return at + 2
  }
  let sizeBytes = (tag >>> 2) + 1
  let from = at + 1
  if (sizeBytes > 60) {
    const lengthBytes = sizeBytes - 60
    sizeBytes = 1
    for (let i = 0; i < lengthBytes; i++) sizeBytes += source[from + i] << (8 * i)
    from += lengthBytes
  }
  ELEMENT[0] = sizeBytes
  ELEMENT[1] = 0
  return from + sizeBytes
}

/** Writes to `elements` of a workbench what stands for its `raw`, front to back. */
export class ElementWriter {
  /** Bytes written, the empty length among them. */
  to: number = ELEMENTS_AT
  /** How far in `raw` it has come. */
  at = 0
  readonly #bench: Workbench
  #literalFrom = 0
  /** The message that holds what is written, or one before. */
  #message = 0

  constructor(bench: Workbench) {
    this.#bench = bench
    bench.elements[0] = 0
    bench.timeSlots = []
    bench.slots.fill(0, 0, bench.count)
  }

  /** The next bytes stand for themselves. */
  literal(sizeBytes: number): void {
    this.at += sizeBytes
  }

  /** The next bytes are those `offset` before; offset < 65,536. */
  copy(offset: number, sizeBytes: number): void {
    this.flush()
    const { elements } = this.#bench
    let { to } = this
    for (let left = sizeBytes; left > 0; ) {
      // A rest below 4 bytes would fit no short copy: leave at least that much.
      const taken = left > 64 ? (left < 68 ? 60 : 64) : left
      if (taken >= 4 && taken <= 11 && offset < 2048) {
        elements[to++] = COPY_ONE | ((taken - 4) << 2) | ((offset >>> 8) << 5)
        elements[to++] = offset & 0xff
      } else {
        elements[to++] = COPY_TWO | ((taken - 1) << 2)
        elements[to++] = offset & 0xff
        elements[to++] = offset >>> 8
      }
      left -= taken
    }
    this.to = to
    this.at += sizeBytes
    this.#literalFrom = this.at
  }

  /**
   * Takes over elements from another buffer as they are.
   *
   * @param rawBytes what they make
   * @returns how much further ahead they lie now
   */
  verbatim(source: Uint8Array, from: number, to: number, rawBytes: number): number {
    this.flush()
    copyBytes(source, from, to, this.#bench.elements, this.to)
    const shift = this.to - from
    this.to += to - from
    this.at += rawBytes
    this.#literalFrom = this.at
    return shift
  }

  /** Writes the literal that is not written yet; how many bytes `elements` has then. */
  flush(): number {
    const { at } = this
    const from = this.#literalFrom
    const last = at - from - 1
    if (last < 0) return this.to
    const { elements, raw } = this.#bench
    let { to } = this
    if (last < 60) {
      elements[to++] = last << 2
    } else {
      const lengthBytes = last < 0x100 ? 1 : last < 0x10000 ? 2 : 3
      elements[to++] = (59 + lengthBytes) << 2
      for (let i = 0; i < lengthBytes; i++) elements[to++] = (last >>> (8 * i)) & 0xff
    }
    copyBytes(raw, from, at, elements, to)
    this.#note(from, at, to)
    this.to = to + last + 1
    this.#literalFrom = at
    return this.to
  }

  /** Raw [from, end) lies at `to`: notes values and times in it. */
  #note(from: number, end: number, to: number): void {
    const { starts, widths, slots, timeSlots, count } = this.#bench
    let message = this.#message
    while (message < count && starts[message + 1] <= from) message++
    this.#message = message
    for (; message < count && starts[message] < end; message++) {
      const stop = starts[message + 1]
      const patched = stop - VALUE_END_FROM_END - widths[message]
      if (widths[message] > 0 && patched >= from && patched < end) {
        slots[message] = to + patched - from
      }
      if (stop <= from || stop - TIME_BYTES >= end) continue
      for (let k = 0; k < TIME_BYTES; k++) {
        const at = stop - TIME_BYTES + k
        if (at >= from && at < end) timeSlots.push(8 * (to + at - from) + k)
      }
    }
  }
}
