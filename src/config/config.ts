/** prometheus.yml as Prometheus 3 reads it: from text to a frozen, checked configuration. */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { messageOf, NarthexError } from '../base/error.ts'
import { type Labels, labelsFrom, NO_LABELS } from '../model/labels.ts'
import { expandEnvironment, globalShape, type RawGlobal, runtimeShape } from './globalshape.ts'
import { type NarthexConfig, narthexShape } from './narthexshape.ts'
import { showConfig } from './print.ts'
import { alertingShape, type NamedRemote, remoteReadList, tracingShape } from './remoteshape.ts'
import type { RemoteWriteDestination } from './remotewrite.ts'
import { remoteWriteList } from './remotewriteshape.ts'
import { type Problem, Report, refusal, sortProblems } from './report.ts'
import { text } from './scalars.ts'
import type { ScrapeConfig } from './scrape.ts'
import { type DraftScrape, finishScrape, globalTimeoutMs, scrapeList } from './scrapeshape.ts'
import { type Keys, later, listOf, type MapPlace, mapOf, type Place, type Shape } from './shape.ts'
import { type OtlpConfig, otlpShape, type StorageConfig, storageShape } from './storageshape.ts'
import { EMPTY_MAP, parseYaml, type YamlNode } from './yaml.ts'

/** Everything a file says, defaults filled in. */
export interface Config {
  /** The file, absolute; '' for text without a file. */
  readonly path: string
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  readonly evaluationIntervalMs: number
  readonly ruleQueryOffsetMs: number
  /** Added to what leaves for others, never to what is stored. */
  readonly externalLabels: Labels
  /** Jobs of the file, then of scrape_config_files. */
  readonly scrape: readonly ScrapeConfig[]
  /** Absolute paths, the last part may be a pattern. */
  readonly ruleFiles: readonly string[]
  readonly storage: StorageConfig
  readonly otlp: OtlpConfig
  /** Receivers that samples are sent to, besides `narthex.destinations`. */
  readonly remoteWrite: readonly RemoteWriteDestination[]
  readonly narthex: NarthexConfig
  /** The file with defaults and without secrets, as /api/v1/status/config shows it. */
  readonly yaml: string
}

/** What reading came to: a configuration, or at least one error. */
export interface Loaded {
  readonly config: Config | undefined
  readonly errors: readonly Problem[]
  readonly warnings: readonly Problem[]
}

