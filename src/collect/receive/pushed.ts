/** Samples of one request, whatever its protocol, into an Appender: checked, gathered by time. */
import type { Family, Metrics } from '../../base/metrics.ts'
import { ACCEPTED, type Appender, OUTCOMES, type SeriesId } from '../../model/appender.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import type { Labels } from '../../model/labels.ts'
import { STALE } from '../../model/stale.ts'
import { histogramFault } from '../../wire/readhistogram.ts'
import { type Door, OPEN_DOOR } from './door.ts'
import { checkLabels, type LabelLimits } from './labelcheck.ts'
import { BATCH_CELLS, SERIES_LIMIT, showSeries, type Taken, Tally } from './tally.ts'

/** A series of the request at hand. */
export interface PushedSeries {
  readonly id: SeriesId
  readonly labels: Labels
}

/** Takes requests one after the other, each between `begin` and `finish` without a pause. */
export class PushedSamples {
  /** Where in the request the samples stand that come next, such as `line 7`; '' for nowhere. */
  place = ''
  readonly #appender: Appender
  readonly #limits: LabelLimits
  #door: Door = OPEN_DOOR
  #tally = new Tally()

  #timeMs = 0
  #count = 0
  readonly #ids = new Float64Array(BATCH_CELLS)
  readonly #values = new Float64Array(BATCH_CELLS)
  readonly #outcomes = new Uint8Array(BATCH_CELLS)
  readonly #labels: Labels[] = []
  readonly #places: string[] = []
  readonly #inBatch = new Set<SeriesId>()

  constructor(appender: Appender, limits: LabelLimits) {
    this.#appender = appender
    this.#limits = limits
  }

  /** Whether native histograms are taken at all. */
  get takesHistograms(): boolean {
    return this.#appender.side !== undefined
  }

  begin(door: Door): void {
    this.#door = door
    this.#tally = new Tally()
    this.#clearBatch()
    this.place = ''
  }

  /**
   * The series of some labels; undefined when its samples are refused, or left out because another
   * replica is listened to.
   *
   * @param pairs     names and values in any order, empty values allowed
   * @param itemCount how many samples it has
   */
  series(pairs: readonly string[], itemCount = 1): PushedSeries | undefined {
    const labels = checkLabels(pairs, this.#limits)
    if (typeof labels === 'string') {
      this.refuse(labels, itemCount, pairs)
      return undefined
    }
    const replica = this.#door === OPEN_DOOR ? undefined : this.#door.replicaOf(labels)
    if (replica !== undefined && !this.#door.admits(replica)) {
      this.#tally.acceptedCount += itemCount
      this.#door.leaveOut(replica, itemCount)
      return undefined
    }
    const id = this.#tally.seriesOf(this.#appender, this.#door.enter(labels))
    if (id !== undefined) return { id, labels }
    this.refuse(SERIES_LIMIT, itemCount, labels)
    return undefined
  }

  sample(series: PushedSeries, timeMs: number, value: number): void {
    const slot = this.#slotFor(series, timeMs)
    if (slot >= 0) this.#values[slot] = value
  }

  /** Says that a series has ended. */
  stale(series: PushedSeries, timeMs: number): void {
    const slot = this.#slotFor(series, timeMs)
    if (slot >= 0) this.#values.set(STALE, slot)
  }

  histogram({ id, labels }: PushedSeries, timeMs: number, histogram: NativeHistogram): void {
    const { side } = this.#appender
    const fault = histogramFault(histogram)
    if (side === undefined || fault !== undefined) {
      this.refuse(side === undefined ? 'native_histogram' : 'invalid_histogram', 1, labels)
      return
    }
    const outcome = side.histogram(timeMs, id, histogram)
    if (outcome === ACCEPTED) this.#tally.acceptHistogram(timeMs)
    else this.refuse(OUTCOMES[outcome], 1, labels)
  }

  exemplar({ id }: PushedSeries, exemplar: Exemplar): void {
    this.#tally.noteExemplar(this.#appender.side?.exemplar(id, exemplar))
  }

  /** Notes something that is not taken; `pairs` say whose it is. */
  refuse(reason: string, count: number, pairs: readonly string[]): void {
    this.#tally.refusals.add(reason, count, showAt(this.place, pairs))
  }

  finish(): Taken {
    this.#flush()
    return this.#tally
  }

  /** Where the value goes; -1 when the time is out of all bounds. */
  #slotFor({ id, labels }: PushedSeries, timeMs: number): number {
    if (!Number.isSafeInteger(timeMs)) {
      this.#tally.refuseTime(timeMs, showAt(this.place, labels))
      return -1
    }
    const isFull = this.#count === BATCH_CELLS
    if (isFull || timeMs !== this.#timeMs || this.#inBatch.has(id)) this.#flush()
    this.#timeMs = timeMs
    const slot = this.#count++
    this.#ids[slot] = id
    this.#labels.push(labels)
    this.#places.push(this.place)
    this.#inBatch.add(id)
    return slot
  }

  #flush(): void {
    const count = this.#count
    if (count === 0) return
    const outcomes = this.#outcomes
    const accepted = this.#appender.append(this.#timeMs, this.#ids, this.#values, count, outcomes)
    this.#tally.accept(this.#timeMs, accepted)
    for (let i = 0; accepted < count && i < count; i++) {
      if (outcomes[i] === ACCEPTED) continue
      const show = showAt(this.#places[i], this.#labels[i])
      this.#tally.refusals.add(OUTCOMES[outcomes[i]], 1, show)
    }
    this.#clearBatch()
  }

  #clearBatch(): void {
    this.#count = 0
    this.#labels.length = 0
    this.#places.length = 0
    this.#inBatch.clear()
  }
}

/** Tells a series with its place in the request. */
function showAt(place: string, pairs: readonly string[]): () => string {
  return () => (place === '' ? showSeries(pairs) : `${place}: ${showSeries(pairs)}`)
}

/** Counters of everything that is pushed otherwise than by remote write. */
export interface PushFigures {
  count(protocol: string, result: Taken): void
  /** Counts a request, or a part of one, that was refused as a whole. */
  refuse(protocol: string, reason: string, count?: number): void
}

/** Registers the counters; the receivers of all protocols share them. */
export function pushFigures(metrics: Metrics): PushFigures {
  const family = (name: string, help: string, ...labels: string[]): Family =>
    metrics.counter(name, help, ['protocol', ...labels])
  const requests = family('narthex_push_requests_total', 'Push requests taken, by protocol.')
  const samples = family('narthex_push_samples_total', 'Samples taken from push requests.')
  const histograms = family(
    'narthex_push_histograms_total',
    'Native histograms taken from push requests.',
  )
  const exemplars = family('narthex_push_exemplars_total', 'Exemplars taken from push requests.')
  const dropped = family(
    'narthex_push_exemplars_dropped_total',
    'Exemplars of push requests that nobody keeps.',
  )
  const refused = family(
    'narthex_push_refused_total',
    'Items of push requests, or whole requests, that were not taken, by reason.',
    'reason',
  )
  return {
    count(protocol, result) {
      requests.with(protocol).inc()
      samples.with(protocol).inc(result.acceptedCount)
      histograms.with(protocol).inc(result.histogramCount)
      exemplars.with(protocol).inc(result.exemplarCount)
      dropped.with(protocol).inc(result.exemplarsDropped)
      for (const [reason, count] of result.refusals.byReason()) {
        refused.with(protocol, reason).inc(count)
      }
    },
    refuse: (protocol, reason, count = 1) => refused.with(protocol, reason).inc(count),
  }
}
