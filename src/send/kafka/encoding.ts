/** Bodies of messages: docs/formats/kafka.md. */
import type { SeriesId } from '../../model/appender.ts'
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import { isStaleAt, staleHighOf } from '../../model/stale.ts'
import { NO_EXEMPLARS } from '../remotewrite/encoder.ts'
import { Encoder1 } from '../remotewrite/encoder1.ts'
import type { SeriesView } from '../writer.ts'
import type { TargetCells } from './cells.ts'

/** Makes the body of one message; keeps what it needs of series until `forget`. */
export interface BodyEncoder {
  /** Whether native histograms and exemplars can be said. */
  readonly hasSide: boolean
  /** Bytes of their own: they are sent later. */
  encode(cells: TargetCells): Uint8Array
  forget(ids: readonly SeriesId[]): void
}

/** A WriteRequest of remote write 1.0, not compressed. */
export class ProtobufBody implements BodyEncoder {
  readonly hasSide = true
  readonly #encoder: Encoder1

  constructor(view: SeriesView) {
    this.#encoder = new Encoder1(view)
  }

  encode({ runs, histograms, exemplars }: TargetCells): Uint8Array {
    const encoder = this.#encoder
    encoder.begin()
    for (const { parcel, from, to } of runs) {
      const { ids, values, times, timeMs } = parcel
      const bits = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
      for (let i = from; i < to; i++) {
        const low = bits[2 * i]
        const high = staleHighOf(low, bits[2 * i + 1])
        const atMs = times === undefined ? timeMs : times[i]
        encoder.sample(ids[i], atMs, low, high, NO_EXEMPLARS)
      }
    }
    for (const { id, timeMs, histogram } of histograms) {
      encoder.histogram(id, timeMs, histogram, NO_EXEMPLARS)
    }
    for (const { id, exemplar } of exemplars) {
      encoder.exemplars(id, exemplar.timeMs ?? 0, [exemplar])
    }
    const [bytes] = encoder.parts()
    return bytes.slice()
  }

  forget(ids: readonly SeriesId[]): void {
    this.#encoder.forget(ids)
  }
}

/** A JSON object a line for each sample. */
export class JsonBody implements BodyEncoder {
  readonly hasSide = false
  readonly #view: SeriesView
  /** The beginning of each series' line, up to its time. */
  readonly #heads = new Map<SeriesId, string>()
  readonly #encoder = new TextEncoder()

  constructor(view: SeriesView) {
    this.#view = view
  }

  encode({ runs }: TargetCells): Uint8Array {
    let text = ''
    for (const { parcel, from, to } of runs) {
      const { ids, values, times, timeMs } = parcel
      for (let i = from; i < to; i++) {
        const atMs = times === undefined ? timeMs : times[i]
        text += `${this.#head(ids[i])}${atMs},"value":${formatValue(values, i)}}\n`
      }
    }
    return this.#encoder.encode(text)
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) this.#heads.delete(id)
  }

  #head(id: SeriesId): string {
    let head = this.#heads.get(id)
    if (head === undefined) {
      head = `${formatSeries(this.#view.labels(id))},"timestamp":`
      this.#heads.set(id, head)
    }
    return head
  }
}

/** `{"name":"up","labels":{"job":"node"}`, not yet closed. */
function formatSeries(labels: Labels): string {
  let name = ''
  const pairs: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) name = labels[i + 1]
    else pairs.push(`${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`)
  }
  return `{"name":${JSON.stringify(name)},"labels":{${pairs.join(',')}}`
}

/** Numbers that JSON does not have are texts. */
function formatValue(values: Float64Array, i: number): string {
  const value = values[i]
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  if (isStaleAt(values, i)) return '"StaleNaN"'
  if (Number.isNaN(value)) return '"NaN"'
  return value > 0 ? '"+Inf"' : '"-Inf"'
}
