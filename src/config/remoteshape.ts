/** Remote ends: `remote_write`, `remote_read`, `alerting` and `tracing`. Checked only. */
import {
  checkStaticTargets,
  DISCOVERY_KEYS,
  labelMap,
  type RawDiscovery,
} from './discoveryshape.ts'
import { checkHttp, HTTP_KEYS, type RawHttp, tlsClient } from './httpshape.ts'
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
import {
  entriesOf,
  given,
  type Keys,
  listOf,
  type MapPlace,
  mapOf,
  type Shape,
  secret,
} from './shape.ts'
import type { UrlParts } from './url.ts'

/** A remote end that has a name. */
export interface NamedRemote {
  readonly name: string
  readonly place: MapPlace
}

type Headers = readonly (readonly [string, string])[]

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

function checkHeaders(headers: Headers, place: MapPlace, authorization: string): void {
  for (const [name] of headers) {
    const lower = name.toLowerCase()
    if (lower === 'authorization') place.report.error(place.at('headers'), authorization)
    if (RESERVED_HEADERS.has(lower)) {
      const message = `${name} is a reserved header. It must not be changed`
      place.report.error(place.at('headers'), message)
    }
  }
}

const REMOTE_AUTHORIZATION =
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

const sigv4 = presence(
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

const azuread = presence(
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

const googleIam = presence(mapOf('googleiam.plain', { credentials_file: filePath }, (raw) => raw))

interface RawQueue {
  readonly capacity: number
  readonly max_shards: number
  readonly min_shards: number
  readonly max_samples_per_send: number
  readonly batch_send_deadline: number
  readonly min_backoff: number
  readonly max_backoff: number
  readonly retry_on_http_429: boolean
  readonly sample_age_limit: number
}

const queue = mapOf<RawQueue, RawQueue>(
  'config.plain',
  {
    capacity: whole(10_000),
    max_shards: whole(50),
    min_shards: whole(1),
    max_samples_per_send: whole(2000),
    batch_send_deadline: duration(5000),
    min_backoff: duration(30),
    max_backoff: duration(5000),
    retry_on_http_429: truth(false),
    sample_age_limit: quietDuration,
  },
  (raw) => raw,
  (raw, place) => {
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), `remote write queue ${message}`)
    for (const [key, value] of Object.entries(raw)) {
      if (typeof value !== 'number' || key === 'sample_age_limit') continue
      if (value <= 0) refuse(key, `${key} must be positive`)
    }
    if (raw.min_shards > raw.max_shards) {
      refuse('min_shards', 'min_shards must not be greater than max_shards')
    }
    if (raw.max_backoff < raw.min_backoff) {
      refuse('max_backoff', 'max_backoff must not be less than min_backoff')
    }
  },
)

const metadata = mapOf(
  'config.plain',
  { send: truth(true), send_interval: duration(60_000), max_samples_per_send: whole(2000) },
  (raw) => raw,
)

interface RawWrite extends RawHttp {
  readonly url: UrlParts | undefined
  readonly remote_timeout: number
  readonly headers: Headers
  readonly write_relabel_configs: readonly DraftRule[]
  readonly name: string
  readonly send_exemplars: boolean
  readonly send_native_histograms: boolean
  readonly round_robin_dns: boolean
  readonly protobuf_message: string
  readonly queue_config: unknown
  readonly metadata_config: unknown
  readonly sigv4: boolean
  readonly azuread: boolean
  readonly google_iam: boolean
}

const MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request']

const WRITE_KEYS: Keys<RawWrite> = {
  url,
  remote_timeout: duration(30_000),
  headers: entriesOf(text),
  write_relabel_configs: rulesOf('empty or null relabeling rule in remote write config'),
  name: text,
  send_exemplars: truth(false),
  send_native_histograms: truth(false),
  round_robin_dns: truth(false),
  protobuf_message: textOr(MESSAGES[0]),
  ...HTTP_KEYS,
  queue_config: queue,
  metadata_config: metadata,
  sigv4,
  azuread,
  google_iam: googleIam,
}

function checkWrite(raw: RawWrite, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.url === undefined) refuse('url', 'url for remote_write is empty')
  checkHeaders(raw.headers, place, REMOTE_AUTHORIZATION)
  if (!MESSAGES.includes(raw.protobuf_message)) {
    const unknown = `unknown type for remote write protobuf message ${raw.protobuf_message}`
    const message = `invalid protobuf_message value: ${unknown}, supported: ${MESSAGES.join(', ')}`
    refuse('protobuf_message', message)
  }
  checkHttp(raw, place)
  const ways = ['basic_auth', 'authorization', 'oauth2', 'sigv4', 'azuread', 'google_iam'] as const
  const used = ways.filter((way) => raw[way])
  if (used.length > 1) {
    refuse(
      used[1],
      `at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. Currently configured: [${used.join(' ')}]`,
    )
  }
}

const writeMap = mapOf<RawWrite, NamedRemote>(
  'config.plain',
  WRITE_KEYS,
  (raw, place) => ({ name: raw.name, place }),
  checkWrite,
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
function namedList(item: Shape<NamedRemote>, kind: string): Shape<readonly NamedRemote[]> {
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

export const remoteWriteList: Shape<readonly NamedRemote[]> = namedList(writeMap, 'write')
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
