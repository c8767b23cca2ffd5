/** TLS of the listener: certificates read from their files, and who may come with which of theirs. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { WebTls } from '../../config/web.ts'

/** The suites of TLS 1.3, which a list of suites does not choose among: it is for 1.2. */
const TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']

/** What a TLS server is made of. */
export interface TlsMaterial {
  readonly options: TlsOptions
  /** DNS names in the server's certificate. */
  readonly names: readonly string[]
}

/**
 * Reads certificates and keys and tries them together.
 *
 * @throws NarthexError `bad_data` naming the file, never showing a key
 */
export function readTlsMaterial(tls: WebTls): TlsMaterial {
  const cert = tls.cert === '' ? readPem(tls.certFile, 'certificate') : tls.cert
  const key = tls.key?.reveal() ?? readPem(tls.keyFile, 'key')
  const asksForCertificate = tls.clientAuth !== 'NoClientCert'
  const verifies =
    tls.clientAuth === 'VerifyClientCertIfGiven' || tls.clientAuth === 'RequireAndVerifyClientCert'
  const ca =
    tls.clientCa === '' && tls.clientCaFile !== ''
      ? readPem(tls.clientCaFile, 'client authority')
      : tls.clientCa
  if (verifies && ca === '') {
    throw new NarthexError('bad_data', `cannot serve TLS: ${tls.clientAuth} wants a client_ca_file`)
  }
  const options: TlsOptions = {
    cert,
    key,
    minVersion: tls.versionMin,
    maxVersion: tls.versionMax,
    requestCert: asksForCertificate,
    rejectUnauthorized: tls.clientAuth === 'RequireAndVerifyClientCert',
    ...(ca === '' ? {} : { ca }),
    ...(tls.cipherSuites.length === 0
      ? {}
      : { ciphers: [...tls.cipherSuites, ...TLS13].join(':') }),
    ...(tls.curves.length === 0 ? {} : { ecdhCurve: tls.curves.join(':') }),
  }
  try {
    // Loaded here only: node:tls takes 2 MB that a server without TLS keeps free.
    process.getBuiltinModule('node:tls').createSecureContext(options)
    const { subjectAltName = '' } = new X509Certificate(cert)
    const names = [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map((match) => match[1])
    return { options, names }
  } catch (error) {
    const from = tls.certFile === '' ? 'the web configuration' : tls.certFile
    throw new NarthexError(
      'bad_data',
      `cannot serve TLS with the certificate of ${from}: ${messageOf(error)}`,
    )
  }
}

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read ${what} for TLS: ${messageOf(error)}`, error)
  }
}

/** Whether a client may stay after the handshake. */
export function acceptsClient(tls: WebTls, socket: TLSSocket): boolean {
  if (tls.clientAuth === 'NoClientCert' || tls.clientAuth === 'RequestClientCert') return true
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return tls.clientAuth === 'VerifyClientCertIfGiven'
  if (tls.clientAuth !== 'RequireAnyClientCert' && !socket.authorized) return false
  if (tls.clientAllowedSans.length === 0) return true
  const names = (certificate.subjectAltName ?? '').split(', ').map(sanValue)
  return tls.clientAllowedSans.some((name) => names.includes(name))
}

/** The value of `DNS:x`, `IP Address:x`, `URI:x` or `email:x`. */
function sanValue(entry: string): string {
  return entry.slice(entry.indexOf(':') + 1)
}

/** The common name in a client's verified certificate; undefined without one. */
export function certificateName(socket: TLSSocket): string | undefined {
  if (socket.encrypted !== true || !socket.authorized) return undefined
  const subject = socket.getPeerX509Certificate()?.subject
  return subject === undefined ? undefined : (/^CN=(.*)$/m.exec(subject)?.[1] ?? subject)
}
