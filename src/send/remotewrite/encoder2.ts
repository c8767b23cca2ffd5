/** Remote write 2.0: texts once per request, series as numbers of texts, metadata beside samples. */
import type { SeriesId } from '../../model/appender.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { METRIC_NAME } from '../../model/labels.ts'
import { ProtoWriter } from '../../wire/protobuf.ts'
import {
  SERIES_2,
  SYMBOL_2,
  typeNumber,
  writeExemplar2,
  writeHistogram2,
  writeMetadata2,
  writeSample,
} from '../../wire/writeencode.ts'
import { slotOf } from '../series/book.ts'
import type { FamilyBook } from '../series/families.ts'
import { SlotArena } from '../series/slotarena.ts'
import type { SeriesView } from '../writer.ts'
import type { RequestEncoder } from './encoder.ts'
import { SymbolBook } from './symbols.ts'

export class Encoder2 implements RequestEncoder {
  readonly #view: SeriesView
  readonly #families: FamilyBook
  readonly #series: ProtoWriter = new ProtoWriter(64 * 1024)
  readonly #table: ProtoWriter = new ProtoWriter(16 * 1024)
  readonly #book = new SymbolBook()
  readonly #nameSymbol: number
  /** Symbols of each series, name and value in turn. */
  readonly #refs = new SlotArena<Uint32Array>((length) => new Uint32Array(length))
  #scratch: Uint32Array = new Uint32Array(64)
  /** Place of each symbol in the table of this request, good where the stamp is the request's. */
  #places: Uint32Array = new Uint32Array(1024)
  #stamps: Uint32Array = new Uint32Array(1024)
  #stamp = 0
  #placeCount = 0
  /** Places of texts of this request that no series uses. */
  readonly #passing = new Map<string, number>()
  readonly #placeOf = (text: string): number => this.#placeOfText(text)

  constructor(view: SeriesView, families: FamilyBook) {
    this.#view = view
    this.#families = families
    this.#nameSymbol = this.#book.use(METRIC_NAME)
  }

  get sizeBytes(): number {
    return this.#refs.sizeBytes + this.#places.byteLength + this.#stamps.byteLength
  }

  begin(): void {
    this.#families.refresh()
    this.#series.clear()
    this.#table.clear()
    this.#passing.clear()
    this.#stamp++
    this.#table.text(SYMBOL_2, '')
    this.#passing.set('', 0)
    this.#placeCount = 1
  }

  sample(
    id: SeriesId,
    timeMs: number,
    low: number,
    high: number,
    exemplars: readonly Exemplar[],
  ): void {
    const slot = this.#slot(id)
    const start = this.#open(slot)
    writeSample(this.#series, timeMs, low, high)
    this.#close(start, slot, timeMs, exemplars)
  }

  histogram(
    id: SeriesId,
    timeMs: number,
    histogram: NativeHistogram,
    exemplars: readonly Exemplar[],
  ): void {
    const slot = this.#slot(id)
    const start = this.#open(slot)
    writeHistogram2(this.#series, timeMs, histogram)
    this.#close(start, slot, timeMs, exemplars)
  }

  /** A series needs a sample or a histogram. */
  exemplars(): boolean {
    return false
  }

  parts(): readonly Uint8Array[] {
    return [this.#table.written(), this.#series.written()]
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) {
      const slot = slotOf(id)
      if (!this.#refs.has(slot)) continue
      const { items, from, to } = this.#refs
      for (let i = from[slot]; i < to[slot]; i++) this.#book.leave(items[i])
      this.#refs.drop(slot)
    }
  }

  #open(slot: number): number {
    const start = this.#series.openMessage(SERIES_2)
    const refs = this.#series.openMessage(1)
    const { items, from, to } = this.#refs
    for (let i = from[slot]; i < to[slot]; i++) this.#series.varint(this.#placeOfSymbol(items[i]))
    this.#series.closeMessage(refs)
    return start
  }

  #close(start: number, slot: number, timeMs: number, exemplars: readonly Exemplar[]): void {
    for (const exemplar of exemplars) {
      writeExemplar2(this.#series, exemplar, timeMs, this.#placeOf)
    }
    const metadata = this.#families.find(this.#metricOf(slot))
    if (metadata !== undefined) {
      const { type, help, unit } = metadata
      const helpPlace = this.#placeOfText(help)
      writeMetadata2(this.#series, typeNumber(type), helpPlace, this.#placeOfText(unit))
    }
    this.#series.closeMessage(start)
  }

  #metricOf(slot: number): string {
    const { items, from, to } = this.#refs
    for (let i = from[slot]; i < to[slot]; i += 2) {
      if (items[i] === this.#nameSymbol) return this.#book.text(items[i + 1])
    }
    return ''
  }

  #placeOfSymbol(symbol: number): number {
    if (this.#stamps[symbol] === this.#stamp) return this.#places[symbol]
    const text = this.#book.text(symbol)
    const place = this.#passing.get(text) ?? this.#newPlace(text)
    this.#stamps[symbol] = this.#stamp
    this.#places[symbol] = place
    return place
  }

  #placeOfText(text: string): number {
    const symbol = this.#book.find(text)
    if (symbol >= 0) return this.#placeOfSymbol(symbol)
    const known = this.#passing.get(text)
    if (known !== undefined) return known
    const place = this.#newPlace(text)
    this.#passing.set(text, place)
    return place
  }

  #newPlace(text: string): number {
    this.#table.text(SYMBOL_2, text)
    return this.#placeCount++
  }

  #slot(id: SeriesId): number {
    const slot = slotOf(id)
    if (this.#refs.has(slot)) return slot
    const labels = this.#view.labels(id)
    if (labels.length > this.#scratch.length) this.#scratch = new Uint32Array(2 * labels.length)
    for (let i = 0; i < labels.length; i++) this.#scratch[i] = this.#book.use(labels[i])
    this.#refs.put(slot, this.#scratch, labels.length)
    if (this.#book.length > this.#places.length) this.#growPlaces()
    return slot
  }

  #growPlaces(): void {
    const length = 2 * this.#book.length
    const places = new Uint32Array(length)
    places.set(this.#places)
    this.#places = places
    const stamps = new Uint32Array(length)
    stamps.set(this.#stamps)
    this.#stamps = stamps
  }
}
