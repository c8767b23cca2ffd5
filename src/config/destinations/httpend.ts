/** What destinations that are written to by HTTP have in common: where, how long, how large, as whom. */
import type { DestinationBase } from '../destination.ts'
import type { HttpClientConfig } from '../http.ts'
import { buildHttp, checkHttp, HTTP_KEYS, type RawHttp } from '../httpshape.ts'
import { checkHeaders, type Headers } from '../remoteshape.ts'
import { duration, maybeSize, oneOf, text, url } from '../scalars.ts'
import { entriesOf, type Keys, type MapPlace } from '../shape.ts'
import type { UrlParts } from '../url.ts'

/** Where bodies are sent to. */
export interface HttpEnd {
  /** As it was written; may hold credentials. */
  readonly url: string
  readonly timeoutMs: number
  /** Headers of every request, besides those of `http`. */
  readonly headers: Headers
  readonly http: HttpClientConfig
  readonly isCompressed: boolean
  /** A body that has so many bytes, before compression, takes no further sample. */
  readonly bodyBytesMax: number
}

export interface HttpDestination extends DestinationBase, HttpEnd {}

export interface RawHttpEnd extends RawHttp {
  readonly url: UrlParts | undefined
  readonly remote_timeout: number
  readonly headers: Headers
  readonly compression: 'gzip' | 'none' | undefined
  readonly max_request_size: number | undefined
}

export const BODY_BYTES_DEFAULT: number = 4 * 1024 * 1024

/** The keys; each kind spreads them into its own. */
export const HTTP_END_KEYS: Keys<RawHttpEnd> = {
  url,
  remote_timeout: duration(30_000),
  headers: entriesOf(text),
  compression: oneOf(
    ['gzip', 'none'],
    undefined,
    (word) => `unknown compression ${JSON.stringify(word)}, wanted gzip or none`,
  ),
  max_request_size: maybeSize,
  ...HTTP_KEYS,
}

export function httpEndOf(raw: RawHttpEnd): HttpEnd {
  return {
    url: raw.url?.text ?? '',
    timeoutMs: raw.remote_timeout,
    headers: raw.headers,
    http: buildHttp(raw),
    isCompressed: raw.compression !== 'none',
    bodyBytesMax: raw.max_request_size ?? BODY_BYTES_DEFAULT,
  }
}

/** Refuses what no client can use. */
export function checkHttpEnd(raw: RawHttpEnd, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.url === undefined) refuse('url', 'url of a destination is empty')
  else if (!/^https?$/.test(raw.url.scheme) || raw.url.host === '') {
    refuse('url', 'url of a destination is no http:// or https:// with a host')
  }
  if (raw.remote_timeout <= 0) refuse('remote_timeout', 'remote_timeout must be positive')
  if ((raw.max_request_size ?? 1) <= 0)
    refuse('max_request_size', 'max_request_size must be positive')
  checkHeaders(
    raw.headers,
    place,
    'authorization header must be changed via the basic_auth, authorization or oauth2 parameter',
  )
  checkHttp(raw, place)
}
