/** Parcels become requests of at most so many samples, compressed and ready to be sent. */
import type { SeriesId } from '../../model/appender.ts'
import type { Exemplar } from '../../model/exemplar.ts'
import { staleHighOf } from '../../model/stale.ts'
import { varintBytes } from '../../wire/protobuf.ts'
import { encodeSnappy, snappyEncodedBytesMax } from '../../wire/snappy.ts'
import { Block, KnownTexts } from '../frame/block.ts'
import type { FramePart, Frames } from '../frame/part.ts'
import type { Parcel } from '../parcel.ts'
import { BufferStock } from './buffers.ts'
import { NO_EXEMPLARS, type RequestEncoder } from './encoder.ts'

/** Rows are written into buffers of at least this size: several fit. */
const BLOCK_BYTES_MIN = 128 * 1024

const NO_BYTES = new Uint8Array(0)

/** One request. Its pieces may be read until it is released. */
export interface WriteRequest {
  /** One snappy block: its length, then elements. */
  readonly pieces: readonly Uint8Array[]
  readonly sizeBytes: number
  readonly sampleCount: number
  readonly histogramCount: number
  readonly exemplarCount: number
  release(): void
}

export interface RequestOptions {
  readonly encoder: RequestEncoder
  /** Rows that come again; only 1.0 has them. */
  readonly frames: Frames | undefined
  /** Samples and histograms of a request, and exemplars that stand alone. */
  readonly samplesMax: number
  readonly sendHistograms: boolean
  readonly sendExemplars: boolean
}

/** What a write leaves out on its way. */
export interface LeftOut {
  /** Native histograms, which this destination does not want. */
  histograms: number
  /** Exemplars that had no sample beside them where the protocol wants one. */
  exemplars: number
}

/** Makes the requests of one writer; several may be under way. */
export class RequestMaker {
  readonly #options: RequestOptions
  readonly #stock = new BufferStock()
  readonly #texts = new KnownTexts()

  constructor(options: RequestOptions) {
    this.#options = options
  }

  /** The requests of parcels, in their order; whoever gets them releases each. */
  requests(parcels: readonly Parcel[], leftOut: LeftOut): readonly WriteRequest[] {
    const open = new OpenRequest(this.#options, this.#stock, this.#texts, leftOut)
    try {
      for (let i = 0; i < parcels.length; i++) this.#fill(parcels[i], open)
      open.close()
      return open.closed
    } catch (error) {
      open.drop()
      throw error
    }
  }

  #fill(parcel: Parcel, open: OpenRequest): void {
    const exemplars = this.#options.sendExemplars ? exemplarsById(parcel) : undefined
    const framed = this.#options.frames?.encode(floatsOf(parcel), this.#options.samplesMax)
    if (framed !== undefined) {
      for (let i = 0; i < framed.length; i++) open.addFramed(framed[i], parcel)
    } else {
      for (let i = 0; i < parcel.count; ) {
        const to = Math.min(parcel.count, i + open.makeRoom())
        open.addSamples(parcel, i, to, exemplars)
        i = to
      }
    }
    if (this.#options.sendHistograms) {
      for (let i = 0; i < parcel.histograms.length; i++) open.addHistogram(parcel, i, exemplars)
    } else open.leaveHistograms(parcel.histograms.length)
    if (exemplars === undefined) return
    for (const [id, alone] of exemplars) {
      for (let from = 0; from < alone.length; ) {
        const to = Math.min(alone.length, from + open.makeRoom())
        open.addExemplars(id, parcel.timeMs, alone.slice(from, to))
        from = to
      }
    }
  }
}

/** The request that is being filled, and those that are full. */
class OpenRequest {
  readonly closed: WriteRequest[] = []
  readonly #options: RequestOptions
  readonly #stock: BufferStock
  readonly #texts: KnownTexts
  readonly #leftOut: LeftOut
  /** Elements so far, in the order of their samples; those of the block follow them. */
  #pieces: Uint8Array[] = []
  #buffers: Uint8Array[] = []
  /** Where rows are written; what of it is not among the pieces begins at `#from`. */
  #block: Block = new Block(NO_BYTES, 0)
  #from = 0
  #samples = 0
  #histograms = 0
  #exemplars = 0
  /** Exemplars that take the place of a sample. */
  #alone = 0
  /** Whether the encoder holds series that are not among the pieces yet. */
  #isEncoding = false

  constructor(options: RequestOptions, stock: BufferStock, texts: KnownTexts, leftOut: LeftOut) {
    this.#options = options
    this.#stock = stock
    this.#texts = texts
    this.#leftOut = leftOut
  }

