/** What can go wrong on the way to a peer, in the words that users know from Prometheus. */
import { messageOf, NarthexError } from '../../base/error.ts'

const WANTED_CA = ', wanted one whose authority ca_file has'

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  ETIMEDOUT: 'connect: connection timed out',
  ECONNRESET: 'read: connection reset by peer',
  EPIPE: 'write: broken pipe',
  DEPTH_ZERO_SELF_SIGNED_CERT: `tls: self-signed certificate${WANTED_CA}`,
  SELF_SIGNED_CERT_IN_CHAIN: `tls: self-signed certificate in the chain${WANTED_CA}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `tls: certificate of an unknown authority${WANTED_CA}`,
  UNABLE_TO_GET_ISSUER_CERT: `tls: certificate of an unknown authority${WANTED_CA}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `tls: certificate of an unknown authority${WANTED_CA}`,
  CERT_HAS_EXPIRED: 'tls: the certificate has expired',
  CERT_NOT_YET_VALID: 'tls: the certificate is not valid yet',
}

/** What OpenSSL says, between where in it that stands. */
const SSL_ERROR = /error:[0-9A-F]+:SSL routines:[^:]*:([^:]+)/

interface SystemFault extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
  readonly errors?: readonly SystemFault[]
}

/** The fault of a request to `url`; credentials in the URL are not shown. */
export function requestFault(url: string, error: unknown, verb = 'Get'): NarthexError {
  if (error instanceof NarthexError && error.kind === 'too_big') return error
  const kind = error instanceof NarthexError ? error.kind : 'io'
  return new NarthexError(kind, `${verb} ${JSON.stringify(url)}: ${reasonOf(error)}`, error)
}

/** The deadline of a request has passed. */
export function deadlinePassed(): NarthexError {
  return new NarthexError('timeout', 'context deadline exceeded')
}

/** The peer has closed in the middle; `begun` when a part of the answer was there. */
export function closedEarly(begun: boolean): NarthexError {
  return new NarthexError('io', begun ? 'unexpected EOF' : 'EOF')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || error instanceof NarthexError) return messageOf(error)
  const fault = error as SystemFault
  if (fault.errors !== undefined && fault.errors.length > 0) return reasonOf(fault.errors[0])
  const code = fault.code ?? ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const why = code === 'ENOTFOUND' ? 'no such host' : 'temporary failure in name resolution'
    return `dial tcp: lookup ${fault.hostname ?? ''}: ${why}`
  }
  const ssl = SSL_ERROR.exec(fault.message)
  if (ssl !== null) return `tls: ${ssl[1]}`
  const reason = REASONS[code]
  if (reason === undefined) return messageOf(error)
  if (!reason.startsWith('connect:')) return reason
  return `dial tcp ${fault.address ?? ''}:${fault.port ?? ''}: ${reason}`
}
