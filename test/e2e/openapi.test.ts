/** A hub that runs answers every request as its own description says. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DescribedOperation, Description } from '../support/described.ts'
import { startRole, type TestProcess, temporaryFolder } from '../support/processes.ts'
import { misfits } from '../support/schema.ts'

const folder = temporaryFolder('openapi')
const answered = new Set<string>()
let hub: TestProcess
let description: Description

before(async () => {
  hub = await startRole('hub', [`--storage.path=${folder.path}`, '--log.level=error'])
  const reply = await fetch(`${hub.url}/api/v1/openapi.json`)
  description = (await reply.json()) as Description
})
after(async () => {
  await hub?.kill()
  folder.remove()
})

/** The operation of an address, and its name. */
function operationOf(method: string, path: string): readonly [string, DescribedOperation] {
  const parts = path.split('/')
  const found = Object.entries(description.paths)
    .filter(([pattern]) => fits(pattern.split('/'), parts))
    // An address without places wins over one with some.
    .sort(([a], [b]) => a.split('{').length - b.split('{').length)
    .find(([, operations]) => method in operations)
  assert.ok(found !== undefined, `${method} ${path} is not described`)
  return [`${method} ${found[0]}`, found[1][method]]
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, at) => part.startsWith('{') || part === parts[at])
  )
}

