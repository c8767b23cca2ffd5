/** Where an entry could be put to use: on targets where it was found, or is likely to be. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Found, FoundView } from '../../model/found.ts'
import type { InstallCandidate, InstallCandidates } from '../../model/install.ts'
import { compareText } from '../../model/labels.ts'
import { refuseTarget } from '../registry/target.ts'

/** Most that are told of one entry. */
export const CANDIDATES_MAX = 1000

export interface CandidateDeps {
  /** Who knows where entries run; of two that know a target, the earlier one is told. */
  readonly views: readonly FoundView[]
  /** Names of the jobs that scrape an address. */
  jobsByAddress(): ReadonlyMap<string, readonly string[]>
  hasEntry(name: string): boolean
}

/**
 * All that is known of an entry. Who cannot say it now is a warning.
 *
 * @throws NarthexError `not_found` for an entry that the catalogue does not have
 */
export async function findCandidates(
  entry: string,
  { views, jobsByAddress, hasEntry }: CandidateDeps,
): Promise<InstallCandidates> {
  if (!hasEntry(entry)) {
    const name = JSON.stringify(entry)
    throw new NarthexError('not_found', `cannot find entry ${name} in the catalogue`)
  }
  const settled = await Promise.allSettled(views.map((view) => view.found()))
  const byAddress = new Map<string, InstallCandidate>()
  const warnings: string[] = []
  const jobs = jobsByAddress()
  for (const outcome of settled) {
    if (outcome.status === 'rejected') {
      warnings.push(`some targets are not known now: ${messageOf(outcome.reason)}`)
      continue
    }
    for (const [address, by] of addressesOf(entry, outcome.value)) {
      if (byAddress.has(address)) continue
      byAddress.set(address, { address, by, jobs: jobs.get(address) ?? [] })
    }
  }
  const sorted = [...byAddress.values()].sort((a, b) => compareText(a.address, b.address))
  return { targets: sorted.slice(0, CANDIDATES_MAX), warnings }
}

/** What can be scraped of what was found; an instance need not be an address. */
function addressesOf(
  entry: string,
  { entries, by }: Found,
): readonly (readonly [address: string, by: Found['by']])[] {
  const targets = entries.find((each) => each.entry === entry)?.targets ?? []
  return targets
    .filter(({ instance }) => refuseTarget(instance) === undefined)
    .map(({ instance }) => [instance, by])
}
