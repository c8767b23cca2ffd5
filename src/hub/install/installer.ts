/** Plans installations, carries them out one at a time, and takes them back. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { EntryDetail } from '../../model/catalogue.ts'
import type {
  ExportFile,
  Installation,
  Installer,
  InstallPlan,
  InstallPlanner,
  InstallRequest,
} from '../../model/install.ts'
import type { Outcome } from '../../model/registry.ts'
import { exportFiles } from './exports.ts'
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
  /** Names of the jobs that scrape an address. */
  jobsByAddress(): ReadonlyMap<string, readonly string[]>
  /** Has what is in the folder used; rejects when it cannot be, and what ran goes on. */
  reload(): Promise<void>
}

/** Plans where nothing is scraped: for others to use. */
export function openPlanner(options: PlannerOptions): InstallPlanner {
  return new Planner(options, () => NO_JOBS)
}

const NO_JOBS: ReadonlyMap<string, readonly string[]> = new Map()

class Planner implements InstallPlanner {
  readonly #options: PlannerOptions
  readonly #jobsByAddress: InstallerOptions['jobsByAddress']

  constructor(options: PlannerOptions, jobsByAddress: InstallerOptions['jobsByAddress']) {
    this.#options = options
    this.#jobsByAddress = jobsByAddress
  }

  async preview(request: InstallRequest, by: string): Promise<Outcome<InstallPlan>> {
    return this.#plan(await this.#entry(request), request, by)
  }

  async files(request: InstallRequest, by: string): Promise<Outcome<readonly ExportFile[]>> {
    const entry = await this.#entry(request)
    const outcome = this.#plan(entry, request, by)
    return 'problems' in outcome ? outcome : { done: exportFiles(outcome.done, entry) }
  }

  #plan(entry: EntryDetail, request: InstallRequest, by: string): Outcome<InstallPlan> {
    return planInstall(entry, request, {
      ...{ nowMs: this.#options.now(), by },
      jobsByAddress: this.#jobsByAddress(),
    })
  }

  /** @throws NarthexError `not_found`; `bad_data` for a job that cannot be, before anything is looked for */
  async #entry(request: InstallRequest): Promise<EntryDetail> {
    readJob(request)
    const found = await this.#options.entry(request.entry)
    if (found !== undefined) return found
    const name = JSON.stringify(request.entry)
    throw new NarthexError('not_found', `cannot find entry ${name} in the catalogue`)
  }
}

/** Installs where it is scraped. */
export function openInstaller(options: InstallerOptions): Installer {
  return new FolderInstaller(options)
}

class FolderInstaller implements Installer {
  readonly #options: InstallerOptions
  readonly #planner: Planner
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: InstallerOptions) {
    this.#options = options
    this.#planner = new Planner(options, () => options.jobsByAddress())
  }

  async preview(request: InstallRequest, by: string): Promise<Outcome<InstallPlan>> {
    const outcome = await this.#planner.preview(request, by)
    if ('problems' in outcome) return outcome
    const { name, entry } = outcome.done
    if (!this.#options.jobs().includes(name)) return outcome
    throw new NarthexError(
      'conflict',
      `cannot install ${entry}: a job ${JSON.stringify(name)} is configured already, wanted another name (job)`,
    )
  }

  /** Whether such a job runs here matters to nobody else. */
  files(request: InstallRequest, by: string): Promise<Outcome<readonly ExportFile[]>> {
    return this.#planner.files(request, by)
  }

  install(request: InstallRequest, by: string): Promise<Outcome<Installation>> {
    return this.#afterOthers(async () => {
      const { folder, reload } = this.#options
      const outcome = await this.preview(request, by)
      if ('problems' in outcome) return outcome
      const plan = outcome.done
      const installed = folder.write(plan)
      try {
        await reload()
      } catch (error) {
        folder.remove(plan.name)
        const reason = `the configuration cannot be reloaded, nothing was installed: ${messageOf(error)}`
        throw new NarthexError('execution', `cannot install ${plan.entry}: ${reason}`, error)
      }
      return { done: installed }
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
