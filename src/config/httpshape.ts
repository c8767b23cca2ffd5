import type { Secret } from '../base/secret.ts'
import { countGiven, refuseReferences } from './alternatives.ts'
import type {
  Authorization,
  BasicAuth,
  HttpClientConfig,
  HttpHeader,
  OAuth2,
  TlsConfig,
} from './http.ts'
import { buildProxy, checkProxy, PROXY_KEYS, type RawProxy } from './proxyshape.ts'
import { filePath, rawText, shownTruth, text } from './scalars.ts'
import {
  entriesOf,
  type Keys,
  listOf,
  type MapPlace,
  mapOf,
  optional,
  type Shape,
  secret,
} from './shape.ts'
import { tlsClient } from './tlsshape.ts'

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
