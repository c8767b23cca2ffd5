/** What discovery asks of an HTTP client; the role hands one in. */
import type { HttpClientConfig } from '../../config/http.ts'

/** One GET. */
export interface FetchRequest {
  readonly url: string
  readonly http: HttpClientConfig
  readonly headers: readonly (readonly [string, string])[]
  /** Bound on the whole exchange. */
  readonly timeoutMs: number
  /** Bound on the body after decompression. */
  readonly bodyBytesMax: number
  readonly signal: AbortSignal
}

/** What came back, whatever the status. */
export interface FetchedBody {
  readonly status: number
  /** '' when the header is absent. */
  readonly contentType: string
  readonly body: Uint8Array
}

/**
 * Sends a GET and reads the whole answer.
 *
 * @throws NarthexError `io`, `timeout`, `too_big`, `canceled`; never with a secret in its message
 */
export type FetchBody = (request: FetchRequest) => Promise<FetchedBody>
