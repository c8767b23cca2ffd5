/** Parcels of one lane that wait for long: rows as what changed since the row before, in order. */
import { Cursor } from '../../base/bytes.ts'
import {
  ABSENT_HIGH,
  ABSENT_LOW,
  RowDecoder,
  RowEncoder,
  rowBytesMax,
} from '../../wire/columnar.ts'
import { type Parcel, sampleCountOf, type Tally, tallyOf } from '../parcel.ts'

const CHUNK_BYTES_MIN = 256
const CHUNK_BYTES_MAX = 16_384

/** Both sides of a stream keep so much of each column. */
const STATE_BYTES_A_COLUMN = 18
/** Place of a parcel in the order of its lane. */
const ORDER_BYTES = 16
const PARCEL_BYTES = 256
const HISTOGRAM_BYTES = 512
const EXEMPLAR_BYTES = 256

/** Bytes with how many of them are written. */
interface Chunk {
  readonly bytes: Uint8Array
  used: number
}

/** Where a row is encoded before it is known how long it gets; one for all, used without a pause. */
let scratch = new Uint8Array(CHUNK_BYTES_MAX)

/** Memory that a parcel takes while it waits as it came; the ids of rows are shared. */
export function bytesOf(parcel: Parcel): number {
  const { count, times, histograms, exemplars } = parcel
  const ofCell = times === undefined ? 8 : 24
  const others = histograms.length * HISTOGRAM_BYTES + exemplars.length * EXEMPLAR_BYTES
  return PARCEL_BYTES + ofCell * count + others
}

/** Whether a parcel can be packed: a row of one time, and nothing but numbers. */
function isPackable(parcel: Parcel): boolean {
  const { times, histograms, exemplars, values, count } = parcel
  if (times !== undefined || histograms.length + exemplars.length > 0 || count === 0) return false
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * count)
  for (let i = 1; i < words.length; i += 2) {
    if (words[i] === ABSENT_HIGH && words[i - 1] === ABSENT_LOW) return false
  }
  return true
}

/** Rows with the same ids, one behind the other. */
class RowStream {
  readonly ids: Float64Array
  readonly #encoder: RowEncoder
  #decoder: RowDecoder | undefined
  readonly #chunks: Chunk[] = []
  #reader: Cursor | undefined
  #rowCount = 0
  #chunkBytes = 0

  constructor(ids: Float64Array) {
    this.ids = ids
    this.#encoder = new RowEncoder(ids.length)
  }

  get rowCount(): number {
    return this.#rowCount
  }

  get sizeBytes(): number {
    return STATE_BYTES_A_COLUMN * this.ids.length + this.#chunkBytes
  }

  push(timeMs: number, values: Float64Array): void {
    const wantedBytes = rowBytesMax(this.ids.length)
    if (scratch.length < wantedBytes) scratch = new Uint8Array(wantedBytes)
    const into = new Cursor(scratch)
    this.#encoder.encode(timeMs, values, into)
    const chunk = this.#chunkFor(into.at)
    chunk.bytes.set(scratch.subarray(0, into.at), chunk.used)
    chunk.used += into.at
    this.#rowCount++
  }

  /** Takes the oldest row out: its time; the values are those of `values` until the next one. */
  next(): number {
    this.#decoder ??= new RowDecoder(this.ids.length)
    const [chunk] = this.#chunks
    this.#reader ??= new Cursor(chunk.bytes)
    const timeMs = this.#decoder.decode(this.#reader)
    if (this.#reader.at === chunk.used) {
      this.#chunks.shift()
      this.#chunkBytes -= chunk.bytes.length
      this.#reader = undefined
    }
    this.#rowCount--
    return timeMs
  }

  values(): Float64Array {
    return this.#decoder?.values.slice() ?? new Float64Array(0)
  }

