import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { openPages } from '../../src/serve/pages.ts'
import { metric, serve } from '../net/server/support.ts'

const folder = mkdtempSync(join(tmpdir(), 'narthex-pages-'))
after(() => rmSync(folder, { recursive: true }))
const script = `export const text = ${JSON.stringify('narthex '.repeat(2000))}`
mkdirSync(join(folder, 'assets'))
writeFileSync(
  join(folder, 'index.html'),
  '<!doctype html><meta name="pages" content="narthex-pages"><title>narthex</title>' +
    '<script src="./assets/main-a1b2.js"></script>',
)
writeFileSync(join(folder, 'assets/main-a1b2.js'), script)
const server = await serve({ routes: openPages(folder, 'up') })
after(() => server.server.stop())

test('every address of a page gets the start page, which is always asked for again', async () => {
  for (const path of ['/', '/index.html', '/query', '/graph', '/targets', '/status']) {
    const answer = await server.ask(path)
    assert.equal(answer.status, 200, path)
    assert.match(answer.text, /<title>narthex<\/title>/)
    assert.equal(answer.headers['cache-control'], 'no-cache')
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    assert.doesNotMatch(answer.headers['content-security-policy'] ?? '', /unsafe/)
  }
})

test('hashed files are kept for good and sent small', async () => {
  const as = (encoding: string) =>
    server.ask('/assets/main-a1b2.js', { headers: { 'accept-encoding': encoding } })
  const brotli = await as('gzip, br')
  assert.equal(brotli.headers['content-encoding'], 'br')
  assert.equal(brotliDecompressSync(brotli.bytes).toString(), script)
  assert.match(brotli.headers['cache-control'] ?? '', /immutable/)
  const gzip = await as('gzip')
  assert.equal(gunzipSync(gzip.bytes).toString(), script)
  const plain = await as('identity')
  assert.equal(plain.text, script)
  assert.equal(plain.headers['content-encoding'], undefined)
  const counted = 'prometheus_http_requests_total{handler="/assets/*filepath",code="200"}'
  assert.equal(metric(server.metrics, counted), 3, 'names that change make no series')
})

test('a file that the browser has is not sent again', async () => {
  const { headers } = await server.ask('/')
  const etag = headers.etag ?? ''
  const again = await server.ask('/', { headers: { 'if-none-match': `"other", ${etag}` } })
  assert.equal(again.status, 304)
  assert.equal(again.text, '')
  assert.equal(again.headers.etag, etag)
  assert.equal((await server.ask('/', { headers: { 'if-none-match': '"other"' } })).status, 200)
})

test('a folder without a start page is refused by name', () => {
  const empty = join(folder, 'assets')
  assert.throws(() => openPages(empty, 'up'), { kind: 'io', message: /has no index\.html/ })
  assert.throws(() => openPages(join(folder, 'nothing'), 'up'), { kind: 'io', message: /nothing/ })
})

test('the start page knows which pages the role has, and the others do not exist', async () => {
  const agent = await serve({ routes: openPages(folder, 'agent') })
  after(() => agent.server.stop())
  assert.match((await agent.ask('/')).text, /name="pages" content="targets sending status"/)
  assert.equal((await agent.ask('/sending')).status, 200)
  assert.equal((await agent.ask('/graph')).status, 404)
})

test('what lies below a page finds the files of the start page', async () => {
  const hub = await serve({ routes: openPages(folder, 'hub') })
  after(() => hub.server.stop())
  for (const [path, place] of [
    ['/', './assets/'],
    ['/catalogue', './assets/'],
    ['/catalogue/node', '../assets/'],
    ['/registry/groups/My%EC%84%9C%EB%B9%84%EC%8A%A4', '../../assets/'],
    ['/registry/services/x', '../../assets/'],
  ] as const) {
    const answer = await hub.ask(path)
    assert.equal(answer.status, 200, path)
    assert.ok(answer.text.includes(`src="${place}main-a1b2.js"`), answer.text)
  }
  for (const path of ['/catalogue/a/b', '/registry/groups', '/registry/others/x', '/query']) {
    assert.equal((await hub.ask(path)).status, 404, path)
  }
})

test('strangers may have pages where they can log in, and nowhere else', async () => {
  const tokens = [{ name: 'ci', sha256: '0'.repeat(64), role: 'viewer' as const }]
  for (const [role, status] of [
    ['hub', 200],
    ['up', 200],
    ['agent', 401],
  ] as const) {
    await using guarded = await serve({ routes: openPages(folder, role), web: { tokens } })
    for (const path of ['/', '/status', '/assets/main-a1b2.js']) {
      assert.equal((await guarded.ask(path)).status, status, `${role} ${path}`)
    }
    assert.equal((await guarded.ask('/', { method: 'POST' })).status, 401)
  }
})
