/** What a scraper says of its targets, by the jobs and addresses that installations have. */
import type { InstalledTarget, ScrapedView } from '../../model/install.ts'
import { labelValue } from '../../model/labels.ts'
import type { TargetStatus, TargetView } from '../../model/target.ts'

/**
 * Looks it up anew for each question.
 *
 * @param yieldingJob leaves addresses to other jobs, so that it does not count as having them
 */
export function openScraped(targets: TargetView, yieldingJob: string): ScrapedView {
  return {
    targets: (job) =>
      targets
        .active()
        .filter(({ scrapePool }) => scrapePool === job)
        .map(describe),
    jobsByAddress: () => {
      const jobs = new Map<string, string[]>()
      for (const target of targets.active()) {
        const { scrapePool } = target
        if (scrapePool === yieldingJob) continue
        const address = addressOf(target)
        const known = jobs.get(address)
        if (known === undefined) jobs.set(address, [scrapePool])
        else if (!known.includes(scrapePool)) known.push(scrapePool)
      }
      return jobs
    },
  }
}

function describe(target: TargetStatus): InstalledTarget {
  const { health, lastError: error, lastScrapeMs } = target
  return { address: addressOf(target), health, error, lastScrapeMs }
}

function addressOf({ discoveredLabels }: TargetStatus): string {
  return labelValue(discoveredLabels, '__address__')
}
