/** Reads what who registers itself says. */
import { parseDuration } from '../../model/duration.ts'
import type { Lease } from '../../model/registry.ts'
import { type Problems, readLabels } from './document.ts'
import { refuseName } from './name.ts'
import { nameOf, refuseTarget } from './target.ts'

/** How long a target may be believed without a word of it, in ms. */
const TTL_MS_MIN = 1000
export const TTL_MS_MAX = 86_400_000

/** The lease; what is wrong with it is in `problems`, and then it is not to be used. */
export function readLease(
  key: string,
  value: unknown,
  who: { readonly by: string; readonly nowMs: number },
  problems: Problems,
): Lease {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(-1, '', `is ${nameOf(value)}, wanted {group, target, labels, ttl}`)
  }
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>
  for (const name of Object.keys(fields)) {
    if (['group', 'target', 'labels', 'ttl'].includes(name)) continue
    problems.add(-1, name, 'is not known, wanted group, target, labels and ttl')
  }
  const { group, target, labels = {}, ttl } = fields
  const reasons = [
    ['key', refuseName(key)],
    ['group', typeof group === 'string' ? refuseName(group) : `is ${nameOf(group)}, wanted a name`],
    ['target', refuseTarget(target)],
  ] as const
  for (const [field, reason] of reasons) {
    if (reason !== undefined) problems.add(-1, field, reason)
  }
  const ttlMs = readTtl(ttl)
  if (!(ttlMs >= TTL_MS_MIN && ttlMs <= TTL_MS_MAX)) {
    problems.add(-1, 'ttl', 'is no duration of 1s to 1d, wanted one such as "30s"')
  }
  return {
    key,
    group: String(group),
    target: String(target),
    labels: JSON.stringify(readLabels(labels, -1, 'labels', problems)),
    ttlMs,
    expiresMs: who.nowMs + ttlMs,
    changedBy: who.by,
  }
}

/** ms; NaN for what is no duration. A number is seconds. */
function readTtl(ttl: unknown): number {
  if (typeof ttl === 'number') return ttl * 1000
  if (typeof ttl !== 'string') return Number.NaN
  try {
    return parseDuration(ttl)
  } catch {
    return Number.NaN // told by the caller, as what is out of bounds
  }
}
