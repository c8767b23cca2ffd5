/** From an entry and targets to the exact files: a scrape job, rules and a dashboard, all checked. */
import { createHash } from 'node:crypto'
import { NarthexError } from '../../base/error.ts'
import { readConfig } from '../../config/config.ts'
import { formatProblem, Report, refusal } from '../../config/report.ts'
import type { EntryDetail } from '../../model/catalogue.ts'
import type { InstallPlan, InstallRequest } from '../../model/install.ts'
import type { Outcome } from '../../model/registry.ts'
import { readDashboard } from '../catalogue/dashboard.ts'
import { readRules } from '../catalogue/rules.ts'
import { Problems } from '../registry/document.ts'
import { type Manifest, signDashboard, signYaml } from './manifest.ts'
import { readInterval, readJob, readTargets } from './request.ts'

/** Where an exporter is asked about something else, which the address alone does not say. */
const PROBE_PATHS: readonly string[] = ['/probe', '/snmp', '/scrape']

const DEFAULT_PATH = '/metrics'

/** Most targets that a note names. */
const NAMED_MAX = 5

/** Who installs, when, and what is scraped there already. */
export interface Occasion {
  /** ms since epoch */
  readonly nowMs: number
  readonly by: string
  /** Names of the jobs that scrape an address. */
  readonly jobsByAddress: ReadonlyMap<string, readonly string[]>
}

/**
 * The files of an installation, or what is wrong with its targets.
 *
 * @throws NarthexError `bad_data` for a name or an interval that cannot be, `execution` for content
 *   that narthex itself would not read
 */
export function planInstall(
  entry: EntryDetail,
  request: InstallRequest,
  { nowMs, by, jobsByAddress }: Occasion,
): Outcome<InstallPlan> {
  const name = readJob(request)
  const interval = readInterval(request)
  requireDirect(entry)
  const problems = new Problems()
  const targets = readTargets(request.targets, entry.port, problems)
  if (problems.list.length > 0) return { problems: problems.list }
  const version = versionOf(entry)
  const installed = new Date(nowMs).toISOString()
  const manifest: Manifest = { entry: entry.name, version, installed, by }
  const { alerts, dashboard } = entry.files
  const plan = {
    ...{ name, entry: entry.name, version, targets },
    scrape: signYaml(writeScrape({ name, interval, path: entry.path, targets }), manifest),
    rules: alerts === '' ? '' : signYaml(alerts, manifest),
    dashboard: dashboard === '' ? '' : signDashboard(dashboard, manifest, name),
  }
  return { done: { ...plan, notes: [...checkPlan(plan), ...noteTwice(targets, jobsByAddress)] } }
}

/** Changes when what is installed from an entry does. */
export function versionOf({ port, path, files }: EntryDetail): string {
  const parts = [port, path, files.alerts, files.dashboard]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}

function requireDirect({ name, path }: EntryDetail): void {
  if (!PROBE_PATHS.includes(path)) return
  throw new NarthexError(
    'bad_data',
    `cannot install ${name}: it is asked about other targets at ${path}, whose job has parameters; its hands-on text has such a job`,
  )
}

/** What stands in a job. */
interface Job {
  readonly name: string
  /** '' for that of the configuration. */
  readonly interval: string
  readonly path: string
  readonly targets: readonly string[]
}

function writeScrape({ name, interval, path, targets }: Job): string {
  return [
    'scrape_configs:',
    `  - job_name: ${JSON.stringify(name)}`,
    ...(interval === '' ? [] : [`    scrape_interval: ${interval}`]),
    ...(path === DEFAULT_PATH ? [] : [`    metrics_path: ${JSON.stringify(path)}`]),
    '    static_configs:',
    '      - targets:',
    ...targets.map((target) => `          - ${JSON.stringify(target)}`),
    '',
  ].join('\n')
}

/** What would be scraped by two jobs. */
function noteTwice(
  targets: readonly string[],
  jobsByAddress: Occasion['jobsByAddress'],
): readonly string[] {
  const twice = targets.flatMap((target) => {
    const job = jobsByAddress.get(target)?.at(0)
    return job === undefined ? [] : [`${target} (${job})`]
  })
  if (twice.length === 0) return []
  const named = twice.slice(0, NAMED_MAX).join(', ')
  const more = twice.length > NAMED_MAX ? `, and ${twice.length - NAMED_MAX} more` : ''
  return [
    `another job scrapes this already, so that its series will be there twice: ${named}${more}`,
  ]
}

type Texts = Omit<InstallPlan, 'notes'>

/** Reads each text as who uses it will. @returns what is worth knowing */
function checkPlan({ name, entry, scrape, rules, dashboard }: Texts): readonly string[] {
  const { errors, warnings } = readConfig(scrape, `${name}.yml`, { includes: false })
  if (errors.length > 0) throw refusal(`${name}.yml`, errors)
  if (rules !== '') check(`rules/${name}.yml`, (report) => readRules(rules, name, report, false))
  if (dashboard !== '') {
    check(`dashboards/${name}.json`, (report) => readDashboard(dashboard, report))
  }
  const notes = warnings.map(formatProblem)
  const named = [`job="${entry}"`, `job=\\"${entry}\\"`]
  if (name !== entry && named.some((text) => rules.includes(text) || dashboard.includes(text))) {
    notes.push(`rules or panels of the entry name job="${entry}": they do not see the job ${name}`)
  }
  return notes
}

function check(file: string, read: (report: Report) => unknown): void {
  const report = new Report(file)
  read(report)
  if (report.errors.length === 0) return
  throw new NarthexError('execution', refusal(file, report.errors).message)
}
