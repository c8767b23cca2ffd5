/** The engine that a role asks instead of a store of its own. */
import { NarthexError } from '../base/error.ts'
import { PLAIN_HTTP } from '../config/http.ts'
import type { UpstreamConfig } from '../config/upstream.ts'
import { redactUrl } from '../config/url.ts'
import type { Configuration } from './configuration.ts'

/**
 * Undefined where there is none. The flag wins over the configuration, which alone has room for
 * credentials.
 *
 * @param url '' for what the configuration says
 * @throws NarthexError `bad_data` for what nobody can ask
 */
export function upstreamOf(url: string, configuration: Configuration): UpstreamConfig | undefined {
  const { upstream } = configuration.current.narthex
  if (url === '') {
    if (upstream !== undefined) checkUpstream('narthex.upstream', upstream.url)
    return upstream
  }
  checkUpstream('--query.upstream', url)
  return { http: PLAIN_HTTP, ...upstream, url }
}

function checkUpstream(place: string, url: string): void {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return
  const seen = JSON.stringify(redactUrl(url))
  const wanted = 'wanted http:// or https:// and a host'
  throw new NarthexError('bad_data', `cannot use ${place}: ${seen}, ${wanted}`)
}
