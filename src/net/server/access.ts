/** A web configuration made ready: who may come in, under which names, with which headers. */
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { WebConfig } from '../../config/web.ts'
import { type Authenticator, openAuthenticator } from './auth.ts'
import { HostList } from './gate.ts'
import { serverHeaders } from './headers.ts'
import type { IdentitySource } from './identities.ts'
import { RequestRate } from './rate.ts'
import { readTlsMaterial, type TlsMaterial } from './tls.ts'

export interface Access {
  readonly authenticator: Authenticator
  readonly hosts: HostList
  /** Of every reply, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly rate: RequestRate | undefined
  readonly tls: TlsMaterial | undefined
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Reads what a web configuration names and refuses what cannot work.
 *
 * @param hostNames  names of this server beside its certificate's
 * @param workerFile the bundled or plain bcryptworker
 * @param source     of who is known beside the web configuration
 * @throws NarthexError `bad_data`, without any secret
 */
export function openAccess(
  web: WebConfig,
  hostNames: readonly string[],
  workerFile: URL,
  clock: Clock,
  source?: IdentitySource,
): Access {
  const tls = web.tls === undefined ? undefined : readTlsMaterial(web.tls)
  const more: Record<string, string> = Object.create(null)
  for (const [name, value] of web.headers) {
    if (!HEADER_NAME.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new NarthexError('bad_data', `cannot send header ${JSON.stringify(name)}: not a header`)
    }
    more[name.toLowerCase()] = value
  }
  return {
    authenticator: openAuthenticator(web, workerFile, clock, source),
    hosts: new HostList([...hostNames, ...(tls?.names ?? [])]),
    headers: serverHeaders(tls !== undefined, more),
    rate: web.rateLimit === undefined ? undefined : new RequestRate(web.rateLimit, clock),
    tls,
  }
}
