/** Addresses that nobody may point us at: link-local ones, where clouds keep their metadata. */
import { lookup } from 'node:dns'
import { isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net'
import { NarthexError } from '../../base/error.ts'

/** Whether an address may be connected to; `redirected` when a redirect led to another origin. */
export type Admission = (address: string, redirected: boolean) => boolean

/** Names of metadata services that resolve inside clouds only. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
])

/** Metadata services outside the link-local range. */
const METADATA_IPV4: ReadonlySet<string> = new Set([
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
])

/**
 * Whether a host, as it stands in an address, is link-local or a metadata service: by name, in any
 * spelling of IPv4 that resolvers take (`2852039166`, `0xa9fea9fe`, `169.254.43518`), in IPv6 and
 * in IPv6 around IPv4. Other names say nothing until they are resolved: ask again with the address.
 */
export function isLinkLocal(host: string): boolean {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (METADATA_NAMES.has(bare)) return true
  if (isIPv6(bare)) return isLinkLocal6(bare)
  const v4 = readIPv4(bare)
  return v4 !== undefined && isLinkLocal4(v4)
}

/** The host of `host:port`, `[host]:port` or `host`. */
export function hostOf(address: string): string {
  if (address.startsWith('[')) return address.slice(1, Math.max(1, address.indexOf(']')))
  const colon = address.indexOf(':')
  return colon < 0 || address.indexOf(':', colon + 1) >= 0 ? address : address.slice(0, colon)
}

/**
 * Refuses a host that is an address and not admitted.
 *
 * @throws NarthexError `forbidden`
 */
export function requireAdmitted(host: string, admits: (address: string) => boolean): void {
  if (isIP(host) !== 0 && !admits(host)) throw refuseAddress(host, host)
}

/**
 * A resolver for sockets that leaves out addresses that are not admitted. What it hands out is what
 * is connected to, so a name that changes its mind between check and use gains nothing.
 */
export function guardedLookup(admits: (address: string) => boolean): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        done(error, '')
        return
      }
      const admitted = found.filter(({ address }) => admits(address))
      if (admitted.length === 0) done(refuseAddress(hostname, found[0]?.address ?? ''), '')
      else if (options.all === true) done(null, admitted)
      else done(null, admitted[0].address, admitted[0].family)
    })
  }
}

function refuseAddress(host: string, address: string): NarthexError {
  const seen = host === address ? address : `${address} of ${host}`
  return new NarthexError(
    'forbidden',
    `cannot connect: ${seen} is a link-local or metadata address, which discovery may not name`,
  )
}

function isLinkLocal4(value: number): boolean {
  if (value >>> 16 === 0xa9fe) return true
  const dotted = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
  return METADATA_IPV4.has(dotted)
}

/** IPv4 as inet_aton reads it: 1 to 4 parts, each decimal, octal or hexadecimal. */
function readIPv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|\d+)$/.test(part))) return undefined
  const numbers = parts.map((part) => (/^0\d/.test(part) ? Number.parseInt(part, 8) : Number(part)))
  let value = 0
  for (let i = 0; i < numbers.length; i++) {
    const last = i === numbers.length - 1
    const bound = last ? 256 ** (5 - numbers.length) : 256
    if (!(numbers[i] < bound)) return undefined
    value += last ? numbers[i] : numbers[i] * 256 ** (3 - i)
  }
  return value >>> 0
}

function isLinkLocal6(text: string): boolean {
  const words = expandIPv6(text)
  if ((words[0] & 0xffc0) === 0xfe80) return true
  // The metadata service of AWS over IPv6.
  if (words[0] === 0xfd00 && words[1] === 0x0ec2 && words[7] === 0x0254) return true
  const v4 = words[6] * 65_536 + words[7]
  const head = words.slice(0, 5).every((word) => word === 0)
  const mapped = head && (words[5] === 0xffff || words[5] === 0)
  const translated = words[0] === 0x64 && words[1] === 0xff9b
  return (mapped || translated) && isLinkLocal4(v4)
}

/** Eight words of a valid IPv6 address. */
function expandIPv6(text: string): number[] {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1]
  let plain = text
  if (dotted !== undefined && isIPv4(dotted)) {
    const value = readIPv4(dotted) ?? 0
    const words = `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`
    plain = text.slice(0, -dotted.length) + words
  }
  const [left, right] = plain.split('::')
  const read = (half: string | undefined): number[] =>
    half === undefined || half === ''
      ? []
      : half.split(':').map((word) => Number.parseInt(word, 16))
  const head = read(left)
  const tail = read(right)
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}
