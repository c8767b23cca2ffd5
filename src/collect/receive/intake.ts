/** One decoded write request into an Appender: known series by their bytes, new ones checked. */
import {
  ACCEPTED,
  type Appender,
  OUTCOMES,
  type SeriesId,
  type SideAppender,
  TOO_OLD,
  UNKNOWN,
} from '../../model/appender.ts'
import { labelValue, METRIC_NAME } from '../../model/labels.ts'
import { histogramFault } from '../../wire/readhistogram.ts'
import { type WriteMetadata, WriteReader } from '../../wire/remotewrite.ts'
import { eachExemplar, eachHistogram } from '../../wire/writeside.ts'
import { type Door, OPEN_DOOR } from './door.ts'
import { checkLabels, type LabelLimits } from './labelcheck.ts'
import type { Replica } from './replicas.ts'
import type { SeriesHasher } from './serieshash.ts'
import { NONE, type SeriesTable } from './seriestable.ts'
import { BATCH_CELLS, SERIES_LIMIT, showSeries, type Taken, Tally } from './tally.ts'

export interface IntakeOptions {
  readonly appender: Appender
  readonly table: SeriesTable
  readonly hasher: SeriesHasher
  readonly limits: LabelLimits
  readonly door: Door
  /** Metadata that came with a series seen for the first time. */
  readonly onMetadata: (metadata: WriteMetadata) => void
}

const NO_REQUEST: WriteReader = new WriteReader(1, new Uint8Array(0), 0)

/** Takes requests one after the other; its arrays are used again for each. */
export class Intake {
  readonly #options: IntakeOptions
  #request: WriteReader = NO_REQUEST
  #tally = new Tally()

  /** Cells of one time that wait for `append`. */
  #timeMs = 0
  #count = 0
  readonly #ids = new Float64Array(BATCH_CELLS)
  readonly #values = new Float64Array(BATCH_CELLS)
  readonly #valueBits: Uint32Array = new Uint32Array(this.#values.buffer)
  readonly #outcomes = new Uint8Array(BATCH_CELLS)
  readonly #records = new Int32Array(BATCH_CELLS)
  /** Where the labels of each cell can be read again. */
  readonly #seriesFrom = new Uint32Array(BATCH_CELLS)
  readonly #seriesTo = new Uint32Array(BATCH_CELLS)

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /**
   * Appends what can be stored; nothing is acknowledged before the Appender's commit.
   *
   * @param now the table's count of time
   * @throws NarthexError `bad_data` for damaged bytes, `busy` from the Appender; cells before are
   *   appended then
   */
  take(request: WriteReader, now: number): Taken {
    const { table, hasher, door } = this.#options
    const { side } = this.#options.appender
    this.#request = request
    this.#tally = new Tally()
    this.#count = 0
    let previous = NONE
    hasher.begin(request)
    let isFirst = true
    while (request.nextSeries()) {
      const replica = isFirst ? this.#replicaOf(request) : undefined
      if (replica !== undefined && !door.admits(replica)) return this.#leaveOut(request, replica)
      isFirst = false
      const itemCount = this.#itemCount(request, side)
      if (itemCount === 0) continue
      const hashed = hasher.hashSeries(request)
      const { low, high } = hasher
      let record = hashed ? table.find(low, high, previous, now) : NONE
      let id: SeriesId | undefined
      if (record !== NONE) {
        id = table.idOf(record)
      } else {
        id = this.#resolve(request.seriesFrom, request.seriesTo, itemCount, true)
        if (id === undefined) continue
        if (hashed) record = table.add(low, high, id, previous, now)
      }
      if (record !== NONE) previous = record
      while (request.nextSample()) this.#addCell(request, id, record)
      if (side !== undefined && request.histogramCount + request.exemplarCount > 0) {
        this.#addSide(request, side, id)
      }
    }
    this.#flush()
    return this.#tally
  }

