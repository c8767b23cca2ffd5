/** The one error class of the program, and the assertion for our own mistakes. */

/**
 * What went wrong, from the caller's side. Each kind has one HTTP status.
 *
 * - `bad_data`: input that can never be accepted (400)
 * - `too_big`: a body or message over its bound (413)
 * - `limit`: a query or request that costs too much (422)
 * - `share`: a share of something is used up, try later (429, Retry-After)
 * - `busy`: full, starting, stopping or read-only, try later (503, Retry-After)
 * - `not_found`: no such thing (404)
 * - `conflict`: somebody else was quicker (409)
 * - `forbidden`: known, but not allowed (403)
 * - `canceled`: the client left (499)
 * - `timeout`: took longer than its bound (503)
 * - `execution`: a valid query that cannot be evaluated (422)
 * - `corrupt`: a file of ours is damaged (500)
 * - `io`: a file, disk or peer failed (500)
 */
export type ErrorKind =
  | 'bad_data'
  | 'too_big'
  | 'limit'
  | 'share'
  | 'busy'
  | 'not_found'
  | 'conflict'
  | 'forbidden'
  | 'canceled'
  | 'timeout'
  | 'execution'
  | 'corrupt'
  | 'io'

/** Status codes of the kinds; the router reads it, nothing else does. */
export const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  bad_data: 400,
  too_big: 413,
  limit: 422,
  share: 429,
  busy: 503,
  not_found: 404,
  conflict: 409,
  forbidden: 403,
  canceled: 499,
  timeout: 503,
  execution: 422,
  corrupt: 500,
  io: 500,
}

/** A fault of input, files or peers. Message: `cannot <verb> <what>: <what was seen>, <what is wanted>`. */
export class NarthexError extends Error {
  readonly kind: ErrorKind

  constructor(kind: ErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'NarthexError'
    this.kind = kind
  }
}

/** Ends the program's current work when an expectation about our own code does not hold. */
export function assert(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new Error(`BUG: expected ${expected}`)
}

/** The message of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s*\n\s*/g, ' ')
}
