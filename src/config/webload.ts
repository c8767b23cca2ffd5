/** Reads `--web.config.file`: Prometheus's format, roles and bearer tokens under `narthex`. */
import path from 'node:path'
import { NarthexError } from '../base/error.ts'
import type { Secret } from '../base/secret.ts'
import { ROLES, type Role } from '../model/role.ts'
import { freezeDeep, readConfigFile } from './config.ts'
import type { TlsVersion } from './http.ts'
import { Report, refusal, sortProblems } from './report.ts'
import { filePath, maybeDuration, oneOf, text, truth, whole } from './scalars.ts'
import {
  entriesOf,
  given,
  listOf,
  type MapPlace,
  mapOf,
  type Shape,
  scalar,
  secret,
} from './shape.ts'
import { tlsVersion } from './tlsshape.ts'
import {
  type ClientAuth,
  NO_WEB_CONFIG,
  type WebConfig,
  type WebRateLimit,
  type WebTls,
  type WebToken,
  type WebUser,
} from './web.ts'
import { parseYaml } from './yaml.ts'

/**
 * Reads and checks the file; what it names need not exist yet.
 *
 * @throws NarthexError `bad_data` with `file:line:column: message`, `io` when it cannot be read
 */
export function loadWebConfig(file: string): WebConfig {
  const report = new Report(file)
  const { root, faults } = parseYaml(readConfigFile(file))
  for (const fault of faults) report.error(fault.mark, fault.message)
  const absolute = path.resolve(file)
  const place = {
    report,
    dir: path.dirname(absolute),
    name: 'web configuration',
    mark: { line: 1, column: 1 },
  }
  const config = faults.length > 0 ? NO_WEB_CONFIG : webShape.read(root, place)
  if (report.errors.length > 0) throw refusal(file, sortProblems(report.errors))
  return freezeDeep({ ...config, path: absolute })
}

const CLIENT_AUTHS: readonly ClientAuth[] = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
]

/** A cipher suite by its name in Go, kept as OpenSSL's. */
const cipherSuite = scalar(
  'a cipher suite',
  (name) => {
    const openssl = cipherName(name)
    const { getCiphers } = process.getBuiltinModule('node:tls')
    if (getCiphers().includes(openssl.toLowerCase())) return openssl
    throw new NarthexError('bad_data', `unknown cipher: ${name}`)
  },
  '',
)

/**
 * `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is `ECDHE-RSA-AES128-GCM-SHA256`; TLS 1.3 has one name.
 */
function cipherName(name: string): string {
  const parts = /^TLS_(.+)_WITH_(.+)$/.exec(name)
  if (parts === null) return name
  const exchange = parts[1] === 'RSA' ? '' : `${parts[1]}-`
  const cipher = parts[2]
    .replace(/^AES_(\d+)_/, 'AES$1_')
    .replace('_CBC_', '_')
    .replace(/^CHACHA20_POLY1305.*$/, 'CHACHA20_POLY1305')
  return `${exchange}${cipher}`.replaceAll('_', '-')
}

const CURVES: Readonly<Record<string, string>> = {
  CurveP256: 'prime256v1',
  CurveP384: 'secp384r1',
  CurveP521: 'secp521r1',
  X25519: 'X25519',
  X25519MLKEM768: 'X25519MLKEM768',
}

const curve = scalar(
  'a curve',
  (name) => {
    if (Object.hasOwn(CURVES, name)) return CURVES[name]
    throw new NarthexError('bad_data', `unknown curve: ${name}`)
  },
  '',
)

interface RawTls {
  readonly cert: string
  readonly key: Secret | undefined
  readonly cert_file: string
  readonly key_file: string
  readonly client_auth_type: ClientAuth | undefined
  readonly client_ca: string
  readonly client_ca_file: string
  readonly client_allowed_sans: readonly string[]
  readonly min_version: TlsVersion | undefined
  readonly max_version: TlsVersion | undefined
  readonly cipher_suites: readonly string[]
  readonly prefer_server_cipher_suites: boolean
  readonly curve_preferences: readonly string[]
}

