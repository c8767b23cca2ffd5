/** Requests to Consul: long polls by index, and what their answers say. */
import { NarthexError } from '../../base/error.ts'
import { VERSION } from '../../base/version.ts'
import type { ConsulDiscovery } from '../../config/discovery.ts'
import type { HttpClientConfig } from '../../config/http.ts'
import type { HeaderLine } from '../../net/client/credentials.ts'
import { openStreamClient, type StreamClient } from '../../net/client/stream.ts'
import { parseJson, recordAt, textAt, toRecord } from './json.ts'
import type { ProviderContext } from './provider.ts'
import type { DiscoveryMetrics } from './sdmetrics.ts'

/** Largest answer taken. */
export const CONSUL_BYTES_MAX = 67_108_864
/** How long Consul holds a request while nothing changes. */
const WAIT_MS = 120_000
/** What an answer may take longer: Consul adds a sixteenth by chance. */
const GRACE_MS = 15_000
const REFUSAL_BYTES_MAX = 65_536

/** An answer, and up to which change it tells. */
export interface ConsulAnswer {
  readonly value: unknown
  readonly index: number
}

/** Asks one agent of Consul. */
export class ConsulApi {
  readonly #config: ConsulDiscovery
  readonly #context: ProviderContext
  readonly #metrics: DiscoveryMetrics
  readonly #client: StreamClient
  readonly #base: URL

  constructor(config: ConsulDiscovery, context: ProviderContext, metrics: DiscoveryMetrics) {
    this.#config = config
    this.#context = context
    this.#metrics = metrics
    const { clock, environment, admits } = context
    const { base, socketPath } = placeOf(config)
    this.#base = base
    this.#client = openStreamClient({
      config: clientOf(config),
      clock,
      environment,
      admits,
      socketPath,
    })
  }

  /** The data center of the agent. */
  async datacenter(signal: AbortSignal): Promise<string> {
    const { value } = await this.#get(
      'agent',
      'self',
      '/v1/agent/self',
      new URLSearchParams(),
      signal,
    )
    const name = textAt(recordAt(toRecord(value), 'Config'), 'Datacenter')
    if (name !== '') return name
    throw new NarthexError('bad_data', 'cannot find data center: the agent does not say it')
  }

  /** Names and tags of the services, once they differ from those at `index`. */
  services(index: number, signal: AbortSignal): Promise<ConsulAnswer> {
    const query = this.#query(index, this.#config.filter)
    return this.#get('catalog', 'services', '/v1/catalog/services', query, signal)
  }

  /** Instances of a service, once they differ from those at `index`. */
  instances(service: string, index: number, signal: AbortSignal): Promise<ConsulAnswer> {
    const query = this.#query(index, this.#config.healthFilter)
    for (const tag of this.#config.tags) query.append('tag', tag)
    const resource = `/v1/health/service/${encodeURIComponent(service)}`
    return this.#get('catalog', 'service', resource, query, signal)
  }

  close(): void {
    this.#client.close()
  }

  #query(index: number, filter: string): URLSearchParams {
    const { datacenter, namespace, partition, allowStale, nodeMeta } = this.#config
    const query = new URLSearchParams()
    if (datacenter !== '') query.set('dc', datacenter)
    if (namespace !== '') query.set('ns', namespace)
    if (partition !== '') query.set('partition', partition)
    if (allowStale) query.set('stale', '')
    if (index > 0) query.set('index', String(index))
    query.set('wait', `${WAIT_MS}ms`)
    for (const [name, value] of nodeMeta) query.append('node-meta', `${name}:${value}`)
    if (filter !== '') query.set('filter', filter)
    return query
  }

  async #get(
    endpoint: string,
    call: string,
    resource: string,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<ConsulAnswer> {
    const { clock } = this.#context
    const startMs = clock.monotonicMs()
    const url = new URL(this.#base.href)
    url.pathname = `${url.pathname.replace(/\/$/, '')}${resource}`
    url.search = query.toString()
    try {
      const timeoutMs = WAIT_MS + GRACE_MS
      const reply = await this.#client.get({ url, headers: this.#headers(), timeoutMs, signal })
      if (reply.status !== 200) {
        const said = await reply.text(REFUSAL_BYTES_MAX)
        const message = `server returned HTTP status ${reply.statusLine}: ${said.slice(0, 200)}`
        throw new NarthexError('io', `cannot get ${resource}: ${message.trim()}`)
      }
      const text = await reply.text(CONSUL_BYTES_MAX)
      const index = Number(reply.header('x-consul-index') || 0)
      const value = parseJson(text, `answer to ${resource}`)
      return { value, index: Number.isSafeInteger(index) && index > 0 ? index : 0 }
    } finally {
      const seconds = (clock.monotonicMs() - startMs) / 1000
      this.#metrics.consulSeconds.with(endpoint, call).observe(seconds)
    }
  }

  #headers(): HeaderLine[] {
    const headers: HeaderLine[] = [
      ['Accept', 'application/json'],
      ['User-Agent', `narthex/${VERSION}`],
    ]
    const token = this.#config.token?.reveal() ?? ''
    if (token !== '') headers.push(['X-Consul-Token', token])
    return headers
  }
}

/** `server` may be `host:port`, a URL or the path of a socket. */
function placeOf({ server, scheme, pathPrefix }: ConsulDiscovery): {
  readonly base: URL
  readonly socketPath: string
} {
  const socketPath = server.startsWith('unix://') ? server.slice('unix://'.length) : ''
  const text = /^https?:\/\//.test(server) ? server : `${scheme}://${server}`
  const place = socketPath === '' ? text : `${scheme}://localhost`
  if (!/^https?:/.test(place) || !URL.canParse(place)) {
    throw new NarthexError('bad_data', `cannot ask Consul: ${JSON.stringify(server)} is no address`)
  }
  const base = new URL(place)
  const prefix = pathPrefix.replaceAll(/^\/+|\/+$/g, '')
  if (prefix !== '') base.pathname = `/${prefix}`
  return { base, socketPath }
}

function clientOf({ http, username, password }: ConsulDiscovery): HttpClientConfig {
  if (username === '' && password === undefined) return http
  return { ...http, basicAuth: { username, usernameFile: '', password, passwordFile: '' } }
}
