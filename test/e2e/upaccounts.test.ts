/** Accounts inside `up`: nobody asks for them until there is one, and then everybody is asked. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  freePort,
  ROOT,
  startNarthex,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const PASSWORD = 'correct horse battery staple'

async function ask(
  { url }: TestProcess,
  method: string,
  path: string,
  { authorization, body }: { authorization?: string; body?: object } = {},
): Promise<{ status: number; text: string }> {
  const reply = await fetch(`${url}${path}`, {
    method,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: reply.status, text: await reply.text() }
}

/** One whose readiness nobody unknown is told. */
async function startGuarded(storage: string): Promise<TestProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flags = [`--storage.path=${storage}`, `--web.listen-address=127.0.0.1:${port}`]
  const started = startProcess(join(ROOT, 'bin/narthex'), ['up', ...flags, '--log.level=warn'])
  await until('it is ready', () => started.output().includes(`narthex is ready: ${url}`))
  return { ...started, url }
}

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

test('with the first user everybody has to say who they are, the program itself is known, and a restart asks from the first request on', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('upaccounts')
  let server = await startNarthex({ storage: folder.path })
  try {
    const query = '/api/v1/query?query=1'
    assert.equal((await ask(server, 'GET', query)).status, 200)
    const user = { role: 'admin', password: PASSWORD }
    const put = await ask(server, 'PUT', '/api/v1/hub/users/ann', { body: user })
    assert.ok(put.status < 300, put.text)
    assert.equal((await ask(server, 'GET', query)).status, 401)
    const authorization = basic('ann', PASSWORD)
    assert.equal((await ask(server, 'GET', query, { authorization })).status, 200)

    await server.stop()
    server = await startGuarded(folder.path)
    const running = server
    assert.equal((await ask(server, 'GET', query)).status, 401)
    assert.equal(
      (await ask(server, 'GET', query, { authorization: basic('ann', 'wrong') })).status,
      401,
    )
    await until('the program has scraped itself', async () => {
      const path = '/api/v1/targets?state=active&scrapePool=narthex'
      const { text } = await ask(running, 'GET', path, { authorization })
      return JSON.parse(text).data.activeTargets.at(0)?.health === 'up'
    })
    const audit = await ask(server, 'GET', '/api/v1/hub/audit', { authorization })
    assert.equal(audit.status, 200)
    assert.match(audit.text, /ann/)
    assert.doesNotMatch(audit.text, /correct horse/)
  } finally {
    await server.stop()
    folder.remove()
  }
})