const tlsMap = mapOf<RawTls, WebTls>(
  'web.plain',
  {
    cert: text,
    key: secret,
    cert_file: filePath,
    key_file: filePath,
    client_auth_type: oneOf(CLIENT_AUTHS, 'NoClientCert', (word) => `invalid ClientAuth: ${word}`),
    client_ca: text,
    client_ca_file: filePath,
    client_allowed_sans: listOf(text),
    min_version: tlsVersion,
    max_version: tlsVersion,
    cipher_suites: listOf(cipherSuite),
    prefer_server_cipher_suites: truth(true),
    curve_preferences: listOf(curve),
  },
  (raw) => ({
    cert: raw.cert,
    certFile: raw.cert_file,
    key: raw.key,
    keyFile: raw.key_file,
    clientAuth: raw.client_auth_type ?? 'NoClientCert',
    clientCa: raw.client_ca,
    clientCaFile: raw.client_ca_file,
    clientAllowedSans: raw.client_allowed_sans,
    versionMin: raw.min_version ?? 'TLSv1.2',
    versionMax: raw.max_version ?? 'TLSv1.3',
    cipherSuites: raw.cipher_suites,
    curves: raw.curve_preferences,
  }),
  checkTls,
)

function checkTls(raw: RawTls, place: MapPlace): void {
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (raw.cert !== '' && raw.cert_file !== '')
    refuse('cert', 'cert and cert_file exclude each other')
  if (raw.key && raw.key_file !== '') refuse('key', 'key and key_file exclude each other')
  if (raw.cert === '' && raw.cert_file === '')
    refuse('cert_file', 'missing one of cert or cert_file')
  if (!raw.key && raw.key_file === '') refuse('key_file', 'missing one of key or key_file')
  const hasCa = raw.client_ca !== '' || raw.client_ca_file !== ''
  const auth = raw.client_auth_type ?? 'NoClientCert'
  if (raw.client_ca !== '' && raw.client_ca_file !== '') {
    refuse('client_ca', 'client_ca and client_ca_file exclude each other')
  }
  if (hasCa && auth === 'NoClientCert') {
    refuse('client_auth_type', "client CA's have been configured without a Client Auth Policy")
  }
  if (!hasCa && /Verify/.test(auth)) refuse('client_auth_type', `${auth} needs a client CA`)
  if (raw.client_allowed_sans.length > 0 && !/Verify/.test(auth)) {
    refuse('client_allowed_sans', 'client_allowed_sans needs a policy that verifies certificates')
  }
  if ((raw.min_version ?? 'TLSv1.2') > (raw.max_version ?? 'TLSv1.3')) {
    refuse('max_version', 'max_version below min_version')
  }
}

/** An absent section is no TLS; one that is there but says nothing, too, as in Prometheus. */
const tls: Shape<WebTls | undefined> = {
  read(node, place) {
    const value = given(node)
    if (value === undefined || (value.kind === 'map' && value.entries.length === 0))
      return undefined
    return tlsMap.read(value, place)
  },
  show: (node) => tlsMap.show(node),
}

/** Headers that may be set. @source exporter-toolkit, web configuration */
const HEADERS: ReadonlySet<string> = new Set([
  'content-security-policy',
  'x-frame-options',
  'x-content-type-options',
  'x-xss-protection',
  'strict-transport-security',
])

const http = mapOf(
  'web.plain',
  { http2: truth(true), headers: entriesOf(text) },
  (raw) => raw,
  (raw, place) => {
    for (const [name] of raw.headers) {
      if (HEADERS.has(name.toLowerCase())) continue
      place.report.error(place.at('headers'), `HTTP header "${name}" can not be configured`)
    }
  },
)

