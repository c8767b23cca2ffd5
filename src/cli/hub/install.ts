/** `narthex hub install`, `installs`, `uninstall` and `export`: one round each, then the end. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import { makeFolder } from '../../base/folder.ts'
import { writeWholeFile } from '../../base/wholefile.ts'
import { type Config, readConfig, readConfigFile } from '../../config/config.ts'
import { refusal } from '../../config/report.ts'
import { InstallFolder } from '../../hub/install/folder.ts'
import { openInstaller } from '../../hub/install/installer.ts'
import { findEntry } from '../../hub/install/lookup.ts'
import type { Installation, Installer, InstallRequest } from '../../model/install.ts'
import type { Outcome } from '../../model/registry.ts'
import { catalogFolder, installsFolder } from '../../roles/folders.ts'
import { readShelf } from '../../roles/shelf.ts'
import { LOOPBACK_JOB, REGISTRY_JOB, SELF_JOB } from '../../roles/unconfigured.ts'
import type { FlagReader } from '../sharedflags.ts'
import { openRemoteInstaller } from './installclient.ts'
import { HUB_EXPORT, HUB_INSTALL, HUB_INSTALLS, HUB_UNINSTALL } from './installflags.ts'
import { openClient } from './place.ts'
import type { HubTool, ToolOutcome } from './tool.ts'

/** How history names who uses the tools. */
const CALLER = 'command line'

const DEFAULT_STORAGE = 'data'

export const INSTALL_TOOLS: readonly HubTool[] = [
  { spec: HUB_INSTALL, run: runInstall },
  { spec: HUB_INSTALLS, run: runList },
  { spec: HUB_UNINSTALL, run: runUninstall },
  { spec: HUB_EXPORT, run: runExport },
]

async function runInstall(flags: FlagReader, [entry]: readonly string[]): Promise<ToolOutcome> {
  const installer = openPlace(flags)
  const request = requestOf(flags, entry)
  const { notes } = taken(await installer.preview(request, CALLER))
  const installed = taken(await installer.install(request, CALLER))
  return {
    lines: [
      `installed ${installed.name}: ${installed.targets.length} targets`,
      ...filesOf(flags, installed),
      ...notes.map((note) => `note: ${note}`),
      ...takenOver(flags),
    ],
  }
}

async function runList(flags: FlagReader): Promise<ToolOutcome> {
  const installs = await openPlace(flags).installs()
  const lines = installs.map(({ name, entry, version, installed, targets, fault }) => {
    const state = fault === '' ? '' : `  cannot be used: ${fault}`
    return `${name}  ${entry} ${version}  ${installed}  ${targets.join(',')}${state}`
  })
  return { lines }
}

async function runUninstall(flags: FlagReader, [name]: readonly string[]): Promise<ToolOutcome> {
  const gone = await openPlace(flags).uninstall(name)
  return { lines: [`uninstalled ${gone.name}`, ...filesOf(flags, gone), ...takenOver(flags)] }
}

async function runExport(flags: FlagReader, [entry]: readonly string[]): Promise<ToolOutcome> {
  const folder = flags.text('to')
  if (folder === '') throw new NarthexError('bad_data', 'cannot export: --to is missing')
  const files = taken(await openPlace(flags).files(requestOf(flags, entry), CALLER))
  const paths = files.map(({ name }) => join(folder, name))
  const inTheWay = paths.find((path) => existsSync(path))
  if (inTheWay !== undefined) {
    throw new NarthexError('conflict', `cannot export: ${inTheWay} is there already`)
  }
  try {
    makeFolder(folder)
    for (const [i, { text }] of files.entries()) writeWholeFile(paths[i], text)
  } catch (error) {
    throw new NarthexError('io', `cannot export: ${messageOf(error)}`, error)
  }
  return { lines: paths }
}

function requestOf(flags: FlagReader, entry: string): InstallRequest {
  return {
    ...{ entry, targets: flags.list('targets') },
    ...{ job: flags.text('job'), interval: flags.text('interval') },
  }
}

/** What was done. @throws NarthexError `bad_data` with all that is wrong with the targets */
function taken<T>(outcome: Outcome<T>): T {
  if ('done' in outcome) return outcome.done
  const reasons = outcome.problems.map(({ reason }) => reason)
  throw new NarthexError('bad_data', `cannot take these targets: ${reasons.join('; ')}`)
}

function openPlace(flags: FlagReader): Installer {
  if (flags.text('url') !== '') {
    if (flags.text('storage.path') === '') return openRemoteInstaller(openClient(flags))
    throw new NarthexError('bad_data', 'cannot use --storage.path and --url: wanted one of them')
  }
  const path = folderOf(flags)
  const catalog = catalogFolder(flags.text('catalog.path'))
  const running = (): Config => readRunning(flags.text('config.file'), path)
  return openInstaller({
    folder: new InstallFolder(path),
    entry: async (name) => await findEntry(catalog, name, await readShelf(placeOf(flags))),
    now: Date.now,
    jobs: () => jobsOf(running(), flags.text('config.file') !== ''),
    jobsByAddress: () => jobsByAddress(running()),
    reload: async () => void running(),
  })
}

function placeOf(flags: FlagReader): Parameters<typeof readShelf>[0] {
  return {
    storagePath: flags.text('storage.path') || DEFAULT_STORAGE,
    databaseUrl: flags.secret('database.url'),
  }
}

/** What a server with this configuration has. @throws NarthexError when it could not start */
function readRunning(file: string, scrapeFolder: string): Config {
  const source = file === '' ? '' : readConfigFile(file)
  const { config, errors } = readConfig(source, file, { scrapeFolder })
  if (config === undefined) throw refusal(file || scrapeFolder, errors)
  return config
}

function jobsOf({ scrape }: Config, isConfigured: boolean): readonly string[] {
  const builtIn = isConfigured ? [] : [SELF_JOB, LOOPBACK_JOB]
  return [...builtIn, REGISTRY_JOB, ...scrape.map((job) => job.jobName)]
}

/** Those that stand in the configuration: what is discovered only the server knows. */
function jobsByAddress({ scrape }: Config): ReadonlyMap<string, readonly string[]> {
  const pairs = scrape.flatMap(({ jobName, discovery }) =>
    discovery.static.flatMap(({ targets }) => targets.map((target) => [target, jobName] as const)),
  )
  const grouped = Map.groupBy(pairs, ([target]) => target)
  return new Map([...grouped].map(([target, jobs]) => [target, jobs.map(([, job]) => job)]))
}

function folderOf(flags: FlagReader): string {
  return installsFolder(flags.text('storage.path') || DEFAULT_STORAGE)
}

function filesOf(flags: FlagReader, { files }: Installation): string[] {
  const isRemote = flags.text('url') !== ''
  const folder = isRemote ? 'config.d' : folderOf(flags)
  return files.map((file) => `  ${join(folder, file)}`)
}

/** What is left to do where a folder was changed behind the back of its server. */
function takenOver(flags: FlagReader): string[] {
  if (flags.text('url') !== '') return []
  return [
    'a server that runs on this folder takes it over at its next reload (SIGHUP, POST /-/reload)',
  ]
}
