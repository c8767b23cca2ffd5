/** Docker discovery: lists the containers and networks of a daemon, over its socket or TCP. */
import { NarthexError } from '../../base/error.ts'
import { VERSION } from '../../base/version.ts'
import type { DockerDiscovery } from '../../config/discovery.ts'
import { PLAIN_HTTP } from '../../config/http.ts'
import { redactUrl } from '../../config/url.ts'
import { openStreamClient, type StreamClient, type StreamOptions } from '../../net/client/stream.ts'
import { containerTargets } from './dockertargets.ts'
import { TARGETS_MAX } from './groups.ts'
import { parseJson } from './json.ts'
import type { Provider, ProviderContext } from './provider.ts'
import { startRefreshProvider } from './refresh.ts'
import type { DiscoveryMetrics } from './sdmetrics.ts'

/** Largest answer taken. */
export const DOCKER_BYTES_MAX = 67_108_864
const REFUSAL_BYTES_MAX = 65_536

/** Asks at once and then at each interval. */
export function startDockerProvider(
  config: DockerDiscovery,
  context: ProviderContext,
  metrics: DiscoveryMetrics,
): Provider {
  let daemon: Daemon | undefined
  return startRefreshProvider(
    {
      kind: 'docker',
      source: redactUrl(config.host),
      intervalMs: config.refreshIntervalMs,
      async refresh(signal) {
        daemon ??= openDaemon(config, context)
        const filters = new URLSearchParams()
        if (config.filters.length > 0) filters.set('filters', filtersOf(config))
        const containers = await daemon.list('/containers/json', filters, signal)
        const networks = await daemon.list('/networks', new URLSearchParams(), signal)
        const targets = containerTargets(containers, networks, config)
        if (targets.length > TARGETS_MAX) {
          const seen = `${targets.length} targets, at most ${TARGETS_MAX}`
          throw new NarthexError('limit', `cannot discover targets: ${seen}`)
        }
        return { targets }
      },
      onStop: () => daemon?.close(),
    },
    context,
    metrics,
  )
}

interface Daemon {
  /** @throws NarthexError when the answer is not a list */
  list(path: string, query: URLSearchParams, signal: AbortSignal): Promise<readonly unknown[]>
  close(): void
}

function openDaemon(config: DockerDiscovery, context: ProviderContext): Daemon {
  const { base, options } = placeOf(config)
  const { clock, environment, admits } = context
  const client = openStreamClient({ ...options, clock, environment, admits })
  return {
    async list(path, query, signal) {
      const url = new URL(path, base)
      url.search = query.toString()
      const value = await ask(client, url, config.refreshIntervalMs, signal)
      if (Array.isArray(value)) return value
      throw new NarthexError('bad_data', `cannot read ${path} of Docker: not a list`)
    },
    close: () => client.close(),
  }
}

/** Credentials and TLS are for URLs only, as in Prometheus: sockets and `tcp://` have none. */
function placeOf({ host, http }: DockerDiscovery): {
  readonly base: string
  readonly options: Pick<StreamOptions, 'config' | 'socketPath'>
} {
  if (host.startsWith('unix://')) {
    const socketPath = host.slice('unix://'.length)
    return { base: 'http://docker', options: { config: PLAIN_HTTP, socketPath } }
  }
  if (/^https?:\/\//.test(host) && URL.canParse(host)) {
    return { base: host, options: { config: http } }
  }
  const base = host.replace(/^tcp:/, 'http:')
  if (host.startsWith('tcp://') && URL.canParse(base)) {
    return { base, options: { config: PLAIN_HTTP } }
  }
  const wanted = 'wanted unix://, tcp://, http:// or https://'
  throw new NarthexError(
    'bad_data',
    `cannot ask Docker: ${JSON.stringify(redactUrl(host))}, ${wanted}`,
  )
}

/** As Docker's own client writes them: `{"label":{"a=b":true}}`. */
function filtersOf(config: DockerDiscovery): string {
  const filters = new Map<string, Map<string, true>>()
  for (const { name, values } of config.filters) {
    const known = filters.get(name) ?? new Map<string, true>()
    for (const value of values) known.set(value, true)
    filters.set(name, known)
  }
  return JSON.stringify(
    Object.fromEntries([...filters].map(([name, values]) => [name, Object.fromEntries(values)])),
  )
}

async function ask(
  client: StreamClient,
  url: URL,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  const headers = [
    ['Accept', 'application/json'],
    ['User-Agent', `narthex/${VERSION}`],
  ] as const
  const reply = await client.get({ url, headers, timeoutMs, signal })
  if (reply.status === 200) {
    return parseJson(await reply.text(DOCKER_BYTES_MAX), `${url.pathname} of Docker`)
  }
  const said = await reply.text(REFUSAL_BYTES_MAX)
  const message = `server returned HTTP status ${reply.statusLine}: ${said.slice(0, 200)}`
  throw new NarthexError('io', `cannot get ${url.pathname} of Docker: ${message.trim()}`)
}
