/** Snappy elements of a segment, read and written. */
import { copyBytes } from './copybytes.ts'

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

/** Bytes of an element that copies, at most. */
export const COPY_BYTES = 3

/** What it makes at most, and at least when another one follows it. */
export const COPIED_BYTES_MAX = 64
export const COPIED_BYTES_LEAST = 60

/** Shorter copies do not fit the short form. */
const SHORT_COPY_MIN = 4
const SHORT_COPY_MAX = 11
const SHORT_OFFSETS = 2048

/** Writes a copy, offset < 65,536, as one element or more; where they end. */
export function writeCopies(into: DataView, at: number, offset: number, sizeBytes: number): number {
  let to = at
  let left = sizeBytes
  while (left > COPIED_BYTES_MAX) {
    // What is left fits a short copy.
    const taken = left < COPIED_BYTES_MAX + SHORT_COPY_MIN ? COPIED_BYTES_LEAST : COPIED_BYTES_MAX
    into.setInt32(to, COPY_TWO | ((taken - 1) << 2) | (offset << 8), true)
    to += COPY_BYTES
    left -= taken
  }
  if (left >= SHORT_COPY_MIN && left <= SHORT_COPY_MAX && offset < SHORT_OFFSETS) {
    into.setInt16(
      to,
      COPY_ONE | ((left - SHORT_COPY_MIN) << 2) | ((offset >>> 8) << 5) | ((offset & 0xff) << 8),
      true,
    )
    return to + 2
  }
  into.setInt32(to, COPY_TWO | ((left - 1) << 2) | (offset << 8), true)
  return to + COPY_BYTES
}

/** Writes bytes [from, to) of `source` as a literal; where it ends. */
export function writeLiteral(
  into: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  to: number,
): number {
  const last = to - from - 1
  let end = at
  if (last < 60) {
    into[end++] = last << 2
  } else {
    const lengthBytes = last < 0x100 ? 1 : last < 0x10000 ? 2 : 3
    into[end++] = (59 + lengthBytes) << 2
    for (let i = 0; i < lengthBytes; i++) into[end++] = (last >>> (8 * i)) & 0xff
  }
  copyBytes(source, from, to, into, end)
  return end + last + 1
}

/** Writes what stands for the messages of a workbench, front to back. */
export class ElementWriter {
  /** Bytes written, the empty length among them. */
  to: number = ELEMENTS_AT
  /** How far in the messages it has come. */
  at = 0
  readonly #into: Uint8Array
  readonly #view: DataView
  readonly #raw: Uint8Array
  #literalFrom = 0

  /**
   * @param into has room for the worst that snappy makes of the messages
   * @param raw  the messages; read only where they are literal, and not before `flush` or `copy`
   */
  constructor(into: Uint8Array, raw: Uint8Array) {
    this.#into = into
    this.#view = new DataView(into.buffer, into.byteOffset, into.length)
    this.#raw = raw
    into[0] = 0
  }

  /** Goes on at another place of the messages: nothing stands for what lies between. */
  goTo(at: number): void {
    this.flush()
    this.at = at
    this.#literalFrom = at
  }

  /** The next bytes stand for themselves. */
  literal(sizeBytes: number): void {
    this.at += sizeBytes
  }

  /** The next bytes are those `offset` before; offset < 65,536. */
  copy(offset: number, sizeBytes: number): void {
    this.flush()
    this.to = writeCopies(this.#view, this.to, offset, sizeBytes)
    this.at += sizeBytes
    this.#literalFrom = this.at
  }

  /**
   * Takes over elements from another buffer as they are.
   *
   * @param rawBytes what they make
   */
  verbatim(source: Uint8Array, from: number, to: number, rawBytes: number): void {
    this.append(source, from, to)
    this.at += rawBytes
    this.#literalFrom = this.at
  }

  /** Takes over elements from another buffer that stand for what is not among the messages at hand. */
  append(source: Uint8Array, from: number, to: number): void {
    this.flush()
    copyBytes(source, from, to, this.#into, this.to)
    this.to += to - from
  }

  /** Writes the literal that is not written yet; how many bytes there are then. */
  flush(): number {
    if (this.at > this.#literalFrom) {
      this.to = writeLiteral(this.#into, this.to, this.#raw, this.#literalFrom, this.at)
      this.#literalFrom = this.at
    }
    return this.to
  }
}
