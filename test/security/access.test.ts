/** C34, C35 and C36: who gets in, what a foreign page can do, and what is not there at all. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Route } from '../../src/net/server/message.ts'
import { registryRoutes, sdRoutes } from '../../src/serve/hub/routes.ts'
import { descriptionRoute } from '../../src/serve/openapi/document.ts'
import { openWorld } from '../hub/registry/world.ts'
import { type How, serve } from '../net/server/support.ts'
import { openPushes } from '../roles/pushes.ts'
import { allRoutes } from '../serve/ports.ts'
import { ROOT } from '../support/processes.ts'
import { ASKED_OTHERWISE, NEEDED } from './needed.ts'

/** Stands for any port while routes are made: whatever is asked of it is the same again. */
const ANYTHING: unknown = new Proxy(() => ANYTHING, {
  get: (_, key) => (key === 'then' ? undefined : key === Symbol.toPrimitive ? () => '' : ANYTHING),
})

const ROLES = ['viewer', 'editor', 'admin'] as const
const tokens = ROLES.map((role) => ({
  name: role,
  sha256: createHash('sha256').update(`token-${role}`).digest('hex'),
  role,
}))
let reloads = 0
let quits = 0
const hub = await openWorld()
const real = [
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
const routes = [...real, ...(await otherRoutes(real))]
const server = await serve({ routes, web: { tokens } })
const open = await serve({ routes })
after(() => Promise.all([server.server.stop(), open.server.stop()]))
after(() => hub[Symbol.asyncDispose]())

/** All other routes that `src/serve` makes: who gets in is the gate's to say, what they do is tested elsewhere. */
async function otherRoutes(known: readonly Route[]): Promise<Route[]> {
  const taken = new Set(known.flatMap(namesOf))
  const found: Route[] = []
  for (const file of globSync('src/serve/**/*.ts', { cwd: ROOT }).sort()) {
    const made: Record<string, unknown> = await import(join(ROOT, file))
    for (const [name, make] of Object.entries(made)) {
      if (!name.endsWith('Routes') || typeof make !== 'function' || name === 'describeRoutes')
        continue
      for (const route of make(ANYTHING, ANYTHING) as Route[]) {
        for (const each of namesOf(route))
          assert.equal(route.role, NEEDED[each], `${each} of ${file}`)
        if (namesOf(route).some((each) => taken.has(each))) continue
        for (const each of namesOf(route)) taken.add(each)
        found.push({ ...route, handle: () => ({ status: 204, type: '', body: '' }) })
      }
    }
  }
  return found
}

function namesOf({ methods, path }: Route): string[] {
  return methods.map((method) => `${method} ${path}`)
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
  const asking = called.filter(({ route, method }) => method !== 'GET' && !route.changes)
  assert.deepEqual(asking.map(({ name }) => name).sort(), ASKED_OTHERWISE)
  assert.ok(changing.every(({ method }) => method !== 'GET'))
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
