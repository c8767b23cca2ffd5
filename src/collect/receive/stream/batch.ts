/** One batch of an agent into appenders: layouts, rows, cells, histograms, exemplars, metadata. */
import { Cursor, readVarint } from '../../../base/bytes.ts'
import {
  ACCEPTED,
  type Appender,
  OUTCOMES,
  TOO_FAR,
  TOO_OLD,
  UNKNOWN,
} from '../../../model/appender.ts'
import { ABSENT_HIGH, ABSENT_LOW, COLUMNS_MAX } from '../../../wire/columnar.ts'
import type { WriteMetadata } from '../../../wire/remotewrite.ts'
import {
  ENTRY_CELLS,
  ENTRY_COLUMNS,
  ENTRY_DROP,
  ENTRY_EXEMPLAR,
  ENTRY_HISTOGRAM,
  ENTRY_LAYOUT,
  ENTRY_METADATA,
  ENTRY_ROW,
} from '../../../wire/stream.ts'
import { readExemplar, readHistogram } from '../../../wire/streamside.ts'
import {
  broken,
  type PairLimits,
  readByte,
  readCount,
  readSigned,
  readText,
  readValue,
  TextsByNumber,
} from '../../../wire/streamtext.ts'
import type { Door } from '../door.ts'
import type { LabelLimits } from '../labelcheck.ts'
import { DESTINATION_REFUSED } from '../refusals.ts'
import { type LayoutDeps, NO_SERIES, ReceivedLayout } from './layout.ts'

/** A layout of which no row came for so long is forgotten; the agent is told when it is used. */
const LAYOUT_IDLE_MS_MAX = 3_600_000
/** Series that were refused for want of room are tried again after this. */
const SHORT_MS_MAX = 60_000
const METADATA_BYTES_MAX = 65_536
/** What ends a stream; bounds far below it refuse a single series. */
export const READ_LIMITS: PairLimits = { pairsMax: 10_000, textBytesMax: 4 * 1024 * 1024 }

export interface BatchDeps {
  /** Takes rows: series of one target at one time. */
  readonly rows: Appender
  /** Takes samples with times of their own; its ids are the same. */
  readonly pushed: Appender
  readonly door: Door
  readonly labelLimits: LabelLimits
  /** Columns of all layouts of the stream; twice as many end it. */
  readonly seriesMax: number
  readonly onMetadata: (metadata: WriteMetadata) => void
}

/** What was in a batch; valid until the next one. */
export class BatchResult {
  /** Samples and histograms that were taken, left out replicas included. */
  acceptedCount = 0
  exemplarCount = 0
  readonly refused: Map<string, number> = new Map()
  /** Layouts that are not known; then the batch has to come again. */
  readonly lost: Set<number> = new Set()
  /** ms since epoch; 0 when there was no sample. */
  newestMs = 0
  hasRows = false
  hasPushed = false

  refuse(reason: string, count: number): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + count)
  }

  /** Some of what was taken was refused further on. */
  lose(count: number): void {
    const lost = Math.min(count, this.acceptedCount)
    if (lost === 0) return
    this.acceptedCount -= lost
    this.refuse(DESTINATION_REFUSED, lost)
  }
}

/** Reads the batches of one stream, in order. */
export class BatchTaker {
  readonly #deps: BatchDeps
  readonly #texts = new TextsByNumber()
  readonly #layouts = new Map<number, ReceivedLayout>()
  readonly #layoutDeps: LayoutDeps
  #columnCount = 0
  #result = new BatchResult()
  #appends = true
  #nowMs = 0
  #ids: Float64Array = new Float64Array(0)
  #values: Float64Array = new Float64Array(0)
  #words: Uint32Array = new Uint32Array(0)
  #outcomes: Uint8Array = new Uint8Array(0)

