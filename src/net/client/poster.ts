/** One URL that bodies are sent to, several at a time, over connections that are kept. */
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { HttpClientConfig } from '../../config/http.ts'
import { BodyPool } from './body.ts'
import { credentialHeaders, type HeaderLine, hasFixedHeaders } from './credentials.ts'
import { deadlinePassed, requestFault } from './fault.ts'
import { openNodeConnection } from './nodehttp.ts'
import { type OAuthTokens, openOAuthTokens } from './oauth.ts'
import { proxyFor } from './proxy.ts'
import { type Connection, openRawConnection, type Pieces, type Reply } from './raw.ts'
import {
  addHeaders,
  bareHost,
  formatStart,
  REDIRECTS_MAX,
  redirectTarget,
  shownUrl,
  tooManyRedirects,
} from './request.ts'
import { headerValue } from './response.ts'
import { roundRobinLookup } from './roundrobin.ts'
import { TlsWatch } from './tlswatch.ts'

/** Bytes of an answer that are kept where nothing else is said: enough for a message. */
const REPLY_TEXT_BYTES_MAX = 512

/** Longest that a token server may take. */
const TOKEN_MS_MAX = 30_000

/** What one request asks for, where it is not the URL itself. */
export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Path and query below the origin. */
  readonly path: string
}

export interface PosterOptions {
  /** Path and query are those of requests that ask for nothing else. A user in it is sent as basic credentials. */
  readonly url: URL
  readonly method?: 'POST' | 'PUT'
  readonly config: HttpClientConfig
  /** Headers of every request that, like credentials, no other origin gets to see. */
  readonly headers?: readonly HeaderLine[]
  /** Whether each connection takes another address of the host. */
  readonly roundRobinDns?: boolean
  /** Connections that are kept for later requests: as many as may run at once. */
  readonly connectionsMax: number
  /** Bytes of an answer that are kept; the rest is read and thrown away. */
  readonly replyBytesMax?: number
  readonly clock: Clock
  /** Environment in which `proxy_from_environment` looks; none by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** A complete answer. */
export interface PostReply {
  readonly status: number
  /** `404 Not Found` */
  readonly statusLine: string
  /** How long the other end wants to be left alone, in ms; 0 when it did not say. */
  readonly retryAfterMs: number
  /** The value of a header by its lower-case name; '' when it is absent. */
  header(name: string): string
  /** The body up to its bound, as bytes and as text. */
  readonly bytes: Uint8Array
  readonly text: string
  /** Whether the body was longer. */
  readonly isCut: boolean
}

export interface Poster {
  /**
   * Sends a body and resolves with the answer, whatever its status. Requests may run side by side.
   * Until it settles, nobody may write into the pieces; afterwards, nobody reads them.
   *
   * @param headers of this request, besides Host, Content-Length, credentials and fixed ones
   * @param pieces  the body
   * @param asked   another path or method than that of the options
   * @throws NarthexError `timeout`, `canceled` by the signal or `close`, `io` for all else
   */
  post(
    headers: readonly HeaderLine[],
    pieces: Pieces,
    timeoutMs: number,
    signal: AbortSignal,
    asked?: Asked,
  ): Promise<PostReply>
  /** Ends the requests in progress and closes all connections. */
  close(): void
}

/** Opens nothing yet: the first request connects. */
export function openPoster(options: PosterOptions): Poster {
  return new HttpPoster(options)
}

/** A request in progress, until its deadline. */
interface Call {
  readonly method: Asked['method']
  readonly url: URL
  readonly headers: readonly HeaderLine[]
  readonly pieces: Pieces
  connection: Connection | undefined
  /** Set when the deadline has passed, the signal was given or the poster closed. */
  ended: Error | undefined
  /** Ends whatever the call waits for. */
  end(error: Error): void
  /** Rejects when the call is ended. */
  readonly aborted: Promise<never>
}

class HttpPoster implements Poster {
  readonly #options: PosterOptions
  readonly #bodies: BodyPool = new BodyPool(undefined, true)
  readonly #lookup: LookupFunction | undefined
  readonly #tokens: OAuthTokens | undefined
  readonly #tls: TlsWatch
  readonly #calls = new Set<Call>()
  readonly #idle: Connection[] = []
  #fixed: readonly HeaderLine[] | undefined
  /** Requests to the usual address up to their length, by the headers asked for. */
  readonly #starts = new WeakMap<readonly HeaderLine[], string>()
  #token: Promise<string> | undefined
  #closed = false

  constructor(options: PosterOptions) {
    this.#options = options
    if (options.roundRobinDns === true) this.#lookup = roundRobinLookup()
    this.#tls = new TlsWatch(options.config.tls, options.clock)
    const { oauth2 } = options.config
    if (oauth2 !== undefined) this.#tokens = openOAuthTokens(oauth2, options)
  }

