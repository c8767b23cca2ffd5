/** URLs as Go's parser takes them: looser than browsers, and what Prometheus checks by. */
import { NarthexError } from '../base/error.ts'

/** The parts that checks look at. */
export interface UrlParts {
  /** As it was written. */
  readonly text: string
  /** Lower case, '' when there is none. */
  readonly scheme: string
  /** Host with port, '' when there is none. */
  readonly host: string
}

/**
 * Splits a URL.
 *
 * @throws NarthexError `bad_data` where Go's url.Parse refuses it
 */
export function parseUrl(text: string): UrlParts {
  const refuse = (why: string): NarthexError =>
    new NarthexError('bad_data', `parse ${JSON.stringify(hideUser(text))}: ${why}`)
  if (/[\u0000-\u001f\u007f]/.test(text)) throw refuse('invalid control character in URL')
  if (text.startsWith(':')) throw refuse('missing protocol scheme')
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1] ?? ''
  const rest = scheme === '' ? text : text.slice(scheme.length + 1)
  if (scheme === '' && /^[^/?#]*:/.test(text)) {
    throw refuse('first path segment in URL cannot contain colon')
  }
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (/[\s"<>\\^`{|}]/.test(host)) throw refuse('invalid character in host name')
  if (host.startsWith('[') && !/^\[[^\]]*\](:\d*)?$/.test(host)) throw refuse("missing ']' in host")
  if (!host.startsWith('[') && /:(?!\d*$)/.test(host)) throw refuse('invalid port after host')
  if (/%(?![0-9a-fA-F]{2})/.test(rest.replace(/[?#].*$/s, ''))) throw refuse('invalid URL escape')
  return { text, scheme: scheme.toLowerCase(), host }
}

/** The parts of a URL, undefined where parseUrl refuses it. */
export function tryParseUrl(text: string): UrlParts | undefined {
  try {
    return parseUrl(text)
  } catch (error) {
    if (error instanceof NarthexError) return undefined
    throw error
  }
}

/** The URL with `xxxxx` in place of a password. */
export function redactUrl(text: string): string {
  return text.replace(/^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#:@]*):[^/?#]*@/, '$1:xxxxx@')
}

/**
 * For a text that is no URL: nothing between `//` and the last `@`, wherever a password may lie.
 */
function hideUser(text: string): string {
  return text.replace(/\/\/.*@/s, '//xxxxx@')
}
