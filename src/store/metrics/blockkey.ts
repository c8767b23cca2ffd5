/** Keys of blocks: what a reader must know before it fetches a value. See docs/formats/window.md. */

/** Bytes of a key. */
export const BLOCK_KEY_BYTES = 30

/** Times are stored with this added, so that their bytes sort as they do. */
const TIME_OFFSET = 2 ** 51

/** A block, or one segment of it. */
export interface BlockKey {
  /** Number of the group in its window. */
  readonly group: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly rowCount: number
  /** Rises with each block of a window: samples accepted earlier have lower ones. */
  readonly sequence: number
  /** Number of the list of shapes. */
  readonly layout: number
  /** 0 for the head of a block; segments of columns count from 1. */
  readonly segment: number
}

export function encodeBlockKey(key: BlockKey): Uint8Array {
  const bytes = new Uint8Array(BLOCK_KEY_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, key.group)
  writeTime(view, 4, key.minTimeMs)
  writeTime(view, 11, key.maxTimeMs)
  view.setUint16(18, key.rowCount)
  view.setUint32(20, key.sequence)
  view.setUint32(24, key.layout)
  view.setUint16(28, key.segment)
  return bytes
}

/** Reads a key of BLOCK_KEY_BYTES; undefined for any other length. */
export function decodeBlockKey(bytes: Uint8Array): BlockKey | undefined {
  if (bytes.length !== BLOCK_KEY_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    group: view.getUint32(0),
    minTimeMs: readTime(view, 4),
    maxTimeMs: readTime(view, 11),
    rowCount: view.getUint16(18),
    sequence: view.getUint32(20),
    layout: view.getUint32(24),
    segment: view.getUint16(28),
  }
}

/** The lowest key of a group. */
export function groupKeyFrom(group: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, group)
  return bytes
}

/** A key above all blocks of a group that begin at `timeMs` or before. */
export function groupKeyAfter(group: number, timeMs: number): Uint8Array {
  const bytes = new Uint8Array(11)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, group)
  writeTime(view, 4, Math.min(Math.max(Math.floor(timeMs) + 1, -TIME_OFFSET), TIME_OFFSET - 1))
  return bytes
}

function writeTime(view: DataView, at: number, timeMs: number): void {
  const shifted = timeMs + TIME_OFFSET
  view.setUint8(at, Math.floor(shifted / 2 ** 48))
  view.setUint16(at + 1, Math.floor(shifted / 2 ** 32) & 0xffff)
  view.setUint32(at + 3, shifted % 2 ** 32)
}

function readTime(view: DataView, at: number): number {
  const high = view.getUint8(at) * 2 ** 48 + view.getUint16(at + 1) * 2 ** 32
  return high + view.getUint32(at + 3) - TIME_OFFSET
}
