/** A repository at GitHub: one tree with all names, and of its files only those that are not known yet. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { SourceConfig } from '../../config/source.ts'
import { BodyPool } from '../../net/client/body.ts'
import { GitHubApi, type Tree, type TreeEntry } from './githubapi.ts'
import type { SourceFile } from './layout.ts'
import {
  type Brought,
  chooseFiles,
  FILE_BYTES_MAX,
  type Known,
  type ReadSource,
  type Watch,
} from './source.ts'
import { readToken } from './token.ts'

/** Connections that fetch files of one source at a time. */
export const GITHUB_CONNECTIONS_MAX = 4
/** Trees that are asked for where one is too large for one answer. */
export const GITHUB_TREES_MAX = 1000
/** Bytes of files that are remembered, so that what a rate limit has cut off goes on where it was. */
export const GITHUB_REMEMBERED_BYTES_MAX = 33_554_432
/** A file in base64, with what stands around it. */
const WRAPPED_BYTES_MAX = Math.ceil(FILE_BYTES_MAX * 1.4) + 4096

export interface GitHubDeps {
  readonly clock: Clock
  /** Where proxies are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Makes the function that reads a repository at GitHub; what it fetches is shared by all of them. */
export function openReadGitHub(deps: GitHubDeps): ReadSource {
  const shared = { ...deps, bodies: new BodyPool() }
  const remembered = new RememberedBlobs()
  return async (config, known, watch) => {
    const api = new GitHubApi(config, await readToken(config), shared, watch.signal)
    const tree = await api.tree(config.branch || 'HEAD', true, known.tag)
    if (tree === undefined) return undefined
    const { chosen, faults } = chooseFiles(
      plainFiles(await completeTree(api, tree, config), config),
    )
    const blobs = new KnownBlobs(known, remembered)
    const files = await fetchFiles(api, chosen, blobs, watch)
    return { commit: tree.sha, tag: tree.tag, files, faults } satisfies Brought
  }
}

/** All entries of a tree; where GitHub has left some out, folder by folder. */
async function completeTree(
  api: GitHubApi,
  root: Tree,
  { path }: SourceConfig,
): Promise<readonly TreeEntry[]> {
  if (!root.isTruncated) return root.entries
  let count = 0
  const entries: TreeEntry[] = []
  const ask = async (sha: string, isRecursive: boolean): Promise<Tree> => {
    count++
    const tree = count > GITHUB_TREES_MAX ? undefined : await api.tree(sha, isRecursive, '')
    if (tree !== undefined) return tree
    const wanted = 'wanted less, or a path in it'
    throw new NarthexError(
      'limit',
      `cannot read the repository: more than ${GITHUB_TREES_MAX} trees, ${wanted}`,
    )
  }
  const walk = async (sha: string, prefix: string): Promise<void> => {
    const whole = prefix === '' ? root : await ask(sha, true)
    if (!whole.isTruncated) {
      entries.push(...whole.entries.map((each) => ({ ...each, path: prefix + each.path })))
      return
    }
    const folder = await ask(sha, false)
    if (folder.isTruncated) {
      const shown = JSON.stringify(prefix)
      throw new NarthexError(
        'limit',
        `cannot read the repository: its folder ${shown} is too large for GitHub`,
      )
    }
    for (const each of folder.entries) {
      const inside = `${prefix}${each.path}`
      if (each.type === 'blob') entries.push({ ...each, path: inside })
      else if (each.type === 'tree' && isOnTheWay(inside, path)) await walk(each.sha, `${inside}/`)
    }
  }
  await walk(root.sha, '')
  return entries
}

/** Whether a folder is above or below the one that is wanted. */
function isOnTheWay(folder: string, wanted: string): boolean {
  return (
    `${folder}/`.startsWith(wanted === '' ? '' : `${wanted}/`) || wanted.startsWith(`${folder}/`)
  )
}

/** Links (120000), repositories inside of it (160000) and folders are nothing to read. */
function plainFiles(entries: readonly TreeEntry[], { path }: SourceConfig): readonly TreeEntry[] {
  const prefix = path === '' ? '' : `${path}/`
  return entries
    .filter(({ type, mode }) => type === 'blob' && /^100(?:644|755)$/.test(mode))
    .filter((each) => each.path.startsWith(prefix))
    .map((each) => ({ ...each, path: each.path.slice(prefix.length) }))
}

async function fetchFiles(
  api: GitHubApi,
  wanted: readonly TreeEntry[],
  blobs: KnownBlobs,
  { progress }: Watch,
): Promise<readonly SourceFile[]> {
  const missing = [...new Map(wanted.map((each) => [each.sha, each])).values()].filter(
    ({ sha }) => blobs.get(sha) === undefined,
  )
  let done = 0
  progress({ step: 'fetching', done, all: missing.length })
  const left = missing.values()
  let isStopped = false
  const fetchSome = async (): Promise<void> => {
    const reader = api.openBlobs(WRAPPED_BYTES_MAX)
    try {
      for (const { sha } of left) {
        if (isStopped) return
        blobs.add(sha, await reader.read(sha))
        done++
        progress({ step: 'fetching', done, all: missing.length })
      }
    } catch (error) {
      isStopped = true
      throw error
    } finally {
      reader.close()
    }
  }
  const count = Math.min(GITHUB_CONNECTIONS_MAX, missing.length)
  const ends = await Promise.allSettled(Array.from({ length: count }, fetchSome))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return wanted.map(({ path, sha }) => ({ path, bytes: blobs.require(sha) }))
}

/** Files by the name that git has for their content. */
class KnownBlobs {
  readonly #blobs = new Map<string, Uint8Array>()
  readonly #remembered: RememberedBlobs

