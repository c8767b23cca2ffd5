/** The writer of ends that take bodies by HTTP; kinds differ in their encoder and in what answers mean. */
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { Metrics } from '../../base/metrics.ts'
import { VERSION } from '../../base/version.ts'
import type { HttpDestination } from '../../config/destinations/httpend.ts'
import type { SeriesId } from '../../model/appender.ts'
import type { HeaderLine } from '../../net/client/credentials.ts'
import { openPoster, type Poster, type PostReply } from '../../net/client/poster.ts'
import { shownUrl } from '../../net/client/request.ts'
import type { Parcel } from '../parcel.ts'
import type { OpenWriter, SeriesView, WriteResult, Writer } from '../writer.ts'
import { readFault } from './answer.ts'
import { type Body, type BodyBounds, type BodyEncoder, makeBodies } from './body.ts'
import { ResultSum } from './resultsum.ts'

const compress = promisify(gzip)

export interface HttpWriterDeps {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Environment in which `proxy_from_environment` looks; none by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** What makes a kind. */
export interface HttpKind {
  /** Where bodies go, below the URL of the configuration. */
  readonly path: string
  /** Parameters, besides those of the URL. */
  readonly parameters: Readonly<Record<string, string>>
  readonly contentType: string
  readonly encoder: (view: SeriesView) => BodyEncoder
  /** What the answer to a body of so many samples means. */
  readonly readReply: (reply: PostReply, sampleCount: number) => WriteResult
  /** Bytes of an answer that are kept, where it says what became of each sample. */
  readonly replyBytesMax?: number
}

/**
 * Opens writers of a kind; nothing is connected before the first write.
 *
 * @throws NarthexError `bad_data` for a URL that cannot be sent to
 */
export function openHttpWriter(
  config: HttpDestination,
  kind: HttpKind,
  deps: HttpWriterDeps,
): OpenWriter {
  const url = endUrl(config, kind)
  return (view) => new HttpWriter(config, kind, url, deps, view)
}

function endUrl(config: HttpDestination, kind: HttpKind): URL {
  const url = URL.canParse(config.url) ? new URL(config.url) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const seen = url === undefined ? 'no URL' : JSON.stringify(shownUrl(url))
    throw new NarthexError(
      'bad_data',
      `cannot send to destination ${config.name}: ${seen}, wanted http:// or https:// and a host`,
    )
  }
  const base = url.pathname.replace(/\/+$/, '')
  if (!base.endsWith(kind.path)) url.pathname = base + kind.path
  for (const [name, value] of Object.entries(kind.parameters)) url.searchParams.set(name, value)
  return url
}

class HttpWriter implements Writer {
  /** None of the protocols that are spoken here has them as we send them. */
  readonly takesExemplars = false
  readonly #config: HttpDestination
  readonly #kind: HttpKind
  readonly #encoder: BodyEncoder
  readonly #bounds: BodyBounds
  readonly #poster: Poster
  readonly #headers: readonly HeaderLine[]
  readonly #countBytes: (sizeBytes: number) => void

  constructor(
    config: HttpDestination,
    kind: HttpKind,
    url: URL,
    deps: HttpWriterDeps,
    view: SeriesView,
  ) {
    const { queue, isCompressed, bodyBytesMax } = config
    this.#config = config
    this.#kind = kind
    this.#encoder = kind.encoder(view)
    this.#bounds = { samplesMax: queue.samplesPerSendMax, bytesMax: bodyBytesMax }
    this.#headers = [
      ['Content-Type', kind.contentType],
      ['User-Agent', `narthex/${VERSION}`],
      ...(isCompressed ? [['Content-Encoding', 'gzip'] as const] : []),
    ]
    const bytes = deps.metrics
      .counter('narthex_send_request_bytes_total', 'Bytes of requests that were answered.', [
        'name',
      ])
      .with(config.name)
    this.#countBytes = (sizeBytes) => bytes.inc(sizeBytes)
    this.#poster = openPoster({
      url,
      config: config.http,
      headers: config.headers,
      connectionsMax: queue.shardsMax,
      clock: deps.clock,
      ...(kind.replyBytesMax === undefined ? {} : { replyBytesMax: kind.replyBytesMax }),
      ...(deps.environment === undefined ? {} : { environment: deps.environment }),
    })
  }

  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    const total = new ResultSum()
    for (const body of makeBodies(parcels, this.#encoder, this.#bounds, total)) {
      const result = await this.#send(body, signal)
      if (result.outcome === 'retry') return result
      total.add(result, body.sampleCount)
    }
    return total.result()
  }

  forget(ids: readonly SeriesId[]): void {
    this.#encoder.forget(ids)
  }

  async close(): Promise<void> {
    this.#poster.close()
  }

  async #send(body: Body, signal: AbortSignal): Promise<WriteResult> {
    const { isCompressed, timeoutMs } = this.#config
    try {
      const bytes = isCompressed
        ? await compress(body.bytes, { level: constants.Z_BEST_SPEED })
        : body.bytes
      const reply = await this.#poster.post(this.#headers, [bytes], timeoutMs, signal)
      this.#countBytes(bytes.length)
      return this.#kind.readReply(reply, body.sampleCount)
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      return readFault(error)
    }
  }
}
