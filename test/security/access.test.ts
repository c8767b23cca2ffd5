/** C34, C35 and C36: who gets in, what a foreign page can do, and what is not there at all. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { Role } from '../../src/model/role.ts'
import { registryRoutes, sdRoutes } from '../../src/serve/hub/routes.ts'
import { descriptionRoute } from '../../src/serve/openapi/document.ts'
import { openWorld } from '../hub/registry/world.ts'
import { type How, serve } from '../net/server/support.ts'
import { openPushes } from '../roles/pushes.ts'
import { allRoutes } from '../serve/ports.ts'

const ROLES = ['viewer', 'editor', 'admin'] as const
const tokens = ROLES.map((role) => ({
  name: role,
  sha256: createHash('sha256').update(`token-${role}`).digest('hex'),
  role,
}))
let reloads = 0
let quits = 0
const hub = await openWorld()
const routes = [
  ...openPushes().routes,
  ...allRoutes({
    async reload() {
      reloads++
    },
    quit() {
      quits++
    },
  }),
  ...registryRoutes(hub.registry),
  ...sdRoutes({ registry: hub.registry, scheme: () => 'http' }),
  descriptionRoute('narthex hub', []),
]
const server = await serve({ routes, web: { tokens } })
const open = await serve({ routes })
after(() => Promise.all([server.server.stop(), open.server.stop()]))
after(() => hub[Symbol.asyncDispose]())

/** The whole table, by hand: a route that is not in it fails the test. */
const NEEDED: Readonly<Record<string, Role>> = {
  'GET /-/healthy': 'viewer',
  'GET /-/ready': 'viewer',
  'GET /metrics': 'viewer',
  'POST /-/reload': 'admin',
  'PUT /-/reload': 'admin',
  'POST /-/quit': 'admin',
  'PUT /-/quit': 'admin',
  'GET /api/v1/targets': 'viewer',
  'GET /api/v1/targets/metadata': 'viewer',
  'GET /api/v1/metadata': 'viewer',
  'GET /api/v1/scrape_pools': 'viewer',
  'GET /api/v1/status/config': 'viewer',
  'GET /api/v1/status/discovery': 'viewer',
  'GET /api/v1/status/flags': 'viewer',
  'GET /api/v1/status/runtimeinfo': 'viewer',
  'GET /api/v1/status/buildinfo': 'viewer',
  'GET /api/v1/status/tsdb': 'viewer',
  'GET /api/v1/status/walreplay': 'viewer',
  'GET /api/v1/query': 'viewer',
  'POST /api/v1/query': 'viewer',
  'GET /api/v1/query_range': 'viewer',
  'POST /api/v1/query_range': 'viewer',
  'GET /api/v1/query_exemplars': 'viewer',
  'POST /api/v1/query_exemplars': 'viewer',
  'GET /api/v1/format_query': 'viewer',
  'POST /api/v1/format_query': 'viewer',
  'GET /api/v1/parse_query': 'viewer',
  'POST /api/v1/parse_query': 'viewer',
  'GET /api/v1/series': 'viewer',
  'POST /api/v1/series': 'viewer',
  'GET /api/v1/labels': 'viewer',
  'POST /api/v1/labels': 'viewer',
  'GET /api/v1/label/:name/values': 'viewer',
  'GET /api/v1/rules': 'viewer',
  'GET /api/v1/alerts': 'viewer',
  'GET /api/v1/alertmanagers': 'viewer',
  'POST /api/v1/write': 'editor',
  'POST /v1/metrics': 'editor',
  'POST /api/v1/otlp/v1/metrics': 'editor',
  'POST /write': 'editor',
  'POST /api/v2/write': 'editor',
  'POST /influx/write': 'editor',
  'POST /influx/api/v2/write': 'editor',
  'GET /ping': 'editor',
  'GET /influx/ping': 'editor',
  'POST /query': 'editor',
  'GET /influx/query': 'editor',
  'POST /influx/query': 'editor',
  'PUT /metrics/:group*': 'editor',
  'POST /metrics/:group*': 'editor',
  'DELETE /metrics/:group*': 'editor',
  'GET /api/v1/metrics': 'editor',
  'GET /api/v1/sd/groups': 'viewer',
  'GET /api/v1/sd/groups/:name': 'viewer',
  'PUT /api/v1/sd/groups/:name': 'editor',
  'DELETE /api/v1/sd/groups/:name': 'editor',
  'GET /api/v1/sd/groups/:name/history': 'viewer',
  'POST /api/v1/sd/groups/:name/undo': 'editor',
  'GET /api/v1/sd/services': 'viewer',
  'GET /api/v1/sd/services/:name': 'viewer',
  'PUT /api/v1/sd/services/:name': 'editor',
  'DELETE /api/v1/sd/services/:name': 'editor',
  'GET /api/v1/sd/services/:name/history': 'viewer',
  'POST /api/v1/sd/services/:name/undo': 'editor',
  'POST /api/v1/sd/import': 'editor',
  'GET /api/v1/sd/export': 'viewer',
  'POST /api/v1/sd/bulk': 'editor',
  'GET /api/v1/sd/changes': 'viewer',
  'GET /api/v1/sd/leases': 'viewer',
  'PUT /api/v1/sd/leases/:key': 'editor',
  'DELETE /api/v1/sd/leases/:key': 'editor',
  'GET /sd/http': 'viewer',
  'GET /sd/http/:job': 'viewer',
  'GET /api/v1/sd/consumers': 'viewer',
  'GET /api/v1/sd/scrape-config': 'viewer',
  'GET /api/v1/openapi.json': 'viewer',
}

