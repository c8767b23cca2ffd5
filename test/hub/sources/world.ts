/** A hub's sources beside a real catalogue and real records, for tests. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach } from 'node:test'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { readConfig } from '../../../src/config/config.ts'
import type { SourceConfig } from '../../../src/config/source.ts'
import { type Catalogue, openCatalogue } from '../../../src/hub/catalogue/catalogue.ts'
import { Bundled } from '../../../src/hub/sources/bundled.ts'
import { openReadSource } from '../../../src/hub/sources/kinds.ts'
import { Sources } from '../../../src/hub/sources/sources.ts'
import { openTokenKeeper } from '../../../src/hub/sources/tokens.ts'
import { ALL_ENTRIES } from '../../../src/model/catalogue.ts'
import type { SourceStatus } from '../../../src/model/sources.ts'
import { openRecords, type Records } from '../../../src/records/records.ts'
import { temporaryFolder } from '../../support/processes.ts'

export const RULES = '- alert: TeamDown\n  expr: team_up == 0\n'
const ENTRY = `name: own
title: Own
category: Software
description: Comes with the program.
port: 9000
recognise: [own_up]
`

/** What differs from hub to hub. */
export interface HubOptions {
  /** '' for the one in the folder of the records. */
  readonly keyFile?: string
  readonly clock?: Clock
}

export interface World {
  readonly path: string
  readonly catalogue: Catalogue
  readonly records: Records
  /** One more hub of the same records. */
  start(yaml: string, options?: HubOptions): Promise<Sources>
}

/** What is undone after each test, the last first. */
export const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

export async function makeWorld(): Promise<World> {
  const folder = temporaryFolder('sources')
  ends.push(folder.remove)
  const { path } = folder
  write(join(path, 'catalog/own/entry.yaml'), ENTRY)
  write(join(path, 'catalog/own/README.md'), 'ours')
  const deps = { clock: systemClock, log: silentLog, metrics: new Metrics() }
  const catalogue = await openCatalogue({ folder: join(path, 'catalog'), ...deps })
  const records = await openRecords({ path: join(path, 'records'), url: undefined, ...deps })
  ends.push(() => records.stop())
  const bundled = new Bundled(catalogue, 'catalog', systemClock)
  const start: World['start'] = async (yaml, { keyFile = '', clock = systemClock } = {}) => {
    const sources = new Sources({
      ...{ records: records.sources, bundled: () => bundled.state },
      read: openReadSource({ clock, environment: {} }),
      tokens: openTokenKeeper({ keyFile, folder: join(path, 'records') }),
      ...{ show: (shelf) => catalogue.fill(shelf), random: () => 0, ...deps },
      ...{ clock, metrics: new Metrics() },
    })
    ends.push(() => sources.stop())
    await sources.start(configsOf(yaml))
    return sources
  }
  return { path, catalogue, records, start }
}

function configsOf(yaml: string): readonly SourceConfig[] {
  const { config, errors } = readConfig(`narthex: {hub: {sources: [${yaml}]}}`, '', {})
  assert.deepEqual(errors, [])
  return config?.narthex.hub.sources ?? []
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

export function git(cwd: string, ...args: readonly string[]): void {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
  execFileSync('git', ['-c', 'init.defaultBranch=main', ...who, ...args], { cwd, stdio: 'pipe' })
}

export function commit(repository: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) write(join(repository, name), text)
  git(repository, 'add', '-A')
  git(repository, 'commit', '-q', '-m', 'more')
}

export function makeRepository({ path }: World, files: Readonly<Record<string, string>>): string {
  const repository = join(path, 'repository')
  mkdirSync(repository)
  git(repository, 'init', '-q')
  commit(repository, files)
  return repository
}

export function find(list: readonly SourceStatus[], name: string): SourceStatus {
  const found = list.find((each) => each.name === name)
  assert.ok(found)
  return found
}

export function namesOf(catalogue: Catalogue): readonly string[] {
  return catalogue.entries(ALL_ENTRIES).map(({ name }) => name)
}
