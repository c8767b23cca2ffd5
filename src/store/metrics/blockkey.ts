/** Keys of blocks: what a reader must know before it fetches a value. See docs/formats/window.md. */

/** Bytes of a key. */
export const BLOCK_KEY_BYTES = 30

/** Segment of a second copy of the head. */
export const HEAD_COPY = 0xffff

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
  /** 0 for the head of a block; segments of columns count from 1; HEAD_COPY. */
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

function writeTime(view: DataView, at: number, timeMs: number): void {
  const shifted = timeMs + TIME_OFFSET
  view.setUint8(at, Math.floor(shifted / 2 ** 48))
  view.setUint16(at + 1, Math.floor(shifted / 2 ** 32) & 0xffff)
  view.setUint32(at + 3, shifted % 2 ** 32)
}
