/** From an entry and targets to the exact files: a scrape job, rules and a dashboard, all checked. */
import { createHash } from 'node:crypto'
import { NarthexError } from '../../base/error.ts'
import { readConfig } from '../../config/config.ts'
import { formatProblem, Report, refusal } from '../../config/report.ts'
import type { EntryDetail } from '../../model/catalogue.ts'
import type { InstallPlan, InstallRequest } from '../../model/install.ts'
import { readDashboard } from '../catalogue/dashboard.ts'
import { readRules } from '../catalogue/rules.ts'
import { type Manifest, signDashboard, signYaml } from './manifest.ts'
import { readJob, readTargets } from './request.ts'

/** Where an exporter is asked about something else, which the address alone does not say. */
const PROBE_PATHS: readonly string[] = ['/probe', '/snmp', '/scrape']

const DEFAULT_PATH = '/metrics'

/** Who installs, and when. */
export interface Occasion {
  /** ms since epoch */
  readonly nowMs: number
  readonly by: string
}

/**
 * The files of an installation.
 *
 * @throws NarthexError `bad_data` for targets or a name that cannot be, `execution` for content that
 *   narthex itself would not read
 */
export function planInstall(
  entry: EntryDetail,
  request: InstallRequest,
  { nowMs, by }: Occasion,
): InstallPlan {
  const name = readJob(request)
  requireDirect(entry)
  const targets = readTargets(request.targets, entry.port)
  const version = versionOf(entry)
  const installed = new Date(nowMs).toISOString()
  const manifest: Manifest = { entry: entry.name, version, installed, by }
  const { alerts, dashboard } = entry.files
  const plan = {
    ...{ name, entry: entry.name, version, targets },
    scrape: signYaml(writeScrape(name, entry.path, targets), manifest),
    rules: alerts === '' ? '' : signYaml(alerts, manifest),
    dashboard: dashboard === '' ? '' : signDashboard(dashboard, manifest, name),
  }
  return { ...plan, notes: checkPlan(plan) }
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

function writeScrape(job: string, path: string, targets: readonly string[]): string {
  return [
    'scrape_configs:',
    `  - job_name: ${JSON.stringify(job)}`,
    ...(path === DEFAULT_PATH ? [] : [`    metrics_path: ${JSON.stringify(path)}`]),
    '    static_configs:',
    '      - targets:',
    ...targets.map((target) => `          - ${JSON.stringify(target)}`),
    '',
  ].join('\n')
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
