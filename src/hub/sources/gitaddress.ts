/** Where git may connect to for an address that came with a request. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { messageOf, NarthexError } from '../../base/error.ts'
import { isLinkLocal } from '../../net/client/address.ts'

/**
 * Looks the host up and refuses link-local and metadata addresses.
 *
 * @returns `host:port:address` for libcurl, so that git connects to what was looked at, and a name
 *   that changes its mind gains nothing; '' where there is no name, or it is not HTTP
 * @throws NarthexError `forbidden`, `io`
 */
export async function pinnedHost(url: string): Promise<string> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  // `user@host:path` is no URL.
  const host = (parsed?.hostname ?? url.slice(url.indexOf('@') + 1, url.indexOf(':'))).replace(
    /^\[|\]$/g,
    '',
  )
  requireElsewhere(host, host)
  if (isIP(host) !== 0) return ''
  const found = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new NarthexError('io', `cannot read the repository: ${messageOf(error)}`, error)
  })
  for (const { address } of found) requireElsewhere(host, address)
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return ''
  const port = parsed.port || (parsed.protocol === 'https:' ? '443' : '80')
  return `${host}:${port}:${found.map(({ address }) => address).join(',')}`
}

function requireElsewhere(host: string, address: string): void {
  if (!isLinkLocal(address)) return
  const seen = host === address ? address : `${address} of ${host}`
  throw new NarthexError(
    'forbidden',
    `cannot read the repository: ${seen} is a link-local or metadata address`,
  )
}
