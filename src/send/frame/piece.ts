/** The port between frames and who sends them: ready snappy elements of a parcel. */
import type { SeriesId } from '../../model/appender.ts'
import type { Parcel } from '../parcel.ts'

/**
 * Snappy elements of whole series messages of a remote write 1.0 request, without the length in
 * front. A request is the varint of the sum of `decodedBytes`, then `bytes` of all pieces in any
 * order. Nobody writes into the bytes until the piece is released.
 */
export interface FramePiece {
  readonly bytes: Uint8Array
  /** What the elements make. */
  readonly decodedBytes: number
  /** Series in it that have a sample. */
  readonly sampleCount: number
}

/** Ready requests of rows that come again and again. FrameSet is the one implementation. */
export interface Frames {
  /**
   * The pieces that together are the parcel, each of at most `samplesMax` samples; undefined when
   * the parcel has to be encoded the plain way: not (yet) known, times of its own, histograms,
   * exemplars, a time that does not fit. Each piece must be released exactly once.
   */
  encode(parcel: Parcel, samplesMax: number): readonly FramePiece[] | undefined
  /** Takes back a piece whose bytes are not needed any more. */
  release(piece: FramePiece): void
  /** Drops what is kept of series whose ids are given to others from now on. */
  forget(ids: readonly SeriesId[]): void
  /** Memory held, in bytes. */
  readonly sizeBytes: number
  close(): void
}