interface Sent {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks, and holds the answer against the description. */
async function ask(
  method: string,
  address: string,
  { body, headers = {} }: Sent = {},
): Promise<{ text: string; etag: string }> {
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const type = sent === undefined ? {} : { 'content-type': 'application/json' }
  const reply = await fetch(hub.url + address, {
    method,
    headers: { ...type, ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  })
  const text = await reply.text()
  const what = `${method} ${address}: ${reply.status} ${text.slice(0, 300)}`
  const [name, { responses }] = operationOf(method.toLowerCase(), new URL(reply.url).pathname)
  const response = responses[reply.status]
  assert.ok(response !== undefined, `not described: ${what}`)
  if (reply.status < 300) answered.add(name)
  const media = (reply.headers.get('content-type') ?? '').split(';')[0]
  const answer = { text, etag: reply.headers.get('etag') ?? '' }
  if (response.content === undefined) {
    assert.equal(text, '', what)
    return answer
  }
  const schema = response.content[media]?.schema
  assert.ok(schema !== undefined, `of type ${media}: ${what}`)
  const value: unknown = media === 'application/json' ? JSON.parse(text) : text
  assert.deepEqual(misfits(schema, value, description.components.schemas), [], what)
  return answer
}

test('the registry', async () => {
  const entry = [{ targets: ['h:1'], labels: { a: 'b' } }]
  const service = { nodes: [{ host: 'h', exporters: [{ job: 'node', port: 9100 }] }] }
  for (const [kind, body] of [
    ['groups', entry],
    ['services', service],
  ] as const) {
    const one = `/api/v1/sd/${kind}/x`
    await ask('PUT', one, { body })
    await ask('PUT', one, { body: {} })
    await ask('PUT', one, { body, headers: { 'if-match': '"9"' } })
    await ask('GET', `/api/v1/sd/${kind}?search=x&limit=1&offset=0`)
    await ask('GET', one)
    await ask('GET', `${one}/history`)
    await ask('GET', `${one}/history?version=1`)
    await ask('POST', `${one}/undo`, { body: { version: 1 } })
    await ask('DELETE', one)
    await ask('DELETE', one)
  }
  const csv = { 'content-type': 'text/csv' }
  const rows = 'group,target\nweb,h:1\n'
  await ask('POST', '/api/v1/sd/import?dry_run=true', { body: rows, headers: csv })
  await ask('POST', '/api/v1/sd/import?whole=true', { body: rows, headers: csv })
  await ask('POST', '/api/v1/sd/import', { body: 'group,target\nweb,h\n', headers: csv })
  for (const format of ['json', 'yaml', 'csv', 'xml']) {
    await ask('GET', `/api/v1/sd/export?format=${format}`)
  }
  const documents = [{ kind: 'group', name: 'web' }]
  await ask('POST', '/api/v1/sd/bulk?dry_run=true', { body: { action: 'delete', documents } })
  await ask('POST', '/api/v1/sd/bulk', { body: { action: 'relabel', documents, set: { a: 'b' } } })
  await ask('POST', '/api/v1/sd/bulk', { body: { action: 'undo', revision: 99_999 } })
  await ask('PUT', '/api/v1/sd/leases/k', { body: { group: 'g', target: 'h:2', ttl: '30s' } })
  await ask('PUT', '/api/v1/sd/leases/k', { body: { group: 'g', target: 'h', ttl: '30s' } })
  await ask('GET', '/api/v1/sd/leases')
  await ask('DELETE', '/api/v1/sd/leases/k')
  await ask('DELETE', '/api/v1/sd/leases/k')
  await ask('GET', '/api/v1/sd/changes?limit=5&search=web')
})

test('discovery', async () => {
  await ask('GET', '/sd/http')
  await ask('GET', '/sd/http/web?a=b')
  await ask('GET', '/sd/http?a-b=c')
  await ask('GET', '/api/v1/sd/consumers')
  for (const consumer of ['prometheus', 'vmagent', 'narthex', 'other']) {
    await ask('GET', `/api/v1/sd/scrape-config?for=${consumer}&job=web`)
  }
  await ask('GET', '/api/v1/openapi.json')
})

test('the catalogue, its sources, and putting it to use', async () => {
  const { text } = await ask('GET', '/api/v1/hub/entries')
  const all = JSON.parse(text) as { data: readonly { name: string }[] }
  for (const sort of ['name', 'category', 'verified']) {
    await ask('GET', `/api/v1/hub/entries?sort=${sort}&search=replication`)
  }
  await ask('GET', '/api/v1/hub/entries?official=perhaps')
  for (const { name } of all.data) await ask('GET', `/api/v1/hub/entries/${name}`)
  await ask('GET', '/api/v1/hub/entries/none')
  await ask('GET', '/api/v1/hub/found')
  await ask('GET', '/api/v1/hub/found/mysqld')
  await ask('GET', '/api/v1/hub/entries/mysqld/targets')
  const wish = { entry: 'mysqld', targets: ['h:9104'] }
  await ask('POST', '/api/v1/hub/install/preview', { body: wish })
  await ask('POST', '/api/v1/hub/install/preview', { body: { ...wish, entry: 'none' } })
  await ask('POST', '/api/v1/hub/install/export', { body: wish })
  for (const file of ['scrape.yml', 'rules.yml', 'dashboard.json', 'none']) {
    await ask('GET', `/api/v1/hub/entries/mysqld/export/${file}?targets=h:9104`)
    await ask('POST', `/api/v1/hub/install/export/${file}`, { body: wish })
  }
  await ask('GET', '/api/v1/hub/sources')
  await ask('POST', '/api/v1/hub/refresh')
  await ask('POST', '/api/v1/hub/refresh?source=none')
  const away = '/api/v1/hub/sources/away'
  await ask('PUT', away, { body: { type: 'git', url: 'http://127.0.0.1:1/x.git' } })
  await ask('PUT', away, { body: { type: 'svn' } })
  await ask('POST', `${away}/refresh`)
  await ask('GET', '/api/v1/hub/sources')
  await ask('DELETE', away)
  await ask('DELETE', away)
})

test('editing content', async () => {
  const file = '/api/v1/hub/entries/mysqld/files/alerts.yaml'
  await ask('GET', '/api/v1/hub/edits')
  const { text, etag } = await ask('GET', file)
  const headers = { 'if-match': etag }
  await ask('GET', '/api/v1/hub/entries/mysqld/files/none')
  const content = (JSON.parse(text) as { data: { text: string } }).data.text
  await ask('POST', `${file}/check`, { body: { text: 'groups: [' } })
  await ask('PUT', file, { body: { text: 'groups: [' } })
  await ask('PUT', file, { body: { text: 'groups: [' }, headers })
  await ask('PUT', file, { body: { text: `${content}\n# ours\n`, summary: 'ours' }, headers })
  const ours = await ask('GET', file)
  const versions = await ask('GET', '/api/v1/hub/entries/mysqld/versions?file=alerts.yaml')
  const list = JSON.parse(versions.text) as { data: { versions: readonly { id: string }[] } }
  for (const { id } of list.data.versions) {
    await ask('GET', `/api/v1/hub/entries/mysqld/versions/${id}?file=alerts.yaml`)
  }
  await ask('DELETE', `${file}?summary=back`, { headers: { 'if-match': ours.etag } })
})

test('accounts, sessions and what people like', async () => {
  const password = 'correct horse battery staple'
  await ask('PUT', '/api/v1/hub/users/ada', { body: { role: 'admin', password } })
  const basic = Buffer.from(`ada:${password}`).toString('base64')
  const headers = { authorization: `Basic ${basic}` }
  await ask('PUT', '/api/v1/hub/users/b', { body: { role: 'king', password }, headers })
  await ask('GET', '/api/v1/hub/users', { headers })
  await ask('POST', '/api/v1/hub/tokens/ci', { body: { role: 'viewer' }, headers })
  await ask('GET', '/api/v1/hub/tokens', { headers })
  await ask('DELETE', '/api/v1/hub/tokens/ci', { headers })
  await ask('PUT', '/api/v1/hub/favourites/mysqld', { headers })
  await ask('GET', '/api/v1/hub/favourites', { headers })
  await ask('DELETE', '/api/v1/hub/favourites/mysqld', { headers })
  await ask('POST', '/api/v1/hub/session', { body: { path: '/' }, headers })
  await ask('GET', '/api/v1/hub/session', { headers })
  const { text } = await ask('GET', '/api/v1/hub/sessions', { headers })
  const { data } = JSON.parse(text) as { data: { sessions: readonly { id: string }[] } }
  for (const { id } of data.sessions) await ask('DELETE', `/api/v1/hub/sessions/${id}`, { headers })
  await ask('DELETE', '/api/v1/hub/sessions/none', { headers })
  await ask('GET', '/api/v1/hub/audit?limit=5', { headers })
  await ask('DELETE', '/api/v1/hub/session?path=/', { headers })
  await ask('PUT', '/api/v1/hub/session/password', {
    ...{ body: { password: `${password}!` }, headers },
  })
  const next = Buffer.from(`ada:${password}!`).toString('base64')
  const since = { authorization: `Basic ${next}` }
  await ask('PUT', '/api/v1/hub/users/b', { body: { role: 'viewer', password }, headers: since })
  await ask('DELETE', '/api/v1/hub/users/b', { headers: since })
})

test('no operation is described that was not seen to answer', () => {
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  )
  assert.deepEqual(
    described.filter((name) => !answered.has(name)),
    [],
  )
})
