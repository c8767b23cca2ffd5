/** Questions to an existing engine: asked there, answered here as they come back. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Metrics } from '../../base/metrics.ts'
import { VERSION } from '../../base/version.ts'
import type { UpstreamConfig } from '../../config/upstream.ts'
import { openPoster, type PostReply } from '../../net/client/poster.ts'

/** Largest answer that is passed on, in bytes. */
export const ANSWER_BYTES_MAX: number = 64 * 1024 * 1024
/** Connections that are kept. */
const CONNECTIONS_MAX = 16

/** An answer as it came. */
export interface UpstreamAnswer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array
  /** Seconds, when it wants to be left alone; '' otherwise. */
  readonly retryAfter: string
}

export interface Upstream {
  /**
   * Asks and hands back whatever status there is, the upstream's own errors among them.
   *
   * @param method POST sends the parameters as a form
   * @param path   below the configured URL: `api/v1/query`
   * @param timeoutMs how long the question may take
   * @throws NarthexError `busy` when it cannot be reached, `timeout`, `canceled` when the client
   *   left, `limit` for an answer above the bound
   */
  ask(
    method: 'GET' | 'POST',
    path: string,
    params: URLSearchParams,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer>
  stop(): void
}

export interface UpstreamOptions {
  readonly config: UpstreamConfig
  readonly clock: Clock
  readonly metrics: Metrics
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Opens nothing yet: the first question connects. */
export function openUpstream(options: UpstreamOptions): Upstream {
  const { config, clock, environment } = options
  const base = new URL(config.url.endsWith('/') ? config.url : `${config.url}/`)
  const poster = openPoster({
    url: base,
    config: config.http,
    headers: [
      ['Accept-Encoding', 'identity'],
      ['User-Agent', `narthex/${VERSION}`],
    ],
    connectionsMax: CONNECTIONS_MAX,
    replyBytesMax: ANSWER_BYTES_MAX,
    clock,
    environment,
  })
  const requests = options.metrics.counter(
    'narthex_upstream_requests_total',
    'Questions that were asked upstream, by the status of the answer.',
    ['code'],
  )
  return {
    async ask(method, path, params, timeoutMs, signal) {
      const query = params.toString()
      const isForm = method === 'POST'
      const target = new URL(path, base)
      if (!isForm) target.search = query
      const asked = { method, path: `${target.pathname}${target.search}` }
      const type = ['Content-Type', 'application/x-www-form-urlencoded'] as const
      const pieces = isForm ? [Buffer.from(query)] : []
      let reply: PostReply
      try {
        reply = await poster.post(isForm ? [type] : [], pieces, timeoutMs, signal, asked)
      } catch (error) {
        requests.with('none').inc()
        throw unreachable(error)
      }
      requests.with(String(reply.status)).inc()
      if (reply.isCut) throw tooLarge()
      return {
        status: reply.status,
        type: reply.header('content-type') || 'application/json',
        body: reply.bytes,
        retryAfter: reply.header('retry-after'),
      }
    },
    stop: () => poster.close(),
  }
}

function tooLarge(): NarthexError {
  return new NarthexError(
    'limit',
    `cannot pass on an answer: it is larger than ${ANSWER_BYTES_MAX} bytes, ask for less`,
  )
}

function unreachable(error: unknown): NarthexError {
  const kind = error instanceof NarthexError ? error.kind : 'io'
  const isOwn = kind === 'timeout' || kind === 'canceled'
  return new NarthexError(isOwn ? kind : 'busy', `cannot ask upstream: ${messageOf(error)}`, error)
}
