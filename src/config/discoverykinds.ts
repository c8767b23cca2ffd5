/** Discovery by DNS, Consul and Docker: keys, defaults, and what must not stand together. */
import type { Secret } from '../base/secret.ts'
import { countGiven } from './alternatives.ts'
import type { ConsulDiscovery, DnsDiscovery, DnsRecordType, DockerDiscovery } from './discovery.ts'
import { buildHttp, checkHttp, HTTP_KEYS, type RawHttp } from './httpshape.ts'
import { duration, text, textOr, truth, whole } from './scalars.ts'
import { entriesOf, listOf, type MapPlace, mapOf, type Shape, secret } from './shape.ts'
import { tryParseUrl } from './url.ts'

const DNS_TYPES: readonly string[] = ['SRV', 'A', 'AAAA', 'MX', 'NS']

interface RawDns {
  readonly names: readonly string[]
  readonly refresh_interval: number
  readonly type: string
  readonly port: number
}

/** `dns_sd_configs`, one entry. */
export const dnsDiscovery: Shape<DnsDiscovery> = mapOf<RawDns, DnsDiscovery>(
  'dns.plain',
  {
    names: listOf(text),
    refresh_interval: duration(30_000),
    type: textOr('SRV'),
    port: whole(0),
  },
  (raw) => ({
    names: raw.names,
    type: raw.type.toUpperCase() as DnsRecordType,
    port: raw.port,
    refreshIntervalMs: raw.refresh_interval,
  }),
  (raw, place) => {
    const type = raw.type.toUpperCase()
    if (raw.names.length === 0) {
      const message = 'DNS-SD config must contain at least one SRV record name'
      place.report.error(place.at('names'), message)
    }
    if (!DNS_TYPES.includes(type)) {
      place.report.error(place.at('type'), `invalid DNS-SD records type ${type}`)
    } else if (type !== 'SRV' && raw.port === 0) {
      const message = 'a port is required in DNS-SD configs for all record types except SRV'
      place.report.error(place.at('type'), message)
    }
  },
)

interface RawConsul extends RawHttp {
  readonly server: string
  readonly path_prefix: string
  readonly token: Secret | undefined
  readonly datacenter: string
  readonly namespace: string
  readonly partition: string
  readonly tag_separator: string
  readonly scheme: string
  readonly username: string
  readonly password: Secret | undefined
  readonly allow_stale: boolean
  readonly refresh_interval: number
  readonly services: readonly string[]
  readonly tags: readonly string[]
  readonly node_meta: readonly (readonly [string, string])[]
  readonly filter: string
  readonly health_filter: string
}

/** `consul_sd_configs`, one entry. */
export const consulDiscovery: Shape<ConsulDiscovery> = mapOf<RawConsul, ConsulDiscovery>(
  'consul.plain',
  {
    ...HTTP_KEYS,
    server: textOr('localhost:8500'),
    path_prefix: text,
    token: secret,
    datacenter: text,
    namespace: text,
    partition: text,
    tag_separator: textOr(','),
    scheme: textOr('http'),
    username: text,
    password: secret,
    allow_stale: truth(true),
    refresh_interval: duration(30_000),
    services: listOf(text),
    tags: listOf(text),
    node_meta: entriesOf(text),
    filter: text,
    health_filter: text,
  },
  (raw) => ({
    server: raw.server,
    scheme: raw.scheme,
    pathPrefix: raw.path_prefix,
    token: raw.token,
    username: raw.username,
    password: raw.password,
    datacenter: raw.datacenter,
    namespace: raw.namespace,
    partition: raw.partition,
    tagSeparator: raw.tag_separator,
    allowStale: raw.allow_stale,
    refreshIntervalMs: raw.refresh_interval,
    services: raw.services,
    tags: raw.tags,
    nodeMeta: raw.node_meta,
    filter: raw.filter,
    healthFilter: raw.health_filter,
    http: buildHttp(raw),
  }),
  checkConsul,
)

function checkConsul(raw: RawConsul, place: MapPlace): void {
  checkHttp(raw, place)
  if (raw.server.trim() === '') {
    const message = 'consul SD configuration requires a server address'
    place.report.error(place.at('server'), message)
  }
  const user = countGiven([raw.username, raw.password]) > 0
  if (user && raw.basic_auth !== undefined) {
    const message =
      'at most one of consul SD configuration username and password and basic auth can be configured'
    place.report.error(place.mark, message)
  }
  if (raw.token !== undefined && (raw.authorization !== undefined || raw.oauth2 !== undefined)) {
    const message = 'at most one of consul SD token, authorization, or oauth2 can be configured'
    place.report.error(place.at('token'), message)
  }
}

interface RawDocker extends RawHttp {
  readonly host: string
  readonly port: number
  readonly filters: DockerDiscovery['filters']
  readonly refresh_interval: number
  readonly host_networking_host: string
  readonly match_first_network: boolean
}

const filter = mapOf<DockerDiscovery['filters'][number], DockerDiscovery['filters'][number]>(
  'filter.plain',
  { name: text, values: listOf(text) },
  (raw) => raw,
)

/** `docker_sd_configs`, one entry. */
export const dockerDiscovery: Shape<DockerDiscovery> = mapOf<RawDocker, DockerDiscovery>(
  'moby.plain',
  {
    ...HTTP_KEYS,
    host: text,
    port: whole(80),
    filters: listOf(filter),
    refresh_interval: duration(60_000),
    host_networking_host: textOr('localhost'),
    match_first_network: truth(true),
  },
  (raw) => ({
    host: raw.host,
    port: raw.port,
    filters: raw.filters,
    hostNetworkingHost: raw.host_networking_host,
    matchFirstNetwork: raw.match_first_network,
    refreshIntervalMs: raw.refresh_interval,
    http: buildHttp(raw),
  }),
  (raw, place) => {
    checkHttp(raw, place)
    if (raw.host === '') place.report.error(place.at('host'), 'host missing')
    else if (tryParseUrl(raw.host) === undefined) {
      place.report.error(place.at('host'), 'host is not a valid URL')
    }
  },
)