const called = routes.flatMap((route) =>
  route.methods.map((method) => ({ route, method, name: `${method} ${route.path}` })),
)

test('C34: the table of roles names every route and no other', () => {
  assert.deepEqual(called.map(({ name }) => name).sort(), Object.keys(NEEDED).sort())
})

test('C34: each role may do what the table says, nobody may do nothing', async () => {
  for (const { method, route, name } of called) {
    const path = route.path.replace(':name', 'job')
    assert.equal((await server.ask(path, { method })).status, 401, name)
    for (const role of ROLES) {
      const headers = { authorization: `Bearer token-${role}` }
      const { status } = await server.ask(path, { method, headers })
      const isAllowed = ROLES.indexOf(role) >= ROLES.indexOf(NEEDED[name])
      assert.equal(status !== 403 && status !== 401, isAllowed, `${role} at ${name}: ${status}`)
    }
  }
})

test('C34: a path that is written otherwise is no way around', async () => {
  for (const path of [
    '//-/reload',
    '/-/reload/',
    '/-/RELOAD',
    '/-%2freload',
    '/x/../-/reload',
    '/-/reload;a',
  ]) {
    const answer = await server.ask(path, { method: 'POST' })
    assert.ok([400, 401].includes(answer.status), `${path}: ${answer.status}`)
    const viewer = { authorization: 'Bearer token-viewer' }
    const known = await server.ask(path, { method: 'POST', headers: viewer })
    assert.ok([400, 404].includes(known.status), `${path}: ${known.status}`)
  }
})

test('C35: whatever changes something is no GET and refuses pages of other sites', async () => {
  const changing = called.filter(({ route }) => route.changes)
  assert.deepEqual(
    changing.map(({ name }) => name),
    [
      'POST /api/v1/write',
      'POST /v1/metrics',
      'POST /api/v1/otlp/v1/metrics',
      'POST /write',
      'POST /api/v2/write',
      'POST /influx/write',
      'POST /influx/api/v2/write',
      'POST /query',
      'PUT /metrics/:group*',
      'POST /metrics/:group*',
      'DELETE /metrics/:group*',
      'POST /-/reload',
      'PUT /-/reload',
      'POST /-/quit',
      'PUT /-/quit',
      'PUT /api/v1/sd/groups/:name',
      'DELETE /api/v1/sd/groups/:name',
      'POST /api/v1/sd/groups/:name/undo',
      'PUT /api/v1/sd/services/:name',
      'DELETE /api/v1/sd/services/:name',
      'POST /api/v1/sd/services/:name/undo',
      'POST /api/v1/sd/import',
      'POST /api/v1/sd/bulk',
      'PUT /api/v1/sd/leases/:key',
      'DELETE /api/v1/sd/leases/:key',
    ],
  )
  reloads = 0
  quits = 0
  for (const { method, route, name } of changing) {
    const reads = called.some((each) => each.route.path === route.path && each.method === 'GET')
    if (!reads) assert.equal((await open.ask(route.path)).status, 405, name)
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://localhost:${open.port}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-site': 'cross-site', origin: `http://127.0.0.1:${open.port}` },
    ]) {
      const answer = await open.ask(route.path, { method, headers })
      assert.equal(answer.status, 403, `${name} ${JSON.stringify(headers)}`)
    }
  }
  assert.equal(reloads + quits, 0)
  assert.deepEqual((await hub.registry.list('group', '', 0, 10)).total, 0)
  const own = { origin: `http://127.0.0.1:${open.port}`, 'sec-fetch-site': 'same-origin' }
  assert.equal((await open.ask('/-/reload', { method: 'POST', headers: own })).status, 200)
  assert.equal((await open.ask('/-/reload', { method: 'POST' })).status, 200)
  assert.equal(reloads, 2)
})

