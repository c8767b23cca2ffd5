/** `up` with its records in PostgreSQL: monitoring goes on whatever becomes of that database. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import {
  freePort,
  missingComponents,
  ROOT,
  startNarthex,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const skip = missingComponents('postgres', 'initdb', 'setpriv')
/** A busy machine takes its time; nothing here is about how long. */
const eventually = (what: string, probe: () => Promise<boolean> | boolean): Promise<void> =>
  until(what, probe, 120_000)

const CANARY = 'canary-2b9e'
const AWAY = /cannot reach the database/
const ENTRY = '/api/v1/hub/entries?limit=1'

interface Answer {
  readonly status: number
  readonly text: string
}

async function ask(
  { url }: Pick<TestProcess, 'url'>,
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: unknown; headers?: object } = {},
): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const reply = await fetch(`${url}${path}`, { method, headers: { ...headers }, ...sent })
  return { status: reply.status, text: await reply.text() }
}

const put = (server: TestProcess, targets: readonly string[]): Promise<Answer> =>
  ask(server, '/api/v1/sd/groups/web', {
    method: 'PUT',
    body: targets.length === 0 ? [] : [{ targets, labels: { job: 'mine' } }],
  })

/** The value of an instant query that has one; undefined where there is none. */
async function sampleOf(server: TestProcess, expr: string): Promise<number | undefined> {
  const { status, text } = await ask(server, `/api/v1/query?query=${encodeURIComponent(expr)}`)
  assert.equal(status, 200, text)
  const value = JSON.parse(text).data.result.at(0)?.value[1]
  return value === undefined ? undefined : Number(value)
}

/** A target that counts how often it was scraped. */
async function startTarget(t: TestContext): Promise<string> {
  let scrapes = 0
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(`scrapes_total ${++scrapes}\n`)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Scrapes that begin after this was called are stored and seen by queries. */
async function goesOn(server: TestProcess, job: string): Promise<void> {
  const expr = `scrapes_total{job="${job}"}`
  const before = (await sampleOf(server, expr)) ?? 0
  await eventually(`${job} to be scraped on`, async () => {
    return ((await sampleOf(server, expr)) ?? 0) > before + 1
  })
}

interface Stage {
  readonly database: Postgres
  readonly url: string
  /** Of the data. */
  readonly path: string
}

async function startStage(t: TestContext): Promise<Stage> {
  const database = await startPostgres()
  t.after(() => database.stop())
  const folder = temporaryFolder('updatabase')
  t.after(() => folder.remove())
  await database.query(`create role keeper login password '${CANARY}'`)
  await database.query('create database hub owner keeper')
  const url = `postgres://keeper:${CANARY}@127.0.0.1:${database.port}/hub`
  return { database, url, path: folder.path }
}

function configOf(own: string): string {
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'own', static_configs: [{ targets: [own] }] }],
    narthex: { registry: { mode: 'on' } },
  })
}

test('scrapes, store and queries do not notice that the database goes, stays away at a start and comes back', {
  skip,
  timeout: 300_000,
}, async (t) => {
  const { database, url, path } = await startStage(t)
  const [own, registered] = [await startTarget(t), await startTarget(t)]
  const start = (): Promise<TestProcess> =>
    startNarthex({
      storage: join(path, 'data'),
      config: configOf(own),
      flags: ['--log.level=warn', `--database.url=${url}`],
    })
  let server = await start()
  t.after(() => server.stop())
  const outputs: string[] = []

  const taken = await put(server, [registered])
  assert.equal(taken.status, 200, taken.text)
  await eventually('what is registered to be scraped', async () => {
    return (await sampleOf(server, 'up{job="mine"}')) === 1
  })
  await goesOn(server, 'own')

  const seeAway = async (): Promise<void> => {
    for (const job of ['own', 'mine']) await goesOn(server, job)
    for (const path of ['/-/healthy', '/-/ready', '/metrics', '/', '/registry']) {
      assert.equal((await ask(server, path)).status, 200, path)
    }
    for (const path of [
      '/sd/http',
      '/api/v1/sd/groups',
      '/api/v1/hub/users',
      '/api/v1/hub/audit',
    ]) {
      const answer = await ask(server, path)
      assert.equal(answer.status, 503, `${path}: ${answer.text}`)
      assert.match(answer.text, AWAY)
      outputs.push(answer.text)
    }
    const change = await put(server, [])
    assert.equal(change.status, 503, change.text)
    const entries = await ask(server, ENTRY)
    assert.equal(entries.status, 200, `the catalogue is in memory: ${entries.text}`)
  }

  await database.halt()
  await seeAway()
  await database.resume()
  await eventually(
    'changes to be taken',
    async () => (await put(server, [registered])).status === 200,
  )
  await goesOn(server, 'mine')

  await database.halt()
  outputs.push(server.output())
  assert.equal(await server.stop(), 0)
  server = await start()
  await seeAway()
  await database.resume()
  await eventually('changes to be taken', async () => (await put(server, [])).status === 200)
  await eventually('what is not registered any more to be left alone', async () => {
    return (await sampleOf(server, 'up{job="mine"}')) === undefined
  })
  await goesOn(server, 'own')
  assert.equal((await ask(server, '/sd/http')).text, '[]')
  for (const text of [...outputs, server.output()]) assert.ok(!text.includes(CANARY), 'C28')
})

