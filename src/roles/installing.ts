/** Entries of the catalogue put to use: in the process itself where it scrapes, else as files for others. */
import { systemClock } from '../base/clock.ts'
import { findCandidates } from '../hub/install/candidates.ts'
import { InstallFolder } from '../hub/install/folder.ts'
import { openInstaller, openPlanner } from '../hub/install/installer.ts'
import { readInstallRequest } from '../hub/install/request.ts'
import { openScraped } from '../hub/install/scraped.ts'
import { countInstalls } from '../hub/interest/installs.ts'
import type { CatalogueView } from '../model/catalogue.ts'
import type { FoundView } from '../model/found.ts'
import type { Interest } from '../model/interest.ts'
import type { TargetView } from '../model/target.ts'
import { installRoutes, planRoutes } from '../serve/hub/install.ts'
import type { DescribedRoute } from '../serve/openapi/operation.ts'

/** A role that scrapes, as who installs sees it. */
export interface InstallPlace {
  readonly folder: string
  readonly targets: TargetView
  /** A job that leaves an address to any other one that has it. */
  readonly yieldingJob: string
  /** Names that no installation may have: those of jobs. */
  jobs(): readonly string[]
  /** Has the files of the folder used. */
  reload(): Promise<void>
}

export interface InstallingDeps {
  readonly catalogue: CatalogueView
  readonly interest: Pick<Interest, 'installed'>
  /** Who knows where entries run. */
  readonly views: readonly FoundView[]
  /** Absent where nothing is scraped. */
  readonly place?: InstallPlace
}

/** What can be asked for, and where it is scraped: done. */
export function openInstalling(deps: InstallingDeps): readonly DescribedRoute[] {
  const { catalogue, interest, views, place } = deps
  const hasEntry = (name: string): boolean => catalogue.entry(name) !== undefined
  const readRequest = readInstallRequest
  const planning = {
    entry: async (name: string) => catalogue.entry(name),
    now: () => systemClock.now(),
  }
  if (place === undefined) {
    const jobsByAddress = (): ReadonlyMap<string, readonly string[]> => new Map()
    return planRoutes({
      ...{ planner: openPlanner(planning), readRequest },
      candidates: (entry) => findCandidates(entry, { views, hasEntry, jobsByAddress }),
    })
  }
  const scraped = openScraped(place.targets, place.yieldingJob)
  const { jobsByAddress } = scraped
  const installer = openInstaller({
    ...{ ...planning, jobsByAddress },
    folder: new InstallFolder(place.folder),
    jobs: () => place.jobs(),
    reload: () => place.reload(),
  })
  return installRoutes({
    ...{ planner: countInstalls(installer, interest), scraped, readRequest },
    candidates: (entry) => findCandidates(entry, { views, hasEntry, jobsByAddress }),
  })
}