test('C35: a name that was bound to our address is refused before anything else', async () => {
  for (const host of [
    'evil.example',
    `evil.example:${open.port}`,
    '127.0.0.1.nip.example',
    'localhost.evil.example',
  ]) {
    const answer = await open.ask('/api/v1/query?query=1', { headers: { host } })
    assert.equal(answer.status, 421, host)
    assert.doesNotMatch(answer.text, /evil/)
  }
  const twice = `GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n`
  assert.match(await open.raw(twice), /^HTTP\/1\.1 400/)
  assert.match(
    await open.raw('GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 400/,
  )
})

test('C35: no answer lets another origin read it', async () => {
  const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
  for (const [path, how] of [
    ['/api/v1/query?query=1', { headers: { origin: 'https://evil.example' } }],
    ['/api/v1/query', { method: 'OPTIONS', headers: preflight }],
    ['/metrics', { headers: { origin: 'null' } }],
    ['/nothing', { headers: { origin: 'https://evil.example' } }],
  ] as const satisfies readonly (readonly [string, How])[]) {
    const { headers } = await open.ask(path, how)
    for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^access-control/)
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
  }
})

test('C36: there is no profiler, no listing and no console', async () => {
  for (const path of [
    '/debug/pprof/',
    '/debug/pprof/heap',
    '/debug/vars',
    '/json',
    '/json/list',
    '/json/version',
    '/console',
    '/consoles/',
    '/assets/',
    '/static/',
    '/server-status',
    '/api/v1/admin/tsdb/snapshot',
    '/actuator',
    '/.well-known/',
  ]) {
    assert.equal((await open.ask(path)).status, 404, path)
    assert.ok([404, 405].includes((await open.ask(path, { method: 'POST' })).status), path)
  }
})

test('C36: TRACE and its like are refused and nothing is sent back', async () => {
  for (const method of ['TRACE', 'DELETE', 'PATCH', 'PROPFIND', 'OPTIONS']) {
    const answer = await open.ask('/metrics', { method, headers: { 'x-canary': 'CANARY' } })
    assert.equal(answer.status, 405, method)
    assert.doesNotMatch(answer.text, /CANARY/)
  }
  const connect = 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'
  assert.doesNotMatch(await open.raw(connect), / 2\d\d /)
})

test('C36: no answer shows a stack, a file of ours or who made the server', async () => {
  const broken = allRoutes({
    querier: {
      query: () => Promise.reject(new TypeError('CANARY at /src/engine.ts:1')),
      labels: () => Promise.reject(new RangeError('CANARY')),
    },
    store: {
      status: () => {
        throw new Error('CANARY')
      },
      cardinality: () => {
        throw new Error('CANARY')
      },
    },
  })
  await using failing = await serve({ routes: broken })
  for (const path of ['/api/v1/query?query=1', '/api/v1/labels', '/api/v1/status/tsdb']) {
    const answer = await failing.ask(path)
    assert.equal(answer.status, 500)
    assert.doesNotMatch(answer.text, /CANARY|\.ts|at /)
    assert.equal(answer.headers.server, undefined)
    assert.equal(answer.headers['x-powered-by'], undefined)
  }
})
