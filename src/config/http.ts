/** How to reach something over HTTP: credentials, TLS, proxies and headers. */
import type { Secret } from '../base/secret.ts'

/** User and password; a file is read again for each connection. */
export interface BasicAuth {
  readonly username: string
  /** Absolute path, or ''. */
  readonly usernameFile: string
  readonly password: Secret | undefined
  /** Absolute path, or ''. */
  readonly passwordFile: string
}

/** An `Authorization` header of `type` and credentials. A bearer token is written this way too. */
export interface Authorization {
  /** `Bearer` by default, never `Basic`. */
  readonly type: string
  readonly credentials: Secret | undefined
  /** Absolute path, or ''. */
  readonly credentialsFile: string
}

/** Client credentials of OAuth 2. */
export interface OAuth2 {
  readonly clientId: string
  readonly clientSecret: Secret | undefined
  /** Absolute path, or ''. */
  readonly clientSecretFile: string
  readonly scopes: readonly string[]
  readonly tokenUrl: string
  readonly endpointParams: readonly (readonly [string, string])[]
  readonly tls: TlsConfig
  readonly proxy: ProxyConfig
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** Whom to trust and what to show. Text in PEM; of text and file at most one is there. */
export interface TlsConfig {
  readonly ca: string
  readonly caFile: string
  readonly cert: string
  readonly certFile: string
  readonly key: Secret | undefined
  readonly keyFile: string
  /** Name for SNI and verification; '' for the host of the URL. */
  readonly serverName: string
  readonly insecureSkipVerify: boolean
  readonly versionMin: TlsVersion | undefined
  readonly versionMax: TlsVersion | undefined
}

/** Through whom to connect. */
export interface ProxyConfig {
  /** '' for none; may hold credentials, so it is never printed. */
  readonly url: Secret | undefined
  /** Hosts, suffixes and networks that are reached directly, comma-separated. */
  readonly noProxy: string
  readonly fromEnvironment: boolean
  readonly connectHeaders: readonly (readonly [string, readonly Secret[]])[]
}

/** One extra header; all values and the contents of all files are sent. */
export interface HttpHeader {
  readonly name: string
  readonly values: readonly string[]
  readonly secrets: readonly Secret[]
  /** Absolute paths. */
  readonly files: readonly string[]
}

/** Everything that `http_config` says in Prometheus's files. */
export interface HttpClientConfig {
  readonly basicAuth: BasicAuth | undefined
  readonly authorization: Authorization | undefined
  readonly oauth2: OAuth2 | undefined
  readonly tls: TlsConfig
  readonly proxy: ProxyConfig
  readonly followRedirects: boolean
  readonly enableHttp2: boolean
  readonly headers: readonly HttpHeader[]
}

/** TLS with the system's roots and no client certificate. */
export const PLAIN_TLS: TlsConfig = Object.freeze({
  ca: '',
  caFile: '',
  cert: '',
  certFile: '',
  key: undefined,
  keyFile: '',
  serverName: '',
  insecureSkipVerify: false,
  versionMin: undefined,
  versionMax: undefined,
})

/** Direct connections. */
export const NO_PROXY: ProxyConfig = Object.freeze({
  url: undefined,
  noProxy: '',
  fromEnvironment: false,
  connectHeaders: [],
})

/** A client without credentials: what a scrape has when its configuration says nothing. */
export const PLAIN_HTTP: HttpClientConfig = Object.freeze({
  basicAuth: undefined,
  authorization: undefined,
  oauth2: undefined,
  tls: PLAIN_TLS,
  proxy: NO_PROXY,
  followRedirects: true,
  enableHttp2: true,
  headers: [],
})
