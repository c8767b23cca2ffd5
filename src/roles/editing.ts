/** Changes of content in a role that has a catalogue: where they go, and how they come back into it. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Secret } from '../base/secret.ts'
import { VERSION } from '../base/version.ts'
import type { SourceConfig } from '../config/source.ts'
import type { Catalogue } from '../hub/catalogue/catalogue.ts'
import { Edits } from '../hub/edits/edits.ts'
import { isGitThere } from '../hub/edits/git.ts'
import { Repository } from '../hub/edits/repository.ts'
import type { ReadSource } from '../hub/sources/source.ts'
import { readToken } from '../hub/sources/token.ts'
import { EDITS_SOURCE, type EditsState } from '../model/edits.ts'
import type { Configuration } from './configuration.ts'

/** The repository of a hub that shares it with nobody, below its storage folder. */
const OWN_REPOSITORY = 'catalogue.git'

/** How often edits are looked at that others have made in the repository, and for how long, in ms. */
const REFRESH_MS = 60_000
const REFRESH_MS_MAX = 120_000

export interface EditingDeps {
  readonly storagePath: string
  readonly databaseUrl: Secret | undefined
  readonly configuration: Configuration
  readonly catalogue: Pick<Catalogue, 'files'>
  /** Has what is in the repository shown. */
  readonly show: () => Promise<void>
  readonly log: Log
  readonly metrics: Metrics
}

/** Edits with the source that they are among the others. */
export interface Editing {
  readonly edits: Edits
  /** None where nothing can be changed. */
  sources(): readonly SourceConfig[]
  /** Reads edits, and every other source as before. */
  reading(read: ReadSource): ReadSource
}

export function openEditing(deps: EditingDeps): Editing {
  const { catalogue, configuration, log, metrics, show } = deps
  const place = new Place(deps)
  const edits = new Edits({
    repository: () => place.repository,
    state: () => place.state(),
    files: (entry) => catalogue.files(entry),
    program: `narthex ${VERSION}`,
    ...{ show, log, metrics },
  })
  configuration.follow(() => place.change())
  return {
    edits,
    sources: () => (place.reason === '' ? [place.source] : []),
    reading: (read) => async (config, known, watch) => {
      if (config.name !== EDITS_SOURCE) return await read(config, known, watch)
      const brought = await edits.bring(known.commit)
      return brought && { ...brought, tag: '', faults: [] }
    },
  }
}

/** Where edits go by the configuration as it is now. */
class Place {
  readonly #deps: EditingDeps
  #source: SourceConfig
  #repository: Repository
  #isGitThere: Promise<boolean> | undefined

  constructor(deps: EditingDeps) {
    this.#deps = deps
    this.#source = this.#readSource()
    this.#repository = this.#open()
  }

  get source(): SourceConfig {
    return this.#source
  }

  get repository(): Repository {
    return this.#repository
  }

  /** '' or why the configuration has no place for edits. */
  get reason(): string {
    const { configuration, databaseUrl } = this.#deps
    if (configuration.current.narthex.hub.edits.url !== '' || databaseUrl === undefined) return ''
    return 'several hubs may share this database, wanted a repository in narthex.hub.edits'
  }

  change(): void {
    this.#source = this.#readSource()
    this.#repository = this.#open()
  }

  async state(): Promise<EditsState> {
    const { reason } = this
    if (reason !== '') return { reason, origin: '' }
    this.#isGitThere ??= isGitThere()
    const isThere = await this.#isGitThere
    if (!isThere) this.#isGitThere = undefined
    return isThere
      ? { reason: '', origin: this.#source.url }
      : { reason: 'there is no git on this machine', origin: '' }
  }

  #readSource(): SourceConfig {
    const { configuration, storagePath } = this.#deps
    const { url, branch, tokenFile } = configuration.current.narthex.hub.edits
    return {
      ...{ name: EDITS_SOURCE, type: 'git', url: url || join(storagePath, OWN_REPOSITORY) },
      ...{ branch: branch || 'main', path: '', repository: '', tokenFile, token: undefined },
      ...{ refreshMs: REFRESH_MS, refreshMsMax: REFRESH_MS_MAX, isAdded: false },
    }
  }

  #open(): Repository {
    const { configuration, storagePath } = this.#deps
    const { url, branch, tokenFile } = this.#source
    const isShared = configuration.current.narthex.hub.edits.url !== ''
    if (!isShared) return new Repository({ folder: url, branch, remote: undefined })
    const remote = async (): Promise<{ url: string; token: string }> => ({
      url,
      token: await readToken({ token: undefined, tokenFile }),
    })
    // A copy of its own for each address: what is in one is never replaced by another.
    const digest = createHash('sha256').update(url).digest('hex').slice(0, 12)
    return new Repository({ folder: join(storagePath, `catalogue-${digest}.git`), branch, remote })
  }
}