  /** Of what a source had, and of what was fetched in vain. */
  constructor(known: Known, remembered: RememberedBlobs) {
    this.#remembered = remembered
    for (const text of known.texts()) {
      const bytes = Buffer.from(text)
      this.#blobs.set(shaOf(bytes, 'sha1'), bytes)
    }
  }

  get(sha: string): Uint8Array | undefined {
    const bytes = this.#blobs.get(sha) ?? this.#remembered.get(sha)
    if (bytes !== undefined) this.#blobs.set(sha, bytes)
    return bytes
  }

  require(sha: string): Uint8Array {
    const bytes = this.#blobs.get(sha)
    if (bytes !== undefined) return bytes
    throw new NarthexError('io', `cannot read the repository: its file ${sha} is missing`)
  }

  /** @throws NarthexError `bad_data` for another content than the name says */
  add(sha: string, bytes: Uint8Array): void {
    const algorithm = sha.length === 40 ? 'sha1' : 'sha256'
    const content = [bytes, unwrap(bytes)].find((each) => shaOf(each, algorithm) === sha)
    if (content === undefined) {
      const message = `cannot read the repository: the file ${sha} came with another content`
      throw new NarthexError('bad_data', message)
    }
    this.#blobs.set(sha, content)
    this.#remembered.add(sha, content)
  }
}

/** The file in what servers answer that do not know the raw media type; without one, the bytes. */
function unwrap(bytes: Uint8Array): Uint8Array {
  try {
    const { content, encoding } = JSON.parse(Buffer.from(bytes).toString('utf8')) ?? {}
    return encoding === 'base64' ? Buffer.from(String(content), 'base64') : bytes
  } catch {
    return bytes // no JSON: it is the file itself, or another one
  }
}

function shaOf(bytes: Uint8Array, algorithm: 'sha1' | 'sha256'): string {
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/** What was fetched last, over all sources. */
class RememberedBlobs {
  readonly #blobs = new Map<string, Uint8Array>()
  #bytes = 0

  get(sha: string): Uint8Array | undefined {
    return this.#blobs.get(sha)
  }

  add(sha: string, bytes: Uint8Array): void {
    if (this.#blobs.has(sha)) return
    this.#blobs.set(sha, bytes)
    this.#bytes += bytes.length
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#bytes <= GITHUB_REMEMBERED_BYTES_MAX) return
      this.#blobs.delete(oldest)
      this.#bytes -= length
    }
  }
}
