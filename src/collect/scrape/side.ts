/** What a target says in protobuf that text cannot: native histograms, and exemplars beside them. */
import { ACCEPTED, type Appender } from '../../model/appender.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import { type NativeHistogram, staleHistogram } from '../../model/histogram.ts'
import { type Labels, labelsKey } from '../../model/labels.ts'
import { type ExpositionSide, transcodeFamilies } from '../../wire/expositionproto.ts'
import { histogramFault } from '../../wire/readhistogram.ts'
import { normalizeBounds, TYPE_HISTOGRAM } from './comments.ts'
import { type SampleRules, seriesLabels } from './samplelabels.ts'
import type { Body } from './scan.ts'

/** Bytes behind a body: one line break, and words that are read over its end. */
const PADDING_BYTES = 16
const NEWLINE = 10

/** Whether an answer is in the protobuf format. */
export function isProtobuf(contentType: string): boolean {
  return contentType.split(';')[0].trim().toLowerCase() === 'application/vnd.google.protobuf'
}

/** What one target has beside its numbers. */
export class TargetSide implements ExpositionSide {
  readonly #histograms: {
    pairs: readonly string[]
    timeMs: number | undefined
    histogram: NativeHistogram
  }[] = []
  readonly #exemplars: { pairs: string[]; exemplar: Exemplar }[] = []
  /** Series of native histograms that the last scrape had. */
  #alive = new Map<string, Labels>()

  /**
   * The families as text, in a body to be scanned; what text cannot say is kept for `write`.
   *
   * @throws NarthexError `bad_data`, `too_big` over the bound
   */
  transcode(
    bytes: Uint8Array,
    options: { readonly native: boolean; readonly alwaysClassic: boolean },
    bytesMax: number,
  ): Body {
    this.#histograms.length = 0
    this.#exemplars.length = 0
    const text = new TextEncoder().encode(transcodeFamilies(bytes, options, this, bytesMax))
    const padded = new Uint8Array(text.length + PADDING_BYTES)
    padded.set(text)
    padded[text.length] = NEWLINE
    return { bytes: padded, view: new DataView(padded.buffer), length: text.length }
  }

  histogram(
    pairs: readonly string[],
    timeMs: number | undefined,
    histogram: NativeHistogram,
  ): void {
    this.#histograms.push({ pairs, timeMs, histogram })
  }

  exemplar(pairs: readonly string[], exemplar: Exemplar): void {
    this.#exemplars.push({ pairs: [...pairs], exemplar })
  }

  /** Appends what `transcode` kept, and markers for series that are gone. */
  write(appender: Appender, rules: SampleRules, scrapeMs: number): void {
    const { side } = appender
    if (side === undefined) return
    const alive = new Map<string, Labels>()
    for (const { pairs, timeMs, histogram } of this.#histograms) {
      const labels = seriesLabels(pairs, rules)
      if (labels === undefined || histogramFault(histogram) !== undefined) continue
      const isTimed = timeMs !== undefined && rules.honorTimestamps
      const outcome = side.histogram(
        isTimed ? timeMs : scrapeMs,
        appender.series(labels),
        histogram,
      )
      if (outcome === ACCEPTED && !isTimed) alive.set(labelsKey(labels), labels)
    }
    for (const { pairs, exemplar } of this.#exemplars) {
      normalizeBounds(pairs, TYPE_HISTOGRAM)
      const labels = seriesLabels(pairs, rules)
      if (labels !== undefined) side.exemplar(appender.series(labels), exemplar)
    }
    this.#mark(appender, scrapeMs, alive)
    this.#alive = alive
  }

  /** Appends markers for all series that were there. */
  markAll(appender: Appender, timeMs: number): void {
    this.#mark(appender, timeMs, new Map())
    this.#alive = new Map()
  }

  #mark(appender: Appender, timeMs: number, alive: ReadonlyMap<string, Labels>): void {
    for (const [key, labels] of this.#alive) {
      if (!alive.has(key))
        appender.side?.histogram(timeMs, appender.series(labels), staleHistogram())
    }
  }
}
