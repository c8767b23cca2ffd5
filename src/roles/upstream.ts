/** The engine that a role asks instead of a store of its own. */
import { PLAIN_HTTP } from '../config/http.ts'
import type { UpstreamConfig } from '../config/upstream.ts'
import type { Configuration } from './configuration.ts'

/**
 * Undefined where there is none. The flag wins over the configuration, which alone has room for
 * credentials.
 *
 * @param url '' for what the configuration says
 */
export function upstreamOf(url: string, configuration: Configuration): UpstreamConfig | undefined {
  const { upstream } = configuration.current.narthex
  if (url === '') return upstream
  return { http: PLAIN_HTTP, ...upstream, url }
}
