/** TLS of gRPC on both sides, from the same configurations as HTTP. */
import { isIP } from 'node:net'
import type { PeerCertificate, SecureContextOptions } from 'node:tls'
import { ChannelCredentials, type ChannelOptions, ServerCredentials } from '@grpc/grpc-js'
import { NarthexError } from '../../base/error.ts'
import type { TlsConfig } from '../../config/http.ts'
import type { WebTls } from '../../config/web.ts'
import { tlsOptions } from '../client/tls.ts'
import { readTlsMaterial } from '../server/tls.ts'

/** Credentials of a listener whose certificate can be replaced while it serves. */
export class WebCredentials extends ServerCredentials {
  constructor(tls: WebTls | undefined) {
    super(tls === undefined ? null : serverOptions(tls), contextOptions(tls))
  }

  /** @throws NarthexError `bad_data` when the files cannot be used */
  renew(tls: WebTls | undefined): void {
    if (tls !== undefined) this.updateSecureContextOptions(contextOptions(tls) ?? null)
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this
  }
}

/**
 * What a listener serves with.
 *
 * @throws NarthexError `bad_data`
 */
export function listenerCredentials(tls: WebTls | undefined): WebCredentials {
  if (tls?.clientAuth === 'RequireAnyClientCert') {
    throw new NarthexError(
      'bad_data',
      'cannot serve gRPC with client_auth_type RequireAnyClientCert: ' +
        'certificates that nobody has verified say nothing, wanted RequireAndVerifyClientCert',
    )
  }
  return new WebCredentials(tls)
}

function serverOptions(tls: WebTls): object {
  const { requestCert, rejectUnauthorized } = readTlsMaterial(tls).options
  return { requestCert, rejectUnauthorized }
}

function contextOptions(tls: WebTls | undefined): SecureContextOptions | undefined {
  return tls === undefined ? undefined : readTlsMaterial(tls).options
}

/**
 * The name in a client's verified certificate; undefined without one.
 *
 * @throws NarthexError `forbidden` when its names are not among those that may come
 */
export function certificateOf(
  call: { getAuthContext(): { readonly sslPeerCertificate?: PeerCertificate } },
  tls: WebTls | undefined,
): string | undefined {
  const certificate = call.getAuthContext().sslPeerCertificate
  if (certificate === undefined || Object.keys(certificate.subject ?? {}).length === 0) {
    return undefined
  }
  const allowed = tls?.clientAllowedSans ?? []
  const names = (certificate.subjectaltname ?? '')
    .split(', ')
    .map((entry) => entry.slice(entry.indexOf(':') + 1))
  if (allowed.length > 0 && !allowed.some((name) => names.includes(name))) {
    throw new NarthexError(
      'forbidden',
      'cannot take call: no name of the client certificate is among client_allowed_sans',
    )
  }
  const { CN } = certificate.subject
  return Array.isArray(CN) ? CN[0] : CN
}

/** Credentials and options for a channel to `host:port`; files are read now. */
export async function channelCredentials(
  tls: TlsConfig | undefined,
  address: string,
): Promise<{ readonly credentials: ChannelCredentials; readonly options: ChannelOptions }> {
  if (tls === undefined) {
    return { credentials: ChannelCredentials.createInsecure(), options: {} }
  }
  const url = new URL(`https://${address}`)
  const options = await tlsOptions(tls, url)
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const name = tls.serverName === '' ? host : tls.serverName
  const { checkServerIdentity, rejectUnauthorized } = options
  return {
    credentials: ChannelCredentials.createFromSecureContext(createSecureContext(options), {
      ...(checkServerIdentity === undefined ? {} : { checkServerIdentity }),
      rejectUnauthorized: rejectUnauthorized ?? true,
    }),
    // TLS has no name that is an address; the check of the certificate takes the address anyway.
    options: { 'grpc.ssl_target_name_override': isIP(name) === 0 ? name : 'localhost' },
  }
}