const rateMap = mapOf<{ interval: number | undefined; burst: number }, WebRateLimit>(
  'web.plain',
  { interval: maybeDuration, burst: whole(0) },
  (raw) => ({ intervalMs: raw.interval ?? 0, burst: raw.burst }),
  (raw, place) => {
    if ((raw.interval ?? 0) > 0 && raw.burst < 1) {
      place.report.error(place.at('burst'), 'burst below 1, wanted 1 or more with an interval')
    }
  },
)

const rateLimit: Shape<WebRateLimit | undefined> = {
  read(node, place) {
    const value = given(node) === undefined ? undefined : rateMap.read(node, place)
    return value === undefined || value.intervalMs === 0 ? undefined : value
  },
  show: (node) => rateMap.show(node),
}

const role = oneOf<Role>(
  ROLES,
  undefined,
  (word) => `unknown role "${word}", wanted ${ROLES.join(', ')}`,
)

const PASSWORD_HASH =
  /^(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$scrypt\$ln=\d+,r=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)$/

interface RawToken {
  readonly name: string
  readonly role: Role | undefined
  readonly sha256: string
}

const token = mapOf<RawToken, WebToken>(
  'narthex.plain',
  { name: text, role, sha256: text },
  (raw) => ({ name: raw.name, sha256: raw.sha256.toLowerCase(), role: raw.role ?? 'viewer' }),
  (raw, place) => {
    if (raw.name === '') place.report.error(place.mark, 'token without a name')
    if (raw.role === undefined) place.report.error(place.mark, `token "${raw.name}" without a role`)
    if (!/^[0-9a-fA-F]{64}$/.test(raw.sha256)) {
      const message = `token "${raw.name}" wants its SHA-256 in 64 hexadecimal digits under sha256`
      place.report.error(place.at('sha256'), message)
    }
  },
)

const ours = mapOf(
  'narthex.plain',
  { tokens: listOf(token, 'empty or null token'), roles: entriesOf(role) },
  (raw) => raw,
)

const webShape: Shape<WebConfig> = mapOf(
  'web.plain',
  {
    tls_server_config: tls,
    http_server_config: http,
    basic_auth_users: entriesOf(secret),
    rate_limit: rateLimit,
    narthex: ours,
  },
  (raw): WebConfig => ({
    path: '',
    tls: raw.tls_server_config,
    http2: raw.http_server_config.http2,
    headers: raw.http_server_config.headers,
    users: readUsers(raw.basic_auth_users, new Map(raw.narthex.roles)),
    tokens: raw.narthex.tokens,
    rateLimit: raw.rate_limit,
  }),
  (raw, place) => {
    const refuse = (key: string, message: string): void =>
      place.report.error(place.at(key), message)
    const names = new Set(raw.basic_auth_users.map(([name]) => name))
    for (const [name, hash] of raw.basic_auth_users) {
      if (name === '' || name.includes(':')) refuse('basic_auth_users', `"${name}" is no user name`)
      if (hash === undefined || !PASSWORD_HASH.test(hash.reveal())) {
        const message = `password of user "${name}" is not a bcrypt or scrypt hash`
        refuse('basic_auth_users', message)
      }
    }
    for (const [name] of raw.narthex.roles) {
      if (!names.has(name)) refuse('narthex', `role for "${name}", who is not in basic_auth_users`)
    }
    const tokens = raw.narthex.tokens.map((one) => one.name)
    const twice = tokens.find((name, i) => tokens.indexOf(name) !== i)
    if (twice !== undefined) refuse('narthex', `two tokens named "${twice}"`)
  },
)

function readUsers(
  hashes: readonly (readonly [string, Secret | undefined])[],
  roles: ReadonlyMap<string, Role | undefined>,
): WebUser[] {
  const users: WebUser[] = []
  for (const [name, hash] of hashes) {
    if (hash !== undefined) users.push({ name, hash, role: roles.get(name) ?? 'admin' })
  }
  return users
}
