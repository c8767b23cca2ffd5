/** The repository of edits: bare, written without a working tree, each change one commit or none. */
import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NarthexError } from '../../base/error.ts'
import { Git, type Remote } from './git.ts'

/** Most commits of one file that are listed. */
export const COMMITS_MAX = 500
/** Bytes around each file in what git says. */
const HEAD_BYTES_MAX = 200
/** Most files of the repository, and most bytes of them all. */
export const EDITED_FILES_MAX = 7000
export const EDITED_BYTES_MAX = 67_108_864

/** Who has changed what, and when. */
export interface Commit {
  readonly id: string
  readonly timeMs: number
  readonly by: string
  readonly summary: string
  /** Whether the file was gone after it. */
  readonly isRemoval: boolean
}

/** One file to be put, or removed where `text` is undefined. */
export interface Change {
  readonly path: string
  readonly text: string | undefined
  readonly author: string
  readonly email: string
  readonly message: string
}

export interface RepositoryOptions {
  readonly folder: string
  readonly branch: string
  /** Where all commits go before they count; read anew each time because its token may change. */
  readonly remote: (() => Promise<Remote>) | undefined
}

/** A file with its bytes. */
export interface StoredFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** A repository; made when something is written into it for the first time. */
export class Repository {
  readonly #git: Git
  readonly #options: RepositoryOptions
  readonly #ref: string

  constructor(options: RepositoryOptions) {
    this.#options = options
    this.#git = new Git(options.folder)
    this.#ref = `refs/heads/${options.branch}`
  }

