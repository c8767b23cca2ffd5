/** What must or must not stand together in discovery kinds that are only checked. */
import { countGiven } from './alternatives.ts'
import type { RawHttp } from './httpshape.ts'
import type { MapPlace } from './shape.ts'
import { tryParseUrl, type UrlParts } from './url.ts'

/** Values by key, as the shapes left them. */
export type RawKind = Readonly<Record<string, unknown>>

/** What else is wrong with a map whose keys are fine. */
export type KindCheck = (raw: RawKind, place: MapPlace) => void

/** A check that refuses the map when a key is missing or empty, first key first. */
export function needs(messages: Readonly<Record<string, string>>): KindCheck {
  return (raw, place) => {
    for (const [key, message] of Object.entries(messages)) {
      if (raw[key] === '' || raw[key] === undefined || isEmptyList(raw[key])) {
        place.report.error(place.at(key), message)
        return
      }
    }
  }
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

/** A check that refuses a word that is not in the list. */
export function wordOf(
  key: string,
  words: readonly string[],
  refuse: (word: string) => string,
  missing?: string,
): KindCheck {
  return (raw, place) => {
    const word = String(raw[key] ?? '')
    if (word === '' && missing !== undefined) place.report.error(place.at(key), missing)
    else if (!words.includes(word)) place.report.error(place.at(key), refuse(word))
  }
}

export function allOf(...checks: readonly KindCheck[]): KindCheck {
  return (raw, place) => {
    for (const check of checks) check(raw, place)
  }
}

export const checkFilters: KindCheck = (raw, place) => {
  for (const filter of (raw.filters ?? []) as readonly { values: readonly string[] }[]) {
    if (filter.values.length === 0) {
      const message = 'EC2 SD configuration filter values cannot be empty'
      place.report.error(place.at('filters'), message)
    }
  }
}

const AZURE_METHODS = ['OAuth', 'ManagedIdentity', 'SDK', 'WorkloadIdentity']

export const checkAzure: KindCheck = (raw, place) => {
  const method = String(raw.authentication_method)
  if (!AZURE_METHODS.includes(method)) {
    const known = '"OAuth", "ManagedIdentity", "SDK" or "WorkloadIdentity"'
    const message = `unknown authentication_type "${method}". Supported types are ${known}`
    place.report.error(place.at('authentication_method'), message)
    return
  }
  const wanted = ['subscription_id']
  if (method === 'OAuth') wanted.push('tenant_id', 'client_id', 'client_secret')
  if (method === 'WorkloadIdentity') wanted.push('tenant_id', 'client_id')
  const messages = wanted.map((key) => [key, `azure SD configuration requires a ${key}`])
  needs(Object.fromEntries(messages))(raw, place)
}

export const checkEureka: KindCheck = (raw, place) => {
  const server = String(raw.server)
  if (server === '') {
    place.report.error(place.at('server'), 'eureka_sd: empty or null eureka server')
    return
  }
  const parts = tryParseUrl(server)
  if (parts === undefined || parts.scheme === '' || parts.host === '') {
    place.report.error(place.at('server'), 'eureka_sd: invalid eureka server URL')
  }
}

export const checkMarathon: KindCheck = (raw, place) => {
  const refuse = (message: string): void =>
    place.report.error(place.mark, `marathon_sd: ${message}`)
  const http = raw as unknown as RawHttp
  if (isEmptyList(raw.servers)) refuse('must contain at least one Marathon server')
  const tokens = countGiven([raw.auth_token, raw.auth_token_file])
  if (tokens > 1) refuse('at most one of auth_token & auth_token_file must be configured')
  if (tokens === 0) return
  if (http.basic_auth) {
    refuse('at most one of basic_auth, auth_token & auth_token_file must be configured')
  }
  if (countGiven([http.bearer_token, http.bearer_token_file]) > 0) {
    refuse(
      'at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be configured',
    )
  }
  if (http.authorization) {
    refuse('at most one of auth_token, auth_token_file & authorization must be configured')
  }
}

export const checkPuppet: KindCheck = (raw, place) => {
  const parts = raw.url as UrlParts | undefined
  if (parts === undefined) place.report.error(place.mark, 'URL is missing')
  else if (parts.scheme !== 'http' && parts.scheme !== 'https') {
    place.report.error(place.at('url'), "URL scheme must be 'http' or 'https'")
  } else if (parts.host === '') place.report.error(place.at('url'), 'host is missing in URL')
  if (raw.query === '') place.report.error(place.mark, 'query missing')
}

/** At most one, and when `required` exactly one, of a secret and a file with it. */
export function oneSecret(required: boolean): KindCheck {
  return (raw, place) => {
    const count = countGiven([raw.secret_key, raw.secret_key_file])
    const both = 'secret_key & secret_key_file must be configured'
    if (count > 1) place.report.error(place.mark, `at most one of ${both}`)
    if (count === 0 && required) place.report.error(place.mark, `one of ${both}`)
  }
}

export const checkStackit: KindCheck = (raw, place) => {
  if (tryParseUrl(String(raw.endpoint)) === undefined) {
    place.report.error(place.at('endpoint'), 'invalid endpoint')
  }
}

export const checkZookeeper: (name: string) => KindCheck = (name) => (raw, place) => {
  const paths = raw.paths as readonly string[]
  needs({
    servers: `${name} SD config must contain at least one Zookeeper server`,
    paths: `${name} SD config must contain at least one path`,
  })(raw, place)
  for (const path of paths.filter((one) => !one.startsWith('/'))) {
    place.report.error(place.at('paths'), `${name} SD config paths must begin with '/': ${path}`)
  }
}
