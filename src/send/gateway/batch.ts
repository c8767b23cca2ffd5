/** Parcels as numbered messages of one stream. */
import type { Cursor } from '../../base/bytes.ts'
import type { SeriesId } from '../../model/appender.ts'
import type { Labels } from '../../model/labels.ts'
import { ABSENT_HIGH, ABSENT_LOW, rowBytesMax } from '../../wire/columnar.ts'
import type { WriteMetadata } from '../../wire/remotewrite.ts'
import {
  BATCH,
  ENTRY_CELLS,
  ENTRY_COLUMNS,
  ENTRY_DROP,
  ENTRY_EXEMPLAR,
  ENTRY_HISTOGRAM,
  ENTRY_LAYOUT,
  ENTRY_METADATA,
  ENTRY_ROW,
} from '../../wire/stream.ts'
import { writeExemplar, writeHistogram } from '../../wire/streamside.ts'
import { MessageWriter, TextNumbers, writeValue } from '../../wire/streamtext.ts'
import type { ResultSum } from '../http/resultsum.ts'
import type { ExemplarSample, HistogramSample, Parcel } from '../parcel.ts'
import type { SeriesView } from '../writer.ts'
import { type LayoutNews, type SentLayout, SentLayouts, withoutGroup } from './layouts.ts'

/** Series that one entry introduces. */
const SERIES_PER_ENTRY = 2000
/** Bytes of one UTF-16 unit at most, and of what stands before a text. */
const UTF8_BYTES_MAX = 3
const TEXT_EXTRA_BYTES = 4
/** Part of the last row of its layout that a row has at least, unless one like it went as cells. */
const PART_OF_ROW_MIN = 0.75
/** Times beyond it have no place in an entry; nothing keeps such samples. */
const TIME_MS_MAX = 2 ** 50
/** Most of a message is one row; a little less than all of it may be. */
const HEAD_BYTES_MAX = 64

/** A message that is ready to be sent. */
export interface Batch {
  readonly number: number
  readonly bytes: Uint8Array
}

/** Makes the messages of one stream; they must be sent in the order in which they were made. */
export class BatchMaker {
  readonly layouts: SentLayouts
  readonly #texts = new TextNumbers()
  readonly #messageBytesMax: number
  readonly #message = new MessageWriter()
  readonly #entry = new MessageWriter()
  #lastNumber = 0
  #batches: Batch[] = []
  /** One row, for those that lack columns. */
  #row: Float64Array = new Float64Array(0)
  #rowWords: Uint32Array = new Uint32Array(0)

  constructor(view: SeriesView, messageBytesMax: number) {
    this.layouts = new SentLayouts(view)
    this.#messageBytesMax = messageBytesMax
  }

  /**
   * Makes the messages that carry parcels.
   *
   * @param leftOut counts what cannot be said in this protocol, by reason
   */
  make(parcels: readonly Parcel[], leftOut: ResultSum): Batch[] {
    this.#batches = []
    for (const parcel of parcels) {
      this.#placeAll(parcel)
      if (parcel.count > 0) this.#writeSamples(parcel, leftOut)
      for (const sample of parcel.histograms) this.#writeHistogram(sample, leftOut)
      for (const sample of parcel.exemplars) this.#writeExemplar(sample, leftOut)
    }
    this.#closeMessage()
    return this.#batches
  }

  /** Makes the messages that tell of metric families. */
  makeMetadata(families: readonly WriteMetadata[]): Batch[] {
    this.#batches = []
    for (const { family, type, help, unit } of families) {
      for (const text of [family, type, help, unit]) this.#entry.text(text)
      this.#closeEntry(ENTRY_METADATA)
    }
    this.#closeMessage()
    return this.#batches
  }

