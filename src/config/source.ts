/** A content source of the catalogue: where it is, and which addresses are taken for one. */
import { isAbsolute } from 'node:path'
import type { Secret } from '../base/secret.ts'
import { BUNDLED_SOURCE, EDITS_SOURCE } from '../model/edits.ts'

export type SourceType = 'folder' | 'git' | 'github'

/** Where a source is. */
export interface SourcePlace {
  readonly type: SourceType
  /**
   * Of a repository: URL, `user@host:path` or an absolute path. Of GitHub: the address of its API,
   * '' for that of github.com.
   */
  readonly url: string
  /** Of GitHub: `owner/name`. */
  readonly repository: string
  /** '' for the one that the repository calls its own. */
  readonly branch: string
  /** Of a folder: where it is, absolute. Of a repository: the folder in it, '' for all. */
  readonly path: string
}

/** A content source. */
export interface SourceConfig extends SourcePlace {
  readonly name: string
  readonly refreshMs: number
  /** How long one refresh may take. */
  readonly refreshMsMax: number
  /** Absolute path, or ''. */
  readonly tokenFile: string
  /** The token itself, of a source that people have added. */
  readonly token: Secret | undefined
  /** Whether it came with a request: then it leads to other machines only. */
  readonly isAdded: boolean
}

/** Most sources of one hub, from its configuration and as many that people have added. */
export const SOURCES_MAX = 50
export const REFRESH_MS_MIN = 10_000
export const REFRESH_MS_PRESET = 3_600_000
export const REFRESH_TIMEOUT_MS_PRESET = 120_000
export const TOKEN_BYTES_MAX = 8192

export function isSourceName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(name) && name !== BUNDLED_SOURCE && name !== EDITS_SOURCE
}

/** Whether a token is one word, as every host has them. */
export function isToken(token: string): boolean {
  return /^[!-~]+$/.test(token) && token.length <= TOKEN_BYTES_MAX
}

/** What `url` may be for a token to go there. */
export function takesToken({ type, url }: Pick<SourcePlace, 'type' | 'url'>): boolean {
  return type === 'github' || (type === 'git' && /^https?:\/\//.test(url))
}

/** Tells each thing that is wrong, by field. What is wrong with an address may be a password: it is not shown. */
export function checkPlace(
  place: SourcePlace,
  isAdded: boolean,
  fault: (field: 'url' | 'repository' | 'branch' | 'path', message: string) => void,
): void {
  const { type, url, repository, branch, path } = place
  if (type === 'folder') return
  if (type === 'git' && !isGitUrl(url, isAdded)) {
    const local = isAdded ? '' : ', file:// or an absolute path'
    const wanted = `https://, http://, ssh:// or git:// without a password, user@host:path${local}`
    fault('url', `cannot use this address of a repository, wanted ${wanted}`)
  }
  if (type === 'github') {
    if (url !== '' && !isApiUrl(url)) {
      fault('url', 'cannot use this address, wanted that of an API: https://host/api/v3')
    }
    if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,99}\/(?!\.+$)[\w.-]{1,100}$/.test(repository)) {
      fault('repository', `cannot use ${JSON.stringify(repository)}, wanted owner/name`)
    }
  } else if (repository !== '') fault('repository', 'only github has a repository')
  if (branch !== '' && !isBranch(branch)) {
    fault('branch', `cannot use branch ${JSON.stringify(branch)}, wanted the name of a branch`)
  }
  if (path !== '' && !isInnerPath(path)) {
    fault('path', `cannot use path ${JSON.stringify(path)}, wanted a folder of the repository`)
  }
}

function isGitUrl(url: string, isAdded: boolean): boolean {
  // What stands before `::` is a program of git.
  if (/[^!-~]|^[\w+.-]*::/.test(url) || url.length > 1000) return false
  if (isAbsolute(url)) return !isAdded
  if (/^[\w.]+@[\w][\w.-]*:[^-:]/.test(url)) return true
  if (!/^(?:https?|ssh|git|file):\/\/[^-]/.test(url) || !URL.canParse(url)) return false
  const { protocol, username, password, hostname } = new URL(url)
  if (isAdded && protocol === 'file:') return false
  if (password !== '' || hostname.startsWith('-')) return false
  return username === '' || (protocol === 'ssh:' && !username.startsWith('-'))
}

/** An address to which paths are added. */
function isApiUrl(url: string): boolean {
  if (/[^!-~]/.test(url) || url.length > 1000 || !URL.canParse(url)) return false
  const { protocol, username, password, search, hash } = new URL(url)
  return /^https?:$/.test(protocol) && username + password + search + hash === ''
}

function isBranch(name: string): boolean {
  return (
    /^[A-Za-z0-9_][\w./+-]{0,199}$/.test(name) &&
    !/\.\.|\/\/|\/\.|\.$|\/$|\.lock(?:\/|$)/.test(name)
  )
}

function isInnerPath(path: string): boolean {
  return /^[\w][\w .+/-]*$/.test(path) && !path.split('/').includes('..') && path.length <= 500
}
