/** What is to be installed, as the page asks for it: kept in its address. */
import type { InstallCandidate, InstallRequest } from '../../src/model/install.ts'

/** What a person has chosen and typed. */
export interface Wanted {
  /** Addresses that were ticked; undefined before anybody has. */
  readonly ticked: ReadonlySet<string> | undefined
  /** A target on each line, or between commas. */
  readonly typed: string
  /** '' for the name of the entry. */
  readonly job: string
  /** '' for that of the configuration. */
  readonly interval: string
}

export function parseWanted(search: string): Wanted {
  const params = new URLSearchParams(search)
  const ticked = params.get('targets')
  return {
    ticked: ticked === null ? undefined : new Set(splitTargets(ticked)),
    typed: splitTargets(params.get('more') ?? '').join('\n'),
    job: params.get('job') ?? '',
    interval: params.get('interval') ?? '',
  }
}

export function formatWanted({ ticked, typed, job, interval }: Wanted): string {
  const params = new URLSearchParams()
  if (ticked !== undefined) params.set('targets', [...ticked].join(','))
  const more = splitTargets(typed).join(',')
  if (more !== '') params.set('more', more)
  if (job !== '') params.set('job', job)
  if (interval !== '') params.set('interval', interval)
  return params.toString()
}

/** Those ticked; before anybody has: those that were proved and that no job has yet. */
export function tickedOf(
  { ticked }: Wanted,
  candidates: readonly InstallCandidate[],
): ReadonlySet<string> {
  if (ticked !== undefined) return ticked
  const free = candidates.filter(({ by, jobs }) => by === 'metrics' && jobs.length === 0)
  return new Set(free.map(({ address }) => address))
}

/** What the server is asked for. */
export function requestOf(
  entry: string,
  wanted: Wanted,
  candidates: readonly InstallCandidate[],
): InstallRequest {
  const ticked = tickedOf(wanted, candidates)
  const known = candidates.map(({ address }) => address).filter((each) => ticked.has(each))
  // What an address names and nobody knows any more is asked for all the same.
  const targets = new Set([...known, ...ticked, ...splitTargets(wanted.typed)])
  return {
    ...{ entry, targets: [...targets] },
    ...{ job: wanted.job.trim(), interval: wanted.interval.trim() },
  }
}

/** The command that does the same. @param url of a server that scrapes */
export function commandOf(request: InstallRequest, url: string): string {
  const { entry, targets, job, interval } = request
  return [
    `narthex hub install ${entry}`,
    quote(`--targets=${targets.join(',')}`),
    ...(job === '' ? [] : [quote(`--job=${job}`)]),
    ...(interval === '' ? [] : [quote(`--interval=${interval}`)]),
    quote(`--url=${url}`),
  ].join(' \\\n  ')
}

function splitTargets(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

/** Nothing in it means anything to a shell. */
function quote(word: string): string {
  return /^[\w.,:/=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
