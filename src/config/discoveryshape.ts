/** Who to scrape, as files say it; kinds that do nothing yet are checked only. */
import { NarthexError } from '../base/error.ts'
import { type Labels, labelsFrom } from '../model/labels.ts'
import type {
  ConsulDiscovery,
  DiscoveryConfigs,
  DnsDiscovery,
  DockerDiscovery,
  FileDiscovery,
  HttpDiscovery,
  KubernetesDiscovery,
  StaticGroup,
} from './discovery.ts'
import { consulDiscovery, dnsDiscovery, dockerDiscovery } from './discoverykinds.ts'
import { buildHttp, checkHttp, HTTP_KEYS, type RawHttp } from './httpshape.ts'
import { kubernetesDiscovery } from './kubernetes.ts'
import { OTHER_DISCOVERY } from './othersd.ts'
import { isLabelName } from './relabel.ts'
import { duration, rawText, text, url } from './scalars.ts'
import {
  entriesOf,
  type Keys,
  later,
  listOf,
  type MapPlace,
  mapOf,
  type Shape,
  scalar,
} from './shape.ts'
import type { UrlParts } from './url.ts'
import { quoteText } from './yaml.ts'

/** What stands under the keys of discovery, ours and others'. */
export interface RawDiscovery {
  readonly static_configs: readonly StaticGroup[]
  readonly file_sd_configs: readonly FileDiscovery[]
  readonly http_sd_configs: readonly HttpDiscovery[]
  readonly dns_sd_configs: readonly DnsDiscovery[]
  readonly consul_sd_configs: readonly ConsulDiscovery[]
  readonly kubernetes_sd_configs: readonly KubernetesDiscovery[]
  readonly docker_sd_configs: readonly DockerDiscovery[]
}

const labelEntries = entriesOf(rawText)

/** A map of labels with any UTF-8 name. */
export const labelMap: Shape<Labels> = {
  read(node, place) {
    const pairs = labelEntries.read(node, place)
    for (const [name, value] of pairs) {
      if (!isLabelName(name, 'utf8')) {
        place.report.error(place.mark, `${quoteText(name)} is not a valid label name`)
      }
      if (!value.isWellFormed()) {
        place.report.error(place.mark, `${quoteText(value)} is not a valid label value`)
      }
    }
    return labelsFrom(pairs)
  },
  show: (node) => labelEntries.show(node),
}

const staticGroup = mapOf(
  'targetgroup.plain',
  { targets: listOf(text), labels: labelMap },
  (raw): StaticGroup => raw,
)

/** A file name or a pattern with `*` in its last part, of a kind that we read. */
const FILE_PATTERN = /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/

const filePattern = scalar(
  'a path',
  (value, place) => {
    if (FILE_PATTERN.test(value)) return value.startsWith('/') ? value : `${place.dir}/${value}`
    const message = `path name "${value}" is not valid for file discovery`
    throw new NarthexError('bad_data', message)
  },
  '',
)

const fileDiscovery = mapOf(
  'file.plain',
  { files: listOf(filePattern), refresh_interval: duration(300_000) },
  (raw): FileDiscovery => ({ files: raw.files, refreshIntervalMs: raw.refresh_interval }),
  (raw, place) => {
    if (raw.files.length === 0) {
      const message = 'file service discovery config must contain at least one path name'
      place.report.error(place.mark, message)
    }
  },
)

interface RawHttpDiscovery extends RawHttp {
  readonly url: UrlParts | undefined
  readonly refresh_interval: number
}

const HTTP_DISCOVERY_KEYS: Keys<RawHttpDiscovery> = {
  ...HTTP_KEYS,
  refresh_interval: duration(60_000),
  url,
}

const httpDiscovery = mapOf<RawHttpDiscovery, HttpDiscovery>(
  'http.plain',
  HTTP_DISCOVERY_KEYS,
  (raw) => ({
    url: raw.url?.text ?? '',
    refreshIntervalMs: raw.refresh_interval,
    http: buildHttp(raw),
  }),
  (raw, place) => {
    if (raw.url === undefined) place.report.error(place.mark, 'URL is missing')
    else checkWebUrl(raw.url, 'url', place)
    checkHttp(raw, place)
  },
)

/** Refuses a URL that cannot be asked over HTTP. */
export function checkWebUrl(parts: UrlParts, key: string, place: MapPlace): void {
  if (parts.scheme !== 'http' && parts.scheme !== 'https') {
    place.report.error(place.at(key), "URL scheme must be 'http' or 'https'")
  } else if (parts.host === '') {
    place.report.error(place.at(key), 'host is missing in URL')
  }
}

const EMPTY = (kind: string): string => `empty or null section in ${kind}`

function otherKeys(): Record<string, Shape<unknown>> {
  const keys: Record<string, Shape<unknown>> = {}
  for (const [kind, shape] of Object.entries(OTHER_DISCOVERY)) {
    const name = `${kind}_sd_configs`
    keys[name] = later(listOf(shape, EMPTY(name)), name)
  }
  return keys
}

/** The keys of discovery; maps that have them inline spread them into their own. */
export const DISCOVERY_KEYS: Keys<RawDiscovery> = {
  ...otherKeys(),
  consul_sd_configs: listOf(consulDiscovery, EMPTY('consul_sd_configs')),
  dns_sd_configs: listOf(dnsDiscovery, EMPTY('dns_sd_configs')),
  docker_sd_configs: listOf(dockerDiscovery, EMPTY('docker_sd_configs')),
  file_sd_configs: listOf(fileDiscovery, EMPTY('file_sd_configs')),
  http_sd_configs: listOf(httpDiscovery, EMPTY('http_sd_configs')),
  kubernetes_sd_configs: listOf(kubernetesDiscovery, EMPTY('kubernetes_sd_configs')),
  static_configs: listOf(staticGroup, EMPTY('static_configs')),
}

/** The discovery that the keys describe. */
export function buildDiscovery(raw: RawDiscovery): DiscoveryConfigs {
  return {
    static: raw.static_configs,
    file: raw.file_sd_configs,
    http: raw.http_sd_configs,
    dns: raw.dns_sd_configs,
    consul: raw.consul_sd_configs,
    kubernetes: raw.kubernetes_sd_configs,
    docker: raw.docker_sd_configs,
  }
}

/** Refuses URLs where addresses are wanted; with relabelling they may still become addresses. */
export function checkStaticTargets(raw: RawDiscovery, place: MapPlace): void {
  for (const group of raw.static_configs) {
    for (const target of group.targets) {
      if (target.includes('/')) {
        place.report.error(place.at('static_configs'), `"${target}" is not a valid hostname`)
      }
    }
  }
}
