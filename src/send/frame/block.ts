/** Where rows are written: elements, and the texts that already stand among them. */
import { OFFSET_MAX, writeCopies, writeLiteral } from './elements.ts'

/** Texts that are remembered: of those whose hashes end alike the last one. */
const TEXTS = 1024

/** Elements that are written one behind the other. */
export class Block {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Where they end. */
  to: number
  /** What all elements of the request make that stand before the row at hand. */
  decodedBytes = 0
  /** Texts among them; undefined: what is written refers to nothing before it. */
  readonly texts: KnownTexts | undefined

  constructor(bytes: Uint8Array, to: number, texts?: KnownTexts) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.to = to
    this.texts = texts
  }
}

/**
 * Texts that stand in a block as literals, and where the request makes them last. Rows of targets
 * that are alike need them once.
 */
export class KnownTexts {
  #stamp = 1
  readonly #stamps: Int32Array = new Int32Array(TEXTS)
  /** Where they lie in the block, and their bytes. */
  readonly #places: Int32Array = new Int32Array(TEXTS)
  readonly #sizes: Int32Array = new Int32Array(TEXTS)
  /** Where they were made last in the decoded request. */
  readonly #madeAt: Float64Array = new Float64Array(TEXTS)

  /** Forgets all: another block begins. */
  clear(): void {
    this.#stamp++
  }

  /** Writes bytes [from, to) of `source`, which the request makes at `rawAt`: a copy, or a literal. */
  write(source: Uint8Array, from: number, to: number, rawAt: number, block: Block): void {
    const slot = hashOf(source, from, to) & (TEXTS - 1)
    const sizeBytes = to - from
    const offset = rawAt - this.#madeAt[slot]
    this.#madeAt[slot] = rawAt
    const isKnown =
      this.#stamps[slot] === this.#stamp &&
      offset <= OFFSET_MAX &&
      this.#sizes[slot] === sizeBytes &&
      isSame(block.bytes, this.#places[slot], source, from, sizeBytes)
    if (isKnown) {
      block.to = writeCopies(block.view, block.to, offset, sizeBytes)
      return
    }
    block.to = writeLiteral(block.bytes, block.to, source, from, to)
    this.#stamps[slot] = this.#stamp
    this.#places[slot] = block.to - sizeBytes
    this.#sizes[slot] = sizeBytes
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  return hash ^ (hash >>> 15)
}

function isSame(
  bytes: Uint8Array,
  at: number,
  others: Uint8Array,
  from: number,
  count: number,
): boolean {
  for (let i = 0; i < count; i++) if (bytes[at + i] !== others[from + i]) return false
  return true
}
