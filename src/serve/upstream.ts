/** The Prometheus API of a server whose questions another engine answers. */
import type { Ask, Reply, Route } from '../net/server/message.ts'
import type { Features } from '../query/promql/features.ts'
import { readDurationMs } from './api/params.ts'
import { handleFormat, handleParse } from './api/syntax.ts'
import { requireReady } from './health.ts'

/** An answer of the other engine. */
interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array
  readonly retryAfter: string
}

export interface UpstreamDeps {
  /** Asks the other engine; `path` without a slash in front. */
  ask(
    method: 'GET' | 'POST',
    path: string,
    params: URLSearchParams,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Answer>
  /** Longest time of a question that names none, and of one that does. */
  readonly timeoutMs: number
  readonly timeoutMsMax: number
  readonly features: Features
  isReady(): boolean
}

/** What may be asked by a form, as long expressions need it. */
const FORMS = ['query', 'query_range', 'query_exemplars', 'series', 'labels'] as const

/** What is asked by address alone. */
const ADDRESSES = [
  'metadata',
  'targets',
  'targets/metadata',
  'scrape_pools',
  'rules',
  'alerts',
  'alertmanagers',
  'status/tsdb',
] as const

/** Everything that the store's routes answer elsewhere, with the other engine's own errors. */
export function upstreamRoutes(deps: UpstreamDeps): Route[] {
  const pass = async (method: 'GET' | 'POST', path: string, ask: Ask): Promise<Reply> => {
    requireReady(deps.isReady)
    const { params, signal } = ask
    const timeoutMs = Math.min(
      readDurationMs(params, 'timeout') ?? deps.timeoutMs,
      deps.timeoutMsMax,
    )
    const answer = await deps.ask(method, path, params, timeoutMs, signal)
    const { status, type, body, retryAfter } = answer
    const headers = retryAfter === '' ? {} : { headers: { 'retry-after': retryAfter } }
    return { status, type, body, ...headers }
  }
  return [
    ...FORMS.map((name) =>
      route(`/api/v1/${name}`, 'form', (ask) => pass('POST', `api/v1/${name}`, ask)),
    ),
    ...ADDRESSES.map((name) =>
      route(`/api/v1/${name}`, 'none', (ask) => pass('GET', `api/v1/${name}`, ask)),
    ),
    route('/api/v1/label/:name/values', 'none', (ask) => {
      const name = encodeURIComponent(ask.segments.get('name') ?? '')
      return pass('GET', `api/v1/label/${name}/values`, ask)
    }),
    route('/api/v1/format_query', 'form', ({ params }) => handleFormat(params, deps.features)),
    route('/api/v1/parse_query', 'form', ({ params }) => handleParse(params, deps.features)),
  ]
}

function route(path: string, body: 'form' | 'none', handle: Route['handle']): Route {
  const methods = body === 'form' ? (['GET', 'POST'] as const) : (['GET'] as const)
  return { path, methods, body, role: 'viewer', changes: false, handle }
}
