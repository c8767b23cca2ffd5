/** One URL that is asked again and again: credentials, redirects, decompression, deadline. */
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { assert, NarthexError } from '../../base/error.ts'
import type { HttpClientConfig } from '../../config/http.ts'
import { type Admission, guardedLookup, requireAdmitted } from './address.ts'
import type { BodyBuffer, BodyPool } from './body.ts'
import { credentialHeaders, type HeaderLine, hasFixedHeaders } from './credentials.ts'
import { deadlinePassed, requestFault } from './fault.ts'
import { inflateBody } from './inflate.ts'
import { openNodeConnection } from './nodehttp.ts'
import { type OAuthTokens, openOAuthTokens } from './oauth.ts'
import { proxyFor } from './proxy.ts'
import { type Connection, openRawConnection, type Reply } from './raw.ts'
import {
  addHeaders,
  bareHost,
  formatRequest,
  isRedirect,
  REDIRECTS_MAX,
  redirectTarget,
  shownUrl,
  tooManyRedirects,
} from './request.ts'

/** A complete answer. `body.release()` when its bytes are read. */
export interface HttpReply {
  readonly status: number
  /** `404 Not Found` */
  readonly statusLine: string
  readonly contentType: string
  /** All header lines, for headerValue. */
  readonly fields: string
  readonly body: BodyBuffer
}

export interface HttpChannel {
  /**
   * Asks once; one request at a time.
   *
   * @param url another address of the same origin
   * @throws NarthexError `timeout`, `too_big`, `bad_data` for wrong gzip, `io` for all else
   */
  get(timeoutMs: number, url?: URL): Promise<HttpReply>
  /** Closes the connection and ends a request in progress. */
  close(): void
}

export interface ChannelOptions {
  readonly url: URL
  readonly config: HttpClientConfig
  /** Headers of every request, credentials apart. */
  readonly headers: readonly HeaderLine[]
  /** A decoded body of this size or more is refused. */
  readonly bodyBytesMax: number
  readonly clock: Clock
  readonly bodies: BodyPool
  /** Environment in which `proxy_from_environment` looks; none by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Which addresses may be connected to, asked with what a name has resolved to; all by default. */
  readonly admits?: Admission
}

/** Opens nothing yet: the first request connects. */
export function openHttpChannel(options: ChannelOptions): HttpChannel {
  return new Channel(options)
}

class Channel implements HttpChannel {
  readonly #options: ChannelOptions
  readonly #tokens: OAuthTokens | undefined
  readonly #isFixed: boolean
  #connection: Connection | undefined
  #connectedUrl: URL | undefined
  #request: string | undefined
  #decodedBytes = 0
  #closed = false
  /** Set while a request runs and its deadline has passed or the channel was closed. */
  #ended: Error | undefined
  readonly #whenLate = (): void => this.#end(deadlinePassed())

  constructor(options: ChannelOptions) {
    this.#options = options
    this.#isFixed = hasFixedHeaders(options.config)
    const { oauth2 } = options.config
    if (oauth2 !== undefined) this.#tokens = openOAuthTokens(oauth2, options)
  }

  async get(timeoutMs: number, url: URL = this.#options.url): Promise<HttpReply> {
    const { url: own, clock } = this.#options
    assert(url === own || url.origin === own.origin, 'an address of the same origin')
    this.#ended = undefined
    const timer = clock.after(timeoutMs, this.#whenLate)
    try {
      if (this.#closed) throw new NarthexError('canceled', 'context canceled')
      return await this.#follow(url)
    } catch (error) {
      throw requestFault(shownUrl(url), this.#ended ?? error)
    } finally {
      timer.cancel()
    }
  }

  close(): void {
    this.#closed = true
    this.#end(new NarthexError('canceled', 'context canceled'))
    this.#connection?.close()
    this.#tokens?.close()
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#connection?.abort(error)
    this.#tokens?.abort(error)
  }

  async #follow(asked: URL): Promise<HttpReply> {
    let url = asked
    let withCredentials = true
    for (let redirects = 0; ; redirects++) {
      const reply = await this.#exchange(url, withCredentials)
      const { status, location } = reply.head
      const isFollowed = this.#options.config.followRedirects && isRedirect(status, location)
      if (!isFollowed) return this.#finish(reply)
      reply.body.release()
      if (redirects === REDIRECTS_MAX) throw tooManyRedirects()
      const next = redirectTarget(url, location)
      if (next.origin !== url.origin) withCredentials = false
      url = next
    }
  }

  async #exchange(url: URL, withCredentials: boolean): Promise<Reply> {
    const request = await this.#requestFor(url, withCredentials)
    if (this.#ended !== undefined) throw this.#ended
    const to = this.#connectedUrl
    if (this.#connection === undefined || (url !== to && url.origin !== to?.origin)) {
      this.#connection?.close()
      this.#connection = this.#connect(url)
    }
    this.#connectedUrl = url
    return this.#connection.exchange(request, this.#options.bodyBytesMax)
  }

  #connect(url: URL): Connection {
    const { config, bodies, environment } = this.#options
    const proxy = proxyFor(url, config.proxy, environment ?? {})
    const lookup = this.#guard(url, proxy)
    if (url.protocol === 'http:' && proxy === undefined) {
      return openRawConnection(bareHost(url), Number(url.port || 80), bodies, lookup)
    }
    return openNodeConnection(url, config, proxy, bodies, lookup)
  }

  /** The resolver for a direct connection to `url`, where addresses are checked. */
  #guard(url: URL, proxy: URL | undefined): LookupFunction | undefined {
    const { admits } = this.#options
    if (admits === undefined) return undefined
    const redirected = url.origin !== this.#options.url.origin
    const admitsHere = (address: string): boolean => admits(address, redirected)
    requireAdmitted(bareHost(url), admitsHere)
    return proxy === undefined ? guardedLookup(admitsHere) : undefined
  }

  async #requestFor(url: URL, withCredentials: boolean): Promise<string> {
    const isOwn = url === this.#options.url
    if (isOwn && this.#request !== undefined) return this.#request
    const lines: HeaderLine[] = [['Host', url.host], ...this.#options.headers]
    if (withCredentials) {
      const token = this.#tokens === undefined ? '' : await this.#tokens.token()
      addHeaders(lines, await credentialHeaders(this.#options.config, token))
    }
    const request = formatRequest('GET', url, lines)
    if (isOwn && this.#isFixed) this.#request = request
    return request
  }

  async #finish(reply: Reply): Promise<HttpReply> {
    const { status, statusLine, contentType, contentEncoding, fields } = reply.head
    let { body } = reply
    if (contentEncoding === 'gzip' || contentEncoding === 'x-gzip') {
      body = await inflateBody(body, this.#options.bodies, this.#decodedBytes)
      this.#decodedBytes = body.length
    } else if (contentEncoding !== '' && contentEncoding !== 'identity') {
      body.release()
      const shown = JSON.stringify(contentEncoding)
      throw new NarthexError('bad_data', `cannot decode body: content encoding ${shown}, not gzip`)
    }
    if (this.#ended !== undefined) {
      body.release()
      throw this.#ended
    }
    return { status, statusLine, contentType, fields, body }
  }
}
