/** Accounts of two hubs on one PostgreSQL database: what changes at one counts at the other. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { PASSWORD as DATABASE_PASSWORD, type Postgres, startPostgres } from '../support/postgres.ts'
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

const PASSWORD = 'canary-7c0e-horse'
const SESSION = '/api/v1/hub/session'
const DOCUMENT = [{ targets: ['10.0.0.1:9100'], labels: { env: 'prod' } }]

const skip = missingComponents('postgres', 'initdb', 'setpriv')

type Headers = Readonly<Record<string, string>>

interface Answer {
  readonly status: number
  readonly text: string
  readonly cookie: string
}

async function ask(
  { url }: Pick<TestProcess, 'url'>,
  how: string,
  headers: Headers = {},
  body?: unknown,
): Promise<Answer> {
  const [method, path] = how.split(' ')
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const reply = await fetch(`${url}${path}`, { method, headers, ...sent })
  const cookie = reply.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  return { status: reply.status, text: await reply.text(), cookie }
}

const basic = (name: string, password = PASSWORD): Headers => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })

/** One that nobody can ask whether it is ready: it listens when it says so. */
async function startProtected(flags: readonly string[], host = '127.0.0.1'): Promise<TestProcess> {
  const port = await freePort()
  const started = startProcess(join(ROOT, 'bin/narthex'), [
    ...['hub', `--web.listen-address=${host}:${port}`, ...flags],
  ])
  await until('the hub', () => started.output().includes('narthex is ready'))
  return { ...started, url: `http://127.0.0.1:${port}` }
}

async function databaseOf(server: Postgres): Promise<string> {
  await server.query('create database hub')
  const user = `narthex:${encodeURIComponent(DATABASE_PASSWORD)}`
  return `--database.url=postgres://${user}@127.0.0.1:${server.port}/hub`
}

test('two hubs on one database: users, a revoked token and an ended session are everybody’s', {
  skip,
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('hubaccounts')
  const database = await startPostgres()
  const flags = [await databaseOf(database), `--storage.path=${folder.path}`]
  const hubs = await Promise.all([startRole('hub', flags), startRole('hub', flags)])
  const [one, two] = hubs
  try {
    assert.match((await ask(two, `GET ${SESSION}`)).text, /"isOpen":true/)
    const anne = { role: 'admin', password: PASSWORD }
    assert.equal((await ask(one, 'PUT /api/v1/hub/users/anne', {}, anne)).status, 204)
    await until('the other hub to ask who comes', async () => {
      return (await ask(two, 'GET /sd/http')).status === 401
    })
    assert.equal((await ask(one, 'GET /sd/http')).status, 401)

    // Added at one, used at the other at once: an edit of it is in the list of both.
    const added = await ask(one, 'POST /api/v1/hub/tokens/ci', basic('anne'), { role: 'editor' })
    const { token } = JSON.parse(added.text).data
    const put = await ask(two, 'PUT /api/v1/sd/groups/g', bearer(token), DOCUMENT)
    assert.equal(put.status, 200, put.text)
    assert.deepEqual(JSON.parse((await ask(one, 'GET /sd/http', bearer(token))).text), DOCUMENT)
    assert.match((await ask(one, 'GET /api/v1/sd/groups', bearer(token))).text, /"by":"ci"/)

    assert.equal((await ask(one, 'DELETE /api/v1/hub/tokens/ci', basic('anne'))).status, 204)
    assert.equal((await ask(one, 'GET /sd/http', bearer(token))).status, 401)
    const revokedMs = performance.now()
    await until('the token to be refused at the other hub', async () => {
      return (await ask(two, 'GET /sd/http', bearer(token))).status === 401
    })
    assert.ok(performance.now() - revokedMs < 5000, 'within a second, and what the machine takes')

    const { cookie } = await ask(one, `POST ${SESSION}`, basic('anne'))
    assert.match(cookie, /^narthex_session=[\w-]{43}$/)
    for (const hub of hubs) assert.equal((await ask(hub, `GET ${SESSION}`, { cookie })).status, 200)
    const own = { cookie, origin: two.url }
    assert.equal((await ask(two, `DELETE ${SESSION}`, own)).status, 204)
    await until('the session to be over at the first hub', async () => {
      return (await ask(one, `GET ${SESSION}`, { cookie })).status === 401
    })

    const expected = [
      'anne: DELETE /api/v1/hub/session',
      'anne: POST /api/v1/hub/session',
      'anne: DELETE /api/v1/hub/tokens/:name ci',
      'ci: PUT /api/v1/sd/groups/:name g',
      'anne: POST /api/v1/hub/tokens/:name ci',
      'anybody: PUT /api/v1/hub/users/:name anne',
    ]
    let log = ''
    let entries: { who: string; action: string; object: string }[] = []
    await until('each hub to have written its entries', async () => {
      log = (await ask(two, 'GET /api/v1/hub/audit', basic('anne'))).text
      entries = JSON.parse(log).data.entries
      return entries.length >= expected.length
    })
    assert.deepEqual(
      entries.map(({ who, action, object }) => `${who}: ${action} ${object}`.trim()),
      expected,
    )

    const kept = (await ask(one, `POST ${SESSION}`, basic('anne'))).cookie
    assert.equal((await ask(one, 'GET /-/ready', { cookie: kept })).status, 200)
    await database.stop()
    const ready = await ask(one, 'GET /-/ready', { cookie: kept })
    assert.equal(ready.status, 503)
    assert.match(ready.text, /cannot reach the database/)
    assert.equal((await ask(one, 'GET /-/healthy', { cookie: kept })).status, 200)
    assert.equal((await ask(one, 'GET /-/healthy', bearer(token))).status, 503, 'nobody new')

    const said = [log, ...hubs.map((hub) => hub.output())]
    for (const text of said) {
      for (const secret of [PASSWORD, token, kept.slice(16)]) {
        assert.ok(!text.includes(secret), 'C28: a secret is shown')
      }
    }
  } finally {
    for (const hub of hubs) await hub.stop()
    await database.stop()
    folder.remove()
  }
})

test('a hub listens beyond loopback once there is a user, made on the command line', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder('hubaccounts')
  const storage = `--storage.path=${folder.path}`
  try {
    await assert.rejects(startRole('hub', [storage, '--web.listen-address=0.0.0.0:0']), {
      message: /cannot listen on 0\.0\.0\.0:0: other machines could read and change everything/,
    })
    const made = spawnSync(
      join(ROOT, 'bin/narthex'),
      ['hub', 'users', 'add', 'anne', '--role=admin', storage],
      { input: `${PASSWORD}\n`, encoding: 'utf8' },
    )
    assert.equal(made.status, 0, made.stderr)
    const hub = await startProtected([storage], '0.0.0.0')
    try {
      assert.equal((await ask(hub, 'GET /api/v1/hub/entries')).status, 401)
      assert.equal((await ask(hub, `GET ${SESSION}`, basic('anne'))).status, 200)
      // The last account goes: still nobody comes in unknown.
      assert.equal((await ask(hub, 'DELETE /api/v1/hub/users/anne', basic('anne'))).status, 204)
      assert.equal((await ask(hub, 'GET /api/v1/hub/entries')).status, 401)
      assert.equal((await ask(hub, `GET ${SESSION}`, basic('anne'))).status, 401)
    } finally {
      await hub.stop()
    }
  } finally {
    folder.remove()
  }
})
