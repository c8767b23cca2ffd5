/** Requests whose answers come piece by piece: long polls, watches, sockets of this machine. */
import type { Agent, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { HttpClientConfig } from '../../config/http.ts'
import { type Admission, guardedLookup, requireAdmitted } from './address.ts'
import { builtin } from './builtin.ts'
import { credentialHeaders, type HeaderLine } from './credentials.ts'
import { closedEarly, deadlinePassed, requestFault } from './fault.ts'
import { proxyAuthorization, tunnel } from './nodehttp.ts'
import { type OAuthTokens, openOAuthTokens } from './oauth.ts'
import { proxyFor } from './proxy.ts'
import { isRedirect, REDIRECTS_MAX, redirectTarget, shownUrl, tooManyRedirects } from './request.ts'
import { tlsOptions } from './tls.ts'

/** How often a quiet connection is probed, so that a peer that is gone is noticed. */
const KEEP_ALIVE_PROBE_MS = 30_000

/** Connections that wait for the next request. */
const FREE_SOCKETS_MAX = 4

export interface StreamRequest {
  readonly url: URL
  readonly headers: readonly HeaderLine[]
  /** Bound on the whole exchange, to the last byte. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** An answer whose body has not been read. */
export interface StreamReply {
  readonly status: number
  /** `404 Not Found` */
  readonly statusLine: string
  /** The value of a header by its lower-case name; '' when it is absent. */
  header(name: string): string
  /**
   * The body as it comes. Leaving the loop ends the exchange.
   *
   * @throws NarthexError `timeout`, `canceled`, `io`
   */
  pieces(): AsyncIterable<Uint8Array>
  /**
   * The whole body as text.
   *
   * @throws NarthexError also `too_big` when it has more than `bytesMax`
   */
  text(bytesMax: number): Promise<string>
  /** Ends the exchange, read or not. */
  close(): void
}

/** Asks one server under one configuration, any number of requests at a time. */
export interface StreamClient {
  /** @throws NarthexError `timeout`, `canceled`, `io`, `forbidden` */
  get(request: StreamRequest): Promise<StreamReply>
  close(): void
}

export interface StreamOptions {
  readonly config: HttpClientConfig
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path of a socket of this machine to talk to, whatever the URL says; '' for none. */
  readonly socketPath?: string
  /** Which addresses a redirect may lead to, asked with what a name has resolved to; all by default. */
  readonly admits?: Admission
}

/** Opens nothing yet. */
export function openStreamClient(options: StreamOptions): StreamClient {
  return new Client(options)
}

class Client implements StreamClient {
  readonly #options: StreamOptions
  readonly #tokens: OAuthTokens | undefined
  /** By origin. */
  readonly #agents = new Map<string, Agent>()

  constructor(options: StreamOptions) {
    this.#options = options
    const { oauth2 } = options.config
    if (oauth2 !== undefined) this.#tokens = openOAuthTokens(oauth2, options)
  }

  async get(request: StreamRequest): Promise<StreamReply> {
    const exchange = new Exchange(request, this.#options.clock)
    try {
      return await this.#follow(request, exchange)
    } catch (error) {
      exchange.end()
      // What made it fail may be a certificate that has been replaced since.
      this.#dropAgents()
      throw requestFault(shownUrl(request.url), exchange.reason ?? error)
    }
  }

  close(): void {
    this.#dropAgents()
    this.#tokens?.close()
  }

  #dropAgents(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }

  async #follow(request: StreamRequest, exchange: Exchange): Promise<StreamReply> {
    let { url } = request
    let withCredentials = true
    for (let redirects = 0; ; redirects++) {
      const message = await this.#send(url, request, exchange, withCredentials)
      const { statusCode = 0, headers } = message
      const location = headers.location ?? ''
      if (!isRedirect(statusCode, location) || !this.#options.config.followRedirects) {
        return new Reply(message, exchange, shownUrl(request.url))
      }
      message.destroy()
      if (redirects === REDIRECTS_MAX) throw tooManyRedirects()
      const next = redirectTarget(url, location)
      if (next.origin !== url.origin) withCredentials = false
      url = next
    }
  }

  async #send(
    url: URL,
    request: StreamRequest,
    exchange: Exchange,
    withCredentials: boolean,
  ): Promise<IncomingMessage> {
    const lines: HeaderLine[] = [['Host', url.host], ...request.headers]
    if (withCredentials) {
      const token = this.#tokens === undefined ? '' : await this.#tokens.token()
      lines.push(...(await credentialHeaders(this.#options.config, token)))
    }
    const options = await this.#route(url, lines, !withCredentials)
    exchange.require()
    return new Promise((resolve, reject) => {
      const module = builtin(url.protocol === 'https:' ? 'node:https' : 'node:http')
      const sent = module.request(options, resolve)
      exchange.follow((error) => sent.destroy(error))
      sent.on('error', reject)
      sent.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS))
      sent.end()
    })
  }

  /** Where a request goes and what it says. */
  async #route(
    url: URL,
    lines: readonly HeaderLine[],
    redirected: boolean,
  ): Promise<RequestOptions> {
    const { config, environment, socketPath = '' } = this.#options
    const path = `${url.pathname}${url.search}`
    const options: RequestOptions = { method: 'GET', path, headers: lines.flat() }
    if (socketPath !== '') {
      const agent = this.#agents.get(socketPath) ?? newAgent(builtin('node:http').Agent)
      this.#agents.set(socketPath, agent)
      return { ...options, agent, socketPath }
    }
    const proxy = proxyFor(url, config.proxy, environment)
    const lookup = redirected ? this.#guard(url, proxy) : undefined
    const agent = await this.#agentOf(url, proxy, lookup)
    if (url.protocol === 'http:' && proxy !== undefined) {
      const host = bareHost(proxy)
      const headers = [...lines.flat(), ...proxyAuthorization(proxy)]
      return { ...options, agent, headers, host, port: proxy.port || 80, path: url.href }
    }
    const port = url.port || (url.protocol === 'https:' ? 443 : 80)
    return { ...options, agent, host: bareHost(url), port }
  }

  /** The resolver for a direct connection that a redirect asks for. */
  #guard(url: URL, proxy: URL | undefined): LookupFunction | undefined {
    const { admits } = this.#options
    if (admits === undefined) return undefined
    const admitsHere = (address: string): boolean => admits(address, true)
    requireAdmitted(bareHost(url), admitsHere)
    return proxy === undefined ? guardedLookup(admitsHere) : undefined
  }

  async #agentOf(
    url: URL,
    proxy: URL | undefined,
    lookup: LookupFunction | undefined,
  ): Promise<Agent> {
    const key = lookup === undefined ? url.origin : `guarded ${url.origin}`
    const known = this.#agents.get(key)
    if (known !== undefined) return known
    let agent: Agent
    const guarded = lookup === undefined ? {} : { lookup }
    if (url.protocol === 'http:') agent = newAgent(builtin('node:http').Agent, guarded)
    else {
      const secure = await tlsOptions(this.#options.config.tls, url)
      agent = newAgent(builtin('node:https').Agent, { ...secure, ...guarded })
      if (proxy !== undefined) tunnel(agent, proxy, this.#options.config, secure)
    }
    this.#agents.set(key, agent)
    return agent
  }
}

function newAgent<T extends Agent>(make: new (options: object) => T, extra: object = {}): T {
  return new make({ keepAlive: true, maxFreeSockets: FREE_SOCKETS_MAX, ...extra })
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** The time of one exchange: ended by its deadline, by whoever asked, or by its own end. */
class Exchange {
  /** Why it was ended from outside. */
  reason: NarthexError | undefined
  readonly #timer: { cancel(): void }
  readonly #signal: AbortSignal
  readonly #leave = (): void => this.#interrupt(new NarthexError('canceled', 'context canceled'))
  #destroy: ((error: Error) => void) | undefined

  constructor({ timeoutMs, signal }: StreamRequest, clock: Clock) {
    this.#timer = clock.after(timeoutMs, () => this.#interrupt(deadlinePassed()))
    this.#signal = signal
    if (signal.aborted) this.#leave()
    else signal.addEventListener('abort', this.#leave, { once: true })
  }

  /** @throws NarthexError when it was ended meanwhile */
  require(): void {
    if (this.reason !== undefined) throw this.reason
  }

  /** What an interruption destroys from now on. */
  follow(destroy: (error: Error) => void): void {
    this.#destroy = destroy
  }

  end(): void {
    this.#timer.cancel()
    this.#signal.removeEventListener('abort', this.#leave)
  }

  #interrupt(reason: NarthexError): void {
    this.reason ??= reason
    this.end()
    this.#destroy?.(reason)
  }
}

class Reply implements StreamReply {
  readonly status: number
  readonly statusLine: string
  readonly #message: IncomingMessage
  readonly #exchange: Exchange
  readonly #shown: string

  constructor(message: IncomingMessage, exchange: Exchange, shown: string) {
    const { statusCode = 0, statusMessage = '' } = message
    this.status = statusCode
    this.statusLine = `${statusCode} ${statusMessage}`.trim()
    this.#message = message
    this.#exchange = exchange
    this.#shown = shown
    exchange.follow((error) => message.destroy(error))
    // An answer that nobody reads any more may still break.
    message.on('error', () => {})
    message.on('close', () => exchange.end())
  }

  header(name: string): string {
    const value = this.#message.headers[name]
    return Array.isArray(value) ? value.join(', ') : (value ?? '')
  }

  async *pieces(): AsyncIterable<Uint8Array> {
    try {
      for await (const piece of this.#message) yield piece
      if (!this.#message.complete) throw closedEarly(true)
    } catch (error) {
      throw requestFault(this.#shown, this.#exchange.reason ?? error)
    } finally {
      this.#exchange.end()
    }
  }

  async text(bytesMax: number): Promise<string> {
    const pieces: Uint8Array[] = []
    let length = 0
    for await (const piece of this.pieces()) {
      length += piece.length
      if (length > bytesMax) {
        throw new NarthexError('too_big', `cannot read answer: over ${bytesMax} bytes, the bound`)
      }
      pieces.push(piece)
    }
    return Buffer.concat(pieces, length).toString('utf8')
  }

  close(): void {
    this.#exchange.end()
    this.#message.destroy()
  }
}
