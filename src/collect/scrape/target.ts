/** From what discovery found to what is scraped: defaults, relabelling, URL. */
import { messageOf, NarthexError } from '../../base/error.ts'
import { relabel } from '../../config/relabel.ts'
import type { ScrapeConfig } from '../../config/scrape.ts'
import { formatDuration, parseDuration } from '../../model/duration.ts'
import { type Labels, labelsFrom, labelsKey } from '../../model/labels.ts'

/** One thing to scrape. */
export interface Target {
  /** Equal exactly for targets that are scraped in the same way under the same labels. */
  readonly key: string
  /** Before relabelling, with the defaults of the job. */
  readonly discovered: Labels
  /** Labels of its series. */
  readonly labels: Labels
  readonly url: URL
  readonly intervalMs: number
  readonly timeoutMs: number
}

const ADDRESS = '__address__'
const SCHEME = '__scheme__'
const METRICS_PATH = '__metrics_path__'
const INTERVAL = '__scrape_interval__'
const TIMEOUT = '__scrape_timeout__'
const PARAM_PREFIX = '__param_'
const META_PREFIX = '__meta_'

/**
 * The labels of a target before relabelling: what discovery says, and the job's defaults where it
 * says nothing.
 */
export function discoveredLabels(found: Labels, config: ScrapeConfig): Labels {
  const pairs = new Map<string, string>()
  for (let i = 0; i < found.length; i += 2) pairs.set(found[i], found[i + 1])
  const setDefault = (name: string, value: string): void => {
    if ((pairs.get(name) ?? '') === '') pairs.set(name, value)
  }
  setDefault('job', config.jobName)
  setDefault(INTERVAL, formatDuration(config.scrapeIntervalMs))
  setDefault(TIMEOUT, formatDuration(config.scrapeTimeoutMs))
  setDefault(METRICS_PATH, config.metricsPath)
  setDefault(SCHEME, config.scheme)
  for (const [name, values] of config.params) {
    if (values.length > 0) pairs.set(PARAM_PREFIX + name, values[0])
  }
  return labelsFrom(pairs)
}

/**
 * The target behind discovered labels; undefined when relabelling drops it.
 *
 * @throws NarthexError `bad_data` for a target that cannot be scraped
 */
export function makeTarget(discovered: Labels, config: ScrapeConfig): Target | undefined {
  const relabelled = relabel(discovered, config.relabel)
  if (relabelled === undefined) return undefined
  const all = new Map<string, string>()
  for (let i = 0; i < relabelled.length; i += 2) {
    if (!relabelled[i].startsWith(META_PREFIX)) all.set(relabelled[i], relabelled[i + 1])
  }
  const address = all.get(ADDRESS) ?? ''
  if (address === '') throw refusal('no address')
  if (address.includes('/')) throw refusal(`${JSON.stringify(address)} is not a valid hostname`)
  const intervalMs = readDuration(all.get(INTERVAL) ?? '', 'interval')
  const timeoutMs = readDuration(all.get(TIMEOUT) ?? '', 'timeout')
  if (timeoutMs > intervalMs) {
    const shown = `"${all.get(TIMEOUT)}" > "${all.get(INTERVAL)}"`
    throw refusal(`scrape timeout cannot be greater than scrape interval (${shown})`)
  }
  if ((all.get('instance') ?? '') === '') all.set('instance', address)
  for (const [name, value] of all) {
    if (!value.isWellFormed()) {
      throw refusal(`invalid label value for ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    }
  }
  const url = targetUrl(all, address, config)
  return {
    key: labelsKey(labelsFrom(all)),
    discovered,
    labels: labelsFrom([...all].filter(([name]) => !name.startsWith('__'))),
    url,
    intervalMs,
    timeoutMs,
  }
}

function readDuration(text: string, what: 'interval' | 'timeout'): number {
  let durationMs: number
  try {
    durationMs = parseDuration(text)
  } catch (error) {
    throw refusal(`error parsing scrape ${what}: ${messageOf(error)}`)
  }
  if (durationMs === 0) throw refusal(`scrape ${what} cannot be 0`)
  return durationMs
}

function targetUrl(all: ReadonlyMap<string, string>, address: string, config: ScrapeConfig): URL {
  const scheme = all.get(SCHEME) ?? ''
  const base = `${scheme}://${address}`
  if (!/^https?$/.test(scheme) || !URL.canParse(base)) {
    throw refusal(`${JSON.stringify(base)} is not a URL that can be scraped`)
  }
  const url = new URL(base)
  url.pathname = all.get(METRICS_PATH) ?? '/'
  const params = new Map<string, string[]>()
  for (const [name, values] of config.params) params.set(name, [...values])
  for (const [name, value] of all) {
    if (!name.startsWith(PARAM_PREFIX)) continue
    const param = name.slice(PARAM_PREFIX.length)
    params.set(param, [value, ...(params.get(param) ?? []).slice(1)])
  }
  const search = new URLSearchParams()
  for (const name of [...params.keys()].sort()) {
    for (const value of params.get(name) ?? []) search.append(name, value)
  }
  url.search = search.toString()
  return url
}

function refusal(why: string): NarthexError {
  return new NarthexError('bad_data', why)
}
