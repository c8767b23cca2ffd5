/** Plans installations, carries them out one at a time, and takes them back. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { EntryDetail } from '../../model/catalogue.ts'
import type {
  Installation,
  Installer,
  InstallPlan,
  InstallPlanner,
  InstallRequest,
} from '../../model/install.ts'
import type { InstallFolder } from './folder.ts'
import { planInstall } from './plan.ts'
import { readJob } from './request.ts'

export interface PlannerOptions {
  /** An entry of the catalogue by its name. */
  entry(name: string): Promise<EntryDetail | undefined>
  /** ms since epoch */
  now(): number
}

export interface InstallerOptions extends PlannerOptions {
  readonly folder: InstallFolder
  /** Names of the jobs that run, those of installations among them. */
  jobs(): readonly string[]
  /** Has what is in the folder used; rejects when it cannot be, and what ran goes on. */
  reload(): Promise<void>
}

/** Plans where nothing is scraped: for others to use. */
export function openPlanner({ entry, now }: PlannerOptions): InstallPlanner {
  return {
    preview: async (request, by) => {
      readJob(request) // before anything is looked for under such a name
      const found = await entry(request.entry)
      if (found !== undefined) return planInstall(found, request, { nowMs: now(), by })
      const name = JSON.stringify(request.entry)
      throw new NarthexError('not_found', `cannot find entry ${name} in the catalogue`)
    },
  }
}

/** Installs where it is scraped. */
export function openInstaller(options: InstallerOptions): Installer {
  return new FolderInstaller(options)
}

class FolderInstaller implements Installer {
  readonly #options: InstallerOptions
  readonly #planner: InstallPlanner
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: InstallerOptions) {
    this.#options = options
    this.#planner = openPlanner(options)
  }

  async preview(request: InstallRequest, by: string): Promise<InstallPlan> {
    const plan = await this.#planner.preview(request, by)
    if (this.#options.jobs().includes(plan.name)) {
      throw new NarthexError(
        'conflict',
        `cannot install ${plan.entry}: a job ${JSON.stringify(plan.name)} is configured already, wanted another name (job)`,
      )
    }
    return plan
  }

  install(request: InstallRequest, by: string): Promise<Installation> {
    return this.#afterOthers(async () => {
      const { folder, reload } = this.#options
      const plan = await this.preview(request, by)
      const installed = folder.write(plan)
      try {
        await reload()
      } catch (error) {
        folder.remove(plan.name)
        const reason = `the configuration cannot be reloaded, nothing was installed: ${messageOf(error)}`
        throw new NarthexError('execution', `cannot install ${plan.entry}: ${reason}`, error)
      }
      return installed
    })
  }

  async installs(): Promise<readonly Installation[]> {
    return this.#options.folder.list()
  }

  uninstall(name: string): Promise<Installation> {
    return this.#afterOthers(async () => {
      const { folder, reload } = this.#options
      const gone = folder.remove(name)
      try {
        await reload()
      } catch (error) {
        const reason = `its files are gone, but the configuration cannot be reloaded: ${messageOf(error)}`
        throw new NarthexError('execution', `cannot uninstall ${name}: ${reason}`, error)
      }
      return gone
    })
  }

  #afterOthers<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#last.then(change)
    this.#last = changed.catch(() => undefined)
    return changed
  }
}
