/** The catalogue in use: asking nobody else, knowing what runs where, counting who looks. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ListedEntry } from '../../src/model/interest.ts'
import {
  freePort,
  missingComponents,
  ROOT,
  startComponent,
  startNarthex,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const folder = temporaryFolder('catalogue-use')
const ends: (() => unknown)[] = [folder.remove]
after(async () => {
  for (const end of ends.reverse()) await end()
})

function own(process: TestProcess): TestProcess {
  ends.push(() => process.stop())
  return process
}

/** A hub that writes into `file` whatever it connects to. */
async function startWatched(file: string, flags: readonly string[]): Promise<TestProcess> {
  const guard = join(ROOT, 'test/support/outboundguard.mjs')
  const before = { ...process.env }
  Object.assign(process.env, { NODE_OPTIONS: `--import=${guard}`, OUTBOUND_FILE: file })
  try {
    return own(await startRole('hub', ['--log.level=warn', ...flags]))
  } finally {
    process.env = before
  }
}

async function dataOf(url: string): Promise<unknown> {
  const reply = await fetch(url)
  assert.equal(reply.status, 200, url)
  return ((await reply.json()) as { data: unknown }).data
}

const outboundOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

test('FIELD 1: the list, a search and an entry ask nobody: no request leaves the hub', async () => {
  const file = join(folder.path, 'outbound')
  const hub = await startWatched(file, [`--storage.path=${folder.path}/a`])
  const api = `${hub.url}/api/v1/hub`
  for (const path of [
    ...['entries', 'entries?sort=trending', 'entries?search=replication+lag', 'entries/mysqld'],
    ...['found', 'found/mysqld', 'favourites'],
  ]) {
    await dataOf(`${api}/${path}`)
  }
  assert.equal(outboundOf(file), '')
})

test('the guard of that test sees a hub that does ask somebody', async () => {
  const file = join(folder.path, 'outbound-upstream')
  const away = `http://127.0.0.1:${await freePort()}`
  const flags = [`--storage.path=${folder.path}/b`, `--query.upstream=${away}`]
  const hub = await startWatched(file, flags)
  const list = await dataOf(`${hub.url}/api/v1/hub/entries`)
  assert.ok((list as readonly unknown[]).length > 40, 'the list is there')
  assert.equal(outboundOf(file), '')
  const reply = await fetch(`${hub.url}/api/v1/hub/found`)
  assert.equal(reply.status, 503, 'not "it runs nowhere"')
  assert.match(outboundOf(file), /connect/)
})

test('a look counts once however often a page is reloaded, and is there after a restart', async () => {
  const flags = ['--log.level=warn', `--storage.path=${folder.path}/c`]
  const first = await startRole('hub', flags)
  for (let i = 0; i < 5; i++) await dataOf(`${first.url}/api/v1/hub/entries/redis`)
  await first.stop()
  const second = own(await startRole('hub', flags))
  const list = await dataOf(`${second.url}/api/v1/hub/entries?sort=popular`)
  const [redis, next] = list as readonly ListedEntry[]
  assert.deepEqual([redis.name, redis.views, redis.trend], ['redis', 1, 1])
  assert.equal(next.views, 0)
  assert.ok((list as readonly ListedEntry[]).every(({ isNew }) => !isNew))
})

test('a real exporter that is scraped is found, by narthex itself and by a hub that asks it', {
  skip: missingComponents('prometheus-node-exporter'),
}, async () => {
  const port = await freePort()
  const flags = [`--web.listen-address=127.0.0.1:${port}`, '--collector.disable-defaults']
  const exporter = [...flags, '--collector.uname', '--collector.loadavg']
  own(await startComponent('prometheus-node-exporter', exporter, port, '/metrics'))
  const target = { job: 'machines', instance: `127.0.0.1:${port}` }
  const config = `global: {scrape_interval: 1s}
scrape_configs:
  - job_name: machines
    static_configs: [{targets: ['${target.instance}']}]
`
  const storage = join(folder.path, 'up')
  const up = own(await startNarthex({ config, storage }))
  await until('a scrape', async () => {
    const { result } = (await dataOf(`${up.url}/api/v1/query?query=node_uname_info`)) as {
      result: readonly unknown[]
    }
    return result.length > 0
  })
  const found = (await dataOf(`${up.url}/api/v1/hub/found/node`)) as Record<string, unknown>
  assert.deepEqual([found.by, found.hosts, found.targets], ['metrics', 1, [target]])

  const file = join(folder.path, 'narthex.yml')
  writeFileSync(file, `narthex: {upstream: {url: '${up.url}'}}\n`)
  const hub = own(
    await startRole('hub', [
      ...['--log.level=warn', `--storage.path=${folder.path}/d`, `--config.file=${file}`],
    ]),
  )
  const asked = (await dataOf(`${hub.url}/api/v1/hub/found/node`)) as Record<string, unknown>
  assert.deepEqual([asked.by, asked.hosts, asked.targets], ['metrics', 1, [target]])
})
