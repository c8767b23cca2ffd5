/** `narthex hub install`, `installs`, `uninstall` and `export`: one round each, then the end. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import { makeFolder } from '../../base/folder.ts'
import { writeWholeFile } from '../../base/wholefile.ts'
import { readConfig, readConfigFile } from '../../config/config.ts'
import { refusal } from '../../config/report.ts'
import { InstallFolder } from '../../hub/install/folder.ts'
import { openInstaller, openPlanner } from '../../hub/install/installer.ts'
import { findEntry } from '../../hub/install/lookup.ts'
import type { Installation, Installer, InstallRequest } from '../../model/install.ts'
import { catalogFolder, installsFolder } from '../../roles/installing.ts'
import { LOOPBACK_JOB, SELF_JOB } from '../../roles/unconfigured.ts'
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
  const { notes } = await installer.preview(request, CALLER)
  const installed = await installer.install(request, CALLER)
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
  const notes = plan.notes.map((note) => `note: ${note}`)
  return { lines: [...files.map(([path]) => path), ...notes] }
}

function requestOf(flags: FlagReader, entry: string): InstallRequest {
  return { entry, targets: flags.list('targets'), job: flags.text('job') }
}

function openPlace(flags: FlagReader): Installer {
  if (flags.text('url') !== '') {
    if (flags.text('storage.path') === '') return openRemoteInstaller(openClient(flags))
    throw new NarthexError('bad_data', 'cannot use --storage.path and --url: wanted one of them')
  }
  const path = folderOf(flags)
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
