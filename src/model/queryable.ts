/** The port through which samples are read: columns of the selected series, synchronous, bounded. */
import type { Labels } from './labels.ts'
import type { Matcher } from './matcher.ts'

/**
 * Samples of one series in columns.
 *
 * Series of one group share the very same `times` object (and from, to), so whoever computes
 * windows over it can keep them for the next series: compare the object, not its content.
 */
export interface Series {
  readonly labels: Labels
  /** float64[>= to], ms since epoch, strictly rising */
  readonly times: Float64Array
  /** float64[>= to], in step with `times` */
  readonly values: Float64Array
  /** First slot, inclusive. */
  readonly from: number
  /** One past the last slot; from <= to. */
  readonly to: number
  /** True when staleness markers may stand among the values. */
  readonly stale: boolean
}

/** Bounds of one query, charged before anything is allocated. */
export interface Budget {
  /** Charges samples that are about to be read. @throws NarthexError `limit` over the bound */
  chargeSamples(count: number): void
  /** Charges bytes that are about to be allocated. @throws NarthexError `limit` over the bound */
  chargeBytes(sizeBytes: number): void
  /** Gives bytes back. */
  releaseBytes(sizeBytes: number): void
  /** @throws NarthexError `canceled` or `timeout` when the query must end */
  check(): void
}

/** Cost of a selection, known without reading samples. */
export interface Estimate {
  readonly seriesCount: number
  /** An upper bound of the samples in range. */
  readonly sampleCount: number
}

/** Hears, in one sentence each time, that an answer may lack something that was stored. */
export type Warn = (text: string) => void

/**
 * A store as the engine sees it. Times are inclusive at both ends.
 *
 * Damage to what is stored fails no question: the answer has what can be read, and `warn` is told
 * what may be missing. One text may come several times.
 */
export interface Queryable {
  estimate(matchers: readonly Matcher[], fromMs: number, toMs: number): Estimate

  /**
   * Series that match, each label set once, those without a sample in range left out.
   * Order is unspecified except that series with shared times stand side by side.
   *
   * @throws NarthexError `limit`, `canceled`, `timeout` from the budget; `bad_data` for a regex
   */
  select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): Series[]

  /** Label sets of series with samples in range; matcher sets are alternatives, none means all. */
  series(
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): Labels[]

  /** Label names, sorted by compareText. */
  labelNames(
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): string[]

  /** Values of one label, sorted by compareText. */
  labelValues(
    name: string,
    sets: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
    budget: Budget,
    warn?: Warn,
  ): string[]
}

/** For who answers one query after the other: the memory of one is used again by the next. */
export interface RecyclingQueryable extends Queryable {
  /** Takes back all series that were selected so far: nobody may read them any more. */
  recycle(): void
}
