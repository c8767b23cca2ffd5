/** GET /api/v1/hub/entries and /api/v1/hub/entries/:name over HTTP. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { orderByInterest } from '../../../src/hub/interest/score.ts'
import type { FoundEntry } from '../../../src/model/catalogue.ts'
import type { InterestOrder, Standing } from '../../../src/model/interest.ts'
import { catalogueRoutes } from '../../../src/serve/hub/catalogue.ts'
import { catalogueOf, entryYaml, VERIFIED, writeEntries } from '../../hub/catalogue/support.ts'
import { serve } from '../../net/server/support.ts'
import { cpuMsUntil } from '../../support/cpu.ts'

const { catalogue, folder } = await catalogueOf({
  mysqld: {
    'entry.yaml': entryYaml('mysqld', VERIFIED),
    'README.md': '# <script>alert(1)</script>',
    'sample.prom': '# TYPE mysqld_up gauge\nmysqld_up 1\n',
  },
  redis: { 'entry.yaml': entryYaml('redis').replace('official: true', 'official: false') },
})
const looks: (readonly [string, string])[] = []
const standings = new Map<string, Standing>()
const NOTHING: Standing = {
  ...{ views: 0, installs: 0, popularity: 0, trend: 0 },
  ...{ addedMs: 0, changedMs: 0, isNew: false },
}
const interest = {
  version: '1',
  standing: (name: string) => standings.get(name) ?? NOTHING,
  list: (entries: readonly FoundEntry[], order: InterestOrder | undefined) => {
    const listed = entries.map((each) => ({ ...each, ...interest.standing(each.name) }))
    return order === undefined ? listed : orderByInterest(listed, order)
  },
  viewed: (entry: string, caller: string) => looks.push([entry, caller]),
  installed: () => {},
}
const server = await serve({ routes: catalogueRoutes({ catalogue, interest }) })
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
        ...NOTHING,
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
        ...NOTHING,
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

test('the list is sorted by what people do, and says that what it knows has changed', async () => {
  const { headers } = await server.ask('/api/v1/hub/entries')
  standings.set('redis', { ...NOTHING, views: 3, popularity: 3, trend: 2.5, isNew: true })
  interest.version = '2'
  const known = { headers: { 'if-none-match': headers.etag ?? '' } }
  const { status, text } = await server.ask('/api/v1/hub/entries?sort=popular', known)
  assert.equal(status, 200)
  const [first] = JSON.parse(text).data
  assert.deepEqual([first.name, first.views, first.isNew], ['redis', 3, true])
  assert.deepEqual(await list('?sort=trending'), ['redis', 'mysqld'])
  assert.deepEqual(await list('?sort=recent'), ['mysqld', 'redis'])
  assert.deepEqual(await list(''), ['mysqld', 'redis'])
})

test('a search says which alert or metric it has found', async () => {
  const { text } = await server.ask('/api/v1/hub/entries?search=mysqld_up')
  assert.deepEqual(JSON.parse(text).data[0].matches, [{ kind: 'metric', text: 'mysqld_up' }])
  const shown = JSON.parse((await server.ask('/api/v1/hub/entries?search=redis')).text)
  assert.equal(shown.data[0].matches, undefined, 'the list shows it itself')
})

test('a look at an entry counts for who looks, one at the list or at nothing does not', async () => {
  looks.length = 0
  await server.ask('/api/v1/hub/entries')
  await server.ask('/api/v1/hub/entries/nothing')
  assert.deepEqual(looks, [])
  const { headers } = await server.ask('/api/v1/hub/entries/redis')
  await server.ask('/api/v1/hub/entries/redis', {
    headers: { 'if-none-match': headers.etag ?? '' },
  })
  assert.deepEqual(looks, [
    ['redis', '127.0.0.1'],
    ['redis', '127.0.0.1'],
  ])
})

for (const [query, error] of [
  ['?official=maybe', /"official": "maybe", wanted true or false/],
  [
    '?sort=stars',
    /"sort": "stars", wanted one of name, category, verified, popular, trending, recent/,
  ],
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
  const tookMs = await cpuMsUntil(async () => {
    for (let i = 0; i < 10; i++) await server.ask('/api/v1/hub/entries')
  })
  assert.ok(tookMs / 10 < 20, `${tookMs / 10} ms`)
})