  constructor(deps: BatchDeps) {
    this.#deps = deps
    this.#layoutDeps = {
      appender: deps.rows,
      door: deps.door,
      limits: deps.labelLimits,
    }
    this.#reserve(256)
  }

  /** Series of all layouts. */
  get seriesCount(): number {
    return this.#columnCount
  }

  /**
   * Takes a batch; nothing is acknowledged before the appenders' commit.
   *
   * @param c       behind the number of the batch
   * @param appends false: everything is read, so that what comes later can be, but nothing is kept
   * @param nowMs   monotonic
   * @throws NarthexError `bad_data` for damage: then nothing that follows can be read; `busy` from
   *   the appenders, when the whole batch has been read
   */
  take(c: Cursor, appends: boolean, nowMs: number): BatchResult {
    this.#result = new BatchResult()
    this.#appends = appends
    this.#nowMs = nowMs
    let trouble: unknown
    while (c.at < c.end) {
      const kind = readByte(c)
      const sizeBytes = readVarint(c)
      if (sizeBytes > c.end - c.at) throw broken(`an entry of ${sizeBytes} bytes`)
      const entry = new Cursor(c.bytes, c.at, c.at + sizeBytes)
      c.at += sizeBytes
      trouble ??= this.#takeEntry(kind, entry)
      if (trouble !== undefined) this.#appends = false
    }
    if (trouble !== undefined) throw trouble
    return this.#result
  }

  /** What kept the appender from taking it; damage is thrown. */
  #takeEntry(kind: number, c: Cursor): unknown {
    if (kind === ENTRY_ROW) return this.#takeRow(c)
    if (kind === ENTRY_CELLS) return this.#takeCells(c)
    if (kind === ENTRY_LAYOUT) this.#define(c)
    else if (kind === ENTRY_COLUMNS) this.#addColumns(c)
    else if (kind === ENTRY_DROP) this.#drop(readVarint(c))
    else if (kind === ENTRY_HISTOGRAM) this.#takeHistogram(c)
    else if (kind === ENTRY_EXEMPLAR) this.#takeExemplar(c)
    else if (kind === ENTRY_METADATA) this.#takeMetadata(c)
    return undefined
  }

  #define(c: Cursor): void {
    const number = readVarint(c)
    this.#drop(number)
    const group = this.#readPairs(c)
    const layout = new ReceivedLayout(number, group, this.#nowMs)
    this.#forgetIdle()
    this.#layouts.set(number, layout)
    this.#readSeries(c, layout)
  }

  #addColumns(c: Cursor): void {
    const layout = this.#layoutOf(readVarint(c))
    if (layout === undefined) this.#skipSeries(c)
    else this.#readSeries(c, layout)
  }

  #readSeries(c: Cursor, layout: ReceivedLayout): void {
    const { seriesMax } = this.#deps
    const countMax = Math.min(COLUMNS_MAX - layout.columns, 2 * seriesMax - this.#columnCount)
    const count = readCount(c, countMax, 'series more')
    const series: string[][] = []
    for (let i = 0; i < count; i++) series.push(this.#readPairs(c))
    layout.add(series, seriesMax - this.#columnCount, this.#layoutDeps)
    this.#columnCount += count
  }

  /** Texts in it count on, whoever the series are for. */
  #skipSeries(c: Cursor): void {
    const count = readCount(c, COLUMNS_MAX, 'series')
    for (let i = 0; i < count; i++) this.#readPairs(c)
  }

  #readPairs(c: Cursor): string[] {
    return this.#texts.readPairs(c, READ_LIMITS)
  }

  #takeRow(c: Cursor): unknown {
    const layout = this.#layoutOf(readVarint(c))
    if (layout === undefined) return undefined
    const timeMs = layout.decoder.decode(c)
    const { columns, ids } = layout
    this.#reserve(columns)
    const { values } = layout.decoder
    const seen = new Uint32Array(values.buffer, values.byteOffset, 2 * columns)
    const words = this.#words
    let count = 0
    for (let i = 0; i < columns; i++) {
      const low = seen[2 * i]
      const high = seen[2 * i + 1]
      if (high === ABSENT_HIGH && low === ABSENT_LOW) continue
      if (ids[i] === NO_SERIES) {
        if (this.#appends) this.#result.refuse(layout.refusalOf(i), 1)
        continue
      }
      this.#ids[count] = ids[i]
      words[2 * count] = low
      words[2 * count + 1] = high
      count++
    }
    return this.#append(layout, timeMs, count, true)
  }

  /** Cells of one layout; those that stand side by side with one time are appended at once. */
  #takeCells(c: Cursor): unknown {
    const layout = this.#layoutOf(readVarint(c))
    if (layout === undefined) return undefined
    let column = 0
    let timeMs = 0
    let count = 0
    let trouble: unknown
    while (c.at < c.end) {
      column += readSigned(c)
      const step = readSigned(c)
      const id = layout.idOf(column)
      if (step !== 0 || count === this.#ids.length) {
        trouble ??= this.#append(layout, timeMs, count, false)
        count = 0
      }
      timeMs += step
      readValue(c, this.#words, count)
      if (id !== NO_SERIES) this.#ids[count++] = id
      else if (this.#appends) this.#result.refuse(layout.refusalOf(column), 1)
    }
    return trouble ?? this.#append(layout, timeMs, count, false)
  }

  /** Hands over cells of one time; what keeps the appender from taking any is returned. */
  #append(layout: ReceivedLayout, timeMs: number, count: number, isRow: boolean): unknown {
    if (count === 0 || !this.#appends) return undefined
    const result = this.#result
    const { door, rows, pushed } = this.#deps
    if (layout.replica !== undefined && !door.admits(layout.replica)) {
      door.leaveOut(layout.replica, count)
      result.acceptedCount += count
      return undefined
    }
    if (!Number.isSafeInteger(timeMs)) {
      result.refuse(OUTCOMES[timeMs > 0 ? TOO_FAR : TOO_OLD], count)
      return undefined
    }
    if (isRow) result.hasRows = true
    else result.hasPushed = true
    const appender = isRow ? rows : pushed
    let accepted: number
    try {
      accepted = appender.append(timeMs, this.#ids, this.#values, count, this.#outcomes)
    } catch (error) {
      return error
    }
    result.acceptedCount += accepted
    if (accepted > 0 && timeMs > result.newestMs) result.newestMs = timeMs
    if (accepted < count) this.#refuseCells(layout, count)
    return undefined
  }

  #refuseCells(layout: ReceivedLayout, count: number): void {
    for (let i = 0; i < count; i++) {
      const outcome = this.#outcomes[i]
      if (outcome === UNKNOWN) this.#lose(layout.number)
      else if (outcome !== ACCEPTED) this.#result.refuse(OUTCOMES[outcome], 1)
    }
  }

  #takeHistogram(c: Cursor): void {
    const layout = this.#layoutOf(readVarint(c))
    if (layout === undefined) return
    const column = readVarint(c)
    const id = layout.idOf(column)
    const timeMs = readSigned(c)
    const histogram = readHistogram(c)
    if (!this.#appends) return
    const { side } = this.#deps.pushed
    const { door } = this.#deps
    if (id === NO_SERIES) this.#result.refuse(layout.refusalOf(column), 1)
    else if (side === undefined) this.#result.refuse('native_histogram', 1)
    else if (layout.replica !== undefined && !door.admits(layout.replica)) {
      door.leaveOut(layout.replica, 1)
      this.#result.acceptedCount++
    } else {
      const outcome = side.histogram(timeMs, id, histogram)
      this.#result.hasPushed = true
      if (outcome === ACCEPTED) this.#result.acceptedCount++
      else if (outcome === UNKNOWN) this.#lose(layout.number)
      else this.#result.refuse(OUTCOMES[outcome], 1)
    }
  }

  #takeExemplar(c: Cursor): void {
    const layout = this.#layoutOf(readVarint(c))
    if (layout === undefined) return
    const id = layout.idOf(readVarint(c))
    const exemplar = readExemplar(c, this.#texts, READ_LIMITS)
    const { side } = this.#deps.pushed
    if (!this.#appends || id === NO_SERIES || side === undefined) return
    if (side.exemplar(id, exemplar) !== ACCEPTED) return
    this.#result.exemplarCount++
    this.#result.hasPushed = true
  }

  #takeMetadata(c: Cursor): void {
    const family = readText(c, METADATA_BYTES_MAX)
    const type = readText(c, METADATA_BYTES_MAX)
    const help = readText(c, METADATA_BYTES_MAX)
    this.#deps.onMetadata({ family, type, help, unit: readText(c, METADATA_BYTES_MAX) })
  }

  /** A layout that is known; one that is not makes the batch come again. */
  #layoutOf(number: number): ReceivedLayout | undefined {
    const layout = this.#layouts.get(number)
    if (layout === undefined) {
      this.#result.lost.add(number)
      return undefined
    }
    if (layout.shortMs > 0 && this.#nowMs - layout.shortMs > SHORT_MS_MAX) {
      this.#lose(number)
      return undefined
    }
    layout.usedMs = this.#nowMs
    return layout
  }

  #lose(number: number): void {
    this.#result.lost.add(number)
    this.#drop(number)
  }

  #drop(number: number): void {
    const layout = this.#layouts.get(number)
    if (layout === undefined) return
    this.#columnCount -= layout.columns
    this.#layouts.delete(number)
  }

  #forgetIdle(): void {
    for (const layout of this.#layouts.values()) {
      if (this.#nowMs - layout.usedMs > LAYOUT_IDLE_MS_MAX) this.#drop(layout.number)
    }
  }

  #reserve(count: number): void {
    if (this.#ids.length >= count) return
    const length = count + (count >> 3)
    this.#ids = new Float64Array(length)
    this.#values = new Float64Array(length)
    this.#words = new Uint32Array(this.#values.buffer)
    this.#outcomes = new Uint8Array(length)
  }
}
