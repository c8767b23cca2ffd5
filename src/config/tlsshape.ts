/** The TLS of clients: keys, checks, defaults. */
import { NarthexError } from '../base/error.ts'
import { countGiven, refuseReferences } from './alternatives.ts'
import { PLAIN_TLS, type TlsConfig, type TlsVersion } from './http.ts'
import { filePath, text, truth } from './scalars.ts'
import { mapOf, type Shape, scalar, secret } from './shape.ts'

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
