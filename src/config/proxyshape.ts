/** The proxy of clients: keys, checks, defaults. */
import { NarthexError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import { NO_PROXY, type ProxyConfig } from './http.ts'
import { text, truth } from './scalars.ts'
import { entriesOf, type Keys, listOf, type MapPlace, type Shape, secret } from './shape.ts'
import { parseUrl, redactUrl } from './url.ts'

export interface RawProxy {
  readonly proxy_url: Secret | undefined
  readonly no_proxy: string
  readonly proxy_from_environment: boolean
  readonly proxy_connect_header: ProxyConfig['connectHeaders']
}

const proxyUrl: Shape<Secret | undefined> = {
  read(node, place) {
    const hidden = secret.read(node, place)
    try {
      if (hidden !== undefined) parseUrl(hidden.reveal())
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      place.report.error(place.mark, error.message)
    }
    return hidden
  },
  show: (node) => (node?.kind === 'scalar' ? redactUrl(node.text) : undefined),
}

export const PROXY_KEYS: Keys<RawProxy> = {
  proxy_url: proxyUrl,
  no_proxy: text,
  proxy_from_environment: truth(false),
  proxy_connect_header: entriesOf(listOf(secret)) as Shape<ProxyConfig['connectHeaders']>,
}

export function buildProxy(raw: RawProxy): ProxyConfig {
  if (!raw.proxy_url && !raw.proxy_from_environment) return NO_PROXY
  return {
    url: raw.proxy_url,
    noProxy: raw.no_proxy,
    fromEnvironment: raw.proxy_from_environment,
    connectHeaders: raw.proxy_connect_header,
  }
}

export function checkProxy(raw: RawProxy, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.proxy_connect_header.length > 0 && !raw.proxy_url && !raw.proxy_from_environment) {
    refuse(
      'proxy_connect_header',
      'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured',
    )
  }
  if (raw.proxy_from_environment) {
    const rule = 'if proxy_from_environment is configured,'
    if (raw.proxy_url) refuse('proxy_url', `${rule} proxy_url must not be configured`)
    if (raw.no_proxy !== '') refuse('no_proxy', `${rule} no_proxy must not be configured`)
  } else if (raw.no_proxy !== '' && !raw.proxy_url) {
    refuse('no_proxy', 'if no_proxy is configured, proxy_url must also be configured')
  }
}
