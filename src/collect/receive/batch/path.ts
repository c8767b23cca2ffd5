/** The labels of a group, as the address of a push has them. */
import { NarthexError } from '../../../base/error.ts'

const BASE64 = '@base64'

/**
 * Reads `job/<job>{/<label>/<value>}`, each name perhaps with `@base64` behind it.
 *
 * @param rest what follows `/metrics/`, not decoded
 * @returns names and values, `job` first, then in the order of the names
 * @throws NarthexError `bad_data`
 */
export function readGroupPath(rest: string): readonly (readonly [string, string])[] {
  const parts = rest.replace(/\/$/, '').split('/')
  if (parts.length % 2 !== 0) throw refused('odd number of components in its address')
  const labels = new Map<string, string>()
  for (let i = 0; i < parts.length; i += 2) {
    const isBase64 = parts[i].endsWith(BASE64)
    const name = decodeSegment(isBase64 ? parts[i].slice(0, -BASE64.length) : parts[i])
    if (i === 0 && name !== 'job') throw refused('its address begins with another label than job')
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__')) {
      throw refused(`improper label name ${JSON.stringify(name)}`)
    }
    const value = isBase64 ? decodeBase64(parts[i + 1]) : decodeSegment(parts[i + 1])
    if (i > 0 && labels.has(name)) throw refused(`label ${name} twice in its address`)
    labels.set(name, value)
  }
  const job = labels.get('job') ?? ''
  if (job === '') throw refused('job name is required')
  labels.delete('job')
  const others = [...labels].sort(([a], [b]) => (a < b ? -1 : 1))
  return [['job', job], ...others]
}

function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refused('broken percent-encoding in its address')
  }
}

/** With or without padding; `=` alone is the empty text. */
function decodeBase64(part: string): string {
  const plain = decodeSegment(part).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
  if (!/^[-\w]*$/.test(plain) || plain.length % 4 === 1) {
    throw refused(`invalid base64 ${JSON.stringify(part.slice(0, 100))}`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(plain, 'base64url'))
  } catch {
    throw refused('a label value that is not UTF-8')
  }
}

function refused(why: string): NarthexError {
  return new NarthexError('bad_data', `cannot take push: ${why}`)
}