  /** Which replica sends, as the first series tells. */
  #replicaOf(request: WriteReader): Replica | undefined {
    const { door, limits } = this.#options
    if (door === OPEN_DOOR) return undefined
    const pairs = request.readLabels(request.seriesFrom, request.seriesTo, limits.labelsMax)
    const labels = typeof pairs === 'string' ? pairs : checkLabels(pairs, limits)
    return typeof labels === 'string' ? undefined : door.replicaOf(labels)
  }

  /** Another replica of the cluster is listened to: the sender has done its part. */
  #leaveOut(request: WriteReader, replica: Replica): Taken {
    const tally = this.#tally
    do {
      tally.acceptedCount += request.sampleCount
      tally.histogramCount += request.histogramCount
      tally.exemplarCount += request.exemplarCount
    } while (request.nextSeries())
    this.#options.door.leaveOut(replica, tally.acceptedCount + tally.histogramCount)
    return this.#tally
  }

  /**
   * How many items of the series may be taken; what nobody keeps is refused: native histograms, and
   * series of 2.0 that bring nothing.
   */
  #itemCount(request: WriteReader, side: SideAppender | undefined): number {
    const { seriesFrom, seriesTo, sampleCount, histogramCount, exemplarCount } = request
    const tally = this.#tally
    const { refusals } = tally
    const show = (): string => this.#show(seriesFrom, seriesTo)
    if (histogramCount > 0 && side === undefined) {
      refusals.add('native_histogram', histogramCount, show)
    }
    if (request.version === 2 && sampleCount + histogramCount === 0) {
      refusals.add('no_samples', 1, show)
      tally.exemplarsDropped += exemplarCount
      return 0
    }
    if (side !== undefined) return sampleCount + histogramCount + exemplarCount
    tally.exemplarsDropped += exemplarCount
    return sampleCount
  }

  /** Native histograms and exemplars of the series at hand. */
  #addSide(request: WriteReader, side: SideAppender, seriesId: SeriesId): void {
    const { seriesFrom, seriesTo } = request
    const tally = this.#tally
    let id = seriesId
    const show = (): string => this.#show(seriesFrom, seriesTo)
    const again = (outcome: number, add: () => number): number => {
      if (outcome !== UNKNOWN) return outcome
      const fresh = this.#resolve(seriesFrom, seriesTo, 0, false)
      if (fresh === undefined) return outcome
      id = fresh
      return add()
    }
    eachHistogram(request, ({ timeMs, histogram }) => {
      if (histogramFault(histogram) !== undefined) {
        tally.refusals.add('invalid_histogram', 1, show)
        return
      }
      const add = (): number => side.histogram(timeMs, id, histogram)
      const outcome = again(add(), add)
      if (outcome === ACCEPTED) tally.acceptHistogram(timeMs)
      else tally.refusals.add(OUTCOMES[outcome], 1, show)
    })
    eachExemplar(request, this.#options.limits.labelsMax, (exemplar) => {
      const add = (): number => (exemplar === undefined ? TOO_OLD : side.exemplar(id, exemplar))
      tally.noteExemplar(again(add(), add))
    })
  }

  #addCell(request: WriteReader, id: SeriesId, record: number): void {
    const { timeMs, seriesFrom, seriesTo } = request
    if (!Number.isSafeInteger(timeMs)) {
      this.#tally.refuseTime(timeMs, () => this.#show(seriesFrom, seriesTo))
      return
    }
    if (this.#count > 0) {
      const again = this.#ids[this.#count - 1] === id
      if (this.#count === BATCH_CELLS || timeMs !== this.#timeMs || again) this.#flush()
    }
    this.#timeMs = timeMs
    const i = this.#count++
    this.#ids[i] = id
    this.#valueBits[2 * i] = request.valueLow
    this.#valueBits[2 * i + 1] = request.valueHigh
    this.#records[i] = record
    this.#seriesFrom[i] = seriesFrom
    this.#seriesTo[i] = seriesTo
  }

  #flush(): void {
    const count = this.#count
    this.#count = 0
    if (count === 0) return
    const { appender } = this.#options
    const accepted = appender.append(this.#timeMs, this.#ids, this.#values, count, this.#outcomes)
    this.#tally.accept(this.#timeMs, accepted)
    if (accepted === count) return
    for (let i = 0; i < count; i++) {
      if (this.#outcomes[i] !== ACCEPTED && this.#outcomes[i] !== UNKNOWN) this.#refuseCell(i)
    }
    this.#appendForgotten(count)
  }

  #refuseCell(i: number): void {
    this.#tally.refusals.add(OUTCOMES[this.#outcomes[i]], 1, () =>
      this.#show(this.#seriesFrom[i], this.#seriesTo[i]),
    )
  }

  /** Cells whose series the store has forgotten get a new id and a second try. */
  #appendForgotten(count: number): void {
    const { appender, table } = this.#options
    let again = 0
    for (let i = 0; i < count; i++) {
      if (this.#outcomes[i] !== UNKNOWN) continue
      const id = this.#resolve(this.#seriesFrom[i], this.#seriesTo[i], 1, false)
      if (id === undefined) continue
      if (this.#records[i] !== NONE) table.setId(this.#records[i], id)
      this.#ids[again] = id
      this.#valueBits[2 * again] = this.#valueBits[2 * i]
      this.#valueBits[2 * again + 1] = this.#valueBits[2 * i + 1]
      this.#seriesFrom[again] = this.#seriesFrom[i]
      this.#seriesTo[again] = this.#seriesTo[i]
      again++
    }
    if (again === 0) return
    const accepted = appender.append(this.#timeMs, this.#ids, this.#values, again, this.#outcomes)
    this.#tally.accept(this.#timeMs, accepted)
    if (accepted === again) return
    for (let i = 0; i < again; i++) if (this.#outcomes[i] !== ACCEPTED) this.#refuseCell(i)
  }

  /** The id of a series by its labels; undefined when it is refused. */
  #resolve(
    seriesFrom: number,
    seriesTo: number,
    itemCount: number,
    isNew: boolean,
  ): SeriesId | undefined {
    const { appender, limits, onMetadata } = this.#options
    const pairs = this.#request.readLabels(seriesFrom, seriesTo, limits.labelsMax)
    const labels = typeof pairs === 'string' ? pairs : checkLabels(pairs, limits)
    if (typeof labels === 'string') {
      this.#tally.refusals.add(labels, itemCount, () => this.#show(seriesFrom, seriesTo))
      return undefined
    }
    const id = this.#tally.seriesOf(appender, this.#options.door.enter(labels))
    if (id === undefined) {
      this.#tally.refusals.add(SERIES_LIMIT, itemCount, () => showSeries(labels))
      return undefined
    }
    if (!isNew) return id
    const metadata = this.#request.readMetadata(labelValue(labels, METRIC_NAME))
    if (metadata !== undefined) onMetadata(metadata)
    return id
  }

  #show(seriesFrom: number, seriesTo: number): string {
    const pairs = this.#request.readLabels(seriesFrom, seriesTo, this.#options.limits.labelsMax)
    return typeof pairs === 'string' ? 'a series' : showSeries(pairs)
  }
}
