/** Installations over HTTP: who may, what is answered, and what is refused with which status. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { readInstallRequest } from '../../../src/hub/install/request.ts'
import { installRoutes } from '../../../src/serve/hub/install.ts'
import { openWorld } from '../../hub/install/world.ts'
import { type Answer, serve } from '../../net/server/support.ts'

const SCRAPED = [
  { address: 'db1:9104', health: 'up', error: '', lastScrapeMs: 1 },
  { address: 'db2:9104', health: 'down', error: 'connection refused', lastScrapeMs: 2 },
] as const

const BODY = { entry: 'mysqld', targets: ['db1'] }

/** Asks as somebody. */
type AskAs = (role: string, method: string, path: string, body?: unknown) => Promise<Answer>

async function open(t: TestContext): Promise<{ ask: AskAs; folder: string }> {
  const { installer, folder } = openWorld(t)
  const tokens = (['viewer', 'editor'] as const).map((role) => ({
    ...{ name: `the ${role}`, role },
    sha256: createHash('sha256').update(role).digest('hex'),
  }))
  const routes = installRoutes({
    ...{ planner: installer, readRequest: readInstallRequest },
    candidates: async () => ({ targets: [], warnings: [] }),
    scraped: { targets: () => SCRAPED, jobsByAddress: () => new Map() },
  })
  const server = await serve({ routes, web: { tokens } })
  t.after(() => server.server.stop())
  const ask: AskAs = (role, method, path, body) =>
    server.ask(`/api/v1/hub/${path}`, {
      method,
      headers: { authorization: `Bearer ${role}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { ask, folder }
}

test('an editor previews, installs, sees and deletes, and the manifest says who it was', async (t) => {
  const { ask } = await open(t)
  const preview = JSON.parse((await ask('editor', 'POST', 'install/preview', BODY)).text).data
  assert.deepEqual(Object.keys(preview).sort(), [
    ...['dashboard', 'entry', 'name', 'notes', 'rules', 'scrape', 'targets', 'version'],
  ])
  const installed = await ask('editor', 'POST', 'install', BODY)
  assert.equal(installed.status, 201)
  const { data } = JSON.parse(installed.text)
  assert.equal(data.by, 'the editor')
  const list = JSON.parse((await ask('viewer', 'GET', 'installs')).text).data
  assert.deepEqual(list, { installs: [{ ...data, health: { up: 1, down: 1, unknown: 0 } }] })
  const targets = JSON.parse((await ask('viewer', 'GET', 'installs/mysqld/targets')).text).data
  assert.deepEqual(targets, { targets: SCRAPED })
  assert.equal((await ask('viewer', 'GET', 'installs/other/targets')).status, 404)
  const gone = await ask('editor', 'DELETE', 'installs/mysqld')
  assert.deepEqual(JSON.parse(gone.text).data, data)
})

test('a viewer looks at files and changes nothing', async (t) => {
  const { ask, folder } = await open(t)
  assert.equal((await ask('viewer', 'POST', 'install', BODY)).status, 403)
  assert.equal((await ask('viewer', 'POST', 'install/preview', BODY)).status, 200)
  assert.equal((await ask('viewer', 'DELETE', 'installs/mysqld')).status, 403)
  const file = 'entries/mysqld/export/scrape.yml?targets=a&targets=b,c:1&job=x'
  const exported = await ask('viewer', 'GET', file)
  assert.equal(exported.headers['content-type'], 'text/yaml; charset=utf-8')
  assert.match(exported.text, /job_name: "x"\n[\s\S]*- "a:9104"\n *- "b:9104"\n *- "c:1"\n$/)
  assert.equal(existsSync(folder), false)
})

test('all files come as one archive, which tar unpacks into a folder', async (t) => {
  const { ask } = await open(t)
  const answer = await ask('viewer', 'POST', 'install/export/any.tar.gz', { ...BODY, job: 'west' })
  assert.equal(answer.headers['content-type'], 'application/gzip')
  const listed = execFileSync('tar', ['-tzf', '-'], { input: answer.bytes, encoding: 'utf8' })
  assert.deepEqual(listed.trim().split('\n'), [
    ...['west/scrape.yml', 'west/prometheus.yml', 'west/rules.yml', 'west/alertmanager.yml'],
    ...['west/dashboard.json', 'west/README.md'],
  ])
  const rules = execFileSync('tar', ['-xzOf', '-', 'west/rules.yml'], { input: answer.bytes })
  const { data } = JSON.parse((await ask('viewer', 'POST', 'install/export', BODY)).text)
  const [, , one] = data.files
  assert.equal(one.name, 'rules.yml')
  // The names of jobs differ in what stands on top only.
  assert.equal(rules.toString().split('\n').slice(1).join(), one.text.split('\n').slice(1).join())
})

test('targets that cannot be any are all told by their index', async (t) => {
  const { ask } = await open(t)
  const answer = await ask('editor', 'POST', 'install', { ...BODY, targets: ['a b', 'ok', '/'] })
  assert.equal(answer.status, 422)
  const { problems } = JSON.parse(answer.text)
  assert.deepEqual(
    problems.map((each: { index: number }) => each.index),
    [0, 2],
  )
})

for (const [name, method, path, body, status] of [
  ['a body that is no JSON', 'POST', 'install', undefined, 400],
  ['an unknown field', 'POST', 'install', { ...BODY, to: '/etc' }, 400],
  ['an unknown entry', 'POST', 'install', { ...BODY, entry: 'redis' }, 404],
  ['a name that climbs', 'POST', 'install', { ...BODY, job: '../a' }, 400],
  ['a name that climbs, to be deleted', 'DELETE', 'installs/..%2fmysqld', undefined, 404],
  ['a file that is none', 'GET', 'entries/mysqld/export/..%2fentry.yaml?targets=a', undefined, 404],
  ['rules of an entry without', 'GET', 'entries/bare/export/rules.yml?targets=a', undefined, 404],
  ['an export without targets', 'GET', 'entries/mysqld/export/scrape.yml', undefined, 400],
] as const) {
  test(`${name}: ${status}`, async (t) => {
    const { ask, folder } = await open(t)
    const answer = await ask('editor', method, path, body)
    assert.equal(answer.status, status, answer.text)
    assert.equal(JSON.parse(answer.text).status, 'error')
    assert.equal(existsSync(folder), false)
  })
}
