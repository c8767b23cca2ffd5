/** The HTTP client part that jobs, discovery and remote ends share: keys, checks, defaults. */
import { NarthexError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import {
  type Authorization,
  type BasicAuth,
  type HttpClientConfig,
  type HttpHeader,
  NO_PROXY,
  type OAuth2,
  PLAIN_TLS,
  type ProxyConfig,
  type TlsConfig,
  type TlsVersion,
} from './http.ts'
import { filePath, rawText, shownTruth, text, truth } from './scalars.ts'
import {
  entriesOf,
  given,
  type Keys,
  listOf,
  type MapPlace,
  mapOf,
  type Shape,
  scalar,
  secret,
} from './shape.ts'
import { parseUrl, redactUrl } from './url.ts'

/** What stands under the keys of an HTTP client. */
export interface RawHttp extends RawProxy {
  readonly basic_auth: BasicAuth | undefined
  readonly authorization: Authorization | undefined
  readonly oauth2: OAuth2 | undefined
  readonly bearer_token: Secret | undefined
  readonly bearer_token_file: string
  readonly tls_config: TlsConfig
  readonly follow_redirects: boolean
  readonly enable_http2: boolean
  readonly http_headers: readonly HttpHeader[]
}

interface RawProxy {
  readonly proxy_url: Secret | undefined
  readonly no_proxy: string
  readonly proxy_from_environment: boolean
  readonly proxy_connect_header: ProxyConfig['connectHeaders']
}

/** A map that is undefined where it is absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    read: (node, place) => (given(node) === undefined ? undefined : shape.read(node, place)),
    show: (node) => (given(node) === undefined ? undefined : shape.show(node)),
  }
}

const basicAuth = mapOf(
  'config.plain',
  {
    username: text,
    username_file: filePath,
    username_ref: text,
    password: secret,
    password_file: filePath,
    password_ref: text,
  },
  (raw): BasicAuth => ({
    username: raw.username,
    usernameFile: raw.username_file,
    password: raw.password,
    passwordFile: raw.password_file,
  }),
  (raw, place) => {
    const names = [raw.username, raw.username_file, raw.username_ref]
    const words = [raw.password, raw.password_file, raw.password_ref]
    if (countGiven(names) > 1) {
      const message =
        'at most one of basic_auth username, username_file & username_ref must be configured'
      place.report.error(place.mark, message)
    }
    if (countGiven(words) > 1) {
      const message =
        'at most one of basic_auth password, password_file & password_ref must be configured'
      place.report.error(place.mark, message)
    }
    refuseReferences(place, ['username_ref', 'password_ref'])
  },
)

/** `authorization` of a client. */
export const authorization: Shape<Authorization> = mapOf(
  'config.plain',
  { type: text, credentials: secret, credentials_file: filePath, credentials_ref: text },
  (raw): Authorization => ({
    type: raw.type.trim() === '' ? 'Bearer' : raw.type.trim(),
    credentials: raw.credentials,
    credentialsFile: raw.credentials_file,
  }),
  (raw, place) => {
    if (countGiven([raw.credentials, raw.credentials_file, raw.credentials_ref]) > 1) {
      const message =
        'at most one of authorization credentials & credentials_file must be configured'
      place.report.error(place.mark, message)
    }
    if (raw.type.trim().toLowerCase() === 'basic') {
      const message = 'authorization type cannot be set to "basic", use "basic_auth" instead'
      place.report.error(place.at('type'), message)
    }
    refuseReferences(place, ['credentials_ref'])
  },
)

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
}

/** A version of TLS as Prometheus names it. */
export const tlsVersion: Shape<TlsVersion | undefined> = scalar<TlsVersion | undefined>(
  'a TLS version',
  (value) => {
    const version = VERSIONS[value]
    if (version !== undefined) return version
    throw new NarthexError('bad_data', `unknown TLS version: ${value}`)
  },
  undefined,
)

