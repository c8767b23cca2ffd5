/** GET /api/v1/hub/entries and /api/v1/hub/entries/:name over HTTP. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { catalogueRoutes } from '../../../src/serve/hub/catalogue.ts'
import { catalogueOf, entryYaml, VERIFIED, writeEntries } from '../../hub/catalogue/support.ts'
import { serve } from '../../net/server/support.ts'

const { catalogue, folder } = await catalogueOf({
  mysqld: {
    'entry.yaml': entryYaml('mysqld', VERIFIED),
    'README.md': '# <script>alert(1)</script>',
    'sample.prom': '# TYPE mysqld_up gauge\nmysqld_up 1\n',
  },
  redis: { 'entry.yaml': entryYaml('redis').replace('official: true', 'official: false') },
})
const server = await serve({ routes: catalogueRoutes(catalogue) })
after(() => server.server.stop())

const list = async (query: string): Promise<string[]> => {
  const { text } = await server.ask(`/api/v1/hub/entries${query}`)
  return JSON.parse(text).data.map(({ name }: { name: string }) => name)
}

test('the list has what scripts look for', async () => {
  const answer = await server.ask('/api/v1/hub/entries')
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.deepEqual(JSON.parse(answer.text), {
    status: 'success',
    data: [
      {
        name: 'mysqld',
        title: 'The mysqld exporter',
        category: 'Database',
        description: 'What mysqld does.',
        official: true,
        port: 9104,
        upstream: 'https://example.org/mysqld',
        content: { E: true, I: false, A: false, G: false },
        verified: { rules: { ok: 0, all: 0 }, panels: { ok: 0, all: 0 }, on: '1.5.0' },
      },
      {
        name: 'redis',
        title: 'The redis exporter',
        category: 'Database',
        description: 'What redis does.',
        official: false,
        port: 9104,
        upstream: 'https://example.org/redis',
        content: { E: false, I: false, A: false, G: false },
        verified: { rules: { ok: 0, all: 0 }, panels: { ok: 0, all: 0 }, on: '' },
      },
    ],
  })
})

test('the list is searched, narrowed and sorted', async () => {
  assert.deepEqual(await list('?search=mysql'), ['mysqld'])
  assert.deepEqual(await list('?official=false'), ['redis'])
  assert.deepEqual(await list('?category=HTTP'), [])
  assert.deepEqual(await list('?sort=verified'), ['mysqld', 'redis'])
})

for (const [query, error] of [
  ['?official=maybe', /"official": "maybe", wanted true or false/],
  ['?sort=trending', /"sort": "trending", wanted one of name, category, verified/],
] as const) {
  test(`a list is refused: ${query}`, async () => {
    const answer = await server.ask(`/api/v1/hub/entries${query}`)
    assert.equal(answer.status, 400)
    assert.match(JSON.parse(answer.text).error, error)
  })
}

test('an entry comes whole, and its texts as texts', async () => {
  const answer = await server.ask('/api/v1/hub/entries/mysqld')
  assert.equal(answer.headers['content-type'], 'application/json')
  const { data } = JSON.parse(answer.text)
  assert.equal(data.files.readme, '# <script>alert(1)</script>')
  assert.deepEqual(data.metrics, [{ name: 'mysqld_up', type: 'gauge', help: '' }])
  assert.deepEqual(data.recorded, { version: '1.5.0', with: 'a server' })
})

test('C32: an entry that there is not is not found, whatever its name', async () => {
  for (const name of ['nothing', '..%2f..%2fetc%2fpasswd', '__proto__', '%00', 'constructor']) {
    const answer = await server.ask(`/api/v1/hub/entries/${name}`)
    assert.ok([400, 404].includes(answer.status), `${name}: ${answer.status}`)
  }
})

test('who has the list already is told so, until it changes; faults come as warnings', async () => {
  const { headers } = await server.ask('/api/v1/hub/entries')
  const known = { headers: { 'if-none-match': headers.etag ?? '' } }
  for (const path of ['', '?search=redis', '/mysqld']) {
    const again = await server.ask(`/api/v1/hub/entries${path}`, known)
    assert.equal(again.status, 304)
    assert.equal(again.text, '')
  }
  writeEntries(folder, { broken: { 'entry.yaml': 'name: [' } })
  await catalogue.reload()
  const answer = await server.ask('/api/v1/hub/entries', known)
  assert.equal(answer.status, 200)
  const { data, warnings } = JSON.parse(answer.text)
  assert.equal(data.length, 2)
  assert.match(warnings[0], /^broken\/entry\.yaml:1:/)
})

test('a warm list takes less than 20 ms', async () => {
  const startMs = performance.now()
  for (let i = 0; i < 10; i++) await server.ask('/api/v1/hub/entries')
  assert.ok((performance.now() - startMs) / 10 < 20)
})
