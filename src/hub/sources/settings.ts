/** Sources that people add: what they may say, and how their tokens are kept. */
import { NarthexError } from '../../base/error.ts'
import { Secret } from '../../base/secret.ts'
import {
  checkPlace,
  isSourceName,
  isToken,
  REFRESH_MS_MIN,
  REFRESH_MS_PRESET,
  REFRESH_TIMEOUT_MS_PRESET,
  type SourceConfig,
  type SourcePlace,
  takesToken,
} from '../../config/source.ts'
import { formatDuration, parseDuration } from '../../model/duration.ts'
import type { Outcome, Problem } from '../../model/registry.ts'
import type { AddedSource, SourceSettings } from '../../model/sources.ts'

/** Longest time between two refreshes: a year. */
const REFRESH_MS_MAX = 31_536_000_000

/** Seals tokens, each for one purpose. @throws NarthexError where there is no key, or another one */
export interface TokenKeeper {
  seal(token: Secret, purpose: string): string
  open(sealed: string, purpose: string): Secret
}

/** A source as somebody wants it. */
export interface WantedSource extends SourcePlace {
  readonly type: SourceSettings['type']
  readonly name: string
  readonly refreshMs: number
  /** Undefined to keep the one that there is, '' for none. */
  readonly token: Secret | '' | undefined
}

const KEYS: readonly string[] = [
  ...['type', 'url', 'repository', 'branch', 'path', 'refreshInterval', 'token'],
]

/** Reads what came as JSON; every reason why it is not taken. */
export function readWantedSource(
  name: string,
  value: unknown,
  before: SourceSettings | undefined,
): Outcome<WantedSource> {
  const problems: Problem[] = []
  const refuse = (field: string, reason: string): void => {
    problems.push({ index: -1, field, reason })
  }
  if (!isSourceName(name)) {
    refuse('name', 'wanted small letters, digits and dashes, at most 64, and not bundled or edits')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse('', 'wanted an object')
    return { problems }
  }
  const texts = new Map<string, string>()
  for (const [key, text] of Object.entries(value)) {
    if (!KEYS.includes(key)) refuse(key.slice(0, 100), `unknown, wanted one of ${KEYS.join(', ')}`)
    else if (typeof text !== 'string') refuse(key, 'wanted a text')
    else texts.set(key, key === 'token' ? text : text.trim())
  }
  const textOf = (key: string): string => texts.get(key) ?? ''
  const type = textOf('type')
  if (type !== 'git' && type !== 'github') {
    const wanted = 'wanted git or github: folders are only taken from a configuration file'
    refuse('type', wanted)
    return { problems }
  }
  const path = textOf('path').replace(/\/+$/, '')
  const place = {
    type: type as WantedSource['type'],
    ...{ url: textOf('url'), repository: textOf('repository'), branch: textOf('branch'), path },
  }
  checkPlace(place, true, refuse)
  const refreshMs = readInterval(textOf('refreshInterval'), refuse)
  const token = readWantedToken(texts.get('token'), place, before, refuse)
  return problems.length > 0 ? { problems } : { done: { name, ...place, refreshMs, token } }
}

function readInterval(text: string, refuse: (field: string, reason: string) => void): number {
  if (text === '') return REFRESH_MS_PRESET
  let ms = 0
  try {
    ms = parseDuration(text)
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
  }
  if (ms < REFRESH_MS_MIN || ms > REFRESH_MS_MAX) {
    refuse('refreshInterval', 'wanted a duration from 10s to 1y, such as 1h')
  }
  return ms
}

/** A token goes to the address that it was given for, and to no other. */
function readWantedToken(
  text: string | undefined,
  place: SourcePlace,
  before: SourceSettings | undefined,
  refuse: (field: string, reason: string) => void,
): WantedSource['token'] {
  if (text === '') return ''
  if (text === undefined) {
    if (before === undefined || before.sealedToken === '') return ''
    if (purposeOf({ name: before.name, ...place }) === purposeOf(before)) return undefined
    refuse('token', 'the one that there is was given for another address, wanted it again, or none')
    return ''
  }
  // Not shown: it may be one with a mistake.
  if (!isToken(text)) refuse('token', 'wanted one word')
  else if (!takesToken(place)) refuse('token', 'only https:// and http:// take a token')
  return new Secret(text)
}

/** What a token is sealed for: a sealed one that is put beside another address does not open. */
export function purposeOf({
  name,
  type,
  url,
  repository,
}: Pick<SourcePlace, 'type' | 'url' | 'repository'> & { readonly name: string }): string {
  return JSON.stringify(['content source', name, type, url, repository])
}

/** The next version of settings. @throws NarthexError where a token cannot be sealed */
export function settingsOf(
  wanted: WantedSource,
  before: SourceSettings | undefined,
  tokens: TokenKeeper,
  { by, nowMs }: { readonly by: string; readonly nowMs: number },
): SourceSettings {
  const { token, ...rest } = wanted
  let sealedToken = ''
  if (token === undefined) sealedToken = before?.sealedToken ?? ''
  else if (token !== '') sealedToken = tokens.seal(token, purposeOf(wanted))
  const version = (before?.version ?? 0) + 1
  return { ...rest, sealedToken, version, changedMs: nowMs, changedBy: by }
}

/** How a source is asked; `fault` says why this hub cannot. */
export function configOf(
  settings: SourceSettings,
  tokens: TokenKeeper,
): { readonly config: SourceConfig; readonly fault: string } {
  const { name, type, url, repository, branch, path, refreshMs, sealedToken } = settings
  const config = {
    ...{ name, type, url, repository, branch, path, refreshMs },
    ...{ refreshMsMax: REFRESH_TIMEOUT_MS_PRESET, tokenFile: '', token: undefined, isAdded: true },
  }
  if (sealedToken === '') return { config, fault: '' }
  try {
    return {
      config: { ...config, token: tokens.open(sealedToken, purposeOf(settings)) },
      fault: '',
    }
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    return { config, fault: `this hub cannot use its token: ${error.message}` }
  }
}

/** What everybody may see of settings. */
export function addedOf(settings: SourceSettings): AddedSource {
  const { url, repository, branch, path, refreshMs, sealedToken } = settings
  const { version, changedMs, changedBy } = settings
  return {
    ...{ url, repository, branch, path, refreshInterval: formatDuration(refreshMs) },
    ...{ hasToken: sealedToken !== '', version, changedMs, changedBy },
  }
}
