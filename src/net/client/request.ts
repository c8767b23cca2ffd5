/** The head of a request, and where a redirect leads. */
import { NarthexError } from '../../base/error.ts'
import type { HeaderLine } from './credentials.ts'

/** Redirects that are followed before a request is given up. */
export const REDIRECTS_MAX = 10

/**
 * The text of a request up to its body.
 *
 * @throws NarthexError `bad_data` for a header with a line break
 */
export function formatRequest(method: string, url: URL, lines: readonly HeaderLine[]): string {
  return `${formatStart(method, url, lines)}\r\n`
}

/**
 * The same without the empty line that ends it, so that headers may follow.
 *
 * @throws NarthexError `bad_data` for a header with a line break
 */
export function formatStart(method: string, url: URL, lines: readonly HeaderLine[]): string {
  let text = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n`
  for (const [name, value] of lines) {
    if (/[\r\n\0]/.test(name + value)) {
      throw new NarthexError(
        'bad_data',
        `cannot send header ${JSON.stringify(name)}: it has a line break`,
      )
    }
    text += `${name}: ${value}\r\n`
  }
  return text
}

/** Adds headers of a configuration; each takes the place of one that is there, save for credentials. */
export function addHeaders(lines: HeaderLine[], added: readonly HeaderLine[]): void {
  for (const line of added) {
    const name = line[0].toLowerCase()
    const known = lines.findIndex((other) => other[0].toLowerCase() === name)
    if (known >= 0 && name !== 'authorization') lines.splice(known, 1)
    lines.push(line)
  }
}

/** Whether an answer sends a question on to another place. */
export function isRedirect(status: number, location: string): boolean {
  return [301, 302, 303, 307, 308].includes(status) && location !== ''
}

/**
 * Where the answer to a request to `url` sends it on.
 *
 * @throws NarthexError `io` for a place that is not HTTP
 */
export function redirectTarget(url: URL, location: string): URL {
  const next = URL.canParse(location, url) ? new URL(location, url) : undefined
  if (next === undefined || !/^https?:$/.test(next.protocol)) {
    throw new NarthexError('io', `cannot follow redirect to ${JSON.stringify(location)}`)
  }
  return next
}

/** A request was sent on too often. */
export function tooManyRedirects(): NarthexError {
  return new NarthexError('io', `stopped after ${REDIRECTS_MAX} redirects`)
}

/** The host to connect to: an IPv6 address without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** The URL without credentials, for messages. */
export function shownUrl(url: URL): string {
  if (url.username === '' && url.password === '') return url.href
  const shown = new URL(url.href)
  shown.username = ''
  shown.password = ''
  return shown.href
}
