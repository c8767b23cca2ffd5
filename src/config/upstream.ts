/** `narthex.upstream`: an existing engine that answers the questions of a server. */
import { checkWebUrl } from './discoveryshape.ts'
import type { HttpClientConfig } from './http.ts'
import { buildHttp, checkHttp, HTTP_KEYS, type RawHttp } from './httpshape.ts'
import { url } from './scalars.ts'
import { given, mapOf, type Shape } from './shape.ts'
import type { UrlParts } from './url.ts'

/** A Prometheus, or anything that answers its API. */
export interface UpstreamConfig {
  /** What stands in front of `/api/v1`; may hold credentials. */
  readonly url: string
  readonly http: HttpClientConfig
}

interface RawUpstream extends RawHttp {
  readonly url: UrlParts | undefined
}

const upstream = mapOf<RawUpstream, UpstreamConfig>(
  'narthex.plain',
  { ...HTTP_KEYS, url },
  (raw) => ({ url: raw.url?.text ?? '', http: buildHttp(raw) }),
  (raw, place) => {
    if (raw.url === undefined) place.report.error(place.mark, 'URL of upstream is missing')
    else checkWebUrl(raw.url, 'url', place)
    checkHttp(raw, place)
  },
)

/** The section; undefined when it is absent. */
export const upstreamShape: Shape<UpstreamConfig | undefined> = {
  read: (node, place) => (given(node) === undefined ? undefined : upstream.read(node, place)),
  show: (node) => (given(node) === undefined ? undefined : upstream.show(node)),
}
