/** A repository: its newest commit fetched without history, and its files read without a working tree. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NarthexError } from '../../base/error.ts'
import type { SourceConfig } from '../../config/source.ts'
import { type CommandOptions, runCommand } from './command.ts'
import { pinnedHost } from './gitaddress.ts'
import { type GitEnvironment, remoteEnvironment } from './gitenvironment.ts'
import type { SourceFile } from './layout.ts'
import { type Brought, chooseFiles, type FoundFile, type Known, type Watch } from './source.ts'
import { readToken } from './token.ts'

/** Most bytes that a fetch may bring, and that a list of files may have. */
export const FETCH_BYTES_MAX = 268_435_456
const LIST_BYTES_MAX = 16_777_216
/** Bytes around each file in what git says. */
const HEAD_BYTES_MAX = 200
const WATCH_MS = 200

/**
 * The files of a repository.
 *
 * @returns undefined when there is nothing newer than what is known
 * @throws NarthexError `io` for what git refuses, `forbidden` for where it may not go, `timeout` and
 *   `limit` at the bounds
 */
export async function readGit(
  config: SourceConfig,
  known: Known,
  watch: Watch,
): Promise<Brought | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'narthex-source-'))
  try {
    const token = await readToken(config)
    const pinned = config.isAdded ? await pinnedHost(config.url) : ''
    const settings = pinned === '' ? [] : ([['http.curloptResolve', pinned]] as const)
    const environment = remoteEnvironment({ ...config, token, settings })
    const repository = new Repository(config, folder, environment, watch)
    const commit = await repository.newest()
    return commit === known.commit ? undefined : await repository.read()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface TreeFile extends FoundFile {
  readonly oid: string
}

class Repository {
  readonly #config: SourceConfig
  readonly #folder: string
  readonly #options: CommandOptions
  readonly #watch: Watch

  constructor(config: SourceConfig, folder: string, environment: GitEnvironment, watch: Watch) {
    this.#config = config
    this.#folder = folder
    this.#watch = watch
    const { signal } = watch
    this.#options = { cwd: folder, ...environment, signal, bytesMax: LIST_BYTES_MAX }
  }

  get #ref(): string {
    return this.#config.branch === '' ? 'HEAD' : `refs/heads/${this.#config.branch}`
  }

  /** @returns the commit that the branch is at */
  async newest(): Promise<string> {
    const said = await this.#git(['ls-remote', '--quiet', '--', this.#config.url, this.#ref])
    const commit = /^([0-9a-f]{40,64})\t/.exec(said.toString())?.[1]
    if (commit !== undefined) return commit
    throw new NarthexError('not_found', `cannot read the repository: it has no ${this.#ref}`)
  }

  async read(): Promise<Brought> {
    await this.#git(['init', '--quiet', '--bare', '--template=', '.'])
    this.#watch.progress({ step: 'fetching', done: 0, all: 0 })
    await this.#fetch()
    const commit = (await this.#git(['rev-parse', 'refs/narthex/now'])).toString().trim()
    const { chosen, faults } = chooseFiles(await this.#list(commit))
    this.#watch.progress({ step: 'reading', done: 0, all: chosen.length })
    return { commit, tag: '', files: await this.#contents(chosen), faults }
  }

  async #fetch(): Promise<void> {
    const flags = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-auto-gc']
    const stopped = new AbortController()
    const watch = setInterval(async () => {
      const bytes = await folderBytes(join(this.#folder, 'objects/pack')).catch(() => 0)
      if (bytes <= FETCH_BYTES_MAX) return
      const message = `cannot fetch the repository: more than ${FETCH_BYTES_MAX} bytes`
      stopped.abort(new NarthexError('limit', message))
    }, WATCH_MS)
    try {
      const refs = `+${this.#ref}:refs/narthex/now`
      const signal = AbortSignal.any([this.#options.signal, stopped.signal])
      await this.#git(['fetch', ...flags, '--', this.#config.url, refs], { signal })
    } finally {
      clearInterval(watch)
    }
  }

  /** Plain files only: links and repositories inside of it are nothing to read. */
  async #list(commit: string): Promise<readonly TreeFile[]> {
    const tree = this.#config.path === '' ? commit : `${commit}:${this.#config.path}`
    const said = await this.#git(['ls-tree', '-r', '-z', '-l', '--full-tree', tree])
    const files: TreeFile[] = []
    for (const line of said.toString().split('\0')) {
      const match = /^100(?:644|755) blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(line)
      if (match === null) continue
      files.push({ oid: match[1], bytes: Number(match[2]), path: match[3] })
    }
    return files
  }

  async #contents(files: readonly TreeFile[]): Promise<readonly SourceFile[]> {
    const bytesMax = files.reduce((sum, { bytes }) => sum + bytes + HEAD_BYTES_MAX, 0)
    const input = files.map(({ oid }) => `${oid}\n`).join('')
    const said = await this.#git(['cat-file', '--batch'], { bytesMax, input })
    let at = 0
    return files.map(({ path, bytes }) => {
      const from = said.indexOf('\n', at) + 1
      at = from + bytes + 1
      return { path, bytes: said.subarray(from, from + bytes) }
    })
  }

  #git(args: readonly string[], more: Partial<CommandOptions> = {}): Promise<Buffer> {
    return runCommand('git', args, { ...this.#options, ...more })
  }
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size
  return bytes
}
