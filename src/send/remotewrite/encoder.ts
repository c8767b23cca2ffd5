/** What a version of remote write makes of samples: series messages, one after the other. */
import type { SeriesId } from '../../model/appender.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import type { NativeHistogram } from '../../model/histogram.ts'

/** No exemplars at all. */
export const NO_EXEMPLARS: readonly Exemplar[] = []

/**
 * Encodes one request at a time: `begin`, series, `parts`. What it keeps of a series, its labels as
 * bytes, it keeps until `forget`.
 */
export interface RequestEncoder {
  begin(): void
  /**
   * A series with one sample.
   *
   * @param low       lower half of the value's bits, `high` the upper one
   * @param exemplars of this series; those without a time get the sample's
   */
  sample(
    id: SeriesId,
    timeMs: number,
    low: number,
    high: number,
    exemplars: readonly Exemplar[],
  ): void
  /** A series with one native histogram. */
  histogram(
    id: SeriesId,
    timeMs: number,
    histogram: NativeHistogram,
    exemplars: readonly Exemplar[],
  ): void
  /** A series that has exemplars only; false where the protocol does not allow it. */
  exemplars(id: SeriesId, timeMs: number, exemplars: readonly Exemplar[]): boolean
  /** The request, not yet compressed, in parts that belong together; good until `begin`. */
  parts(): readonly Uint8Array[]
  forget(ids: readonly SeriesId[]): void
  /** Memory for what is kept of series. */
  readonly sizeBytes: number
}