/** One whose readiness nobody unknown is told. */
async function startGuarded(t: TestContext, flags: readonly string[]): Promise<TestProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const started = startProcess(join(ROOT, 'bin/narthex'), [
    ...['up', `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
    ...flags,
  ])
  t.after(() => started.stop())
  await eventually('it is ready', () => started.output().includes(`narthex is ready: ${url}`))
  return { ...started, url }
}

const basic = (name: string, password: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

const QUERY = '/api/v1/query?query=1'

test('C34: without its database `up` lets in nobody whom the database would have refused', {
  skip,
  timeout: 300_000,
}, async (t) => {
  const { database, url, path } = await startStage(t)
  const web = join(path, 'web.yml')
  const sha256 = createHash('sha256').update('of-the-file').digest('hex')
  writeFileSync(
    web,
    JSON.stringify({ narthex: { tokens: [{ name: 'ops', sha256, role: 'viewer' }] } }),
  )
  const storage = (name: string): string => `--storage.path=${join(path, name)}`
  const ofFile = { authorization: 'Bearer of-the-file' }
  const anne = basic('anne', 'correct horse battery')
  const flags = [storage('a'), `--database.url=${url}`]
  const statusOf = async (server: TestProcess, headers: object = {}): Promise<number> =>
    (await ask(server, QUERY, { headers })).status

  let server = await startGuarded(t, flags)
  assert.equal(await statusOf(server), 200, 'there is no account')
  await database.halt()
  assert.equal(await statusOf(server), 200, 'there was none')
  await server.stop()

  server = await startGuarded(t, flags)
  assert.equal(await statusOf(server), 200, 'this database said last that there is none')
  await server.stop()
  const never = await startGuarded(t, [storage('b'), `--database.url=${url}`])
  for (const headers of [{}, ofFile, anne]) {
    const { status, text } = await ask(never, QUERY, { headers })
    assert.equal(status, 503, 'this one has never heard of it, so there may be accounts')
    assert.match(text, /cannot tell who asks: the database is away/)
    assert.ok(!text.includes(CANARY) && !text.includes('127.0.0.1'), 'C28')
  }
  await until('the log to say why', () => AWAY.test(never.output()))
  assert.equal((await ask(never, '/')).status, 200, 'the pages are files of the program')
  await never.stop()
  const other = await startGuarded(t, [
    ...[storage('a'), `--database.url=${url.replace('/hub', '/other')}`],
  ])
  assert.equal(await statusOf(other), 503, 'what one database said says nothing of another')
  await other.stop()

  await database.resume()
  server = await startGuarded(t, flags)
  const user = { role: 'admin', password: 'correct horse battery' }
  await eventually('the first user', async () => {
    const path = '/api/v1/hub/users/anne'
    return (await ask(server, path, { method: 'PUT', body: user })).status < 300
  })
  assert.deepEqual([await statusOf(server), await statusOf(server, anne)], [401, 200])
  await database.halt()
  assert.deepEqual([await statusOf(server), await statusOf(server, anne)], [401, 200])
  assert.equal(await statusOf(server, basic('anne', 'wrong')), 401)
  assert.equal(await statusOf(server, basic('bob', 'wrong')), 503)
  await server.stop()

  server = await startGuarded(t, [...flags, `--web.config.file=${web}`])
  for (const [headers, status] of [
    [{}, 503],
    [anne, 503],
    [basic('anne', 'wrong'), 503],
    [{ authorization: 'Bearer of-nobody' }, 503],
    [ofFile, 200],
  ] as const) {
    assert.equal(await statusOf(server, headers), status, JSON.stringify(headers))
  }
  const change = { method: 'PUT', headers: ofFile, body: [] }
  assert.equal((await ask(server, '/api/v1/sd/groups/g', change)).status, 403)
  await server.stop()
  server = await startGuarded(t, flags)
  assert.equal(await statusOf(server), 503)
  await database.resume()
  await eventually('anne to be known', async () => (await statusOf(server, anne)) === 200)
  assert.equal(await statusOf(server), 401)
})

test('a database that hangs stops neither scrapes nor queries, and is there again when it goes on', {
  skip,
  timeout: 300_000,
}, async (t) => {
  const { database, url, path } = await startStage(t)
  const server = await startNarthex({
    storage: join(path, 'data'),
    config: configOf(await startTarget(t)),
    flags: ['--log.level=warn', `--database.url=${url}`],
  })
  t.after(() => server.stop())
  assert.equal((await put(server, [await startTarget(t)])).status, 200)
  await goesOn(server, 'mine')
  const rows = await database.query('select pid from pg_stat_activity')
  const pids = [database.pid, ...rows.map(({ pid }) => Number(pid))]
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    for (const job of ['own', 'mine']) await goesOn(server, job)
    assert.equal((await ask(server, '/-/ready')).status, 200)
    const { status, text } = await ask(server, '/sd/http')
    assert.equal(status, 503, text)
    assert.match(text, AWAY)
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
  await eventually('changes to be taken', async () => (await put(server, [])).status === 200)
})

test('an address of another kind ends the start with one line, without the password', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder('updatabase')
  const flags = [`--storage.path=${folder.path}`, `--database.url=mysql://keeper:${CANARY}@h/hub`]
  const started = startProcess(join(ROOT, 'bin/narthex'), ['up', ...flags])
  assert.equal(await started.ended, 2)
  assert.match(started.output(), /cannot use --database\.url: wanted postgres:/)
  assert.ok(!started.output().includes(CANARY), 'C28')
  folder.remove()
})
