/** What `--web.config.file` says: TLS, headers, users and tokens of our own listener. */
import type { Secret } from '../base/secret.ts'
import type { Role } from '../model/role.ts'
import type { TlsVersion } from './http.ts'

/** When a client has to show a certificate. @source Go crypto/tls ClientAuthType */
export type ClientAuth =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert'

/** Certificate and rules of the listener. Text in PEM; of text and file one is there. */
export interface WebTls {
  readonly cert: string
  /** Absolute path, or ''. */
  readonly certFile: string
  readonly key: Secret | undefined
  /** Absolute path, or ''. */
  readonly keyFile: string
  readonly clientAuth: ClientAuth
  readonly clientCa: string
  /** Absolute path, or ''. */
  readonly clientCaFile: string
  /** When not empty, a client certificate needs one of these names. */
  readonly clientAllowedSans: readonly string[]
  readonly versionMin: TlsVersion
  readonly versionMax: TlsVersion
  /** Names as OpenSSL has them; empty for the defaults. TLS 1.3 has its own. */
  readonly cipherSuites: readonly string[]
  /** Names as OpenSSL has them; empty for the defaults. */
  readonly curves: readonly string[]
}

/** A user of basic authentication; such users are admins unless the file says otherwise. */
export interface WebUser {
  readonly name: string
  /** `$2a$…`, `$2b$…`, `$2y$…` (bcrypt) or `$scrypt$ln=…,r=…,p=…$salt$hash`. */
  readonly hash: Secret
  readonly role: Role
}

/** A bearer token, known by the hash of its text only. */
export interface WebToken {
  readonly name: string
  /** Hex SHA-256 of the token. */
  readonly sha256: string
  readonly role: Role
}

/** The whole file; also what holds without one, see NO_WEB_CONFIG. */
export interface WebConfig {
  /** The file it came from, or ''. */
  readonly path: string
  readonly tls: WebTls | undefined
  readonly http2: boolean
  /** Headers for every answer, names as written. */
  readonly headers: readonly (readonly [string, string])[]
  readonly users: readonly WebUser[]
  readonly tokens: readonly WebToken[]
  readonly rateLimit: WebRateLimit | undefined
}

/** Bound on requests of all clients together. */
export interface WebRateLimit {
  /** Time between two requests in the long run; 0: no bound. */
  readonly intervalMs: number
  /** Requests that may come at once. */
  readonly burst: number
}

/** No TLS, nobody to authenticate. */
export const NO_WEB_CONFIG: WebConfig = Object.freeze({
  path: '',
  tls: undefined,
  http2: true,
  headers: [],
  users: [],
  tokens: [],
  rateLimit: undefined,
})