/** `tls_config` of a client. */
export const tlsClient: Shape<TlsConfig> = mapOf(
  'config.plain',
  {
    ca: text,
    cert: text,
    key: secret,
    ca_file: filePath,
    cert_file: filePath,
    key_file: filePath,
    ca_ref: text,
    cert_ref: text,
    key_ref: text,
    server_name: text,
    insecure_skip_verify: truth(false),
    min_version: tlsVersion,
    max_version: tlsVersion,
  },
  (raw, place): TlsConfig =>
    place.has('ca') || Object.values(raw).some((value) => value)
      ? {
          ca: raw.ca,
          caFile: raw.ca_file,
          cert: raw.cert,
          certFile: raw.cert_file,
          key: raw.key,
          keyFile: raw.key_file,
          serverName: raw.server_name,
          insecureSkipVerify: raw.insecure_skip_verify,
          versionMin: raw.min_version,
          versionMax: raw.max_version,
        }
      : PLAIN_TLS,
  (raw, place) => {
    const ca = countGiven([raw.ca, raw.ca_file, raw.ca_ref])
    const cert = countGiven([raw.cert, raw.cert_file, raw.cert_ref])
    const key = countGiven([raw.key, raw.key_file, raw.key_ref])
    const refuse = (message: string): void => place.report.error(place.mark, message)
    if (ca > 1) refuse('at most one of ca, ca_file & ca_ref must be configured')
    if (cert > 1) refuse('at most one of cert, cert_file & cert_ref must be configured')
    if (key > 1) refuse('at most one of key and key_file must be configured')
    if (cert > 0 && key === 0) {
      refuse(
        'exactly one of key or key_file must be configured when a client certificate is configured',
      )
    }
    if (key > 0 && cert === 0) {
      refuse('exactly one of cert or cert_file must be configured when a client key is configured')
    }
    if (raw.min_version && raw.max_version && raw.min_version > raw.max_version) {
      refuse(
        'tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified',
      )
    }
    refuseReferences(place, ['ca_ref', 'cert_ref', 'key_ref'])
  },
)

const proxyUrl: Shape<Secret | undefined> = {
  read(node, place) {
    const hidden = secret.read(node, place)
    try {
      if (hidden !== undefined) parseUrl(hidden.reveal())
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      place.report.error(place.mark, error.message)
    }
    return hidden
  },
  show: (node) => (node?.kind === 'scalar' ? redactUrl(node.text) : undefined),
}

const PROXY_KEYS: Keys<RawProxy> = {
  proxy_url: proxyUrl,
  no_proxy: text,
  proxy_from_environment: truth(false),
  proxy_connect_header: entriesOf(listOf(secret)) as Shape<ProxyConfig['connectHeaders']>,
}

function buildProxy(raw: RawProxy): ProxyConfig {
  if (!raw.proxy_url && !raw.proxy_from_environment) return NO_PROXY
  return {
    url: raw.proxy_url,
    noProxy: raw.no_proxy,
    fromEnvironment: raw.proxy_from_environment,
    connectHeaders: raw.proxy_connect_header,
  }
}

function checkProxy(raw: RawProxy, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.proxy_connect_header.length > 0 && !raw.proxy_url && !raw.proxy_from_environment) {
    refuse(
      'proxy_connect_header',
      'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured',
    )
  }
  if (raw.proxy_from_environment) {
    const rule = 'if proxy_from_environment is configured,'
    if (raw.proxy_url) refuse('proxy_url', `${rule} proxy_url must not be configured`)
    if (raw.no_proxy !== '') refuse('no_proxy', `${rule} no_proxy must not be configured`)
  } else if (raw.no_proxy !== '' && !raw.proxy_url) {
    refuse('no_proxy', 'if no_proxy is configured, proxy_url must also be configured')
  }
}

/** Headers that the client sets itself. @source Prometheus common/config, reserved headers */
const OWN_HEADERS: ReadonlySet<string> = new Set(
  [
    'authorization host content-encoding content-length content-type user-agent connection',
    'keep-alive proxy-authenticate proxy-authorization www-authenticate accept-encoding',
    'x-prometheus-remote-write-version x-prometheus-remote-read-version',
    'x-prometheus-scrape-timeout-seconds x-amz-date x-amz-security-token x-amz-content-sha256',
  ]
    .join(' ')
    .split(' '),
)

const headerValue = mapOf(
  'config.plain',
  { values: listOf(text), secrets: listOf(secret), files: listOf(filePath) },
  (raw) => raw,
)

const headerEntries = entriesOf(headerValue)

const httpHeaders: Shape<readonly HttpHeader[]> = {
  read(node, place) {
    return headerEntries.read(node, place).map(([name, value]) => {
      if (OWN_HEADERS.has(name.toLowerCase())) {
        place.report.error(place.mark, `setting header "${name}" is not allowed`)
      }
      const secrets = value.secrets.filter((one) => one !== undefined)
      return { name, values: value.values, secrets, files: value.files }
    })
  },
  show: (node) => headerEntries.show(node),
}

/** Keys of OAuth 2 that are read, but do nothing yet. */
const OAUTH_LATER = [
  'grant_type',
  'client_certificate_key',
  'client_certificate_key_file',
  'http_headers',
] as const

