/** An entry of the catalogue put to use: a real node_exporter, by API and by command line, and back. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  freePort,
  missingComponents,
  ROOT,
  startComponent,
  startNarthex,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const skip = missingComponents('prometheus-node-exporter')

/** The interval without a configuration file, and what asking costs on a busy machine. */
const SEEN_MS_MAX = 5000 + 2000

const FILES = ['dashboards', 'dashboards/node.json', 'node.yml', 'rules', 'rules/node.yml']

const BUILT_IN_JOBS = ['narthex', 'loopback']

/** The status, and what the body says; its fields are the test's to know. */
async function ask({ url }: TestProcess, method: string, path: string, body?: object) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const reply = await fetch(`${url}/api/v1/${path}`, { method, ...sent })
  const { data, error } = JSON.parse(await reply.text())
  return { code: reply.status, data, error }
}

/** A folder, and a real node_exporter at `address`; `own` stops with them. */
interface World {
  readonly folder: string
  readonly address: string
  own(started: TestProcess): TestProcess
}

async function openWorld(t: TestContext): Promise<World> {
  const folder = temporaryFolder('install')
  const running: TestProcess[] = []
  t.after(async () => {
    await Promise.all(running.map((each) => each.stop()))
    folder.remove()
  })
  const own = (started: TestProcess): TestProcess => {
    running.push(started)
    return started
  }
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const flags = [`--web.listen-address=${address}`, '--no-collector.rapl']
  own(await startComponent('prometheus-node-exporter', flags, port, '/metrics'))
  return { folder: folder.path, address, own }
}

/** The value of `up` of an address; undefined where nothing is known of it now. */
async function upOf(
  server: TestProcess,
  address: string,
  job: string,
): Promise<string | undefined> {
  const query = encodeURIComponent(`up{job="${job}",instance="${address}"}`)
  const { data } = await ask(server, 'GET', `query?query=${query}`)
  return data.result.at(0)?.value[1]
}

function below(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort()
}

/** Runs a command to its end. */
async function run(command: string, ...args: string[]): Promise<{ code: unknown; text: string }> {
  const started = startProcess(command, args)
  return { code: await started.ended, text: started.output() }
}

const narthex = (...args: string[]): Promise<{ code: unknown; text: string }> =>
  run(join(ROOT, 'bin/narthex'), 'hub', ...args)

test('an installation is up within one interval, and undoing it deletes exactly its files', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const { folder, address, own } = await openWorld(t)
  const installs = join(folder, 'config.d')
  const server = own(await startNarthex({ storage: folder }))
  const body = { entry: 'node', targets: [address] }
  const preview = await ask(server, 'POST', 'hub/install/preview', body)
  assert.equal(preview.code, 200)
  assert.match(preview.data.scrape, /job_name: "node"/)
  assert.throws(() => readdirSync(installs), /ENOENT/)

  const installed = await ask(server, 'POST', 'hub/install', body)
  assert.equal(installed.code, 201, installed.error)
  assert.deepEqual(below(installs), FILES)
  await until(
    'the target is up',
    async () => (await upOf(server, address, 'node')) === '1',
    SEEN_MS_MAX,
  )
  const again = await ask(server, 'POST', 'hub/install', body)
  assert.equal(again.code, 409)
  assert.match(again.error, /a job "node" is configured already/)
  const taken = await ask(server, 'POST', 'hub/install', { ...body, job: 'narthex' })
  assert.equal(taken.code, 409, 'the job of the program itself')
  const climbing = await ask(server, 'POST', 'hub/install', { ...body, job: '../../evil' })
  assert.equal(climbing.code, 400)

  const { data } = await ask(server, 'GET', 'hub/installs')
  assert.deepEqual(
    data.installs.map((one: Record<string, unknown>) => [one.name, one.entry, one.targets]),
    [['node', 'node', [address]]],
  )
  assert.equal((await ask(server, 'GET', 'hub/entries/node')).data.name, 'node')

  writeFileSync(join(installs, 'rules/mine.yml'), 'groups: []\n')
  assert.equal((await ask(server, 'DELETE', 'hub/installs/node')).code, 200)
  assert.deepEqual(below(installs), ['dashboards', 'rules', 'rules/mine.yml'])
  assert.deepEqual((await ask(server, 'GET', 'scrape_pools')).data.scrapePools, BUILT_IN_JOBS)
  await until(
    'the series of the target are marked as gone',
    async () => (await upOf(server, address, 'node')) === undefined,
  )
  assert.equal((await ask(server, 'DELETE', 'hub/installs/node')).code, 404)
})

test('a broken file among installations is named, and what ran goes on', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const { folder, address, own } = await openWorld(t)
  const storage = join(folder, 'data')
  const installs = join(storage, 'config.d')
  mkdirSync(installs, { recursive: true })
  const job = `scrape_configs: [{job_name: mine, static_configs: [{targets: ['${address}']}]}]\n`
  writeFileSync(join(installs, 'mine.yml'), job)
  const config =
    'global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: [{job_name: own}]\n'
  const server = own(await startNarthex({ storage, config }))
  await until('the target is up', async () => (await upOf(server, address, 'mine')) === '1')
  const broken = join(installs, 'broken.yml')
  writeFileSync(broken, 'scrape_configs: [{job_name: own}]\nrule_files: [x]\n')
  const reply = await fetch(`${server.url}/-/reload`, { method: 'POST' })
  assert.notEqual(reply.status, 200)
  const text = await reply.text()
  assert.match(text, /broken\.yml:1:\d+: found multiple scrape configs with job name "own"/)
  assert.match(text, /broken\.yml:2:1: .*rule_files/)
  const refused = await ask(server, 'POST', 'hub/install', { entry: 'node', targets: [address] })
  assert.equal(refused.code, 422)
  assert.match(refused.error, /nothing was installed: .*broken\.yml/)
  assert.deepEqual(
    below(installs).filter((path) => path.includes('node')),
    [],
  )
  const { data } = await ask(server, 'GET', 'scrape_pools')
  assert.deepEqual(data.scrapePools, ['own', 'mine'])

  rmSync(broken)
  assert.equal((await fetch(`${server.url}/-/reload`, { method: 'POST' })).status, 200)
})

