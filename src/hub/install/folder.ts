/** The folder of installations: three files of one name, ours by their manifests, nothing outside. */
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NarthexError } from '../../base/error.ts'
import { makeFolder } from '../../base/folder.ts'
import { syncFolder, writeWholeFile } from '../../base/wholefile.ts'
import { CONFIG_SIZE_BYTES_MAX, readConfig } from '../../config/config.ts'
import { formatProblem } from '../../config/report.ts'
import type { Installation, InstallPlan } from '../../model/install.ts'
import { compareText } from '../../model/labels.ts'
import { type Manifest, manifestOfDashboard, manifestOfYaml } from './manifest.ts'
import { isInstallName } from './request.ts'

/** Most installations of one folder. */
export const INSTALLS_MAX = 1000

/** The text of a plan that a file holds. */
type Part = 'scrape' | 'rules' | 'dashboard'

/** In the order in which they are written: the job comes last, and with it the installation. */
const PARTS: readonly Part[] = ['dashboard', 'rules', 'scrape']

/** Where a text of an installation is, below the folder. */
export function fileOf(name: string, part: Part): string {
  if (part === 'scrape') return `${name}.yml`
  return part === 'rules' ? join('rules', `${name}.yml`) : join('dashboards', `${name}.json`)
}

/** Reads, writes and deletes installations. */
export class InstallFolder {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** All of them, by name; files of other people are left out. */
  list(): readonly Installation[] {
    if (!this.#isFolder(this.#path)) return []
    const names = readdirSync(this.#path)
      .filter((file) => file.endsWith('.yml'))
      .map((file) => file.slice(0, -'.yml'.length))
      .filter(isInstallName)
    const found = names.sort(compareText).map((name) => this.#read(name))
    return found.filter((one) => one !== undefined)
  }

  /** @throws NarthexError `not_found` */
  find(name: string): Installation {
    const found = isInstallName(name) ? this.#read(name) : undefined
    if (found !== undefined) return found
    throw new NarthexError('not_found', `cannot find installation ${JSON.stringify(name)}`)
  }

  /**
   * Writes what the plan says.
   *
   * @throws NarthexError `conflict` where a file is in the way, `limit` for one too many, `forbidden`
   *   where a folder is a link
   */
  write(plan: InstallPlan): Installation {
    const { name } = plan
    this.#makeFolders()
    for (const part of PARTS) this.#requireFree(name, part)
    if (this.list().length >= INSTALLS_MAX) {
      throw new NarthexError('limit', `cannot install ${name}: at most ${INSTALLS_MAX} are kept`)
    }
    try {
      for (const part of PARTS) {
        const path = this.#pathOf(name, part)
        // What an attempt that was cut off has left is none of this installation's.
        rmSync(path, { force: true })
        if (plan[part] !== '') writeWholeFile(path, plan[part])
      }
    } catch (error) {
      this.#remove(name)
      throw error
    }
    return this.find(name)
  }

  /** Deletes the files of an installation. @throws NarthexError `not_found` */
  remove(name: string): Installation {
    const gone = this.find(name)
    this.#remove(name)
    return gone
  }

  /** The job first: without it nothing of the rest is used. */
  #remove(name: string): void {
    for (const part of PARTS.toReversed()) {
      if (this.#manifest(name, part) === undefined) continue
      const path = this.#pathOf(name, part)
      rmSync(path)
      syncFolder(dirname(path))
    }
  }

  #read(name: string): Installation | undefined {
    const manifest = this.#manifest(name, 'scrape')
    if (manifest === undefined) return undefined
    const file = fileOf(name, 'scrape')
    const { config, errors } = readConfig(readFileSync(join(this.#path, file), 'utf8'), file, {
      includes: false,
    })
    const statics = config?.scrape.flatMap((job) => job.discovery.static) ?? []
    const parts = PARTS.filter((part) => this.#manifest(name, part) !== undefined).toReversed()
    return {
      name,
      ...manifest,
      targets: statics.flatMap((group) => group.targets),
      files: parts.map((part) => fileOf(name, part)),
      fault: errors.slice(0, 1).map(formatProblem).join(),
    }
  }

  /** Undefined for a file that is not there, not ours, or no file. */
  #manifest(name: string, part: Part): Manifest | undefined {
    const path = this.#pathOf(name, part)
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined || !stat.isFile() || stat.size > CONFIG_SIZE_BYTES_MAX) return undefined
    if (part !== 'scrape' && !this.#isFolder(dirname(path))) return undefined
    const text = readFileSync(path, 'utf8')
    return part === 'dashboard' ? manifestOfDashboard(text) : manifestOfYaml(text)
  }

  #requireFree(name: string, part: Part): void {
    const path = this.#pathOf(name, part)
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
    if (part !== 'scrape' && this.#manifest(name, part) !== undefined) return
    throw new NarthexError('conflict', `cannot install ${name}: ${path} is there already`)
  }

  #makeFolders(): void {
    for (const part of ['scrape', 'rules', 'dashboard'] as const) {
      const folder = dirname(this.#pathOf('name', part))
      if (this.#isFolder(folder)) continue
      makeFolder(folder)
    }
  }

  /** @throws NarthexError `forbidden` for a link or a file in its place */
  #isFolder(path: string): boolean {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return false
    if (stat.isDirectory()) return true
    const seen = stat.isSymbolicLink() ? 'a symbolic link' : 'no folder'
    throw new NarthexError('forbidden', `cannot use ${path}: it is ${seen}, wanted a folder`)
  }

  #pathOf(name: string, part: Part): string {
    return join(this.#path, fileOf(name, part))
  }
}
