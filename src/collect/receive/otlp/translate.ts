/**
 * OTLP metrics as series and samples.
 *
 * @source prometheus/prometheus storage/remote/otlptranslator, and the OpenTelemetry specification,
 *   compatibility with Prometheus
 */
import type { OtlpConfig } from '../../../config/storageshape.ts'
import type { Exemplar } from '../../../model/exemplar.ts'
import { labelsFrom, labelsKey, METRIC_NAME } from '../../../model/labels.ts'
import type {
  Attributes,
  ExponentialPoint,
  HistogramPoint,
  NumberPoint,
  OtlpExemplar,
  OtlpMetric,
  OtlpPoint,
  OtlpScope,
  OtlpSink,
  SummaryPoint,
} from '../../../wire/otlp.ts'
import type { WriteMetadata } from '../../../wire/remotewrite.ts'
import type { PushedSamples, PushedSeries } from '../pushed.ts'
import { customHistogram, exponentialHistogram } from './buckets.ts'
import type { DeltaRequest } from './delta.ts'
import { namedPairs, ResourceLabels } from './labels.ts'
import { Namer, unitName } from './names.ts'

/** `target_info` is repeated at least so often between the first and the last time of a request. */
const INFO_INTERVAL_MS = 150_000
const INFO_SAMPLES_MAX = 100

/** Letters of an exemplar's labels. @source OpenMetrics 1.0 */
const EXEMPLAR_LETTERS_MAX = 128

export interface TranslationOptions {
  readonly config: OtlpConfig
  readonly samples: PushedSamples
  readonly deltas: DeltaRequest
  readonly onMetadata: (metadata: WriteMetadata) => void
}

/** Turns one request into samples while it is decoded. */
export class Translation implements OtlpSink {
  readonly #options: TranslationOptions
  readonly #namer: Namer
  #labels: ResourceLabels
  #metric: OtlpMetric | undefined
  #family = ''
  #firstMs = Infinity
  #lastMs = -Infinity

  constructor(options: TranslationOptions) {
    this.#options = options
    this.#namer = new Namer(options.config)
    this.#labels = new ResourceLabels([], this.#namer, options.config)
  }

  resource(attributes: Attributes): void {
    this.#labels = new ResourceLabels(attributes, this.#namer, this.#options.config)
    this.#firstMs = Infinity
    this.#lastMs = -Infinity
  }

  scope(scope: OtlpScope): void {
    this.#labels.enter(scope)
  }