test('one entry is installed twice beside a configuration of the user, whose jobs are not touched', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const { folder, address, own } = await openWorld(t)
  const config = `global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: node, static_configs: [{targets: ['${address}']}]}]
`
  const storage = join(folder, 'data')
  const server = own(await startNarthex({ storage, config }))
  await until(
    'the job of the user is up',
    async () => (await upOf(server, address, 'node')) === '1',
  )
  const taken = await ask(server, 'POST', 'hub/install', { entry: 'node', targets: [address] })
  assert.equal(taken.code, 409)
  assert.match(taken.error, /a job "node" is configured already, wanted another name/)
  const west = { entry: 'node', targets: [address], job: 'west', interval: '2s' }
  const preview = await ask(server, 'POST', 'hub/install/preview', west)
  assert.match(preview.data.notes.join(), new RegExp(`twice: ${address} \\(node\\)`))
  assert.match(preview.data.scrape, /\n {4}scrape_interval: 2s\n/)
  const east = { ...west, job: 'east', targets: [address, '127.0.0.1:1'] }
  for (const body of [west, east]) {
    assert.equal((await ask(server, 'POST', 'hub/install', body)).code, 201)
  }
  for (const job of ['node', 'west', 'east']) {
    await until(`${job} is up`, async () => (await upOf(server, address, job)) === '1')
  }
  const downOf = async (): Promise<{ address: string; error: string } | undefined> => {
    const { data } = await ask(server, 'GET', 'hub/installs/east/targets')
    return data.targets.find(({ health }: { health: string }) => health === 'down')
  }
  await until('the other is down', async () => (await downOf()) !== undefined)
  assert.match((await downOf())?.error ?? '', /connection refused/)
  const { data } = await ask(server, 'GET', 'hub/installs')
  assert.deepEqual(
    data.installs.map((one: Record<string, unknown>) => [one.name, one.health]),
    [
      ['east', { up: 1, down: 1, unknown: 0 }],
      ['west', { up: 1, down: 0, unknown: 0 }],
    ],
  )
  assert.equal((await ask(server, 'DELETE', 'hub/installs/west')).code, 200)
  assert.deepEqual(
    below(join(storage, 'config.d')).filter((path) => path.includes('.')),
    ['dashboards/east.json', 'east.yml', 'rules/east.yml'],
  )
  assert.equal(await upOf(server, address, 'node'), '1')
})

test('by command line: into a folder, and into a server that runs', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const { folder, address, own } = await openWorld(t)
  const storage = join(folder, 'data')
  const place = `--storage.path=${storage}`
  const written = await narthex('install', 'node', `--targets=${address},192.0.2.1`, place)
  assert.equal(written.code, 0, written.text)
  assert.deepEqual(below(join(storage, 'config.d')), FILES)
  const twice = await narthex('install', 'node', `--targets=${address}`, place)
  assert.equal(twice.code, 1)
  assert.match(twice.text, /a job "node" is configured already/)
  const builtIn = await narthex('install', 'node', '--job=narthex', '--targets=a', place)
  assert.equal(builtIn.code, 1, 'a server without a file has a job of that name')
  assert.match((await narthex('installs', place)).text, /^node {2}node .*:\d+,192\.0\.2\.1:9100\n$/)

  const server = own(await startNarthex({ storage }))
  const url = `--url=${server.url}`
  await until('the target is up', async () => (await upOf(server, address, 'node')) === '1')
  assert.equal((await narthex('uninstall', 'node', url)).code, 0)
  assert.deepEqual(below(join(storage, 'config.d')), ['dashboards', 'rules'])
  assert.equal((await narthex('install', 'node', `--targets=${address}`, url)).code, 0)
  assert.match((await narthex('installs', url)).text, /^node {2}node /)
  const unknown = await narthex('uninstall', 'redis', url)
  assert.equal(unknown.code, 1)
  assert.match(unknown.text, /cannot find installation "redis"/)
  assert.equal((await narthex('installs', url, place)).code, 2)
  const wrong = await narthex('install', 'node', '--job=a', '--targets=b,http://c,d/e', url)
  assert.notEqual(wrong.code, 0)
  assert.match(wrong.text, /"http:\/\/c" is a URL[\s\S]*, and 1 more/)
})

test('a hub that scrapes nothing hands the files out and installs nothing', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('install')
  const hub = await startRole('hub', [`--storage.path=${folder.path}`, '--log.level=warn'])
  try {
    const path = '/api/v1/hub/entries/node/export'
    const of = async (file: string): Promise<Response> =>
      await fetch(`${hub.url}${path}/${file}?targets=a,b:9200`)
    assert.match(await (await of('scrape.yml')).text(), /"a:9100"\n {10}- "b:9200"\n$/)
    assert.match(await (await of('rules.yml')).text(), /\ngroups:/)
    assert.equal(JSON.parse(await (await of('dashboard.json')).text()).schemaVersion, 39)
    assert.equal((await of('passwd')).status, 404)
    const body = { entry: 'node', targets: ['a'] }
    assert.equal((await ask(hub, 'POST', 'hub/install/preview', body)).code, 200)
    assert.equal((await fetch(`${hub.url}/api/v1/hub/install`, { method: 'POST' })).status, 404)
  } finally {
    await hub.stop()
    folder.remove()
  }
})
