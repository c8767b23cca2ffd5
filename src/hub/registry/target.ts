/** What a target and its labels may look like, so that no consumer refuses what it gets. */
import { isIP } from 'node:net'
import { parseDuration } from '../../model/duration.ts'

export const TARGET_BYTES_MAX = 512
export const LABEL_NAME_BYTES_MAX = 256
export const LABEL_VALUE_BYTES_MAX = 4096

/** One label of a host name, or the whole of an IPv4 address's looks. */
const HOST_PART = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/

const PORT = /^\d{1,5}$/
const PORT_MAX = 65_535

/** What every version of Prometheus takes. */
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** Why a text is no `host:port`; undefined when it is one. */
export function refuseTarget(text: unknown): string | undefined {
  if (typeof text !== 'string') return `${nameOf(text)} is no text, wanted host:port`
  const shown = JSON.stringify(text.slice(0, 80))
  if (text === '') return 'is empty, wanted host:port'
  if (Buffer.byteLength(text) > TARGET_BYTES_MAX) {
    return `${shown}… is longer than ${TARGET_BYTES_MAX} bytes`
  }
  if (text.includes('://')) {
    return `${shown} is a URL, wanted host:port; __scheme__ and __metrics_path__ are labels`
  }
  if (text.includes('/')) {
    return `${shown} has a path, wanted host:port; the path is the label __metrics_path__`
  }
  const colon = text.lastIndexOf(':')
  const isBracketed = text.startsWith('[')
  if (isBracketed ? !text.includes(']:') : colon < 0)
    return `${shown} has no port, wanted host:port`
  const port = text.slice(colon + 1)
  const host = text.slice(0, colon)
  if (!PORT.test(port) || Number(port) < 1 || Number(port) > PORT_MAX) {
    return `${shown} has no port, wanted host:port with a port of 1 to ${PORT_MAX}`
  }
  if (isHost(host)) return undefined
  if (isIP(text) === 6 || isIP(host) === 6)
    return `${shown} is IPv6 without brackets, wanted [host]:port`
  return `${shown} has no host that could be one, wanted host:port`
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) {
    return host.endsWith(']') && isIP(host.slice(1, -1).replace(/%[A-Za-z0-9_.-]+$/, '')) === 6
  }
  const parts = (host.endsWith('.') ? host.slice(0, -1) : host).split('.')
  return host.length <= 253 && parts.every((part) => part.length <= 63 && HOST_PART.test(part))
}

/** Why a label cannot be had; undefined when it can. */
export function refuseLabel(name: string, value: unknown): string | undefined {
  if (!LABEL_NAME.test(name)) {
    return `${JSON.stringify(name.slice(0, 80))} is no label name, wanted letters, digits and _, no digit first`
  }
  if (name.length > LABEL_NAME_BYTES_MAX)
    return `its name is longer than ${LABEL_NAME_BYTES_MAX} bytes`
  if (name === '__address__') return 'the address is the target itself'
  if (name === '__name__') return 'is the name of a metric, not of a target'
  if (typeof value !== 'string') return `${nameOf(value)} is no text, wanted one in quotes`
  if (!value.isWellFormed()) return 'is no valid Unicode'
  if (Buffer.byteLength(value) > LABEL_VALUE_BYTES_MAX) {
    return `is longer than ${LABEL_VALUE_BYTES_MAX} bytes`
  }
  if (value === '') return undefined
  if (name === '__scheme__' && value !== 'http' && value !== 'https') {
    return `${JSON.stringify(value)} is no scheme, wanted http or https`
  }
  if (name === '__scrape_interval__' || name === '__scrape_timeout__') return refuseDuration(value)
  return undefined
}

function refuseDuration(text: string): string | undefined {
  try {
    if (parseDuration(text) > 0) return undefined
  } catch {
    // Told below: the reason is the same for zero and for no duration.
  }
  return `${JSON.stringify(text)} is no duration, wanted one such as 15s`
}

/** How a value of JSON is called in a message. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return value === undefined ? 'nothing' : `a ${typeof value}`
}
