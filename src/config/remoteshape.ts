/** Remote ends: what they share, and `remote_read`, `alerting` and `tracing`, which are checked only. */
import {
  checkStaticTargets,
  DISCOVERY_KEYS,
  labelMap,
  type RawDiscovery,
} from './discoveryshape.ts'
import { checkHttp, HTTP_KEYS, type RawHttp } from './httpshape.ts'
import { type DraftRule, rulesOf } from './relabelshape.ts'
import {
  duration,
  filePath,
  fraction,
  quietDuration,
  text,
  textOr,
  truth,
  url,
  whole,
} from './scalars.ts'
import { entriesOf, given, listOf, type MapPlace, mapOf, type Shape, secret } from './shape.ts'
import { tlsClient } from './tlsshape.ts'
import type { UrlParts } from './url.ts'

/** A remote end that has a name. */
export interface NamedRemote {
  readonly name: string
  readonly place: MapPlace
}

export type Headers = readonly (readonly [string, string])[]

const RESERVED_HEADERS: ReadonlySet<string> = new Set(
  [
    'host content-encoding content-length content-type user-agent connection keep-alive',
    'proxy-authenticate proxy-authorization www-authenticate accept-encoding',
    'x-prometheus-remote-write-version x-prometheus-remote-read-version',
    'x-amz-date x-amz-security-token x-amz-content-sha256',
  ]
    .join(' ')
    .split(' '),
)

export function checkHeaders(headers: Headers, place: MapPlace, authorization: string): void {
  for (const [name] of headers) {
    const lower = name.toLowerCase()
    if (lower === 'authorization') place.report.error(place.at('headers'), authorization)
    if (RESERVED_HEADERS.has(lower)) {
      const message = `${name} is a reserved header. It must not be changed`
      place.report.error(place.at('headers'), message)
    }
  }
}

export const REMOTE_AUTHORIZATION: string =
  'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter'

/** A map whose only use is whether it is there. */
function presence(shape: Shape<unknown>): Shape<boolean> {
  return {
    read(node, place) {
      if (given(node) === undefined) return false
      shape.read(node, place)
      return true
    },
    show: (node) => (given(node) === undefined ? undefined : shape.show(node)),
  }
}

export const sigv4: Shape<boolean> = presence(
  mapOf(
    'sigv4.plain',
    {
      region: text,
      access_key: text,
      secret_key: secret,
      profile: text,
      role_arn: text,
      external_id: text,
      use_fips_sts_endpoint: truth(false),
      service_name: text,
    },
    (raw) => raw,
    (raw, place) => {
      if ((raw.access_key === '') !== (raw.secret_key === undefined)) {
        const message =
          'must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config'
        place.report.error(place.mark, message)
      }
    },
  ),
)

export const azuread: Shape<boolean> = presence(
  mapOf(
    'azuread.plain',
    {
      cloud: textOr('AzurePublic'),
      managed_identity: mapOf('azuread.plain', { client_id: text }, (raw) => raw),
      workload_identity: mapOf(
        'azuread.plain',
        { client_id: text, tenant_id: text, token_file_path: filePath },
        (raw) => raw,
      ),
      oauth: mapOf(
        'azuread.plain',
        { client_id: text, client_secret: secret, tenant_id: text },
        (raw) => raw,
      ),
      sdk: mapOf('azuread.plain', { tenant_id: text }, (raw) => raw),
      scope: text,
    },
    (raw) => raw,
  ),
)

export const googleIam: Shape<boolean> = presence(
  mapOf('googleiam.plain', { credentials_file: filePath }, (raw) => raw),
)

interface RawRead extends RawHttp {
  readonly url: UrlParts | undefined
  readonly remote_timeout: number
  readonly chunked_read_limit: number
  readonly headers: Headers
  readonly read_recent: boolean
  readonly name: string
  readonly required_matchers: unknown
  readonly filter_external_labels: boolean
}

