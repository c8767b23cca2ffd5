/** The writer of a remote write receiver, 1.0 or 2.0. */
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Metrics } from '../../base/metrics.ts'
import { VERSION } from '../../base/version.ts'
import type { RemoteWriteDestination, RemoteWriteMessage } from '../../config/remotewrite.ts'
import type { SeriesId } from '../../model/appender.ts'
import type { MetadataView } from '../../model/target.ts'
import type { HeaderLine } from '../../net/client/credentials.ts'
import { openPoster, type Poster } from '../../net/client/poster.ts'
import { shownUrl } from '../../net/client/request.ts'
import type { Frames } from '../frame/part.ts'
import { readFault } from '../http/answer.ts'
import { ResultSum } from '../http/resultsum.ts'
import type { Parcel } from '../parcel.ts'
import { FamilyBook } from '../series/families.ts'
import type { OpenWriter, SeriesView, WriteResult, Writer } from '../writer.ts'
import { readAnswer } from './answer.ts'
import { Encoder1 } from './encoder1.ts'
import { Encoder2 } from './encoder2.ts'
import { MetadataSender } from './metadata.ts'
import { RequestMaker, type WriteRequest } from './request.ts'
import { type RemoteWriteCounters, remoteWriteCounters } from './telemetry.ts'

/** Encoded labels that a writer keeps whose rows are frames: only odd samples come without. */
const FRAMED_LABEL_BYTES_MAX = 1024 * 1024

export interface RemoteWriteDeps {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Families that are told to the receiver; absent where nobody knows any. */
  readonly metadata?: MetadataView
  /** Ready requests of rows that come again, for writers of 1.0; `close` is called once by each. */
  readonly frames?: (view: SeriesView) => Frames
  /** Environment in which `proxy_from_environment` looks; none by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Opens writers of a `remote_write` entry; nothing is connected before the first write.
 *
 * @throws NarthexError `bad_data` for a URL that cannot be sent to
 */
export function openRemoteWrite(config: RemoteWriteDestination, deps: RemoteWriteDeps): OpenWriter {
  const url = URL.canParse(config.url) ? new URL(config.url) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const seen = url === undefined ? 'no URL' : JSON.stringify(shownUrl(url))
    throw new NarthexError(
      'bad_data',
      `cannot send to remote_write ${config.name}: ${seen}, wanted http:// or https:// and a host`,
    )
  }
  return (view) => new RemoteWriter(config, url, deps, view)
}

/** Headers of every request of a version. */
function protocolHeaders(message: RemoteWriteMessage): readonly HeaderLine[] {
  const isSecond = message === 'io.prometheus.write.v2.Request'
  return [
    ['Content-Encoding', 'snappy'],
    [
      'Content-Type',
      isSecond ? `application/x-protobuf;proto=${message}` : 'application/x-protobuf',
    ],
    ['User-Agent', `narthex/${VERSION}`],
    ['X-Prometheus-Remote-Write-Version', isSecond ? '2.0.0' : '0.1.0'],
  ]
}

class RemoteWriter implements Writer {
  readonly takesExemplars = true
  readonly #config: RemoteWriteDestination
  readonly #headers: readonly HeaderLine[]
  readonly #poster: Poster
  readonly #encoder: Encoder1 | Encoder2
  readonly #frames: Frames | undefined
  readonly #maker: RequestMaker
  readonly #metadata: MetadataSender | undefined
  readonly #counters: RemoteWriteCounters

  constructor(config: RemoteWriteDestination, url: URL, deps: RemoteWriteDeps, view: SeriesView) {
    this.#config = config
    this.#headers = protocolHeaders(config.message)
    this.#counters = remoteWriteCounters(deps.metrics, config.name, shownUrl(url))
    const { queue, metadata } = config
    this.#poster = openPoster({
      url,
      config: config.http,
      headers: config.headers,
      roundRobinDns: config.roundRobinDns,
      connectionsMax: queue.shardsMax,
      clock: deps.clock,
      ...(deps.environment === undefined ? {} : { environment: deps.environment }),
    })
    const families = metadata.send ? deps.metadata : undefined
    if (config.message === 'prometheus.WriteRequest') {
      this.#frames = deps.frames?.(view)
      const isFramed = this.#frames !== undefined
      this.#encoder = new Encoder1(view, isFramed ? FRAMED_LABEL_BYTES_MAX : undefined)
      if (families !== undefined) this.#metadata = this.#startMetadata(families, deps.clock)
    } else {
      this.#encoder = new Encoder2(view, new FamilyBook(families, deps.clock, metadata.intervalMs))
    }
    this.#maker = new RequestMaker({
      encoder: this.#encoder,
      frames: this.#frames,
      samplesMax: queue.samplesPerSendMax,
      sendHistograms: config.sendNativeHistograms,
      sendExemplars: config.sendExemplars,
    })
  }

  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    const leftOut = { histograms: 0, exemplars: 0 }
    const total = new ResultSum()
    const requests = this.#maker.requests(parcels, leftOut)
    let taken = 0
    try {
      while (taken < requests.length) {
        const request = requests[taken++]
        const result = await this.#send(request, signal)
        if (result.outcome === 'retry') return result
        total.add(result, request.sampleCount + request.histogramCount, request.exemplarCount)
      }
    } finally {
      while (taken < requests.length) requests[taken++].release()
    }
    total.leaveExemplars('no_sample_beside', leftOut.exemplars)
    total.leave('histograms_off', leftOut.histograms)
    return total.result()
  }

  forget(ids: readonly SeriesId[]): void {
    this.#encoder.forget(ids)
    this.#frames?.forget(ids)
  }

  async close(): Promise<void> {
    this.#metadata?.close()
    this.#poster.close()
    this.#frames?.close()
  }

  async #send(request: WriteRequest, signal: AbortSignal): Promise<WriteResult> {
    const { timeoutMs, message, queue } = this.#config
    try {
      const reply = await this.#poster.post(this.#headers, request.pieces, timeoutMs, signal)
      this.#counters.bytes.inc(request.sizeBytes)
      return readAnswer(reply, request, message, queue.retryOn429)
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      return readFault(error)
    } finally {
      request.release()
    }
  }

  #startMetadata(view: MetadataView, clock: Clock): MetadataSender {
    const { metadata, queue, timeoutMs, message } = this.#config
    return new MetadataSender({
      view,
      clock,
      config: metadata,
      queue,
      counters: this.#counters,
      post: (pieces, signal) =>
        this.#poster.post(protocolHeaders(message), pieces, timeoutMs, signal),
    })
  }
}
