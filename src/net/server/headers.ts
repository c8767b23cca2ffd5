/** Headers that every reply carries. */

/** Everything from this server alone, no inline script or style, never inside a frame. */
const CONTENT_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; " +
  "base-uri 'none'; form-action 'self'"

/** Nothing of another site's may read, frame or name what is served here; data is never kept. */
const BASE_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'content-security-policy': CONTENT_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
})

/** Added under TLS: browsers stay with it for a year. */
const STRICT_TRANSPORT = 'max-age=31536000'

/**
 * The headers of every reply.
 *
 * @param more lower-case names of the web configuration; they win
 */
export function serverHeaders(
  secure: boolean,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const transport = secure ? { 'strict-transport-security': STRICT_TRANSPORT } : {}
  return { ...BASE_HEADERS, ...transport, ...more }
}
