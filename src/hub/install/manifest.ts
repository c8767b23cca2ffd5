/** What stands on top of each installed file: from which entry it is, in which version, since when. */

/** Where an installed file comes from. */
export interface Manifest {
  readonly entry: string
  readonly version: string
  /** In ISO 8601. */
  readonly installed: string
  readonly by: string
}

/** What the first line of a YAML file of ours begins with. */
const HEAD = '# narthex hub: '

/** The first key of a dashboard of ours; Grafana keeps keys that it does not know. */
const DASHBOARD_KEY = '__narthex'

/** Longest uid that Grafana takes. */
const UID_LENGTH_MAX = 40

/** The text of a YAML file with its manifest on top. */
export function signYaml(text: string, manifest: Manifest): string {
  return `${HEAD}${encodeAscii(manifest)}\n${text.endsWith('\n') ? text : `${text}\n`}`
}

/** The manifest of a YAML file; undefined for a file that is not ours. */
export function manifestOfYaml(text: string): Manifest | undefined {
  const [line] = text.split('\n', 1)
  return line.startsWith(HEAD) ? readManifest(parseJson(line.slice(HEAD.length))) : undefined
}

/**
 * The text of a dashboard with its manifest as its first key.
 *
 * @param name of the installation; where it is not that of the entry, the dashboard gets an identity
 *   of its own, because Grafana takes each once
 */
export function signDashboard(text: string, manifest: Manifest, name: string): string {
  const { uid, title, ...rest } = JSON.parse(text)
  const identity =
    name === manifest.entry
      ? { uid, title }
      : { uid: `narthex-${name}`.slice(0, UID_LENGTH_MAX), title: `${title} (${name})` }
  const dashboard = { [DASHBOARD_KEY]: manifest, ...identity, ...rest }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

/** The manifest of a dashboard; undefined for one that is not ours. */
export function manifestOfDashboard(text: string): Manifest | undefined {
  const dashboard = parseJson(text)
  return isObject(dashboard) ? readManifest(dashboard[DASHBOARD_KEY]) : undefined
}

/** A line for every reader of YAML: to some of them characters beyond ASCII end a line. */
function encodeAscii(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function readManifest(value: unknown): Manifest | undefined {
  if (!isObject(value)) return undefined
  const { entry, version, installed, by } = value
  const all = [entry, version, installed, by]
  if (all.some((each) => typeof each !== 'string')) return undefined
  return { entry, version, installed, by } as Manifest
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not written by us
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
