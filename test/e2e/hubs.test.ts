/** Several hubs on one PostgreSQL database, and one on its own folder across a restart. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import {
  freePort,
  missingComponents,
  ROOT,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const CANARY = 'canary-4d1c'
const DOCUMENT = [{ targets: ['10.0.0.1:9100'], labels: { service_name: 'My서비스' } }]

const skip = missingComponents('postgres', 'initdb', 'setpriv')

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

async function ask(
  { url }: TestProcess,
  path: string,
  method = 'GET',
  body?: unknown,
): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const reply = await fetch(`${url}${path}`, { method, ...sent })
  return { status: reply.status, text: await reply.text(), headers: reply.headers }
}

async function startHubs(database: Postgres, folder: string): Promise<TestProcess[]> {
  await database.query(`create role keeper login password '${CANARY}'`)
  await database.query('create database hub owner keeper')
  const url = `postgres://keeper:${CANARY}@127.0.0.1:${database.port}/hub`
  const flags = [`--database.url=${url}`, `--storage.path=${folder}`]
  // At once: one of them makes the schema, the other waits for it.
  return await Promise.all([startRole('hub', flags), startRole('hub', flags)])
}

test('two hubs on one database: edits, leases and consumers are everybody’s, and no secret is shown', {
  skip,
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('hubs')
  const database = await startPostgres()
  const [one, two] = await startHubs(database, folder.path)
  try {
    assert.equal((await ask(one, '/sd/http')).text, '[]')
    assert.equal((await ask(one, '/api/v1/sd/groups/g', 'PUT', DOCUMENT)).status, 200)
    const list = await ask(two, '/sd/http')
    assert.deepEqual(JSON.parse(list.text), DOCUMENT)
    assert.equal((await ask(one, '/sd/http')).headers.get('etag'), list.headers.get('etag'))

    const lease = { group: 'self', target: 'h:1', ttl: '1h' }
    assert.equal((await ask(two, '/api/v1/sd/leases/k', 'PUT', lease)).status, 200)
    assert.match((await ask(one, '/sd/http')).text, /"h:1"/)
    assert.equal((await ask(one, '/api/v1/sd/leases/k', 'DELETE')).status, 204)
    assert.deepEqual(JSON.parse((await ask(two, '/sd/http')).text), DOCUMENT)

    assert.equal((await ask(two, '/api/v1/sd/groups/g', 'DELETE')).status, 204)
    assert.equal((await ask(one, '/sd/http')).text, '[]')
    assert.equal((await ask(one, '/api/v1/sd/groups/g/undo', 'POST', { version: 1 })).status, 200)
    const history = await ask(two, '/api/v1/sd/groups/g/history')
    const { versions } = JSON.parse(history.text).data
    assert.deepEqual(
      versions.map(({ action }: { action: string }) => action),
      ['undo', 'delete', 'put'],
    )

    await ask(one, '/api/v1/sd/consumers')
    const consumers = JSON.parse((await ask(two, '/api/v1/sd/consumers')).text).data.consumers
    assert.equal(consumers[0].polls, 6, 'polls at both are added up')

    const clashes = await Promise.all(
      [one, two].flatMap((hub) =>
        Array.from({ length: 10 }, (_, i) =>
          ask(hub, `/api/v1/sd/groups/c${i % 3}`, 'PUT', [{ targets: [`h:${i + 1}`] }]),
        ),
      ),
    )
    for (const { status, text } of clashes) assert.equal(status, 200, text)
    assert.equal((await ask(one, '/sd/http')).text, (await ask(two, '/sd/http')).text)

    const shown = await Promise.all(
      [
        '/metrics',
        '/api/v1/status/flags',
        '/api/v1/status/config',
        '/api/v1/status/runtimeinfo',
      ].map((path) => ask(one, path)),
    )
    assert.match(shown[1].text, /"database.url":"<secret>"/)

    await database.stop()
    for (const hub of [one, two]) {
      const away = await ask(hub, '/sd/http')
      assert.equal(away.status, 503)
      assert.ok(Number(away.headers.get('retry-after')) > 0)
      assert.match(away.text, /cannot reach the database: .*the last list is of \d+ s ago/)
      assert.equal((await ask(hub, '/api/v1/sd/groups/g', 'PUT', [])).status, 503)
      shown.push(away)
    }
    const said = [...shown.map(({ text }) => text), one.output(), two.output()]
    for (const text of said) assert.ok(!text.includes(CANARY), 'C28: the password is shown')
  } finally {
    for (const hub of [one, two]) await hub.stop()
    await database.stop()
    folder.remove()
  }
})

test('what a hub keeps in its folder is there after kill -9', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder('hub')
  const flags = [`--storage.path=${folder.path}`]
  const first = await startRole('hub', flags)
  assert.equal((await ask(first, '/api/v1/sd/groups/g', 'PUT', DOCUMENT)).status, 200)
  await first.kill()
  const second = await startRole('hub', flags)
  try {
    assert.deepEqual(JSON.parse((await ask(second, '/sd/http')).text), DOCUMENT)
    assert.equal(await second.stop(), 0)
  } finally {
    folder.remove()
  }
})

test('C28: a database that cannot be had ends the start with one line, without the password', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder('hub')
  for (const [url, line] of [
    [
      `postgres://keeper:${CANARY}@127.0.0.1:1/hub`,
      /narthex hub: cannot reach the database: .*127\.0\.0\.1:1, wanted one that answers at --database\.url\n$/,
    ],
    [`mysql://keeper:${CANARY}@h/hub`, /narthex hub: cannot use --database\.url: wanted postgres:/],
  ] as const) {
    const flags = [`--database.url=${url}`, `--storage.path=${folder.path}`]
    await assert.rejects(startRole('hub', flags), (error: Error) => {
      assert.match(error.message, line)
      assert.ok(!error.message.includes(CANARY), error.message)
      return true
    })
  }
  folder.remove()
})

test('each consumer has its token, which names it, and which can be taken away while the hub runs', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder('hub')
  const web = join(folder.path, 'web.yml')
  const allow = (roles: Readonly<Record<string, string>>): void => {
    const tokens = Object.entries(roles).map(([name, role]) => {
      const sha256 = createHash('sha256').update(`token-${name}`).digest('hex')
      return { name, role, sha256 }
    })
    writeFileSync(web, JSON.stringify({ narthex: { tokens } }))
  }
  allow({ anne: 'editor', prometheus: 'viewer', vmagent: 'viewer' })
  const hub = await startProtected([`--storage.path=${folder.path}`, `--web.config.file=${web}`])
  const as = async (name: string, path: string, how: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer token-${name}` }
    return await fetch(`${hub.url}${path}`, { ...how, headers })
  }
  const put: RequestInit = { method: 'PUT', body: JSON.stringify(DOCUMENT) }
  try {
    assert.equal((await as('prometheus', '/api/v1/sd/groups/g', put)).status, 403)
    assert.equal((await as('anne', '/api/v1/sd/groups/g', put)).status, 200)
    for (const name of ['prometheus', 'vmagent']) {
      assert.deepEqual(await (await as(name, '/sd/http')).json(), DOCUMENT)
    }
    assert.equal((await fetch(`${hub.url}/sd/http`)).status, 401)
    const history = await (await as('anne', '/api/v1/sd/groups/g/history')).text()
    assert.match(history, /"by":"anne"/)

    allow({ anne: 'editor', vmagent: 'viewer' })
    hub.signal('SIGHUP')
    await until('the token to be taken away', async () => {
      return (await as('prometheus', '/sd/http')).status === 401
    })
    assert.equal((await as('vmagent', '/sd/http')).status, 200)
    const consumers = await (await as('anne', '/api/v1/sd/consumers')).text()
    assert.deepEqual(
      [...consumers.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name),
      ['prometheus', 'vmagent'],
    )
  } finally {
    await hub.stop()
    folder.remove()
  }
})

/** One that nobody can ask whether it is ready: it listens when it answers at all. */
async function startProtected(flags: readonly string[]): Promise<TestProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const started = startProcess(join(ROOT, 'bin/narthex'), [
    ...['hub', `--web.listen-address=127.0.0.1:${port}`, ...flags],
  ])
  await until('the hub', () => started.output().includes('narthex is ready'))
  return { ...started, url }
}
