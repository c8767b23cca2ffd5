/** Our kinds of errors as status codes of gRPC, and back into one line. */
import { type ServiceError, status } from '@grpc/grpc-js'
import { type ErrorKind, messageOf, NarthexError } from '../../base/error.ts'

const CODE_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  bad_data: status.INVALID_ARGUMENT,
  too_big: status.RESOURCE_EXHAUSTED,
  limit: status.RESOURCE_EXHAUSTED,
  share: status.RESOURCE_EXHAUSTED,
  busy: status.UNAVAILABLE,
  not_found: status.NOT_FOUND,
  conflict: status.ABORTED,
  forbidden: status.PERMISSION_DENIED,
  canceled: status.CANCELLED,
  timeout: status.DEADLINE_EXCEEDED,
  execution: status.INTERNAL,
  corrupt: status.INTERNAL,
  io: status.INTERNAL,
}

/** What a call ends with. */
export interface CallStatus {
  readonly code: number
  readonly details: string
}

/** The status of anything thrown; what is not ours says nothing of its inside. */
export function statusOf(error: unknown): CallStatus {
  if (!(error instanceof NarthexError)) {
    return { code: status.INTERNAL, details: 'internal error, see the log' }
  }
  return { code: CODE_OF_KIND[error.kind], details: messageOf(error) }
}

/** A status as the client's side sees it: why a call ended, undefined for a good end. */
export function endOf(seen: CallStatus | ServiceError): NarthexError | undefined {
  const details = shownDetails(seen.details)
  switch (seen.code) {
    case status.OK:
      return undefined
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new NarthexError('forbidden', details)
    case status.INVALID_ARGUMENT:
    case status.UNIMPLEMENTED:
      return new NarthexError('bad_data', details)
    case status.CANCELLED:
      return new NarthexError('canceled', details)
    default:
      return new NarthexError('io', details)
  }
}

/** What the library and OpenSSL put around a reason, and what says it to people. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/ Resolution note:.*$/s, ''],
  [/^No connection established\. Last error: /, ''],
  [/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)\.?$/, ''],
  [/^Error: /, ''],
  [/\.$/, ''],
  [/; if the root CA is installed locally, try running Node\.js with --use-system-ca$/, ''],
  [/^[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]*):.*$/s, 'TLS: $1'],
  [/^connect ECONNREFUSED (\S+)$/, 'dial tcp $1: connect: connection refused'],
  [/^Failed to connect$/, 'the other end closed the connection before it said anything'],
]

/** A reason as one line, the same each time it is the same. */
function shownDetails(details: string): string {
  let text = details
  for (const [pattern, words] of WORDS) text = text.replace(pattern, words).trim()
  return text === '' ? 'no reason given' : text
}