  #placeAll(parcel: Parcel): void {
    const { layouts } = this
    const news: LayoutNews[] = []
    const first = parcel.count > 0 ? layouts.layoutOf(parcel.ids[0]) : undefined
    if (first === undefined || first.lastIds !== parcel.ids) {
      layouts.place(parcel.ids, parcel.count, news)
    }
    const others = [...parcel.histograms, ...parcel.exemplars].map((sample) => sample.id)
    if (others.length > 0) layouts.place(Float64Array.from(others), others.length, news)
    for (const each of news) this.#tell(each)
  }

  #tell(news: LayoutNews): void {
    if (news.kind === 'drop') {
      this.#entry.varint(news.number)
      this.#closeEntry(ENTRY_DROP)
      return
    }
    const { layout, series } = news
    let kind = news.kind === 'layout' ? ENTRY_LAYOUT : ENTRY_COLUMNS
    for (let from = 0; from < series.length; ) {
      const to = this.#partEnd(series, from)
      this.#entry.varint(layout.number)
      if (kind === ENTRY_LAYOUT) this.#texts.writePairs(layout.group, this.#entry)
      this.#entry.varint(to - from)
      for (let i = from; i < to; i++) {
        this.#texts.writePairs(withoutGroup(series[i], layout.group), this.#entry)
      }
      this.#closeEntry(kind)
      kind = ENTRY_COLUMNS
      from = to
    }
  }

  /** How many series fit into an entry that leaves room for others in its message. */
  #partEnd(series: readonly Labels[], from: number): number {
    const bytesMax = this.#messageBytesMax / 4
    let bytes = 0
    let to = from
    while (
      to < series.length &&
      to - from < SERIES_PER_ENTRY &&
      (to === from || bytes < bytesMax)
    ) {
      for (const text of series[to]) bytes += TEXT_EXTRA_BYTES + UTF8_BYTES_MAX * text.length
      to++
    }
    return to
  }

  #writeSamples(parcel: Parcel, leftOut: ResultSum): void {
    if (!isNear(parcel.timeMs) || parcel.times !== undefined) {
      this.#writeCells(parcel, leftOut)
      return
    }
    const layout = this.#rowLayout(parcel)
    if (layout === undefined) this.#writeCells(parcel, leftOut)
    else this.#writeRow(parcel, layout, leftOut)
  }

  /**
   * The one layout of all cells; undefined when they are of several, when one looks like absent, or
   * when it would be a row that lacks much of what the last one had, which costs more than cells.
   */
  #rowLayout(parcel: Parcel): SentLayout | undefined {
    const { ids, count, values } = parcel
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * count)
    for (let i = 0; i < count; i++) {
      if (words[2 * i + 1] === ABSENT_HIGH && words[2 * i] === ABSENT_LOW) return undefined
    }
    const layout = this.layouts.layoutOf(ids[0])
    if (layout === undefined || layout.lastIds === ids) return layout
    const columns = new Uint32Array(count)
    let isWhole = count === layout.ids.length
    for (let i = 0; i < count; i++) {
      if (this.layouts.layoutOf(ids[i]) !== layout) return undefined
      columns[i] = this.layouts.columnOf(ids[i])
      if (columns[i] !== i) isWhole = false
    }
    // What was not in the last row either costs nothing.
    const all = layout.ids.length
    const { lastColumns, partialColumns } = layout
    if (!hasMostOf(lastColumns, columns, all) && !isLike(partialColumns, columns, all)) {
      layout.partialColumns = columns
      return undefined
    }
    layout.lastIds = ids
    layout.lastColumns = columns
    layout.isWhole = isWhole
    return layout
  }

  #writeRow(parcel: Parcel, layout: SentLayout, leftOut: ResultSum): void {
    const { encoder } = layout
    const values = layout.isWhole ? parcel.values : this.#spread(parcel, layout)
    this.#entry.varint(layout.number)
    encoder.encode(parcel.timeMs, values, this.#entry.reserve(rowBytesMax(encoder.columns)))
    if (this.#entry.sizeBytes + HEAD_BYTES_MAX > this.#messageBytesMax) {
      // The gateway has not seen this row: its next one needs a beginning.
      this.#entry.cut(0)
      this.layouts.drop(layout)
      this.#tell({ kind: 'drop', number: layout.number })
      leftOut.leave('message_too_big', parcel.count)
      return
    }
    this.#closeEntry(ENTRY_ROW)
  }

  /** The row with a value or ABSENT for each column of its layout. */
  #spread(parcel: Parcel, layout: SentLayout): Float64Array {
    const { length } = layout.ids
    if (this.#row.length < length) {
      this.#row = new Float64Array(length)
      this.#rowWords = new Uint32Array(this.#row.buffer)
    }
    const words = this.#rowWords
    for (let i = 0; i < length; i++) {
      words[2 * i] = ABSENT_LOW
      words[2 * i + 1] = ABSENT_HIGH
    }
    const { values, count } = parcel
    const from = new Uint32Array(values.buffer, values.byteOffset, 2 * count)
    const columns = layout.lastColumns
    for (let i = 0; i < count; i++) {
      words[2 * columns[i]] = from[2 * i]
      words[2 * columns[i] + 1] = from[2 * i + 1]
    }
    return this.#row
  }

  /** Cells with times of their own; one entry for those of one layout that stand side by side. */
  #writeCells(parcel: Parcel, leftOut: ResultSum): void {
    const { ids, count, values, times, timeMs } = parcel
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * count)
    let open: SentLayout | undefined
    let lastColumn = 0
    let lastMs = 0
    for (let i = 0; i < count; i++) {
      const cellMs = times === undefined ? timeMs : times[i]
      const layout = this.layouts.layoutOf(ids[i])
      if (layout === undefined || !isNear(cellMs)) {
        leftOut.leave('time_out_of_range', 1)
        continue
      }
      if (layout !== open) {
        if (open !== undefined) this.#closeEntry(ENTRY_CELLS)
        this.#entry.varint(layout.number)
        open = layout
        lastColumn = 0
        lastMs = 0
      }
      const column = this.layouts.columnOf(ids[i])
      this.#entry.signed(column - lastColumn)
      this.#entry.signed(cellMs - lastMs)
      writeValue(words[2 * i], words[2 * i + 1], this.#entry)
      lastColumn = column
      lastMs = cellMs
      if (this.#entry.sizeBytes > this.#messageBytesMax / 4) {
        this.#closeEntry(ENTRY_CELLS)
        open = undefined
      }
    }
    if (open !== undefined) this.#closeEntry(ENTRY_CELLS)
  }

  #writeHistogram(sample: HistogramSample, leftOut: ResultSum): void {
    if (!isNear(sample.timeMs)) {
      leftOut.leave('time_out_of_range', 1)
      return
    }
    this.#beginSide(sample.id)
    this.#entry.signed(sample.timeMs)
    writeHistogram(sample.histogram, this.#entry)
    this.#closeEntry(ENTRY_HISTOGRAM)
  }

  #writeExemplar(sample: ExemplarSample, leftOut: ResultSum): void {
    if (!isNear(sample.exemplar.timeMs ?? 0)) {
      leftOut.leaveExemplars('time_out_of_range', 1)
      return
    }
    this.#beginSide(sample.id)
    writeExemplar(sample.exemplar, this.#texts, this.#entry)
    this.#closeEntry(ENTRY_EXEMPLAR)
  }

  #beginSide(id: SeriesId): void {
    this.#entry.varint(this.layouts.layoutOf(id)?.number ?? 0)
    this.#entry.varint(this.layouts.columnOf(id))
  }

  /** Adds the entry to the message, or to the next one when it does not fit. */
  #closeEntry(kind: number): void {
    const { sizeBytes } = this.#entry
    const isFull = this.#message.sizeBytes + sizeBytes + HEAD_BYTES_MAX > this.#messageBytesMax
    if (isFull) this.#closeMessage()
    if (this.#message.sizeBytes === 0) {
      this.#message.byte(BATCH)
      this.#message.varint(++this.#lastNumber)
    }
    this.#message.byte(kind)
    this.#message.varint(sizeBytes)
    const from: Cursor = this.#entry.reserve(0)
    const into = this.#message.reserve(sizeBytes)
    into.bytes.set(from.bytes.subarray(0, sizeBytes), into.at)
    into.at += sizeBytes
    this.#entry.cut(0)
  }

  #closeMessage(): void {
    if (this.#message.sizeBytes === 0) return
    this.#batches.push({ number: this.#lastNumber, bytes: this.#message.take() })
  }
}

function isLike(columns: Uint32Array | undefined, others: Uint32Array, all: number): boolean {
  if (columns === undefined) return false
  return hasMostOf(columns, others, all) && hasMostOf(others, columns, all)
}

/** Whether most of some columns are among others, of `all` that there are. */
function hasMostOf(columns: Uint32Array, others: Uint32Array, all: number): boolean {
  const isAmong = new Uint8Array(all)
  for (const column of others) isAmong[column] = 1
  let count = 0
  for (const column of columns) count += isAmong[column]
  return count >= PART_OF_ROW_MIN * columns.length
}

function isNear(timeMs: number): boolean {
  return Math.abs(timeMs) < TIME_MS_MAX
}