const oauth2 = mapOf(
  'config.plain',
  {
    client_id: text,
    client_secret: secret,
    client_secret_file: filePath,
    client_secret_ref: text,
    client_certificate_key_id: text,
    client_certificate_key: secret,
    client_certificate_key_file: filePath,
    client_certificate_key_ref: text,
    grant_type: text,
    signature_algorithm: text,
    iss: text,
    audience: text,
    claims: entriesOf(rawText),
    scopes: listOf(text),
    token_url: text,
    endpoint_params: entriesOf(text),
    tls_config: tlsClient,
    ...PROXY_KEYS,
    http_headers: httpHeaders,
  },
  (raw): OAuth2 => ({
    clientId: raw.client_id,
    clientSecret: raw.client_secret,
    clientSecretFile: raw.client_secret_file,
    scopes: raw.scopes,
    tokenUrl: raw.token_url,
    endpointParams: raw.endpoint_params,
    tls: raw.tls_config,
    proxy: buildProxy(raw),
  }),
  (raw, place) => {
    const refuse = (message: string): void => place.report.error(place.mark, message)
    if (raw.client_id === '') refuse('oauth2 client_id cannot be empty')
    if (raw.token_url === '') refuse('oauth2 token_url cannot be empty')
    if (countGiven([raw.client_secret, raw.client_secret_file, raw.client_secret_ref]) > 1) {
      refuse(
        'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured',
      )
    }
    checkProxy(raw, place)
    refuseReferences(place, ['client_secret_ref', 'client_certificate_key_ref'])
    for (const key of OAUTH_LATER) {
      if (place.has(key)) {
        place.report.warn(place.at(key), `oauth2 ${key} is not supported yet: it has no effect`)
      }
    }
  },
)

/** The keys of an HTTP client; maps that have them inline spread them into their own. */
export const HTTP_KEYS: Keys<RawHttp> = {
  basic_auth: optional(basicAuth),
  authorization: optional(authorization),
  oauth2: optional(oauth2),
  bearer_token: secret,
  bearer_token_file: filePath,
  tls_config: tlsClient,
  follow_redirects: shownTruth(true),
  enable_http2: shownTruth(true),
  ...PROXY_KEYS,
  http_headers: httpHeaders,
}

/** The client that the keys describe. */
export function buildHttp(raw: RawHttp): HttpClientConfig {
  const bearer =
    raw.bearer_token === undefined && raw.bearer_token_file === ''
      ? undefined
      : {
          type: 'Bearer',
          credentials: raw.bearer_token,
          credentialsFile: raw.bearer_token_file,
        }
  return {
    basicAuth: raw.basic_auth,
    authorization: raw.authorization ?? bearer,
    oauth2: raw.oauth2,
    tls: raw.tls_config,
    proxy: buildProxy(raw),
    followRedirects: raw.follow_redirects,
    enableHttp2: raw.enable_http2,
    headers: raw.http_headers,
  }
}

/**
 * Says which keys exclude each other.
 *
 * @source Prometheus common/config, HTTPClientConfig.Validate
 */
export function checkHttp(raw: RawHttp, place: MapPlace): void {
  const refuse = (message: string): void => place.report.error(place.mark, message)
  const bearer = countGiven([raw.bearer_token, raw.bearer_token_file])
  if (bearer > 1) refuse('at most one of bearer_token & bearer_token_file must be configured')
  if ((raw.basic_auth || raw.oauth2) && bearer > 0) {
    refuse('at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured')
  }
  if (raw.authorization && bearer > 0) {
    refuse('authorization is not compatible with bearer_token & bearer_token_file')
  }
  if (countGiven([raw.basic_auth, raw.oauth2, raw.authorization]) > 1) {
    refuse('at most one of basic_auth, oauth2 & authorization must be configured')
  }
  checkProxy(raw, place)
}

/** Whether any key of an HTTP client says something else than its default. */
export function isCustomHttp(raw: RawHttp, place: MapPlace): boolean {
  const changed = Object.keys(HTTP_KEYS).filter((key) => place.has(key))
  return changed.some((key) =>
    key === 'follow_redirects' || key === 'enable_http2' ? !raw[key] : true,
  )
}

/** Secrets by reference need a secret manager; none can be configured here. */
function refuseReferences(place: MapPlace, keys: readonly string[]): void {
  for (const key of keys) {
    if (place.has(key)) {
      place.report.error(place.at(key), `${key} needs a secret manager, none is configured`)
    }
  }
}

/** How many of the values say something. */
export function countGiven(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined && value !== '').length
}
