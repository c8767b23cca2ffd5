/** `type: narthex`: remote write 2.0 to a narthex that keeps. */
import { destinationOf } from '../destination.ts'
import type { HttpClientConfig } from '../http.ts'
import { buildHttp, checkHttp, HTTP_KEYS, type RawHttp } from '../httpshape.ts'
import type { RemoteWriteDestination } from '../remotewrite.ts'
import { duration, url } from '../scalars.ts'
import type { Keys, Shape } from '../shape.ts'
import type { UrlParts } from '../url.ts'

export interface NarthexDestination extends Omit<RemoteWriteDestination, 'kind'> {
  readonly kind: 'narthex'
}

interface RawNarthex extends RawHttp {
  readonly url: UrlParts | undefined
  readonly remote_timeout: number
}

const METADATA_MS = 60_000

const KEYS: Keys<RawNarthex> = { url, remote_timeout: duration(30_000), ...HTTP_KEYS }

/** What an entry adds to what all destinations have. */
interface NarthexEnd {
  readonly url: string
  readonly timeoutMs: number
  readonly headers: RemoteWriteDestination['headers']
  readonly message: RemoteWriteDestination['message']
  readonly roundRobinDns: boolean
  readonly metadata: RemoteWriteDestination['metadata']
  readonly http: HttpClientConfig
}

export const narthexDestination: Shape<NarthexDestination> = destinationOf(
  'narthex',
  KEYS,
  (raw: RawNarthex): NarthexEnd => ({
    url: writeUrl(raw.url?.text ?? ''),
    timeoutMs: raw.remote_timeout,
    headers: [],
    message: 'io.prometheus.write.v2.Request',
    roundRobinDns: false,
    metadata: { send: true, intervalMs: METADATA_MS, familiesPerSendMax: 2000 },
    http: buildHttp(raw),
  }),
  (raw, place) => {
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), message)
    if (raw.url === undefined) refuse('url', 'url of a narthex destination is empty')
    else if (/[?#]/.test(raw.url.text)) {
      refuse('url', 'url of a narthex destination has a query, wanted where its pages are')
    }
    if (raw.remote_timeout <= 0) refuse('remote_timeout', 'remote_timeout must be positive')
    checkHttp(raw, place)
  },
)

function writeUrl(base: string): string {
  return `${base.replace(/\/+$/, '')}/api/v1/write`
}
