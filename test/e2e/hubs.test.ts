/** Several hubs on one PostgreSQL database, and one on its own folder across a restart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import {
  missingComponents,
  startRole,
  type TestProcess,
  temporaryFolder,
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
  for (const url of [
    `postgres://keeper:${CANARY}@127.0.0.1:1/hub`,
    `mysql://keeper:${CANARY}@h/hub`,
  ]) {
    const flags = [`--database.url=${url}`, `--storage.path=${folder.path}`]
    await assert.rejects(startRole('hub', flags), (error: Error) => {
      assert.match(error.message, /narthex hub: cannot (?:reach the database|use --database.url)/)
      assert.ok(!error.message.includes(CANARY), error.message)
      return true
    })
  }
  folder.remove()
})
