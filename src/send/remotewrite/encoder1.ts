/** Remote write 1.0: each series with all its labels. */
import type { SeriesId } from '../../model/appender.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { ProtoWriter } from '../../wire/protobuf.ts'
import {
  SERIES_1,
  writeExemplar1,
  writeHistogram1,
  writeLabels1,
  writeSample,
  writeSeries1,
} from '../../wire/writeencode.ts'
import { slotOf } from '../series/book.ts'
import { SlotArena } from '../series/slotarena.ts'
import type { SeriesView } from '../writer.ts'
import type { RequestEncoder } from './encoder.ts'

/** Labels that were encoded so often, on average, are kept: they will be wanted again. */
const ENCODED_MAX = 4

export class Encoder1 implements RequestEncoder {
  readonly #view: SeriesView
  readonly #labelBytesMax: number
  readonly #request: ProtoWriter = new ProtoWriter(64 * 1024)
  readonly #scratch: ProtoWriter = new ProtoWriter()
  /** Label fields of each series, encoded. */
  #labels: SlotArena<Uint8Array> = openLabels()
  /** How often labels were encoded, and of how many slots. */
  #encodedCount = 0
  #slotCount = 0

  /**
   * @param labelBytesMax beyond it, the labels that are kept are let go, for rows that leave as
   *   frames later and do not need them again; once they were encoded again and again they stay
   */
  constructor(view: SeriesView, labelBytesMax: number = Number.POSITIVE_INFINITY) {
    this.#view = view
    this.#labelBytesMax = labelBytesMax
  }

  get sizeBytes(): number {
    return this.#labels.sizeBytes
  }

  begin(): void {
    this.#request.clear()
    const isOver = this.#labels.items.length > this.#labelBytesMax
    if (isOver && this.#encodedCount <= ENCODED_MAX * this.#slotCount) this.#labels = openLabels()
  }

  sample(
    id: SeriesId,
    timeMs: number,
    low: number,
    high: number,
    exemplars: readonly Exemplar[],
  ): void {
    const slot = this.#slot(id)
    const { items, from, to } = this.#labels
    if (exemplars.length === 0) {
      writeSeries1(this.#request, items, from[slot], to[slot], timeMs, low, high)
      return
    }
    const start = this.#open(slot)
    writeSample(this.#request, timeMs, low, high)
    this.#close(start, timeMs, exemplars)
  }

  histogram(
    id: SeriesId,
    timeMs: number,
    histogram: NativeHistogram,
    exemplars: readonly Exemplar[],
  ): void {
    const start = this.#open(this.#slot(id))
    writeHistogram1(this.#request, timeMs, histogram)
    this.#close(start, timeMs, exemplars)
  }

  exemplars(id: SeriesId, timeMs: number, exemplars: readonly Exemplar[]): boolean {
    this.#close(this.#open(this.#slot(id)), timeMs, exemplars)
    return true
  }

  parts(): readonly Uint8Array[] {
    return [this.#request.written()]
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) this.#labels.drop(slotOf(id))
  }

  #open(slot: number): number {
    const start = this.#request.openMessage(SERIES_1)
    const { items, from, to } = this.#labels
    this.#request.raw(items, from[slot], to[slot])
    return start
  }

  #close(start: number, timeMs: number, exemplars: readonly Exemplar[]): void {
    for (const exemplar of exemplars) writeExemplar1(this.#request, exemplar, timeMs)
    this.#request.closeMessage(start)
  }

  #slot(id: SeriesId): number {
    const slot = slotOf(id)
    if (!this.#labels.has(slot)) {
      this.#scratch.clear()
      writeLabels1(this.#scratch, this.#view.labels(id))
      this.#labels.put(slot, this.#scratch.bytes, this.#scratch.at)
      this.#encodedCount++
      this.#slotCount = Math.max(this.#slotCount, slot + 1)
    }
    return slot
  }
}

function openLabels(): SlotArena<Uint8Array> {
  return new SlotArena((length) => new Uint8Array(length))
}