  metric(metric: OtlpMetric): void {
    this.#metric = metric
    this.#family = this.#namer.metric(metric)
    if (this.#family === '') return
    const { description: help, unit } = metric
    const type = typeOf(metric)
    this.#options.onMetadata({ family: this.#family, type, help, unit: unitName(unit) })
  }

  number(point: NumberPoint): void {
    const labels = this.#begin(point)
    if (labels === undefined) return
    const pairs = namedPairs(this.#family, labels)
    if (point.value === undefined && !point.isGone) {
      this.#refuse('no_value', pairs)
      return
    }
    const total = this.#total(point, pairs)
    if (total === undefined) return
    const series = this.#series(pairs)
    if (series === undefined) return
    this.#put(series, total, total.value ?? 0)
    if (this.#metric?.kind === 'sum') this.#addExemplars(series, total)
  }

  histogram(point: HistogramPoint): void {
    const labels = this.#begin(point)
    if (labels === undefined) return
    const pairs = namedPairs(this.#family, labels)
    const total = this.#total(point, pairs)
    if (total === undefined) return
    if (this.#options.config.convertHistogramsToNhcb) {
      this.#addNative(pairs, total, customHistogram(total))
    } else {
      this.#addClassic(labels, total)
    }
  }

  exponential(point: ExponentialPoint): void {
    const labels = this.#begin(point)
    if (labels === undefined) return
    const pairs = namedPairs(this.#family, labels)
    if (!this.#options.samples.takesHistograms) {
      this.#refuse('native_histogram', pairs)
      return
    }
    const total = this.#total(point, pairs)
    if (total === undefined) return
    const histogram = exponentialHistogram(total)
    if (histogram === undefined) {
      this.#refuse('histogram_scale', pairs)
      return
    }
    this.#addNative(pairs, total, histogram)
  }

  summary(point: SummaryPoint): void {
    const labels = this.#begin(point)
    if (labels === undefined) return
    const family = this.#family
    this.#add(namedPairs(`${family}_sum`, labels), point, point.sum)
    this.#add(namedPairs(`${family}_count`, labels), point, point.count)
    for (const { quantile, value } of point.quantiles) {
      this.#add(namedPairs(family, labels, 'quantile', plainNumber(quantile)), point, value)
    }
  }

  resourceEnd(): void {
    const pairs = Number.isFinite(this.#lastMs) ? this.#labels.targetInfo() : undefined
    if (pairs === undefined) return
    const family = 'target_info'
    this.#options.onMetadata({ family, type: 'gauge', help: 'Target metadata', unit: '' })
    const series = this.#series(pairs)
    if (series === undefined) return
    const spanMs = INFO_SAMPLES_MAX * INFO_INTERVAL_MS
    const fromMs = Math.max(this.#firstMs, this.#lastMs - spanMs)
    const { samples } = this.#options
    for (let timeMs = fromMs; timeMs < this.#lastMs; timeMs += INFO_INTERVAL_MS) {
      samples.sample(series, timeMs, 1)
    }
    samples.sample(series, this.#lastMs, 1)
  }

  /** Labels of a point; undefined when it is refused. */
  #begin(point: OtlpPoint): ReadonlyMap<string, string> | undefined {
    const labels = this.#family === '' ? undefined : this.#labels.point(point.attributes)
    if (labels === undefined) {
      this.#refuse('invalid_name', [METRIC_NAME, this.#metric?.name ?? ''])
      return undefined
    }
    const { kind = 'gauge', temporality } = this.#metric ?? {}
    if (kind !== 'gauge' && kind !== 'summary' && temporality === 'unspecified') {
      this.#refuse('invalid_temporality', namedPairs(this.#family, labels))
      return undefined
    }
    this.#firstMs = Math.min(this.#firstMs, point.timeMs)
    this.#lastMs = Math.max(this.#lastMs, point.timeMs)
    return labels
  }

  /** The point itself, or what it comes to with those before it; undefined when it adds nothing. */
  #total<T extends NumberPoint | HistogramPoint | ExponentialPoint>(
    point: T,
    pairs: readonly string[],
  ): T | undefined {
    if (this.#metric?.temporality !== 'delta') return point
    const labels: [string, string][] = []
    for (let i = 0; i < pairs.length; i += 2) labels.push([pairs[i], pairs[i + 1]])
    const total = this.#options.deltas.add(labelsKey(labelsFrom(labels)), point)
    if (typeof total !== 'string') return total
    this.#refuse(total, pairs)
    return undefined
  }

  #refuse(reason: string, pairs: readonly string[]): void {
    this.#options.samples.refuse(reason, 1, pairs)
  }

  #series(pairs: readonly string[]): PushedSeries | undefined {
    return this.#options.samples.series(pairs)
  }

  #put(series: PushedSeries, point: OtlpPoint, value: number): void {
    if (point.isGone) this.#options.samples.stale(series, point.timeMs)
    else this.#options.samples.sample(series, point.timeMs, value)
  }

  #add(pairs: readonly string[], point: OtlpPoint, value: number): PushedSeries | undefined {
    const series = this.#series(pairs)
    if (series !== undefined) this.#put(series, point, value)
    return series
  }

  #addClassic(labels: ReadonlyMap<string, string>, point: HistogramPoint): void {
    const family = this.#family
    if (point.sum !== undefined) this.#add(namedPairs(`${family}_sum`, labels), point, point.sum)
    this.#add(namedPairs(`${family}_count`, labels), point, point.count)
    const { bounds, bucketCounts } = point
    const length = Math.min(bounds.length, bucketCounts.length)
    const exemplars = [...point.exemplars].sort((a, b) => a.value - b.value)
    let nextExemplar = 0
    let count = 0
    for (let i = 0; i <= length; i++) {
      const bound = i < length ? bounds[i] : Infinity
      count = i < length ? count + bucketCounts[i] : point.count
      const le = bound === Infinity ? '+Inf' : plainNumber(bound)
      const series = this.#add(namedPairs(`${family}_bucket`, labels, 'le', le), point, count)
      for (; nextExemplar < exemplars.length; nextExemplar++) {
        const exemplar = exemplars[nextExemplar]
        if (exemplar.value > bound) break
        if (series !== undefined) this.#options.samples.exemplar(series, exemplarOf(exemplar))
      }
    }
  }

  #addNative(
    pairs: readonly string[],
    point: HistogramPoint | ExponentialPoint,
    histogram: ReturnType<typeof customHistogram>,
  ): void {
    const series = this.#series(pairs)
    if (series === undefined) return
    this.#options.samples.histogram(series, point.timeMs, histogram)
    this.#addExemplars(series, point)
  }

  #addExemplars(series: PushedSeries, point: OtlpPoint): void {
    for (const each of point.exemplars) this.#options.samples.exemplar(series, exemplarOf(each))
  }
}

function typeOf({ kind, isMonotonic }: OtlpMetric): string {
  if (kind === 'exponential') return 'histogram'
  if (kind === 'sum') return isMonotonic ? 'counter' : 'gauge'
  return kind
}

/** A number in decimals without an exponent, as short as can be. */
function plainNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  const text = String(value)
  const parts = /^(-?)(\d)(?:\.(\d+))?e([-+]\d+)$/.exec(text)
  if (parts === null) return text
  const [, sign, first, rest = '', power] = parts
  const places = Number(power)
  const digits = first + rest
  return places < 0
    ? `${sign}0.${'0'.repeat(-places - 1)}${digits}`
    : `${sign}${digits.padEnd(places + 1, '0')}`
}

/** Ids of trace and span, and the attributes if they are not too long. */
function exemplarOf(exemplar: OtlpExemplar): Exemplar {
  const { attributes, traceId, spanId, timeMs, value } = exemplar
  const pairs: [string, string][] = []
  if (traceId !== '') pairs.push(['trace_id', traceId])
  if (spanId !== '') pairs.push(['span_id', spanId])
  let letters = pairs.reduce((sum, [name, text]) => sum + name.length + text.length, 0)
  for (const text of attributes) letters += [...text].length
  for (let i = 0; letters <= EXEMPLAR_LETTERS_MAX && i < attributes.length; i += 2) {
    pairs.push([attributes[i], attributes[i + 1]])
  }
  return { labels: labelsFrom(pairs), value, timeMs: timeMs === 0 ? undefined : timeMs }
}
