/** Which proxy a request goes through, by configuration or environment. */
import { isIP } from 'node:net'
import type { ProxyConfig } from '../../config/http.ts'

/**
 * The proxy for a URL; undefined for a direct connection.
 *
 * @source golang.org/x/net/http/httpproxy: HTTP_PROXY, HTTPS_PROXY and NO_PROXY in either case
 */
export function proxyFor(
  url: URL,
  config: ProxyConfig,
  environment: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  const fixed = config.url?.reveal() ?? ''
  if (fixed !== '') return isExempt(url, config.noProxy) ? undefined : new URL(fixed)
  if (!config.fromEnvironment) return undefined
  const read = (name: string): string => environment[name] ?? environment[name.toLowerCase()] ?? ''
  const text = read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (text === '' || isLoopback(url.hostname) || isExempt(url, read('NO_PROXY'))) return undefined
  return new URL(text.includes('://') ? text : `http://${text}`)
}

/** Whether a host is this machine by its name or address. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Whether a comma-separated list of hosts, suffixes and IPv4 networks names the host of a URL. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list
    .toLowerCase()
    .split(',')
    .map((item) => item.trim())
    .some((item) => item !== '' && exempts(item, host, port))
}

function exempts(item: string, host: string, port: string): boolean {
  if (item === '*') return true
  if (item.includes('/')) return isInNetwork(host, item)
  const withPort = /^(.*[^:]):(\d+)$/.exec(item)
  if (withPort !== null && isIP(item) === 0) {
    return withPort[2] === port && exempts(withPort[1], host, port)
  }
  if (item.startsWith('*.')) return host.endsWith(item.slice(1))
  if (item.startsWith('.')) return host.endsWith(item)
  return host === item || (isIP(host) === 0 && host.endsWith(`.${item}`))
}

function isInNetwork(host: string, network: string): boolean {
  const [base, bits] = network.split('/')
  if (isIP(host) !== 4 || isIP(base) !== 4 || !/^\d{1,2}$/.test(bits)) return false
  const shift = 32 - Number(bits)
  if (shift < 0) return false
  return shift === 32 || addressOf(host) >>> shift === addressOf(base) >>> shift
}

function addressOf(host: string): number {
  return host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0
}
