/** Parcels become bodies of at most so many samples and about so many bytes. */
import type { SeriesId } from '../../model/appender.ts'
import type { HistogramSample, Parcel } from '../parcel.ts'
import type { ResultSum } from './resultsum.ts'

/** Why a sample is not sent: the other end has no way to say it. */
export const UNREPRESENTABLE = 'unrepresentable'

/**
 * Encodes one body at a time: `begin`, samples, `end`. What it keeps of a series it keeps until
 * `forget`.
 */
export interface BodyEncoder {
  begin(): void
  /** Looks through a parcel before its samples come. */
  look?(parcel: Parcel): void
  /**
   * Adds values[i] of a series.
   *
   * @returns why it cannot be sent to this end; '' when it was added
   */
  sample(id: SeriesId, timeMs: number, values: Float64Array, i: number): string
  /** Adds a native histogram; absent where the other end has none. */
  histogram?(sample: HistogramSample): string
  /** Bytes of the body so far. */
  readonly sizeBytes: number
  /** The body; good until `begin`. */
  end(): Uint8Array
  forget(ids: readonly SeriesId[]): void
}

/** One body, before compression. */
export interface Body {
  readonly bytes: Uint8Array
  readonly sampleCount: number
}

export interface BodyBounds {
  readonly samplesMax: number
  /** A body that has so many takes no further sample. */
  readonly bytesMax: number
}

/**
 * The bodies of parcels, in their order. Several may be under way: each is a copy, made in one go.
 *
 * @param leftOut counts what is not sent
 */
export function* makeBodies(
  parcels: readonly Parcel[],
  encoder: BodyEncoder,
  bounds: BodyBounds,
  leftOut: ResultSum,
): Generator<Body, void, undefined> {
  const at = { parcel: 0, item: 0 }
  while (at.parcel < parcels.length) {
    const sampleCount = fillBody(parcels, at, encoder, bounds, leftOut)
    if (sampleCount > 0) yield { bytes: encoder.end().slice(), sampleCount }
  }
}

/** Fills one body from a place on, and moves the place. @returns its samples */
function fillBody(
  parcels: readonly Parcel[],
  at: { parcel: number; item: number },
  encoder: BodyEncoder,
  bounds: BodyBounds,
  leftOut: ResultSum,
): number {
  let room = bounds.samplesMax
  encoder.begin()
  for (; at.parcel < parcels.length; at.parcel++, at.item = 0) {
    const parcel = parcels[at.parcel]
    const { count, ids, values, times, timeMs, histograms } = parcel
    encoder.look?.(parcel)
    for (; at.item < count + histograms.length; at.item++) {
      if (room === 0 || encoder.sizeBytes >= bounds.bytesMax) return bounds.samplesMax - room
      const i = at.item
      const why =
        i < count
          ? encoder.sample(ids[i], times === undefined ? timeMs : times[i], values, i)
          : (encoder.histogram?.(histograms[i - count]) ?? UNREPRESENTABLE)
      if (why === '') room--
      else leftOut.leave(why, 1)
    }
  }
  return bounds.samplesMax - room
}
