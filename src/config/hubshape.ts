/** `narthex.hub`: where the catalogue has content from, besides what comes with the program. */
import { isAbsolute, resolve } from 'node:path'
import { duration, filePath, oneOf, text } from './scalars.ts'
import { listOf, type MapPlace, mapOf, type Shape } from './shape.ts'

/** A content source. */
export interface SourceConfig {
  readonly name: string
  readonly type: 'folder' | 'git'
  /** Of a folder: where it is, absolute. Of a repository: the folder in it, '' for all. */
  readonly path: string
  /** Of a repository: URL, `user@host:path` or an absolute path. */
  readonly url: string
  /** '' for the one that the repository calls its own. */
  readonly branch: string
  readonly refreshMs: number
  /** How long one refresh may take. */
  readonly refreshMsMax: number
  /** Absolute path, or ''. */
  readonly tokenFile: string
}

export interface HubConfig {
  readonly sources: readonly SourceConfig[]
}

interface RawSource {
  readonly name: string
  readonly type: SourceConfig['type'] | undefined
  readonly path: string
  readonly url: string
  readonly branch: string
  readonly refresh_interval: number
  readonly refresh_timeout: number
  readonly token_file: string
}

const REFRESH_MS_MIN = 10_000
const REFRESH_MS_MAX = 600_000
/** Most sources of one hub. */
const SOURCES_MAX = 50

const source: Shape<SourceConfig> = mapOf<RawSource, SourceConfig>(
  'narthex.plain',
  {
    name: text,
    type: oneOf<SourceConfig['type']>(
      ['folder', 'git'],
      undefined,
      (word) => `unknown type "${word}" of a source, wanted folder or git`,
    ),
    path: text,
    url: text,
    branch: text,
    refresh_interval: duration(3_600_000),
    refresh_timeout: duration(120_000),
    token_file: filePath,
  },
  (raw, { dir }) => ({
    name: raw.name,
    type: raw.type ?? 'folder',
    path: raw.type === 'git' ? raw.path.replace(/\/+$/, '') : resolve(dir, raw.path),
    url: raw.url,
    branch: raw.branch,
    refreshMs: raw.refresh_interval,
    refreshMsMax: raw.refresh_timeout,
    tokenFile: raw.token_file,
  }),
  checkSource,
)

export const hubShape: Shape<HubConfig> = mapOf(
  'narthex.plain',
  { sources: listOf(source, 'an empty source') },
  (raw) => raw,
  ({ sources }, place) => {
    if (sources.length > SOURCES_MAX) {
      const message = `${sources.length} sources, at most ${SOURCES_MAX} are taken`
      place.report.error(place.at('sources'), message)
    }
    const names = new Set<string>()
    for (const { name } of sources) {
      if (names.has(name)) {
        place.report.error(place.at('sources'), `a second source named "${name}"`)
      }
      names.add(name)
    }
  },
)

function checkSource(raw: RawSource, place: MapPlace): void {
  const fault = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(raw.name) || raw.name === 'bundled') {
    const wanted = 'small letters, digits and dashes, and not bundled'
    fault('name', `cannot use name "${raw.name}" of a source, wanted ${wanted}`)
  }
  if (raw.refresh_interval < REFRESH_MS_MIN) {
    fault('refresh_interval', 'refresh_interval below 10s, wanted 10s or more')
  }
  if (raw.refresh_timeout < 1000 || raw.refresh_timeout > REFRESH_MS_MAX) {
    fault('refresh_timeout', 'refresh_timeout, wanted 1s to 10m')
  }
  if (raw.type === undefined) fault('name', `source "${raw.name}" has no type`)
  else if (raw.type === 'git') checkGit(raw, fault)
  else {
    if (raw.path === '') fault('name', `source "${raw.name}" has no path`)
    for (const key of ['url', 'branch', 'token_file'] as const) {
      if (raw[key] !== '') fault(key, `a folder has no ${key}`)
    }
  }
}

function checkGit(raw: RawSource, fault: (key: string, message: string) => void): void {
  if (!isGitUrl(raw.url)) {
    const wanted =
      'https://, http://, ssh://, git:// or file:// without a password, user@host:path, or an absolute path'
    // Not shown: what is wrong with it may be a password.
    fault('url', `cannot use url of source "${raw.name}", wanted ${wanted}`)
  }
  if (raw.branch !== '' && !isBranch(raw.branch)) {
    fault('branch', `cannot use branch ${JSON.stringify(raw.branch)}, wanted the name of a branch`)
  }
  if (raw.path !== '' && !isInnerPath(raw.path)) {
    const wanted = 'a folder of the repository'
    fault('path', `cannot use path ${JSON.stringify(raw.path)}, wanted ${wanted}`)
  }
  if (raw.token_file !== '' && !raw.url.startsWith('https://') && !raw.url.startsWith('http://')) {
    fault('token_file', 'token_file is only for https:// and http://')
  }
}

function isGitUrl(url: string): boolean {
  if (/[^!-~]/.test(url) || url.includes('::') || url.length > 1000) return false
  if (isAbsolute(url)) return true
  if (/^[\w.]+@[\w][\w.-]*:[^-:]/.test(url)) return true
  if (!/^(?:https?|ssh|git|file):\/\/[^-]/.test(url) || !URL.canParse(url)) return false
  const { protocol, username, password, hostname } = new URL(url)
  if (password !== '' || hostname.startsWith('-')) return false
  return username === '' || (protocol === 'ssh:' && !username.startsWith('-'))
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