  async post(
    headers: readonly HeaderLine[],
    pieces: Pieces,
    timeoutMs: number,
    signal: AbortSignal,
    asked?: Asked,
  ): Promise<PostReply> {
    const { url, method } = this.#options
    const call = newCall(
      asked?.method ?? method ?? 'POST',
      asked === undefined ? url : new URL(asked.path, url),
      headers,
      pieces,
    )
    const cancel = (): void => call.end(canceled())
    if (this.#closed || signal.aborted) cancel()
    signal.addEventListener('abort', cancel)
    const timer = this.#options.clock.after(timeoutMs, () => call.end(deadlinePassed()))
    this.#calls.add(call)
    try {
      return this.#read(await this.#follow(call))
    } catch (error) {
      throw requestFault(shownUrl(call.url), call.ended ?? error, 'Post')
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', cancel)
      this.#calls.delete(call)
    }
  }

  close(): void {
    this.#closed = true
    for (const call of this.#calls) call.end(canceled())
    this.#closeIdle()
    this.#tokens?.close()
  }

  /**
   * Goes where 307 and 308 lead. What other redirects ask for, to go on without the body, would
   * look like success and lose it: their answer is the answer.
   */
  async #follow(call: Call): Promise<Reply> {
    let { url } = call
    let isOwn = true
    for (let redirects = 0; ; redirects++) {
      const reply = await this.#exchange(call, url, isOwn)
      const { status, location } = reply.head
      const redirected = (status === 307 || status === 308) && location !== ''
      if (!redirected || !this.#options.config.followRedirects) return reply
      reply.body.release()
      if (redirects === REDIRECTS_MAX) throw tooManyRedirects()
      const next = redirectTarget(url, location)
      if (next.origin !== url.origin) isOwn = false
      url = next
    }
  }

  async #exchange(call: Call, url: URL, isOwn: boolean): Promise<Reply> {
    if (url.protocol === 'https:' && (await this.#tls.hasChanged())) this.#closeIdle()
    const request = await this.#head(call, url, isOwn)
    if (call.ended !== undefined) throw call.ended
    const isKept = url.origin === this.#options.url.origin
    const generation = this.#tls.generation
    const connection = (isKept ? this.#idle.pop() : undefined) ?? this.#connect(url)
    call.connection = connection
    const replyBytesMax = (this.#options.replyBytesMax ?? REPLY_TEXT_BYTES_MAX) + 1
    try {
      return await connection.exchange(request, replyBytesMax, call.pieces)
    } finally {
      call.connection = undefined
      const isGood = isKept && !this.#closed && generation === this.#tls.generation
      if (isGood && this.#idle.length < this.#options.connectionsMax) this.#idle.push(connection)
      else connection.close()
    }
  }

  #connect(url: URL): Connection {
    const { config, environment } = this.#options
    const proxy = proxyFor(url, config.proxy, environment ?? {})
    if (url.protocol === 'http:' && proxy === undefined) {
      return openRawConnection(bareHost(url), Number(url.port || 80), this.#bodies, this.#lookup)
    }
    const lookup = proxy === undefined ? this.#lookup : undefined
    return openNodeConnection(url, config, proxy, this.#bodies, lookup)
  }

  /** The request up to its body. What is the same each time is put together once. */
  async #head(call: Call, url: URL, isOwn: boolean): Promise<string> {
    let sizeBytes = 0
    for (let i = 0; i < call.pieces.length; i++) sizeBytes += call.pieces[i].length
    const isUsual = url === this.#options.url && call.method === (this.#options.method ?? 'POST')
    let start = isUsual ? this.#starts.get(call.headers) : undefined
    if (start === undefined) {
      const lines: HeaderLine[] = [['Host', url.host], ...call.headers]
      if (isOwn) addHeaders(lines, await Promise.race([this.#ownLines(), call.aborted]))
      start = formatStart(call.method, url, lines)
      if (isUsual && this.#fixed !== undefined) this.#starts.set(call.headers, start)
    }
    return `${start}Content-Length: ${sizeBytes}\r\n\r\n`
  }

  /** Credentials and fixed headers. */
  async #ownLines(): Promise<readonly HeaderLine[]> {
    if (this.#fixed !== undefined) return this.#fixed
    const { config, headers, url } = this.#options
    const token = this.#tokens === undefined ? '' : await this.#freshToken(this.#tokens)
    const lines = [...(headers ?? []), ...(await credentialHeaders(config, token))]
    const hasCredentials = lines.some(([name]) => name.toLowerCase() === 'authorization')
    if (url.username !== '' && !hasCredentials) lines.push(urlCredentials(url))
    if (hasFixedHeaders(config)) this.#fixed = lines
    return lines
  }

  /** One request for a token at a time, for all that wait. */
  #freshToken(tokens: OAuthTokens): Promise<string> {
    if (this.#token === undefined) {
      const bound = (): void => tokens.abort(deadlinePassed())
      const timer = this.#options.clock.after(TOKEN_MS_MAX, bound)
      this.#token = tokens.token().finally(() => {
        timer.cancel()
        this.#token = undefined
      })
    }
    return this.#token
  }

  #read(reply: Reply): PostReply {
    const { head, body } = reply
    const bytesMax = this.#options.replyBytesMax ?? REPLY_TEXT_BYTES_MAX
    const bytes = Buffer.from(body.content())
    body.release()
    const { clock } = this.#options
    return {
      status: head.status,
      statusLine: head.statusLine,
      get retryAfterMs() {
        return readRetryAfterMs(headerValue(head, 'retry-after'), clock.now())
      },
      header: (name) => headerValue(head, name),
      bytes,
      get text() {
        return bytes.toString('utf8')
      },
      isCut: bytes.length >= bytesMax,
    }
  }

  #closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.close()
  }
}

function newCall(
  method: Call['method'],
  url: URL,
  headers: readonly HeaderLine[],
  pieces: Pieces,
): Call {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => {})
  return {
    method,
    url,
    headers,
    pieces,
    connection: undefined,
    ended: undefined,
    aborted,
    end(error) {
      this.ended ??= error
      reject(error)
      this.connection?.abort(error)
    },
  }
}

/** Seconds or a date; 0 for nothing and for what is neither. */
function readRetryAfterMs(value: string, nowMs: number): number {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const dateMs = Date.parse(value)
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowMs)
}

function urlCredentials(url: URL): HeaderLine {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return ['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]
}

function canceled(): NarthexError {
  return new NarthexError('canceled', 'context canceled')
}
