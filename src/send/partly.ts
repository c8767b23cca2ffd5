/** What those who wait hear of a write of which the other end refused a part. */
import type { Commit, Party } from './commit.ts'
import { UNREPRESENTABLE } from './http/body.ts'
import { sampleCountOf } from './parcel.ts'
import type { Batch } from './queue/lanequeue.ts'

/**
 * Tells every commit of a batch what was refused. The other end says how many samples, not which: of
 * a write for several senders, each hears that as many of its own may be among them. What the kind
 * of a destination has no room for is no refusal.
 */
export function tellRefused(
  party: Party & { readonly name: string },
  batch: Batch,
  refused: ReadonlyMap<string, number>,
): void {
  if (refused.size === 0) return
  const told = [...refused].filter(([reason]) => reason !== UNREPRESENTABLE)
  const count = told.reduce((sum, [, each]) => sum + each, 0)
  if (count === 0) return
  const own = new Map<Commit, number>()
  for (const { parcel, commit } of batch.entries) {
    if (commit !== undefined) own.set(commit, (own.get(commit) ?? 0) + sampleCountOf(parcel))
  }
  const reasons = told.map(([reason]) => reason).join(', ')
  const why = `destination ${party.name}: ${reasons}`
  for (const [commit, samples] of own) commit.lose(party, Math.min(count, samples), why)
}
