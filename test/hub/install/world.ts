/** An installer on a folder of its own, with a catalogue of one entry. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { EMPTY_SHELF } from '../../../src/hub/catalogue/shelf.ts'
import { InstallFolder } from '../../../src/hub/install/folder.ts'
import { openInstaller } from '../../../src/hub/install/installer.ts'
import { findEntry } from '../../../src/hub/install/lookup.ts'
import type { Installer, InstallRequest } from '../../../src/model/install.ts'
import type { Outcome } from '../../../src/model/registry.ts'
import {
  alertsYaml,
  dashboardJson,
  entryYaml,
  newFolder,
  writeEntries,
} from '../catalogue/support.ts'

export const REQUEST: InstallRequest = {
  entry: 'mysqld',
  targets: ['db1', 'db2:9200'],
  job: '',
  interval: '',
}

export interface World {
  readonly installer: Installer
  /** Where installations are; made by the first one. */
  readonly folder: string
  /** Above it: nothing else may appear there. */
  readonly root: string
  /** Names of the jobs that are configured elsewhere. */
  readonly jobs: string[]
  /** Names of the jobs that scrape an address. */
  readonly scraped: Map<string, readonly string[]>
  reloads: number
  /** Set: the configuration cannot be reloaded. */
  fault: string
}

/** What was done. @throws what was wrong with the targets */
export async function done<T>(outcome: Promise<Outcome<T>>): Promise<T> {
  const settled = await outcome
  if ('problems' in settled) throw new Error(JSON.stringify(settled.problems))
  return settled.done
}

export function openWorld(t: TestContext): World {
  const root = mkdtempSync(join(tmpdir(), 'narthex-install-'))
  t.after(() => rmSync(root, { recursive: true }))
  const catalogue = newFolder()
  writeEntries(catalogue, {
    mysqld: {
      'entry.yaml': entryYaml('mysqld'),
      'alerts.yaml': alertsYaml('up{job="mysqld"} == 0'),
      'dashboard.json': dashboardJson('mysqld_up'),
    },
    bare: { 'entry.yaml': entryYaml('bare') },
    blackbox: { 'entry.yaml': entryYaml('blackbox', 'path: /probe') },
  })
  const folder = join(root, 'config.d')
  const jobs: string[] = []
  const installer = openInstaller({
    folder: new InstallFolder(folder),
    entry: (name) => findEntry(catalogue, name, EMPTY_SHELF),
    now: () => Date.UTC(2026, 0, 2),
    jobs: () => jobs,
    jobsByAddress: () => world.scraped,
    reload: async () => {
      world.reloads++
      if (world.fault !== '') throw new Error(world.fault)
    },
  })
  const scraped = new Map<string, readonly string[]>()
  const world: World = { installer, folder, root, jobs, scraped, reloads: 0, fault: '' }
  return world
}
