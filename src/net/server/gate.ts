/** The gate: what is refused before anybody looks at what is asked for. */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback } from './address.ts'
import type { Fault } from './fault.ts'

/** Names by which this server may be called; an address literal cannot be rebound and is always good. */
export class HostList {
  readonly #names = new Set<string>()
  readonly #suffixes: string[] = []

  /** @param names host names in any case; `*.example.org` takes every name below */
  constructor(names: readonly string[]) {
    for (const name of names) {
      const clean = cleanName(name)
      if (clean.startsWith('*.')) this.#suffixes.push(clean.slice(1))
      else if (clean !== '') this.#names.add(clean)
    }
  }

  /** Whether the `host` header names this server. */
  allows(header: string): boolean {
    const name = hostName(header)
    if (name === undefined) return false
    if (isIP(name) !== 0 || isLoopback(name) || this.#names.has(name)) return true
    return this.#suffixes.some((suffix) => name.endsWith(suffix))
  }
}

/** The host of `host[:port]` without brackets, in lower case; undefined for anything else. */
function hostName(header: string): string | undefined {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([a-zA-Z0-9._-]+))(?::\d{1,5})?$/.exec(header)
  return parts === null ? undefined : cleanName(parts[1] ?? parts[2])
}

function cleanName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** What the gate looks at, so that it needs no socket. */
export interface Incoming {
  readonly method: string
  /** The request's target as it came. */
  readonly target: string
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE'])

/** Refuses a request whose shape or host is wrong; undefined lets it on. */
export function refuseShape(
  incoming: Incoming,
  hosts: HostList,
  urlLengthMax: number,
): Fault | undefined {
  const { target } = incoming
  if (!METHODS.has(incoming.method)) {
    return badRequest(405, `method ${incoming.method} is not served here`, { allow: 'GET, POST' })
  }
  if (target.length > urlLengthMax) {
    return badRequest(
      414,
      `cannot read request: a target of ${target.length} characters, at most ${urlLengthMax}; send long queries by POST`,
    )
  }
  if (!target.startsWith('/') || target.startsWith('//') || target.includes('\\')) {
    return badRequest(400, 'cannot read request: wanted a path that begins with one slash')
  }
  return refuseHost(incoming, hosts)
}

function refuseHost(incoming: Incoming, hosts: HostList): Fault | undefined {
  let count = 0
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    if (incoming.rawHeaders[i].length === 4 && incoming.rawHeaders[i].toLowerCase() === 'host')
      count++
  }
  if (count > 1) return badRequest(400, 'cannot read request: more than one host header')
  const host = incoming.headers.host
  // Old probes send none in HTTP/1.0; a browser, which is what rebinding needs, always does.
  if (host === undefined && incoming.httpVersion === '1.0') return undefined
  if (host !== undefined && hosts.allows(host)) return undefined
  return badRequest(
    421,
    'cannot serve this host name: it is not known here, ' +
      'wanted an address, localhost or a name given by --web.host-name',
  )
}

/**
 * Refuses what a page of another site sends; undefined lets it on. Programs send neither of the two
 * headers, browsers send at least one with whatever a page may do without asking.
 *
 * @param changes  whether the route changes something
 * @param byCookie whether a cookie says who asks: only browsers have one, and they name the site
 */
export function refuseForeignSite(
  headers: IncomingHttpHeaders,
  changes: boolean,
  byCookie: boolean,
): Fault | undefined {
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return undefined
  if (site !== undefined) {
    const isLink = headers['sec-fetch-mode'] === 'navigate'
    if (!changes && (site === 'same-site' || isLink)) return undefined
    return foreign()
  }
  const { origin } = headers
  if (!changes) return undefined
  if (origin === undefined) return byCookie ? foreign() : undefined
  return URL.canParse(origin) && new URL(origin).host === headers.host ? undefined : foreign()
}

function foreign(): Fault {
  return {
    status: 403,
    errorType: 'forbidden',
    message: 'cannot take this from a page of another site: wanted a request of the same origin',
  }
}

function badRequest(status: number, message: string, headers: Record<string, string> = {}): Fault {
  return { status, errorType: 'bad_data', message, headers }
}