const readMap = mapOf<RawRead, NamedRemote>(
  'config.plain',
  {
    url,
    remote_timeout: duration(60_000),
    chunked_read_limit: whole(50_000_000),
    headers: entriesOf(text),
    read_recent: truth(false),
    name: text,
    ...HTTP_KEYS,
    required_matchers: labelMap,
    filter_external_labels: truth(true),
  },
  (raw, place) => ({ name: raw.name, place }),
  (raw, place) => {
    if (raw.url === undefined) place.report.error(place.at('url'), 'url for remote_read is empty')
    checkHeaders(raw.headers, place, REMOTE_AUTHORIZATION)
    checkHttp(raw, place)
  },
)

/** A list in which no name stands twice. */
export function namedList<T extends NamedRemote>(
  item: Shape<T>,
  kind: string,
): Shape<readonly T[]> {
  const list = listOf(item, `empty or null remote ${kind} config section`)
  return {
    read(node, place) {
      const remotes = list.read(node, place)
      const names = new Set<string>()
      for (const { name, place: at } of remotes) {
        if (name !== '' && names.has(name)) {
          const message = `found multiple remote ${kind} configs with job name "${name}"`
          at.report.error(at.at('name'), message)
        }
        names.add(name)
      }
      return remotes
    },
    show: (node) => list.show(node),
  }
}

export const remoteReadList: Shape<readonly NamedRemote[]> = namedList(readMap, 'read')

interface RawAlertmanager extends RawHttp, RawDiscovery {
  readonly sigv4: boolean
  readonly scheme: string
  readonly path_prefix: string
  readonly timeout: number
  readonly api_version: string
  readonly relabel_configs: readonly DraftRule[]
  readonly alert_relabel_configs: readonly DraftRule[]
}

const alertmanager = mapOf<RawAlertmanager, unknown>(
  'config.plain',
  {
    ...HTTP_KEYS,
    sigv4,
    scheme: textOr('http'),
    path_prefix: text,
    timeout: duration(10_000),
    api_version: textOr('v2'),
    relabel_configs: rulesOf('empty or null Alertmanager target relabeling rule'),
    alert_relabel_configs: rulesOf('empty or null Alertmanager alert relabeling rule'),
    ...DISCOVERY_KEYS,
  },
  () => undefined,
  (raw, place) => {
    checkHttp(raw, place)
    if (raw.sigv4 && (raw.basic_auth || raw.authorization || raw.oauth2)) {
      const message = 'at most one of basic_auth, authorization, oauth2, & sigv4 must be configured'
      place.report.error(place.at('sigv4'), message)
    }
    if (raw.api_version !== 'v2') {
      const message = `expected Alertmanager api version to be one of [v2] but got ${raw.api_version}`
      place.report.error(place.at('api_version'), message)
    }
    if (raw.relabel_configs.length === 0) checkStaticTargets(raw, place)
  },
)

/** `alerting`; true when it says anything. */
export const alertingShape: Shape<boolean> = mapOf(
  'config.plain',
  {
    alert_relabel_configs: rulesOf('empty or null alert relabeling rule'),
    alertmanagers: listOf(alertmanager, 'empty or null Alertmanager config section'),
  },
  (raw) => raw.alert_relabel_configs.length + raw.alertmanagers.length > 0,
)

/** `tracing`. */
export const tracingShape: Shape<boolean> = presence(
  mapOf(
    'config.plain',
    {
      client_type: textOr('grpc'),
      endpoint: text,
      sampling_fraction: fraction,
      insecure: truth(false),
      tls_config: tlsClient,
      headers: entriesOf(text),
      compression: text,
      timeout: quietDuration,
    },
    (raw) => raw,
    (raw, place) => {
      checkHeaders(
        raw.headers,
        place,
        'custom authorization header configuration is not yet supported',
      )
      if (raw.client_type !== 'http' && raw.client_type !== 'grpc') {
        const message = `expected tracing client type to be http or grpc, but got ${raw.client_type}`
        place.report.error(place.at('client_type'), message)
      }
      if (raw.endpoint === '') place.report.error(place.mark, 'tracing endpoint must be set')
      if (raw.compression !== '' && raw.compression !== 'gzip') {
        const message = `invalid compression type ${raw.compression} provided, valid options: gzip`
        place.report.error(place.at('compression'), message)
      }
    },
  ),
)
