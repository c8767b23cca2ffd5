/** The HTTP client of discovery: one channel a request, closed after it. */
import type { Clock } from '../../base/clock.ts'
import { isLinkLocal } from '../../net/client/address.ts'
import { BodyPool } from '../../net/client/body.ts'
import { openHttpChannel } from '../../net/client/channel.ts'
import type { FetchBody } from './fetch.ts'

export interface ClientOptions {
  readonly clock: Clock
  /** Where `proxy_from_environment` looks. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether a redirect may lead to a link-local or metadata address; no by default. */
  readonly allowLinkLocal?: () => boolean
}

/** Makes the function that asks; requests share their body buffers. */
export function openFetchBody({ clock, environment, allowLinkLocal }: ClientOptions): FetchBody {
  const bodies = new BodyPool()
  return async ({ url, http, headers, timeoutMs, bodyBytesMax, signal }) => {
    const channel = openHttpChannel({
      url: new URL(url),
      config: http,
      headers,
      bodyBytesMax,
      clock,
      bodies,
      environment,
      admits: (address, redirected) =>
        !redirected || allowLinkLocal?.() === true || !isLinkLocal(address),
    })
    const leave = (): void => channel.close()
    signal.addEventListener('abort', leave, { once: true })
    try {
      const reply = await channel.get(timeoutMs)
      const body = reply.body.content().slice()
      reply.body.release()
      return { status: reply.status, contentType: reply.contentType, body }
    } finally {
      signal.removeEventListener('abort', leave)
      channel.close()
    }
  }
}
