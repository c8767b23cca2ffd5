/** `narthex hub install`, `installs`, `uninstall` and `export`: one round each, then the end. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../base/error.ts'
import { makeFolder } from '../base/folder.ts'
import { writeWholeFile } from '../base/wholefile.ts'
import { readConfig, readConfigFile } from '../config/config.ts'
import { refusal } from '../config/report.ts'
import { InstallFolder } from '../hub/install/folder.ts'
import { openInstaller, openPlanner } from '../hub/install/installer.ts'
import { findEntry } from '../hub/install/lookup.ts'
import type { Installation, Installer, InstallRequest } from '../model/install.ts'
import { catalogFolder, installsFolder } from '../roles/installing.ts'
import { LOOPBACK_JOB, SELF_JOB } from '../roles/unconfigured.ts'
import { type CommandSpec, type FlagValues, parseFlags } from './flags.ts'
import { openHubClient } from './hubclient.ts'
import { HUB_EXPORT, HUB_INSTALL, HUB_INSTALLS, HUB_UNINSTALL } from './hubtoolflags.ts'
import { FlagReader } from './sharedflags.ts'

/** How history names who uses the tools. */
const CALLER = 'command line'

const DEFAULT_STORAGE = 'data'

/** What a tool prints. */
type Lines = readonly string[]

interface Tool {
  readonly spec: CommandSpec
  run(flags: FlagReader, word: string): Promise<Lines>
}

const TOOLS: Readonly<Record<string, Tool>> = {
  install: { spec: HUB_INSTALL, run: runInstall },
  installs: { spec: HUB_INSTALLS, run: runList },
  uninstall: { spec: HUB_UNINSTALL, run: runUninstall },
  export: { spec: HUB_EXPORT, run: runExport },
}

/** Runs a tool. @returns the exit code: 0 done, 1 it could not be done, 2 wrong usage */
export async function runHubTool(name: string, argv: readonly string[]): Promise<number> {
  const { spec, run } = TOOLS[name]
  const parsed = parseFlags(spec, argv)
  if (parsed.outcome === 'exit') return parsed.code
  try {
    const lines = await run(new FlagReader(withStorage(parsed.values)), parsed.words.at(0) ?? '')
    if (lines.length > 0) console.log(lines.join('\n'))
    return 0
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    console.error(`${spec.name}: ${messageOf(error)}`)
    return error.kind === 'bad_data' ? 2 : 1
  }
}

/** A folder or an address, not both. */
function withStorage(values: FlagValues): FlagValues {
  const isRemote = values.get('url') !== undefined
  if (isRemote && values.get('storage.path') !== undefined) {
    throw new NarthexError('bad_data', 'cannot use --storage.path and --url: wanted one of them')
  }
  return new Map([...values, ['storage.path', values.get('storage.path') ?? DEFAULT_STORAGE]])
}

async function runInstall(flags: FlagReader, entry: string): Promise<Lines> {
  const installer = openPlace(flags)
  const request = requestOf(flags, entry)
  const { notes } = await installer.preview(request, CALLER)
  const installed = await installer.install(request, CALLER)
  return [
    `installed ${installed.name}: ${installed.targets.length} targets`,
    ...filesOf(flags, installed),
    ...notes.map((note) => `note: ${note}`),
    ...takenOver(flags),
  ]
}

async function runList(flags: FlagReader): Promise<Lines> {
  const installs = await openPlace(flags).installs()
  return installs.map(({ name, entry, version, installed, targets, fault }) => {
    const state = fault === '' ? '' : `  cannot be used: ${fault}`
    return `${name}  ${entry} ${version}  ${installed}  ${targets.join(',')}${state}`
  })
}

async function runUninstall(flags: FlagReader, name: string): Promise<Lines> {
  const gone = await openPlace(flags).uninstall(name)
  return [`uninstalled ${gone.name}`, ...filesOf(flags, gone), ...takenOver(flags)]
}

async function runExport(flags: FlagReader, entry: string): Promise<Lines> {
  const folder = flags.text('to')
  if (folder === '') throw new NarthexError('bad_data', 'cannot export: --to is missing')
  const catalog = catalogFolder(flags.text('catalog.path'))
  const planner = openPlanner({ entry: (name) => findEntry(catalog, name), now: Date.now })
  const plan = await planner.preview(requestOf(flags, entry), CALLER)
  const files = [
    ['scrape.yml', plan.scrape],
    ['rules.yml', plan.rules],
    ['dashboard.json', plan.dashboard],
  ]
    .filter(([, text]) => text !== '')
    .map(([name, text]) => [join(folder, name), text])
  const inTheWay = files.find(([path]) => existsSync(path))
  if (inTheWay !== undefined) {
    throw new NarthexError('conflict', `cannot export: ${inTheWay[0]} is there already`)
  }
  try {
    makeFolder(folder)
    for (const [path, text] of files) writeWholeFile(path, text)
  } catch (error) {
    throw new NarthexError('io', `cannot export: ${messageOf(error)}`, error)
  }
  return [...files.map(([path]) => path), ...plan.notes.map((note) => `note: ${note}`)]
}

function requestOf(flags: FlagReader, entry: string): InstallRequest {
  return { entry, targets: flags.list('targets'), job: flags.text('job') }
}

function openPlace(flags: FlagReader): Installer {
  const url = flags.text('url')
  if (url !== '') return openHubClient(url, readToken(flags.text('url.token-file')))
  const path = installsFolder(flags.text('storage.path'))
  const catalog = catalogFolder(flags.text('catalog.path'))
  return openInstaller({
    folder: new InstallFolder(path),
    entry: (name) => findEntry(catalog, name),
    now: Date.now,
    jobs: () => readJobs(flags.text('config.file'), path),
    reload: async () => {
      readJobs(flags.text('config.file'), path)
    },
  })
}

/** The jobs that a server with this configuration has. @throws NarthexError when it could not start */
function readJobs(file: string, scrapeFolder: string): readonly string[] {
  const source = file === '' ? '' : readConfigFile(file)
  const { config, errors } = readConfig(source, file, { scrapeFolder })
  if (config === undefined) throw refusal(file || scrapeFolder, errors)
  const builtIn = file === '' ? [SELF_JOB, LOOPBACK_JOB] : []
  return [...builtIn, ...config.scrape.map((job) => job.jobName)]
}

function readToken(file: string): string {
  if (file === '') return ''
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read --url.token-file: ${messageOf(error)}`, error)
  }
}

function filesOf(flags: FlagReader, { files }: Installation): Lines {
  const isRemote = flags.text('url') !== ''
  const folder = isRemote ? 'config.d' : installsFolder(flags.text('storage.path'))
  return files.map((file) => `  ${join(folder, file)}`)
}

/** What is left to do where a folder was changed behind the back of its server. */
function takenOver(flags: FlagReader): Lines {
  if (flags.text('url') !== '') return []
  return [
    'a server that runs on this folder takes it over at its next reload (SIGHUP, POST /-/reload)',
  ]
}
