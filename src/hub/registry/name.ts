/** Names of groups, services and leases: any text that fits into an address and a line. */

export const NAME_BYTES_MAX = 200

/** Why a name cannot be had; undefined when it can. */
export function refuseName(name: string): string | undefined {
  if (name === '') return 'is empty, wanted a name'
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return `is longer than ${NAME_BYTES_MAX} bytes`
  if (!name.isWellFormed()) return 'is no valid Unicode'
  if (/[\p{Cc}/\\]/u.test(name)) return 'has a slash or a control character'
  if (name === '.' || name === '..') return 'is a step between folders'
  return undefined
}
