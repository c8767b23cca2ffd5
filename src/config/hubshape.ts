/** `narthex.hub`: where the catalogue has content from, besides what comes with the program, and where changes go. */
import { resolve } from 'node:path'
import { type EditsConfig, editsShape } from './editsshape.ts'
import { duration, filePath, oneOf, text } from './scalars.ts'
import { listOf, type MapPlace, mapOf, type Shape } from './shape.ts'
import {
  checkPlace,
  isSourceName,
  REFRESH_MS_MIN,
  REFRESH_MS_PRESET,
  REFRESH_TIMEOUT_MS_PRESET,
  SOURCES_MAX,
  type SourceConfig,
  type SourceType,
  takesToken,
} from './source.ts'

export interface HubConfig {
  readonly sources: readonly SourceConfig[]
  readonly edits: EditsConfig
}

interface RawSource {
  readonly name: string
  readonly type: SourceType | undefined
  readonly path: string
  readonly url: string
  readonly repository: string
  readonly branch: string
  readonly refresh_interval: number
  readonly refresh_timeout: number
  readonly token_file: string
}

const REFRESH_MS_MAX = 600_000

const source: Shape<SourceConfig> = mapOf<RawSource, SourceConfig>(
  'narthex.plain',
  {
    name: text,
    type: oneOf<SourceType>(
      ['folder', 'git', 'github'],
      undefined,
      (word) => `unknown type "${word}" of a source, wanted folder, git or github`,
    ),
    path: text,
    url: text,
    repository: text,
    branch: text,
    refresh_interval: duration(REFRESH_MS_PRESET),
    refresh_timeout: duration(REFRESH_TIMEOUT_MS_PRESET),
    token_file: filePath,
  },
  (raw, { dir }) => ({
    name: raw.name,
    type: raw.type ?? 'folder',
    path: raw.type === 'folder' ? resolve(dir, raw.path) : raw.path.replace(/\/+$/, ''),
    url: raw.url,
    repository: raw.repository,
    branch: raw.branch,
    refreshMs: raw.refresh_interval,
    refreshMsMax: raw.refresh_timeout,
    tokenFile: raw.token_file,
    token: undefined,
    isAdded: false,
  }),
  checkSource,
)

export const hubShape: Shape<HubConfig> = mapOf(
  'narthex.plain',
  { sources: listOf(source, 'an empty source'), edits: editsShape },
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
  if (!isSourceName(raw.name)) {
    const wanted = 'small letters, digits and dashes, and not bundled or edits'
    fault('name', `cannot use name "${raw.name}" of a source, wanted ${wanted}`)
  }
  if (raw.refresh_interval < REFRESH_MS_MIN) {
    fault('refresh_interval', 'refresh_interval below 10s, wanted 10s or more')
  }
  if (raw.refresh_timeout < 1000 || raw.refresh_timeout > REFRESH_MS_MAX) {
    fault('refresh_timeout', 'refresh_timeout, wanted 1s to 10m')
  }
  const { type } = raw
  if (type === undefined) fault('name', `source "${raw.name}" has no type`)
  else if (type === 'folder') checkFolder(raw, fault)
  else {
    checkPlace({ ...raw, type, path: raw.path.replace(/\/+$/, '') }, false, fault)
    if (raw.token_file !== '' && !takesToken({ type, url: raw.url })) {
      fault('token_file', 'token_file is only for https:// and http://')
    }
  }
}

function checkFolder(raw: RawSource, fault: (key: string, message: string) => void): void {
  if (raw.path === '') fault('name', `source "${raw.name}" has no path`)
  for (const key of ['url', 'repository', 'branch', 'token_file'] as const) {
    if (raw[key] !== '') fault(key, `a folder has no ${key}`)
  }
}