  /** How many samples it still takes, at least one: a full one is closed. */
  makeRoom(): number {
    if (this.#room <= 0) this.close()
    return this.#room
  }

  addFramed(part: FramePart, parcel: Parcel): void {
    if (!this.#isEmpty && part.count > this.#room) this.close()
    this.#flush()
    this.#reserve(part.sizeBytesMax)
    part.write(parcel, this.#block)
    this.#samples += part.count
  }

  addSamples(
    parcel: Parcel,
    from: number,
    to: number,
    exemplars: Map<SeriesId, Exemplar[]> | undefined,
  ): void {
    const encoder = this.#encoder()
    const { ids, values, times, timeMs } = parcel
    const bits = new Uint32Array(values.buffer, values.byteOffset, 2 * parcel.count)
    for (let i = from; i < to; i++) {
      const low = bits[2 * i]
      const high = staleHighOf(low, bits[2 * i + 1])
      const beside = exemplars === undefined ? NO_EXEMPLARS : this.#takeExemplars(exemplars, ids[i])
      encoder.sample(ids[i], times === undefined ? timeMs : times[i], low, high, beside)
    }
    this.#samples += to - from
  }

  addHistogram(parcel: Parcel, i: number, exemplars: Map<SeriesId, Exemplar[]> | undefined): void {
    this.makeRoom()
    const { id, timeMs, histogram } = parcel.histograms[i]
    const beside = exemplars === undefined ? NO_EXEMPLARS : this.#takeExemplars(exemplars, id)
    this.#encoder().histogram(id, timeMs, histogram, beside)
    this.#histograms++
  }

  leaveHistograms(count: number): void {
    this.#leftOut.histograms += count
  }

  addExemplars(id: SeriesId, timeMs: number, exemplars: readonly Exemplar[]): void {
    if (!this.#encoder().exemplars(id, timeMs, exemplars)) {
      this.#leftOut.exemplars += exemplars.length
      return
    }
    this.#exemplars += exemplars.length
    this.#alone += exemplars.length
  }

  /** Makes it ready, if there is something in it, and begins the next. */
  close(): void {
    if (this.#isEmpty) return
    this.#flush()
    this.#cut()
    const pieces = [preambleOf(this.#block.decodedBytes), ...this.#pieces]
    const buffers = this.#buffers
    let sizeBytes = 0
    for (let i = 0; i < pieces.length; i++) sizeBytes += pieces[i].length
    this.closed.push({
      pieces,
      sizeBytes,
      sampleCount: this.#samples,
      histogramCount: this.#histograms,
      exemplarCount: this.#exemplars,
      release: () => this.#giveBack(buffers),
    })
    this.#clear()
  }

  /** Gives up what was made and what was begun. */
  drop(): void {
    for (const request of this.closed) request.release()
    this.#giveBack(this.#buffers)
  }

  get #room(): number {
    return this.#options.samplesMax - this.#samples - this.#histograms - this.#alone
  }

  get #isEmpty(): boolean {
    return !this.#isEncoding && this.#block.decodedBytes === 0
  }

  #giveBack(buffers: readonly Uint8Array[]): void {
    for (let i = 0; i < buffers.length; i++) this.#stock.give(buffers[i])
  }

  /** Compresses what the encoder holds, before a frame follows it or the request ends. */
  #flush(): void {
    if (!this.#isEncoding) return
    for (const part of this.#options.encoder.parts()) {
      this.#cut()
      const buffer = this.#stock.take(snappyEncodedBytesMax(part.length))
      const sizeBytes = encodeSnappy(part, part.length, buffer)
      this.#buffers.push(buffer)
      this.#pieces.push(buffer.subarray(varintBytes(part.length), sizeBytes))
      this.#block.decodedBytes += part.length
    }
    this.#isEncoding = false
  }

  /** Makes room for so many bytes in the block. */
  #reserve(sizeBytes: number): void {
    const { bytes, to, decodedBytes } = this.#block
    if (to + sizeBytes <= bytes.length) return
    this.#cut()
    const buffer = this.#stock.take(Math.max(sizeBytes, BLOCK_BYTES_MIN))
    this.#buffers.push(buffer)
    this.#texts.clear()
    this.#block = new Block(buffer, 0, this.#texts)
    this.#block.decodedBytes = decodedBytes
    this.#from = 0
  }

  /** Puts what is written of the block among the pieces. */
  #cut(): void {
    const { bytes, to } = this.#block
    if (to > this.#from) this.#pieces.push(bytes.subarray(this.#from, to))
    this.#from = to
  }

  #clear(): void {
    this.#pieces = []
    this.#buffers = []
    this.#block = new Block(NO_BYTES, 0)
    this.#from = 0
    this.#samples = 0
    this.#histograms = 0
    this.#exemplars = 0
    this.#alone = 0
    this.#isEncoding = false
  }

  #encoder(): RequestEncoder {
    const { encoder } = this.#options
    if (!this.#isEncoding) encoder.begin()
    this.#isEncoding = true
    return encoder
  }

  #takeExemplars(exemplars: Map<SeriesId, Exemplar[]>, id: SeriesId): readonly Exemplar[] {
    const found = exemplars.get(id)
    if (found === undefined) return NO_EXEMPLARS
    exemplars.delete(id)
    this.#exemplars += found.length
    return found
  }
}

/** The length in front of a snappy block. */
function preambleOf(decodedBytes: number): Uint8Array {
  const bytes: number[] = []
  let rest = decodedBytes
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

function exemplarsById(parcel: Parcel): Map<SeriesId, Exemplar[]> | undefined {
  if (parcel.exemplars.length === 0) return undefined
  const byId = new Map<SeriesId, Exemplar[]>()
  for (const { id, exemplar } of parcel.exemplars) {
    const known = byId.get(id)
    if (known === undefined) byId.set(id, [exemplar])
    else known.push(exemplar)
  }
  return byId
}

/** The parcel as frames take it. */
function floatsOf(parcel: Parcel): Parcel {
  if (parcel.histograms.length + parcel.exemplars.length === 0) return parcel
  return { ...parcel, histograms: [], exemplars: [] }
}
