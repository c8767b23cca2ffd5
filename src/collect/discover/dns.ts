/** DNS discovery: records of names, through the search domains as Prometheus tries them. */
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { DnsDiscovery } from '../../config/discovery.ts'
import { type Labels, labelValue } from '../../model/labels.ts'
import { joinHostPort, MetaLabels } from './metalabels.ts'
import type { DnsOptions, Provider, ProviderContext } from './provider.ts'
import { type Refreshed, startRefreshProvider } from './refresh.ts'
import type { DiscoveryMetrics } from './sdmetrics.ts'

const RESOLV_CONF = '/etc/resolv.conf'
/** How long one server has for one answer. */
const TIMEOUT_MS = 2000
/** Most servers of the machine that are asked, as the C library does. */
const SERVERS_MAX = 3

const NAME_LABEL = '__meta_dns_name'

/** Asks for all names at once and then at each interval. */
export function startDnsProvider(
  config: DnsDiscovery,
  context: ProviderContext,
  metrics: DiscoveryMetrics,
): Provider {
  const running = new Set<Resolver>()
  return startRefreshProvider(
    {
      kind: 'dns',
      source: `${config.type} ${config.names.join(', ')}`,
      intervalMs: config.refreshIntervalMs,
      async refresh(_signal, known) {
        const options = context.dns ?? (await readResolvConf())
        for (const server of options.servers) {
          const resolver = new Resolver({ timeout: options.timeoutMs ?? TIMEOUT_MS, tries: 1 })
          resolver.setServers([server])
          running.add(resolver)
        }
        try {
          return await resolveAll(config, [...running], options, known, metrics)
        } finally {
          running.clear()
        }
      },
      onStop() {
        for (const resolver of running) resolver.cancel()
      },
    },
    context,
    metrics,
  )
}

/** The targets of all names; of a name that failed, those that it had. */
async function resolveAll(
  config: DnsDiscovery,
  resolvers: readonly Resolver[],
  options: DnsOptions,
  known: readonly Labels[],
  metrics: DiscoveryMetrics,
): Promise<Refreshed> {
  let failure: unknown
  const lists = await Promise.all(
    config.names.map(async (name) => {
      metrics.dnsLookups.inc()
      try {
        return await lookUp(name, config, resolvers, options)
      } catch (error) {
        failure ??= error
        metrics.dnsFailures.inc()
        return known.filter((target) => labelValue(target, NAME_LABEL) === name)
      }
    }),
  )
  const targets = lists.flat()
  return failure === undefined ? { targets } : { targets, failure }
}

/**
 * The targets behind a name. The first of its candidates that exists says them, also if it has none
 * of the wanted type; if none exists, there are none.
 *
 * @throws NarthexError `io` when no candidate exists and at least one could not be asked for
 */
async function lookUp(
  name: string,
  config: DnsDiscovery,
  resolvers: readonly Resolver[],
  options: DnsOptions,
): Promise<readonly Labels[]> {
  let failure: unknown
  for (const candidate of candidates(name, options)) {
    try {
      const found = await askAny(name, candidate, config, resolvers)
      if (found !== undefined) return found
    } catch (error) {
      failure ??= error
    }
  }
  if (failure === undefined) return []
  throw new NarthexError(
    'io',
    `cannot resolve ${JSON.stringify(name)}: ${messageOf(failure)}`,
    failure,
  )
}

/**
 * Under which names a name is tried, in order.
 *
 * @source github.com/miekg/dns, ClientConfig.NameList
 */
function candidates(name: string, { search, dotsMin }: DnsOptions): readonly string[] {
  if (name.endsWith('.')) return [name]
  const extended = search.map((domain) => `${name}.${domain}`)
  const hasDots = name.split('.').length > dotsMin
  return hasDots ? [name, ...extended] : [...extended, name]
}

/**
 * What the first server says that says anything.
 *
 * @returns undefined when the candidate does not exist
 * @throws the failure of the last server when all failed
 */
async function askAny(
  name: string,
  candidate: string,
  config: DnsDiscovery,
  resolvers: readonly Resolver[],
): Promise<readonly Labels[] | undefined> {
  let failure: unknown
  for (const resolver of resolvers) {
    try {
      return await ask(name, candidate, config, resolver)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENODATA') return []
      if (code === 'ENOTFOUND') return undefined
      failure = error
    }
  }
  throw failure
}

async function ask(
  name: string,
  candidate: string,
  { type, port }: DnsDiscovery,
  resolver: Resolver,
): Promise<readonly Labels[]> {
  const labels = new MetaLabels('__meta_dns_').set('name', name)
  switch (type) {
    case 'A':
    case 'AAAA': {
      const addresses =
        type === 'A' ? await resolver.resolve4(candidate) : await resolver.resolve6(candidate)
      return addresses.map((address) => labels.target(joinHostPort(address, port)))
    }
    case 'SRV': {
      const records = await resolver.resolveSrv(candidate)
      return records.map((record) => {
        const host = unrooted(record.name)
        return labels
          .copy()
          .set('srv_record_target', `${host}.`)
          .set('srv_record_port', String(record.port))
          .target(joinHostPort(host, record.port))
      })
    }
    case 'MX': {
      const hosts = (await resolver.resolveMx(candidate)).map((one) => unrooted(one.exchange))
      return hosts.map((host) =>
        labels.copy().set('mx_record_target', `${host}.`).target(joinHostPort(host, port)),
      )
    }
    case 'NS': {
      const hosts = (await resolver.resolveNs(candidate)).map(unrooted)
      return hosts.map((host) =>
        labels.copy().set('ns_record_target', `${host}.`).target(joinHostPort(host, port)),
      )
    }
  }
}

function unrooted(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** What the machine says of its name servers, read for each refresh because it may change. */
async function readResolvConf(): Promise<DnsOptions> {
  let text: string
  try {
    text = await readFile(RESOLV_CONF, 'utf8')
  } catch (error) {
    throw new NarthexError('io', `cannot read ${RESOLV_CONF}: ${messageOf(error)}`, error)
  }
  return parseResolvConf(text)
}

/** Reads `nameserver`, `search`, `domain` and `options ndots` of a resolv.conf. */
export function parseResolvConf(text: string): DnsOptions {
  const servers: string[] = []
  let search: readonly string[] = []
  let dotsMin = 1
  for (const line of text.split('\n')) {
    const [key, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (key === 'nameserver' && isIP(words[0]?.replace(/%.*$/, '') ?? '') !== 0) {
      servers.push(words[0])
    } else if (key === 'search' || key === 'domain') search = words.map(unrooted)
    else if (key === 'options') {
      const dots = words.map((word) => /^ndots:(\d{1,3})$/.exec(word)).find((one) => one !== null)
      if (dots !== undefined && dots !== null) dotsMin = Math.max(1, Number(dots[1]))
    }
  }
  return {
    servers: servers.length === 0 ? ['127.0.0.1'] : servers.slice(0, SERVERS_MAX),
    search,
    dotsMin,
  }
}
