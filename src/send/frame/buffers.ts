/** Buffers of frames: pinned while a socket may still read them, used again afterwards. */
import { assert } from '../../base/error.ts'
import type { FramePiece } from './piece.ts'

/** Unused buffers that are kept. */
const SPARE_BUFFERS_MAX = 8

/** Sizes are whole multiples of this, so that a segment that grows a little finds a spare one. */
const GRAIN_BYTES = 512

/** The elements of one segment at one time. */
export class FrameBuffer {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Pieces that are not released. */
  pinCount = 0
  /** Its segment has moved on to another buffer. */
  left = false

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes)
    this.view = new DataView(this.bytes.buffer)
  }
}

/** A piece handed out, with the buffer that it pins. */
export class PinnedPiece implements FramePiece {
  readonly bytes: Uint8Array
  readonly decodedBytes: number
  readonly sampleCount: number
  buffer: FrameBuffer | undefined

  constructor(bytes: Uint8Array, decodedBytes: number, sampleCount: number, buffer: FrameBuffer) {
    this.bytes = bytes
    this.decodedBytes = decodedBytes
    this.sampleCount = sampleCount
    this.buffer = buffer
    buffer.pinCount++
  }
}

/** All buffers of a frame set. */
export class BufferPool {
  /** Bytes of all buffers: in segments, pinned, and spare. */
  sizeBytes = 0
  readonly #spare: FrameBuffer[] = []

  /** A buffer of at least so many bytes, of any content. */
  take(sizeBytes: number): FrameBuffer {
    const wanted = GRAIN_BYTES * Math.ceil(sizeBytes / GRAIN_BYTES)
    const spare = this.#spare
    for (let i = 0; i < spare.length; i++) {
      const buffer = spare[i]
      if (buffer.bytes.length < wanted || buffer.bytes.length > 1.1 * wanted + GRAIN_BYTES) continue
      spare[i] = spare[spare.length - 1]
      spare.pop()
      buffer.left = false
      return buffer
    }
    this.sizeBytes += wanted
    return new FrameBuffer(wanted)
  }

  /** Takes back the buffer of a segment; it is used again once nobody reads it. */
  leave(buffer: FrameBuffer): void {
    buffer.left = true
    if (buffer.pinCount === 0) this.#keep(buffer)
  }

  release(piece: FramePiece): void {
    assert(piece instanceof PinnedPiece && piece.buffer !== undefined, 'a piece not yet released')
    const { buffer } = piece
    piece.buffer = undefined
    buffer.pinCount--
    if (buffer.left && buffer.pinCount === 0) this.#keep(buffer)
  }

  #keep(buffer: FrameBuffer): void {
    this.#spare.push(buffer)
    if (this.#spare.length <= SPARE_BUFFERS_MAX) return
    const oldest = this.#spare.shift()
    this.sizeBytes -= oldest?.bytes.length ?? 0
  }
}