export interface LoadOptions {
  /** The agent has no rules, no alerts and no remote read. */
  readonly agent?: boolean
  /** Whether scrape_config_files are read; true when absent. */
  readonly includes?: boolean
  /** A folder whose `*.yml` are read as scrape_config_files are; absent or not there for none. */
  readonly scrapeFolder?: string
  /** Where external labels find `${NAME}`; the process's own when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Largest file that is read. */
export const CONFIG_SIZE_BYTES_MAX = 16_777_216

/**
 * Reads a file, or throws with everything that is wrong in it.
 *
 * @throws NarthexError `bad_data` with `file:line:column: message`, `io` when the file cannot be
 *   read
 */
export function loadConfig(
  file: string,
  options: LoadOptions = {},
): { readonly config: Config; readonly warnings: readonly Problem[] } {
  const { config, errors, warnings } = readConfig(readConfigFile(file), file, options)
  if (config === undefined) throw refusal(file, errors)
  return { config, warnings }
}

/** The configuration of an empty file. */
export function defaultConfig(): Config {
  const { config, errors } = readConfig('', '', {})
  if (config === undefined) throw refusal('', errors)
  return config
}

/** The text of a configuration file. */
export function readConfigFile(file: string): string {
  try {
    const bytes = readFileSync(file)
    if (bytes.length <= CONFIG_SIZE_BYTES_MAX) return bytes.toString('utf8').replace(/^\ufeff/, '')
    const seen = `${bytes.length} bytes, at most ${CONFIG_SIZE_BYTES_MAX}`
    throw new NarthexError('bad_data', `cannot load ${file}: ${seen}`)
  } catch (error) {
    if (error instanceof NarthexError) throw error
    throw new NarthexError('io', `cannot load ${file}: ${messageOf(error)}`, error)
  }
}

interface RawConfig {
  readonly global: RawGlobal
  readonly runtime: undefined
  readonly alerting: boolean
  readonly rule_files: readonly string[]
  readonly scrape_config_files: readonly string[]
  readonly scrape_configs: readonly DraftScrape[]
  readonly storage: StorageConfig
  readonly tracing: boolean
  readonly remote_write: readonly RemoteWriteDestination[]
  readonly remote_read: readonly NamedRemote[]
  readonly otlp: OtlpConfig
  readonly narthex: NarthexConfig
}

const TOP_KEYS: Keys<RawConfig> = {
  global: globalShape,
  runtime: runtimeShape,
  alerting: later(alertingShape, 'alerting'),
  rule_files: later(listOf(text), 'rule_files'),
  scrape_config_files: listOf(text),
  scrape_configs: scrapeList,
  storage: storageShape,
  tracing: later(tracingShape, 'tracing'),
  remote_write: remoteWriteList,
  remote_read: later(remoteReadList, 'remote_read'),
  otlp: otlpShape,
  narthex: narthexShape,
}

interface Draft {
  readonly raw: RawConfig
  readonly place: MapPlace
}

const topShape: Shape<Draft> = mapOf<RawConfig, Draft>('config.plain', TOP_KEYS, (raw, place) => ({
  raw,
  place,
}))

/** Reads text; `file` names it in messages and is where relative paths begin. */
export function readConfig(source: string, file: string, options: LoadOptions): Loaded {
  const report = new Report(file === '' ? 'configuration' : file)
  const absolute = file === '' ? '' : path.resolve(file)
  const dir = absolute === '' ? process.cwd() : path.dirname(absolute)
  const { root, faults } = parseYaml(source)
  for (const fault of faults) report.error(fault.mark, fault.message)
  if (faults.length > 0) return { config: undefined, errors: report.errors, warnings: [] }

  const place: Place = { report, dir, name: 'configuration', mark: { line: 1, column: 1 } }
  const { raw, place: top } = topShape.read(root, place)
  checkPatterns(raw.rule_files, 'rule_files', 'invalid rule file path', top)
  checkPatterns(
    raw.scrape_config_files,
    'scrape_config_files',
    'invalid scrape config file path',
    top,
  )
  checkNames(raw, top)
  if (options.agent === true) checkAgent(raw, top)
  const jobs = finishJobs(raw, report)
  const included =
    options.includes === false
      ? []
      : readIncludes(includedFiles(raw, dir, options), raw, jobs, report)
  const warnings = sortProblems(report.warnings)
  if (report.errors.length > 0) {
    return { config: undefined, errors: sortProblems(report.errors), warnings }
  }
  const config = build(raw, root, absolute, dir, [...jobs.values(), ...included], options)
  return { config, errors: [], warnings }
}

function build(
  raw: RawConfig,
  root: YamlNode | undefined,
  file: string,
  dir: string,
  scrape: readonly ScrapeConfig[],
  options: LoadOptions,
): Config {
  const { global } = raw
  const scrapeIntervalMs = global.scrape_interval || 60_000
  const scrapeTimeoutMs = globalTimeoutMs(global, scrapeIntervalMs)
  return freezeDeep({
    path: file,
    scrapeIntervalMs,
    scrapeTimeoutMs,
    evaluationIntervalMs: global.evaluation_interval || 60_000,
    ruleQueryOffsetMs: global.rule_query_offset,
    externalLabels: expandLabels(global.external_labels, options.environment ?? process.env),
    scrape,
    ruleFiles: raw.rule_files.map((pattern) => path.resolve(dir, pattern)),
    storage: raw.storage,
    otlp: raw.otlp,
    remoteWrite: raw.remote_write,
    narthex: raw.narthex,
    yaml: showConfig(topShape.show(root ?? EMPTY_MAP), scrapeIntervalMs, scrapeTimeoutMs, scrape),
  })
}

/** Freezes a value and everything in it. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  Object.freeze(value)
  for (const inner of Object.values(value)) freezeDeep(inner)
  return value
}

function expandLabels(
  labels: Labels,
  environment: Readonly<Record<string, string | undefined>>,
): Labels {
  if (labels.length === 0) return NO_LABELS
  const pairs: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2) {
    pairs.push([labels[i], expandEnvironment(labels[i + 1], environment)])
  }
  return labelsFrom(pairs)
}

/** A path or a pattern with `*` in its last part only. */
function checkPatterns(
  patterns: readonly string[],
  key: string,
  message: string,
  place: MapPlace,
): void {
  for (const pattern of patterns) {
    if (!/^[^*]*(\*[^/]*)?$/.test(pattern)) {
      place.report.error(place.at(key), `${message} "${pattern}"`)
    }
  }
}

/** Queues live under the names of their destinations, wherever these are written. */
function checkNames(raw: RawConfig, place: MapPlace): void {
  const names = new Set(raw.remote_write.map(({ name }) => name))
  for (const { name } of raw.narthex.destinations) {
    if (!names.has(name)) continue
    const message = `found ${JSON.stringify(name)} in remote_write and in narthex.destinations, wanted different names`
    place.report.error(place.at('narthex'), message)
  }
}

function checkAgent(raw: RawConfig, place: MapPlace): void {
  const used = {
    alerting: raw.alerting,
    rule_files: raw.rule_files.length > 0,
    remote_read: raw.remote_read.length > 0,
  }
  for (const [key, isUsed] of Object.entries(used)) {
    if (isUsed) place.report.error(place.at(key), `field ${key} is not allowed in agent mode`)
  }
}

function finishJobs(raw: RawConfig, report: Report): Map<string, ScrapeConfig> {
  const jobs = new Map<string, ScrapeConfig>()
  for (const draft of raw.scrape_configs) {
    const job = finishScrape(draft, raw.global, report)
    if (job.jobName === '') continue
    if (jobs.has(job.jobName)) {
      const message = `found multiple scrape configs with job name "${job.jobName}"`
      report.error(draft.place.at('job_name'), message)
    }
    jobs.set(job.jobName, job)
  }
  return jobs
}

const includeShape = mapOf(
  'config.ScrapeConfigs',
  { scrape_configs: scrapeList },
  (raw) => raw.scrape_configs,
)

/** What scrape_config_files name, then what is in the folder for more of them. */
function includedFiles(raw: RawConfig, dir: string, { scrapeFolder }: LoadOptions): string[] {
  const named = raw.scrape_config_files.flatMap((each) => listFiles(path.resolve(dir, each)))
  return scrapeFolder === undefined ? named : [...named, ...scrapeFilesIn(scrapeFolder)]
}

/** The `*.yml` of a folder, sorted; not by a pattern, since its path may look like one. */
function scrapeFilesIn(folder: string): readonly string[] {
  try {
    const found = readdirSync(folder).filter((name) => /^[^.].*\.yml$/.test(name))
    return found.sort().map((name) => path.join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new NarthexError('io', `cannot list ${folder}: ${messageOf(error)}`, error)
  }
}

/** The jobs of such files; a file that two patterns name is read twice, and so refused. */
function readIncludes(
  files: readonly string[],
  raw: RawConfig,
  jobs: ReadonlyMap<string, ScrapeConfig>,
  report: Report,
): ScrapeConfig[] {
  const firstIn = new Map([...jobs.keys()].map((name) => [name, 'main config file']))
  const included: ScrapeConfig[] = []
  for (const file of files) {
    const inside = new Report(file)
    const { root, faults } = parseYaml(readConfigFile(file))
    for (const fault of faults) inside.error(fault.mark, fault.message)
    const place: Place = {
      report: inside,
      dir: path.dirname(file),
      name: 'configuration',
      mark: { line: 1, column: 1 },
    }
    for (const draft of faults.length > 0 ? [] : includeShape.read(root, place)) {
      const job = finishScrape(draft, raw.global, inside)
      const first = firstIn.get(job.jobName)
      if (first !== undefined) {
        const twice = `found multiple scrape configs with job name "${job.jobName}"`
        inside.error(draft.place.at('job_name'), `${twice}, first found in ${first}`)
      }
      firstIn.set(job.jobName, file)
      included.push(job)
    }
    report.errors.push(...inside.errors)
    report.warnings.push(...inside.warnings)
  }
  return included
}

/** Files that a path or a pattern names, sorted. */
export function listFiles(pattern: string): readonly string[] {
  return globSync(pattern).sort()
}
