/** `narthex hub` shows the catalogue that comes with it: whole, quickly, with no network and no token. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRole, temporaryFolder } from '../support/processes.ts'

const folder = temporaryFolder('hub')
const hub = await startRole('hub', [`--storage.path=${folder.path}/data`, '--log.level=warn'])
after(async () => {
  await hub.stop()
  folder.remove()
})

const get = async (path: string): Promise<unknown> => (await fetch(`${hub.url}${path}`)).json()

interface Entry {
  readonly name: string
  readonly content: Readonly<Record<'E' | 'I' | 'A' | 'G', boolean>>
  readonly verified: { readonly rules: Share; readonly panels: Share; readonly on: string }
}

interface Share {
  readonly ok: number
  readonly all: number
}

test('the list has the exporters that people ask for, without a fault', async () => {
  const { status, data, warnings } = (await get('/api/v1/hub/entries')) as {
    status: string
    data: readonly Entry[]
    warnings?: readonly string[]
  }
  assert.equal(status, 'success')
  assert.equal(warnings, undefined)
  const names = new Set(data.map(({ name }) => name))
  for (const name of ['node', 'mysqld', 'postgres', 'redis', 'nginx', 'blackbox', 'narthex']) {
    assert.ok(names.has(name), name)
  }
  for (const { name, content, verified } of data) {
    assert.equal(verified.rules.all > 0, content.A, name)
    assert.equal(verified.panels.all > 0, content.G, name)
    for (const { ok, all } of [verified.rules, verified.panels]) assert.ok(ok <= all, name)
    if (verified.on === '') assert.equal(verified.rules.ok + verified.panels.ok, 0, name)
  }
})

test('what the list says of an entry is what the entry has', async () => {
  const { data } = (await get('/api/v1/hub/entries/mysqld')) as {
    data: { files: { alerts: string; readme: string }; rules: readonly { isVerified: boolean }[] }
  }
  assert.match(data.files.alerts, /^groups:/m)
  assert.notEqual(data.files.readme, '')
  const { data: found } = (await get('/api/v1/hub/entries?search=mysql_up')) as {
    data: readonly Entry[]
  }
  const mysqld = found.find(({ name }) => name === 'mysqld')
  const ok = data.rules.filter(({ isVerified }) => isVerified).length
  assert.deepEqual(mysqld?.verified.rules, { ok, all: data.rules.length })
})

test('a reload reads the catalogue again and answers the same', async () => {
  const before = await get('/api/v1/hub/entries')
  const reply = await fetch(`${hub.url}/-/reload`, { method: 'POST' })
  assert.equal(reply.status, 200)
  assert.deepEqual(await get('/api/v1/hub/entries'), before)
})
