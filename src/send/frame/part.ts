/** The port between frames and who sends them: a row becomes snappy elements of whole messages. */
import type { SeriesId } from '../../model/appender.ts'
import type { Parcel } from '../parcel.ts'
import type { Block } from './block.ts'

/**
 * A part of the row of one target. What it writes are elements of a snappy block that together make
 * whole series messages of a remote write 1.0 request, so that parts of any targets may follow one
 * another in one block.
 */
export interface FramePart {
  /** Series in it; each has a sample. */
  readonly count: number
  /** What its elements make: as much is added to that of the block. */
  readonly decodedBytes: number
  /** Room that `write` needs. */
  readonly sizeBytesMax: number
  /**
   * Writes the elements for a row behind those of a block, which has room for them.
   *
   * @param parcel what was asked for, before anything else is asked for
   */
  write(parcel: Parcel, block: Block): void
}

/** Rows that come again and again, ready to be written. FrameSet is the one implementation. */
export interface Frames {
  /**
   * The parts that together are the parcel, each of at most `samplesMax` series; undefined when the
   * parcel has to be encoded the plain way: not (yet) known, times of its own, histograms,
   * exemplars, a time that does not fit.
   */
  encode(parcel: Parcel, samplesMax: number): readonly FramePart[] | undefined
  /** Drops what is kept of series whose ids are given to others from now on. */
  forget(ids: readonly SeriesId[]): void
  /** Memory held, in bytes. */
  readonly sizeBytes: number
  close(): void
}