  /** A row lies in one chunk; chunks grow with the stream. */
  #chunkFor(sizeBytes: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.bytes.length - last.used >= sizeBytes) return last
    const wantedBytes = Math.min(CHUNK_BYTES_MAX, 2 * (last?.bytes.length ?? CHUNK_BYTES_MIN / 2))
    const chunk = { bytes: new Uint8Array(Math.max(wantedBytes, sizeBytes)), used: 0 }
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.bytes.length
    return chunk
  }
}

/** Parcels of one lane, first in, first out: rows packed, others as they are. */
export class Backlog {
  readonly #lane: number
  readonly #streams = new Map<Float64Array, RowStream>()
  /** By parcel, from #spent: its stream or itself, and when it was taken over. */
  #order: (RowStream | Parcel)[] = []
  #takenMs: number[] = []
  #spent = 0
  #samples = 0
  #exemplars = 0
  #sizeBytes = 0

  constructor(lane: number) {
    this.#lane = lane
  }

  /** Samples and histograms. */
  get samples(): number {
    return this.#samples
  }

  get exemplars(): number {
    return this.#exemplars
  }

  get parcelCount(): number {
    return this.#order.length - this.#spent
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** When the oldest parcel was taken over; Infinity without one. */
  get oldestMs(): number {
    return this.#takenMs[this.#spent] ?? Infinity
  }

  /** Adds a parcel; whether it was packed, so that its arrays are not needed any more. */
  push(parcel: Parcel): boolean {
    const item = isPackable(parcel) ? this.#pack(parcel) : parcel
    if (item === parcel) this.#sizeBytes += bytesOf(parcel)
    this.#order.push(item)
    this.#takenMs.push(parcel.takenMs)
    this.#samples += sampleCountOf(parcel)
    this.#exemplars += parcel.exemplars.length
    this.#sizeBytes += ORDER_BYTES
    return item !== parcel
  }

  /** Takes the oldest parcel out, as it was. There must be one. */
  next(): Parcel {
    const item = this.#order[this.#spent]
    if (!(item instanceof RowStream)) {
      this.#sizeBytes -= bytesOf(item)
      this.#exemplars -= item.exemplars.length
      this.#step(sampleCountOf(item))
      return item
    }
    const takenMs = this.#takenMs[this.#spent]
    const timeMs = this.#skipRow(item)
    const { ids } = item
    return {
      lane: this.#lane,
      count: ids.length,
      ids,
      values: item.values(),
      timeMs,
      times: undefined,
      histograms: [],
      exemplars: [],
      takenMs,
    }
  }

  /** Throws the oldest parcel away; what was in it. There must be one. */
  skip(): Tally {
    const item = this.#order[this.#spent]
    if (!(item instanceof RowStream)) return tallyOf(this.next())
    this.#skipRow(item)
    return { samples: item.ids.length, exemplars: 0 }
  }

  #pack(parcel: Parcel): RowStream {
    let stream = this.#streams.get(parcel.ids)
    if (stream === undefined) {
      stream = new RowStream(parcel.ids)
      this.#streams.set(parcel.ids, stream)
    }
    const beforeBytes = stream.rowCount === 0 ? 0 : stream.sizeBytes
    stream.push(parcel.timeMs, parcel.values)
    this.#sizeBytes += stream.sizeBytes - beforeBytes
    return stream
  }

  #skipRow(stream: RowStream): number {
    const beforeBytes = stream.sizeBytes
    const timeMs = stream.next()
    this.#sizeBytes -= beforeBytes
    if (stream.rowCount === 0) this.#streams.delete(stream.ids)
    else this.#sizeBytes += stream.sizeBytes
    this.#step(stream.ids.length)
    return timeMs
  }

  #step(samples: number): void {
    this.#samples -= samples
    this.#sizeBytes -= ORDER_BYTES
    this.#spent++
    if (2 * this.#spent < this.#order.length) return
    this.#order = this.#order.slice(this.#spent)
    this.#takenMs = this.#takenMs.slice(this.#spent)
    this.#spent = 0
  }
}
