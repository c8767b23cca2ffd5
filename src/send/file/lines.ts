/** Parcels as JSON lines: docs/formats/jsonlines.md. */
import type { SeriesId } from '../../model/appender.ts'
import type { BucketSpan, NativeHistogram } from '../../model/histogram.ts'
import { type Labels, labelsToRecord } from '../../model/labels.ts'
import { isStaleAt } from '../../model/stale.ts'
import type { Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'

/** Writes lines; keeps the beginning of each series' line. */
export class LineWriter {
  readonly #view: SeriesView
  /** `{"metric":{…}` by series. */
  readonly #heads = new Map<SeriesId, string>()

  constructor(view: SeriesView) {
    this.#view = view
  }

  /** All samples of some parcels, each line with its end. */
  write(parcels: readonly Parcel[]): string {
    const lines: string[] = []
    for (const parcel of parcels) this.#writeParcel(parcel, lines)
    return lines.join('')
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) this.#heads.delete(id)
  }

  #writeParcel(parcel: Parcel, lines: string[]): void {
    const { ids, values, times, timeMs, count } = parcel
    for (let i = 0; i < count; i++) {
      const atMs = times === undefined ? timeMs : times[i]
      const value = formatValue(values, i)
      lines.push(`${this.#head(ids[i])},"values":[${value}],"timestamps":[${atMs}]}\n`)
    }
    for (const { id, timeMs: atMs, histogram } of parcel.histograms) {
      const text = JSON.stringify(histogramToJson(histogram))
      lines.push(`${this.#head(id)},"histograms":[${text}],"timestamps":[${atMs}]}\n`)
    }
    for (const { id, exemplar } of parcel.exemplars) {
      const text = JSON.stringify({
        labels: labelsToRecord(exemplar.labels),
        value: numberToJson(exemplar.value),
        timestamp: exemplar.timeMs,
      })
      lines.push(`${this.#head(id)},"exemplars":[${text}]}\n`)
    }
  }

  #head(id: SeriesId): string {
    let head = this.#heads.get(id)
    if (head === undefined) {
      head = `{"metric":${formatLabels(this.#view.labels(id))}`
      this.#heads.set(id, head)
    }
    return head
  }
}

/** By hand, as a record would put names that are numbers first. */
function formatLabels(labels: Labels): string {
  const pairs: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    pairs.push(`${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`)
  }
  return `{${pairs.join(',')}}`
}

function formatValue(values: Float64Array, i: number): string {
  if (isStaleAt(values, i)) return '"StaleNaN"'
  const value = numberToJson(values[i])
  if (typeof value === 'string') return `"${value}"`
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Numbers that JSON does not have are texts. */
function numberToJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

function histogramToJson(histogram: NativeHistogram): unknown {
  const { positiveSpans, negativeSpans } = histogram
  const isStale = isStaleAt(histogram.sum, 0)
  return {
    schema: histogram.schema,
    count: numberToJson(histogram.count),
    sum: isStale ? 'StaleNaN' : numberToJson(histogram.sum[0]),
    zero_threshold: histogram.zeroThreshold,
    zero_count: numberToJson(histogram.zeroCount),
    positive_spans: positiveSpans.map(spanToJson),
    positive_counts: Array.from(histogram.positiveCounts, numberToJson),
    negative_spans: negativeSpans.map(spanToJson),
    negative_counts: Array.from(histogram.negativeCounts, numberToJson),
    custom_values: Array.from(histogram.customValues),
    is_float: histogram.isFloat,
    reset_hint: histogram.resetHint,
  }
}

function spanToJson({ offset, length }: BucketSpan): readonly number[] {
  return [offset, length]
}
