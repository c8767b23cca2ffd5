/** Addresses to listen on, and who may be let in from where. */
import { isIP } from 'node:net'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { WebConfig } from '../../config/web.ts'

/** Where to listen. */
export interface ListenAddress {
  /** '' for every interface. */
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
}

/**
 * Reads `host:port`, `:port` or `[ipv6]:port`.
 *
 * @throws NarthexError `bad_data`
 */
export function parseListenAddress(text: string): ListenAddress {
  const parts = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text)
  const port = Number(parts?.[3] ?? -1)
  if (parts === null || port > 65_535) {
    throw new NarthexError(
      'bad_data',
      `cannot listen on ${JSON.stringify(text)}: wanted host:port, such as 127.0.0.1:9390`,
    )
  }
  return { host: parts[1] ?? parts[2], port }
}

/** `host:port` as people and browsers write it. */
export function formatAddress({ host, port }: ListenAddress): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/** Whether only this machine can reach the host: its own name for itself or a loopback address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === '::1' || name.startsWith('::ffff:127.')
}

/** What a client cannot change of its address by itself: of IPv6 the first half. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6 || address.startsWith('::ffff:')) return address
  const [head, tail] = address.split('%', 1)[0].split('::')
  const first = head.split(':').filter((group) => group !== '')
  const last = (tail ?? '').split(':').filter((group) => group !== '')
  const zeros = new Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0')
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`
}

/** Whether a web configuration asks clients who they are: passwords, tokens or certificates. */
function isAuthenticating(web: WebConfig): boolean {
  const certificates = web.tls?.clientAuth === 'RequireAndVerifyClientCert'
  return certificates || web.users.length > 0 || web.tokens.length > 0
}

/**
 * An address where other machines could come in without being asked who they are.
 *
 * @param insecure --web.insecure-listen
 */
export function findUnguarded(
  addresses: readonly ListenAddress[],
  web: WebConfig,
  insecure: boolean,
): ListenAddress | undefined {
  if (insecure || isAuthenticating(web)) return undefined
  return addresses.find((address) => !isLoopback(address.host))
}

/**
 * Refuses to serve other machines without asking who they are.
 *
 * @param insecure --web.insecure-listen
 * @throws NarthexError `bad_data` naming the address and the ways out
 */
export function requireSafeListen(
  addresses: readonly ListenAddress[],
  web: WebConfig,
  insecure: boolean,
): void {
  const open = findUnguarded(addresses, web, insecure)
  if (open === undefined) return
  throw new NarthexError(
    'bad_data',
    `cannot listen on ${formatAddress(open)}: other machines could read and change everything, ` +
      'wanted a --web.config.file with basic_auth_users, tokens or client certificates, ' +
      'a loopback address, or --web.insecure-listen',
  )
}

/**
 * One line for what kept the server from listening.
 *
 * @param flag that says where it listens
 */
export function explainListenError(
  address: ListenAddress,
  error: unknown,
  flag = '--web.listen-address',
): NarthexError {
  const where = formatAddress(address)
  const code = (error as { code?: unknown }).code
  const reason =
    code === 'EADDRINUSE'
      ? `the port is in use, wanted a free one (${flag})`
      : code === 'EACCES'
        ? `port ${address.port} is for privileged users, wanted one above 1023`
        : code === 'EADDRNOTAVAIL'
          ? 'no interface of this machine has the address'
          : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
            ? 'the name does not resolve to an address'
            : messageOf(error)
  return new NarthexError('io', `cannot listen on ${where}: ${reason}`, error)
}
