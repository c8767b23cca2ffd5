/** Refusals and failures as replies: JSON for the API, a small page for people, a line for the rest. */
import { createHash } from 'node:crypto'
import { type ErrorKind, messageOf, NarthexError, STATUS_OF_KIND } from '../../base/error.ts'
import type { Reply } from './message.ts'

/** Something that was not done, with a reason for the client. */
export interface Fault {
  readonly status: number
  /** Prometheus's name for the sort of error. */
  readonly errorType: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

const TYPE_OF_KIND: Readonly<Record<ErrorKind, string>> = {
  bad_data: 'bad_data',
  too_big: 'bad_data',
  limit: 'execution',
  share: 'unavailable',
  busy: 'unavailable',
  not_found: 'not_found',
  conflict: 'conflict',
  forbidden: 'forbidden',
  canceled: 'canceled',
  timeout: 'timeout',
  execution: 'execution',
  corrupt: 'internal',
  io: 'internal',
}

/** Seconds after which to try again, spread so that clients do not come back together. */
const RETRY_SECONDS_MIN = 1
const RETRY_SECONDS_MAX = 5

/** The fault of anything thrown; what is not ours says nothing of its inside. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof NarthexError)) {
    return { status: 500, errorType: 'internal', message: 'internal error, see the log' }
  }
  const fault = {
    status: STATUS_OF_KIND[error.kind],
    errorType: TYPE_OF_KIND[error.kind],
    message: messageOf(error),
  }
  const retry = error.kind === 'share' || error.kind === 'busy'
  return retry ? { ...fault, headers: { 'retry-after': retrySeconds() } } : fault
}

function retrySeconds(): string {
  const span = RETRY_SECONDS_MAX - RETRY_SECONDS_MIN + 1
  return String(RETRY_SECONDS_MIN + Math.floor(Math.random() * span))
}

const PAGE_STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;' +
  'margin:20vh auto;padding:0 1.5rem}h1{font-size:1.25rem}p{opacity:.8}'

/** The page's own policy: its one style by hash, nothing else. */
const PAGE_POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'; ` +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

const PAGES: ReadonlyMap<number, string> = new Map([
  [401, page('Who is there?', 'This server asks for a name and a password or for a token.')],
  [403, page('Not for you', 'You are known here, but this needs another role.')],
  [404, page('Nothing here', 'No page of narthex lives at this address.')],
])

/** Static text only: nothing of a request gets into a page. */
function page(title: string, text: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} - narthex</title>` +
    '<meta name="viewport" content="width=device-width,initial-scale=1">' +
    `<style>${PAGE_STYLE}</style></head><body><h1>${title}</h1><p>${text}</p>` +
    '<p><a href="/">To the start page</a></p></body></html>'
  )
}

/**
 * The reply of a fault.
 *
 * @param path   path of the request; decides about JSON
 * @param accept the request's `accept` header
 */
export function renderFault(fault: Fault, path: string, accept: string | undefined): Reply {
  const { status, errorType, message, headers = {} } = fault
  if (path.startsWith('/api/')) {
    const body = JSON.stringify({ status: 'error', errorType, error: message })
    return { status, type: 'application/json', body, headers }
  }
  const html = accept?.includes('text/html') === true ? PAGES.get(status) : undefined
  if (html !== undefined) {
    const policy = { 'content-security-policy': PAGE_POLICY }
    return {
      status,
      type: 'text/html; charset=utf-8',
      body: html,
      headers: { ...headers, ...policy },
    }
  }
  return { status, type: 'text/plain; charset=utf-8', body: `${message}\n`, headers }
}
