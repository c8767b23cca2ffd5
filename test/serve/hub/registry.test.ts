/** The registry and service discovery over HTTP, as scripts and consumers use them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { registryRoutes, sdRoutes } from '../../../src/serve/hub/routes.ts'
import { openWorld, type World } from '../../hub/registry/world.ts'
import { type Given, type How, serve, type TestServer } from '../../net/server/support.ts'

interface Hub extends AsyncDisposable {
  readonly world: World
  readonly server: TestServer
  json(path: string, how?: How): Promise<{ status: number; data: unknown }>
}

async function openHub(given: Given = {}): Promise<Hub> {
  const world = await openWorld()
  const { registry } = world
  const routes = [...registryRoutes(registry), ...sdRoutes({ registry, scheme: () => 'http' })]
  const server = await serve({ ...given, routes })
  return {
    world,
    server,
    async json(path, how) {
      const { status, text } = await server.ask(path, how)
      return { status, data: text === '' ? undefined : JSON.parse(text) }
    },
    async [Symbol.asyncDispose]() {
      await server.server.stop()
      await world[Symbol.asyncDispose]()
    },
  }
}

const put = (body: unknown, headers: Readonly<Record<string, string>> = {}): How => ({
  method: 'PUT',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers,
})
const A = [{ targets: ['a:1', 'a:2'], labels: { service_name: 'My서비스' } }]
const GROUP = '/api/v1/sd/groups/my%20group'

test('a group is put, got back as it is, listed and deleted', async () => {
  await using hub = await openHub()
  assert.deepEqual(await hub.json(GROUP, put([{ ...A[0], targets: ['a:1', 'a:2', 'a:1'] }])), {
    status: 200,
    data: {
      status: 'success',
      data: { name: 'my group', version: 1, targets: 2, repeated: ['a:1'] },
    },
  })
  const got = await hub.server.ask(GROUP)
  assert.equal(got.text, JSON.stringify(A))
  assert.equal(got.headers['content-type'], 'application/json')
  const { data } = await hub.json('/api/v1/sd/groups?search=MY&limit=5&offset=0')
  const changed = new Date(hub.world.nowMs).toISOString()
  const by = '127.0.0.1'
  assert.deepEqual(data, {
    status: 'success',
    data: { total: 1, groups: [{ name: 'my group', version: 1, targets: 2, changed, by }] },
  })
  assert.deepEqual(await hub.json(GROUP, { method: 'DELETE' }), { status: 204, data: undefined })
  for (const method of ['GET', 'DELETE']) {
    assert.equal((await hub.json(GROUP, { method })).status, 404, method)
  }
})

test('a document that is wrong is answered 422 with every problem by index and field', async () => {
  await using hub = await openHub()
  const { status, data } = await hub.json(
    GROUP,
    put([{ targets: ['a'], labels: { 'db-name': 'x' } }, null]),
  )
  assert.equal(status, 422)
  const { problems, error, ...rest } = data as { problems: object[]; error: string }
  assert.deepEqual(rest, { status: 'error', errorType: 'bad_data' })
  assert.match(
    error,
    /^cannot take group "my group": \[0\].targets\[0\]: "a" has no port.*, and 2 more$/,
  )
  assert.deepEqual(
    problems.map((each) => Object.keys(each)),
    Array(3).fill(['index', 'field', 'reason']),
  )
  for (const body of ['', '{', 'null', '{}', '"x"', '[[]]', '[{"targets":"a:1"}]']) {
    assert.equal((await hub.json(GROUP, put(body))).status, 422, body)
  }
  const latin = await hub.json(GROUP, { method: 'PUT', body: Buffer.from([0x5b, 0xe9, 0x5d]) })
  assert.equal(latin.status, 422)
  assert.equal((await hub.json(GROUP)).status, 404, 'nothing of it is stored')
})

test('two editors: the second to save is told', async () => {
  await using hub = await openHub()
  await hub.json(GROUP, put(A))
  const { headers } = await hub.server.ask(GROUP)
  const seen = { 'if-match': headers.etag ?? '' }
  assert.equal((await hub.json(GROUP, put([], seen))).status, 200)
  const { status, data } = await hub.json(GROUP, put(A, seen))
  assert.equal(status, 409)
  assert.match(JSON.stringify(data), /it is version 2, you have seen 1/)
  assert.equal((await hub.json(GROUP, put(A, { 'if-none-match': '*' }))).status, 409)
  assert.equal((await hub.json(GROUP, put(A, { 'if-match': 'x' }))).status, 400)
})

test('history over HTTP: versions, what one changed, and back to one', async () => {
  await using hub = await openHub({
    web: {
      tokens: [
        {
          name: 'anne',
          role: 'editor',
          sha256: createHash('sha256').update('token').digest('hex'),
        },
      ],
    },
  })
  const headers = { authorization: 'Bearer token' }
  await hub.json(GROUP, put(A, headers))
  await hub.json(GROUP, put([], headers))
  const history = await hub.json(`${GROUP}/history`, { headers })
  const { versions } = (history.data as { data: { versions: Record<string, unknown>[] } }).data
  assert.deepEqual(
    versions.map(({ version, action, by, targets }) => [version, action, by, targets]),
    [
      [2, 'put', 'anne', 0],
      [1, 'put', 'anne', 2],
    ],
  )
  const diff = await hub.json(`${GROUP}/history?version=2`, { headers })
  assert.match(JSON.stringify(diff.data), /"addedCount":0,"removedCount":2/)
  const undo = (body: string) => hub.json(`${GROUP}/undo`, { method: 'POST', body, headers })
  assert.equal((await undo('{"version":1}')).status, 200)
  assert.equal((await hub.server.ask(GROUP, { headers })).text, JSON.stringify(A))
  for (const body of ['', '{}', 'null', '{"version":"1"}', '{"version":0}']) {
    assert.equal((await undo(body)).status, 400, body)
  }
  assert.equal((await undo('{"version":9}')).status, 404)
})

test('a list has an ETag, 304 for who has it, and gzip for who takes it', async () => {
  await using hub = await openHub()
  await hub.json(GROUP, put(A))
  const first = await hub.server.ask('/sd/http')
  assert.deepEqual([first.status, first.text], [200, JSON.stringify(A)])
  const tag = { 'if-none-match': `"other", ${first.headers.etag}` }
  const again = await hub.server.ask('/sd/http', { headers: tag })
  assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', first.headers.etag])
  const small = await hub.server.ask('/sd/http', { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(small.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(small.bytes).toString(), JSON.stringify(A))
  await hub.json(GROUP, put([]))
  assert.equal((await hub.server.ask('/sd/http', { headers: tag })).text, JSON.stringify([]))
})

test('while the database is away: 503 with Retry-After and how stale the list is, never a list', async () => {
  await using hub = await openHub()
  await hub.json(GROUP, put(A))
  const { headers } = await hub.server.ask('/sd/http')
  hub.world.isAway = true
  hub.world.nowMs += 60_000
  for (const more of [{}, { 'if-none-match': headers.etag ?? '' }]) {
    const answer = await hub.server.ask('/sd/http', { headers: more })
    assert.equal(answer.status, 503)
    assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/)
    assert.match(answer.headers['content-type'] ?? '', /^text\/plain/)
    assert.match(answer.text, /the last list is of 60 s ago, revision 1/)
  }
  assert.equal((await hub.json(GROUP, put([]))).status, 503)
})

test('who polls is seen with interval, answer and targets', async () => {
  await using hub = await openHub()
  await hub.json(GROUP, put(A))
  const headers = {
    'user-agent': 'Prometheus/2.42.0',
    'x-prometheus-refresh-interval-seconds': '14.5',
  }
  const { etag } = (await hub.server.ask('/sd/http/x?b=2&a=1', { headers })).headers
  const consumers = async () => {
    const { data } = await hub.json('/api/v1/sd/consumers')
    return (data as { data: { consumers: Record<string, unknown>[] } }).data.consumers
  }
  const [seen] = await consumers()
  assert.deepEqual(seen, {
    ...{ name: '127.0.0.1', address: '127.0.0.1', path: '/sd/http/x?b=2&a=1' },
    ...{ agent: 'Prometheus/2.42.0', intervalSeconds: 14.5, polls: 1, status: 200 },
    ...{ targets: 0, etag, isLate: false, lastSeen: new Date(hub.world.nowMs).toISOString() },
  })
  for (const text of ['soon', '-1', 'Infinity', '']) {
    const odd = { ...headers, 'x-prometheus-refresh-interval-seconds': text }
    await hub.server.ask('/sd/http/x?b=2&a=1', { headers: odd })
    assert.equal((await consumers())[0].intervalSeconds, 0, text)
  }
})

test('files: by media type, problems by row, 400 for what cannot be read', async () => {
  await using hub = await openHub()
  const send = (type: string, body: string) =>
    hub.json('/api/v1/sd/import', { method: 'POST', body, headers: { 'content-type': type } })
  const csv = await send('text/csv; charset=utf-8', 'group,target,env\na,h:1,x\n')
  assert.match(JSON.stringify(csv.data), /"groups":\[\{"name":"a","version":1,"targets":1/)
  assert.equal((await send('application/yaml', 'b: [{targets: [h:2]}]')).status, 200)
  assert.equal((await send('application/json', '{"c":[{"targets":["h:3"]}]}')).status, 200)
  const bad = await send('text/csv', 'group,target\na,h\nb,h:1\n')
  assert.equal(bad.status, 422)
  assert.match(JSON.stringify(bad.data), /"problems":\[\{"index":2,"field":"target"/)
  for (const [type, body] of [
    ['text/html', '<p>'],
    ['application/json', '{'],
    ['application/yaml', 'a: [\n'],
    ['text/csv', '"'],
  ] as const) {
    assert.equal((await send(type, body)).status, 400, type)
  }
})

test('leases over HTTP: hold, heartbeat, list, release', async () => {
  await using hub = await openHub()
  const lease = { group: 'self', target: 'h:1', labels: { a: 'b' }, ttl: '30s' }
  const { status } = await hub.json('/api/v1/sd/leases/k', put(lease))
  assert.equal(status, 200)
  assert.equal((await hub.json('/api/v1/sd/leases/k', put({ ...lease, ttl: 1 }))).status, 200)
  const { data } = await hub.json('/api/v1/sd/leases')
  assert.deepEqual(data, {
    status: 'success',
    data: {
      leases: [
        {
          ...{ key: 'k', group: 'self', target: 'h:1', labels: { a: 'b' }, ttlSeconds: 1 },
          ...{ expires: new Date(hub.world.nowMs + 1000).toISOString(), by: '127.0.0.1' },
        },
      ],
    },
  })
  assert.equal((await hub.json('/api/v1/sd/leases/k', put({ ...lease, target: 'h' }))).status, 422)
  const gone = { method: 'DELETE' }
  assert.equal((await hub.json('/api/v1/sd/leases/k', gone)).status, 204)
  assert.equal((await hub.json('/api/v1/sd/leases/k', gone)).status, 404)
})

test('a scrape configuration names the list that it is for', async () => {
  await using hub = await openHub()
  for (const [query, url, job] of [
    ['', '/sd/http', 'hub'],
    ['?for=vmagent&job=my%20job', '/sd/http/my%20job', 'my job'],
    ['?for=narthex&dbms=MySQL&x=%22%0A', '/sd/http?dbms=MySQL&x=%22%0A', 'hub'],
  ] as const) {
    const { text } = await hub.server.ask(`/api/v1/sd/scrape-config${query}`)
    const [{ job_name: name, http_sd_configs: lists }] = parse(text).scrape_configs
    assert.deepEqual([lists[0].url, name], [`http://127.0.0.1:${hub.server.port}${url}`, job])
  }
  assert.equal((await hub.json('/api/v1/sd/scrape-config?for=curl')).status, 400)
})

test('filters: a label name that cannot be, and too many, are refused instead of emptying a list', async () => {
  await using hub = await openHub()
  const many = Array.from({ length: 33 }, (_, i) => `l${i}=x`).join('&')
  for (const query of ['db-name=x', '1=x', many]) {
    assert.equal((await hub.server.ask(`/sd/http?${query}`)).status, 400, query)
  }
})

/** FIELD 2: what consumers trip over. Each row: what is put, and what may never come out of it. */
const TRIPS: readonly (readonly [string, unknown, number])[] = [
  ['null as a document, which drops all targets', null, 422],
  ['[null]', [null], 422],
  ['an object instead of a list', { targets: ['a:1'] }, 422],
  ['an extra key in a group', [{ targets: ['a:1'], source: 'x' }], 422],
  ['a label value that is a number', [{ targets: ['a:1'], labels: { n: 1 } }], 422],
  ['a label name with a dash', [{ targets: ['a:1'], labels: { 'db-name': 'x' } }], 422],
  ['a URL as target', [{ targets: ['http://h:1/metrics'] }], 422],
  ['a target without port', [{ targets: ['h'] }], 422],
  ['the same target twice', [{ targets: ['a:1', 'a:1'] }], 200],
  ['an empty list', [], 200],
]
for (const [name, body, wanted] of TRIPS) {
  test(`FIELD 2: ${name} is answered ${wanted}, and the list stays one that every consumer takes`, async () => {
    await using hub = await openHub()
    await hub.json('/api/v1/sd/groups/other', put(A))
    assert.equal((await hub.json(GROUP, put(body))).status, wanted)
    const { status, headers, text } = await hub.server.ask('/sd/http')
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'application/json')
    const list = JSON.parse(text) as { targets: string[]; labels?: Record<string, string> }[]
    assert.ok(Array.isArray(list))
    for (const { targets, labels = {}, ...more } of list) {
      assert.deepEqual(more, {})
      assert.equal(new Set(targets).size, targets.length)
      for (const target of targets) assert.match(target, /^[^/]+:\d+$/)
      for (const value of Object.values(labels)) assert.equal(typeof value, 'string')
    }
  })
}

test('C39: JSON nested a million deep is refused, and the server goes on', async () => {
  await using hub = await openHub()
  const deep = `${'['.repeat(1e6)}${']'.repeat(1e6)}`
  assert.equal((await hub.json(GROUP, put(deep))).status, 422)
  assert.equal((await hub.json('/sd/http')).status, 200)
})