  /** The newest commit, of where it is shared; '' for none. @throws NarthexError `io` */
  async newest(): Promise<string> {
    const { remote } = this.#options
    if (remote === undefined) return await this.head()
    await this.#make()
    const place = await remote()
    const listed = await this.#git.remote(
      ['ls-remote', '--quiet', '--', place.url, this.#ref],
      place,
    )
    const there = /^([0-9a-f]{40,64})\t/.exec(listed)?.[1] ?? ''
    const here = await this.head()
    if (there === here) return here
    if (there === '') {
      throw new NarthexError(
        'io',
        `cannot read the edits: ${place.url} has no ${this.#ref} any more`,
      )
    }
    const flags = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-auto-gc']
    await this.#git.remote(
      ['fetch', ...flags, '--', place.url, `+${this.#ref}:${this.#ref}`],
      place,
    )
    return await this.head()
  }

  /** Every plain file at a commit. @throws NarthexError `limit` */
  async files(commit: string): Promise<readonly StoredFile[]> {
    if (commit === '') return []
    const listed = await this.#git.bytes(['ls-tree', '-r', '-z', '-l', '--full-tree', commit])
    const found: { oid: string; size: number; path: string }[] = []
    for (const line of listed.toString().split('\0')) {
      const match = /^100(?:644|755) blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(line)
      if (match !== null) found.push({ oid: match[1], size: Number(match[2]), path: match[3] })
    }
    const bytes = found.reduce((sum, { size }) => sum + size, 0)
    if (found.length > EDITED_FILES_MAX || bytes > EDITED_BYTES_MAX) {
      const wanted = `at most ${EDITED_FILES_MAX} of ${EDITED_BYTES_MAX} bytes`
      throw new NarthexError('limit', `cannot read edits: ${found.length} files, ${wanted}`)
    }
    const said = await this.#git.bytes(['cat-file', '--batch'], {
      input: found.map(({ oid }) => `${oid}\n`).join(''),
      bytesMax: bytes + (found.length + 1) * HEAD_BYTES_MAX,
    })
    let at = 0
    return found.map(({ path, size }) => {
      const from = said.indexOf('\n', at) + 1
      at = from + size + 1
      return { path, bytes: said.subarray(from, from + size) }
    })
  }

  /** A file at a commit; undefined where it is not there. @throws NarthexError `limit` */
  async read(commit: string, path: string, bytesMax: number): Promise<string | undefined> {
    if (commit === '') return undefined
    const said = await this.#git.bytes(['cat-file', '--batch'], {
      input: `${commit}:${path}\n`,
      bytesMax: bytesMax + path.length + HEAD_BYTES_MAX,
    })
    const end = said.indexOf('\n')
    const match = /^[0-9a-f]+ blob (\d+)$/.exec(said.subarray(0, end).toString())
    return match === null
      ? undefined
      : said.subarray(end + 1, end + 1 + Number(match[1])).toString()
  }

  /** The commits that changed a file, the newest first. */
  async log(path: string): Promise<readonly Commit[]> {
    const head = await this.head()
    if (head === '') return []
    const said = await this.#git.text([
      ...['log', `--max-count=${COMMITS_MAX}`, '--first-parent', '--diff-merges=first-parent'],
      ...['--no-renames', '--name-status', '--format=%x1e%H%x1f%at%x1f%an%x1f%s', head, '--', path],
    ])
    return said.split('\x1e').flatMap((each) => {
      const match = /^([0-9a-f]{40,64})\x1f(\d+)\x1f([^\n]*)\x1f([^\n]*)\n/.exec(each)
      if (match === null) return []
      const [, id, seconds, by, summary] = match
      return [{ id, timeMs: Number(seconds) * 1000, by, summary, isRemoval: /^D\t/m.test(each) }]
    })
  }

  /**
   * Writes a change on top of `parent`, on the disk and where it is shared when this resolves.
   *
   * @returns the commit; undefined when somebody else has written on top of `parent` meanwhile
   */
  async commit(parent: string, change: Change): Promise<string | undefined> {
    await this.#make()
    const tree = await this.#treeWith(parent, change)
    const env = {
      GIT_AUTHOR_NAME: change.author,
      GIT_AUTHOR_EMAIL: change.email,
      GIT_COMMITTER_NAME: 'narthex',
      GIT_COMMITTER_EMAIL: 'narthex@narthex.invalid',
    }
    const parents = parent === '' ? [] : ['-p', parent]
    const input = change.message
    const commit = await this.#git.text(['commit-tree', ...parents, tree], { env, input })
    try {
      await this.#publish(parent, commit)
    } catch (error) {
      const newest = await this.newest()
      // A fetch beside us may have brought what we have just sent.
      if (newest === commit) return commit
      if (newest !== parent) return undefined
      throw error
    }
    return commit
  }

  async #treeWith(parent: string, { path, text }: Change): Promise<string> {
    const index = join(this.#options.folder, `index-${randomUUID()}`)
    const env = { GIT_INDEX_FILE: index }
    try {
      if (parent !== '') await this.#git.text(['read-tree', parent], { env })
      const entry =
        text === undefined
          ? `0 ${'0'.repeat(40)}\t${path}`
          : `100644 ${await this.#git.text(['hash-object', '-w', '--stdin'], { input: text })}\t${path}`
      await this.#git.text(['update-index', '-z', '--index-info'], { env, input: `${entry}\0` })
      return await this.#git.text(['write-tree'], { env })
    } finally {
      await rm(index, { force: true })
    }
  }

  /** Compares and swaps: first where it is shared, then here. */
  async #publish(parent: string, commit: string): Promise<void> {
    const { remote } = this.#options
    if (remote !== undefined) {
      const place = await remote()
      const lease = `--force-with-lease=${this.#ref}:${parent}`
      const flags = ['--quiet', '--no-verify', '--no-recurse-submodules', lease]
      await this.#git.remote(['push', ...flags, '--', place.url, `${commit}:${this.#ref}`], place)
    }
    await this.#git.text(['update-ref', this.#ref, commit, parent || '0'.repeat(40)])
  }

  /** The newest commit that is here; '' for none. */
  async head(): Promise<string> {
    if (!(await this.#isThere())) return ''
    return await this.#git.text(['for-each-ref', '--format=%(objectname)', this.#ref])
  }

  async #isThere(): Promise<boolean> {
    const head = await stat(join(this.#options.folder, 'HEAD')).catch(() => undefined)
    return head !== undefined
  }

  /** Made beside its place and moved there whole: it is never there by half. */
  async #make(): Promise<void> {
    if (await this.#isThere()) return
    const { folder, branch } = this.#options
    const beside = `${folder}.${randomUUID()}`
    try {
      await mkdir(beside, { recursive: true })
      const flags = ['--quiet', '--bare', '--template=', `--initial-branch=${branch}`]
      await new Git(beside).text(['init', ...flags])
      await rename(beside, folder)
    } catch (error) {
      // Somebody else may have been quicker.
      if (!(await this.#isThere())) throw error
    } finally {
      await rm(beside, { recursive: true, force: true })
    }
  }
}
