/** Lists and watches against a simulated API server, through the failures of a real one (C21). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { KubernetesDiscovery, KubernetesRole } from '../../../../src/config/discovery.ts'
import { FakeApiServer, type Fault, refuse } from '../../../support/kubernetes.ts'
import { DiscoveryBench } from '../bench.ts'
import { kubernetes } from './config.ts'
import { endpoints, node, pod, service } from './objects.ts'

interface World {
  readonly api: FakeApiServer
  readonly bench: DiscoveryBench
}

async function open(
  t: TestContext,
  role: KubernetesRole = 'service',
  changed: Partial<KubernetesDiscovery> = {},
): Promise<World> {
  const api = await FakeApiServer.open()
  t.after(() => api.close())
  const bench = new DiscoveryBench(t)
  const world = { api, bench }
  bench.apply(kubernetes(api.url, role, changed))
  return world
}

const address = (name: string): string => `${name}.prod.svc:80`

test('what comes, changes and goes is followed by one watch', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('a'))
  await bench.untilAddresses(address('a'))
  api.put('services', service('b'))
  await bench.untilAddresses(address('a'), address('b'))
  api.put('services', service('b', { ports: [{ port: 81 }] }))
  await bench.untilAddresses(address('a'), 'b.prod.svc:81')
  api.remove('services', 'prod/a')
  await bench.untilAddresses('b.prod.svc:81')
  assert.equal(api.watched.length, 1)
  assert.equal(api.listed.length, 1)
  const [watch] = api.watched
  assert.equal(watch.searchParams.get('allowWatchBookmarks'), 'true')
  assert.equal(watch.searchParams.get('timeoutSeconds'), '450')
  assert.equal(
    bench.metric('prometheus_sd_kubernetes_events_total{event="delete",role="service"}'),
    1,
  )
  assert.equal(
    bench.metric('prometheus_sd_kubernetes_events_total{event="update",role="service"}'),
    1,
  )
  assert.equal(bench.metric('prometheus_sd_kubernetes_http_request_total{status_code="200"}'), 2)
  assert.deepEqual([bench.status.kind, bench.status.lastError], ['kubernetes', ''])
})

test('a list comes in pages, and an expired page begins it again in one piece', async (t) => {
  const { api, bench } = await open(t)
  const names = Array.from({ length: 1100 }, (_, i) => `s${i}`)
  for (const name of names) api.put('services', service(name))
  await bench.until('all pages', () => bench.targets.length === 1100)
  assert.deepEqual(
    api.listed.map((url) => [url.searchParams.get('limit'), url.searchParams.has('continue')]),
    [
      ['500', false],
      ['500', true],
      ['500', true],
    ],
  )
  let pages = 0
  api.faults.push((request) => {
    if ((request.url ?? '').includes('continue=') && ++pages === 2) api.compact()
    return false
  })
  api.cut('cleanly')
  api.remove('services', 'prod/s0')
  api.compact()
  await bench.until('the list again', () => bench.targets.length === 1099)
  assert.equal(api.listed.at(-1)?.searchParams.has('limit'), false)
})

test('a watch that ends is resumed where it was, after bookmarks at their version', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('a'))
  await bench.untilAddresses(address('a'))
  api.bookmark()
  await bench.pass(100)
  api.cut('cleanly')
  await bench.until('a second watch', () => api.watched.length === 2)
  const [first, second] = api.watched.map((url) => Number(url.searchParams.get('resourceVersion')))
  assert.ok(second > first)
  assert.equal(api.listed.length, 1)
  assert.equal(bench.status.lastError, '')
})

test('what happened while nobody watched is caught up, deletions too', async (t) => {
  const { api, bench } = await open(t)
  for (const name of ['a', 'b']) api.put('services', service(name))
  await bench.untilAddresses(address('a'), address('b'))
  api.cut('abruptly')
  api.remove('services', 'prod/a')
  api.put('services', service('c'))
  await bench.untilAddresses(address('b'), address('c'))
  assert.equal(api.listed.length, 1)
})

test('a line that is cut in the middle is not taken, and comes whole after the resume', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('a'))
  await bench.untilAddresses(address('a'))
  await bench.until('a watch', () => api.watchCount === 1)
  api.say(JSON.stringify({ type: 'ADDED', object: service('half') }).slice(0, 200))
  await bench.pass(100)
  api.cut('abruptly')
  await bench.until('a second watch', () => api.watchCount === 1 && api.watched.length === 2)
  api.put('services', service('b'))
  await bench.untilAddresses(address('a'), address('b'))
})

test('the same event twice is one', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('a'))
  await bench.untilAddresses(address('a'))
  const object = { ...service('b'), metadata: { ...service('b').metadata, resourceVersion: '999' } }
  for (let i = 0; i < 3; i++) api.say(`${JSON.stringify({ type: 'ADDED', object })}\n`)
  await bench.untilAddresses(address('a'), address('b'))
  assert.equal(bench.metric('prometheus_sd_kubernetes_events_total{event="add",role="service"}'), 2)
  assert.ok(
    Number.isNaN(
      bench.metric('prometheus_sd_kubernetes_events_total{event="update",role="service"}'),
    ),
  )
})

for (const [name, expire] of [
  ['an ERROR event', undefined],
  [
    'HTTP 410',
    ((request, response) => {
      if (!(request.url ?? '').includes('watch=true')) return false
      refuse(response, 410, 'too old resource version', 'Expired')
      return true
    }) satisfies Fault,
  ],
] as const) {
  test(`history that is gone, by ${name}, is listed again while the targets stay`, async (t) => {
    const { api, bench } = await open(t)
    for (const name of ['a', 'b']) api.put('services', service(name))
    await bench.untilAddresses(address('a'), address('b'))
    const listsBefore = api.listed.length
    const sentBefore = bench.sent.length
    if (expire !== undefined) api.faults.push(expire)
    api.cut('cleanly')
    api.remove('services', 'prod/a')
    api.compact()
    await bench.until('a new list', () => api.listed.length > listsBefore)
    api.faults.length = 0
    await bench.untilAddresses(address('b'))
    assert.equal(
      bench.sent.slice(sentBefore).every((list) => list.length > 0),
      true,
    )
    assert.ok(bench.metric('narthex_sd_kubernetes_relists_total') >= 1)
    api.put('services', service('c'))
    await bench.untilAddresses(address('b'), address('c'))
  })
}

for (const [name, status] of [
  ['500', 500],
  ['503', 503],
  ['403', 403],
  ['401', 401],
] as const) {
  test(`C21: ${name} to everything keeps the targets, is counted and said, and passes`, async (t) => {
    const { api, bench } = await open(t)
    api.put('services', service('a'))
    await bench.untilAddresses(address('a'))
    api.faults.push((_request, response) => {
      refuse(response, status, 'not today')
      return true
    })
    api.cut('cleanly')
    await bench.until('an error', () => bench.status.lastError !== '')
    assert.match(bench.status.lastError, new RegExp(`HTTP status ${status}.*not today`))
    assert.deepEqual(bench.addresses, [address('a')])
    assert.ok(bench.metric('prometheus_sd_kubernetes_failures_total') >= 1)
    api.faults.length = 0
    api.put('services', service('b'))
    await bench.untilAddresses(address('a'), address('b'))
    await bench.until('no error', () => bench.status.lastError === '')
  })
}

test('429 waits as long as Retry-After says', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('a'))
  await bench.untilAddresses(address('a'))
  const askedMs: number[] = []
  api.faults.push((_request, response) => {
    askedMs.push(bench.clock.monotonicMs())
    response.setHeader('Retry-After', '40')
    refuse(response, 429, 'too many requests')
    return true
  })
  api.cut('cleanly')
  await bench.until('a second try', () => askedMs.length === 2)
  assert.ok(askedMs[1] - askedMs[0] >= 40_000, String(askedMs))
})

test('pauses grow, with jitter, up to a bound', async (t) => {
  const { api, bench } = await open(t)
  const askedMs: number[] = []
  api.faults.push((_request, response) => {
    askedMs.push(bench.clock.monotonicMs())
    refuse(response, 500, 'no')
    return true
  })
  await bench.until('ten tries', () => askedMs.length === 10)
  const pausesMs = askedMs.slice(1).map((timeMs, i) => timeMs - askedMs[i])
  assert.ok(pausesMs[0] < 1000 && pausesMs[3] > pausesMs[0] * 4, String(pausesMs))
  assert.ok(pausesMs[8] >= 22_000 && pausesMs[8] <= 24_000, String(pausesMs))
  assert.deepEqual(bench.sent.at(-1), [])
})

test('an event that is no JSON and an endless line are not taken: everything is listed again', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('a'))
  await bench.untilAddresses(address('a'))
  await bench.until('a watch', () => api.watchCount === 1)
  api.say('{"type":"ADDED","object":{]}\n')
  await bench.until('a list', () => api.listed.length === 2 && api.watchCount === 1)
  assert.deepEqual(bench.addresses, [address('a')])
  api.say(`{"type":"ADDED","x":"${'x'.repeat(17_000_000)}`)
  await bench.until('another list', () => api.listed.length === 3)
  api.put('services', service('b'))
  await bench.untilAddresses(address('a'), address('b'))
})

test('an ERROR event that is not about history leads to a new list too, not to the same again', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('a'))
  await bench.untilAddresses(address('a'))
  await bench.until('a watch', () => api.watchCount === 1)
  const object = { kind: 'Status', code: 500, message: 'etcdserver: no leader' }
  api.say(`${JSON.stringify({ type: 'ERROR', object })}\n`)
  await bench.until('a list', () => api.listed.length === 2 && api.watchCount === 1)
  assert.deepEqual(bench.addresses, [address('a')])
  assert.equal(bench.metric('prometheus_sd_kubernetes_failures_total'), 1)
})

test('a server that accepts and says nothing is given up by the deadline and asked again', async (t) => {
  const held = new Set<net.Socket>()
  const silent = net.createServer((socket) => held.add(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => {
    for (const socket of held) socket.destroy()
    silent.close()
  })
  const bench = new DiscoveryBench(t)
  const { port } = silent.address() as AddressInfo
  bench.apply(kubernetes(`http://127.0.0.1:${port}`, 'service'))
  await bench.until('a connection', () => held.size === 1)
  await bench.until('another', () => held.size === 2)
  assert.match(bench.status.lastError, /deadline exceeded/)
  assert.ok(bench.clock.monotonicMs() >= 60_000)
})

test('an expired token is refused, and read from its file again', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'narthex-token-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const credentialsFile = join(dir, 'token')
  writeFileSync(credentialsFile, 'one\n')
  const api = await FakeApiServer.open()
  t.after(() => api.close())
  api.tokens.add('one')
  api.put('services', service('a'))
  const bench = new DiscoveryBench(t)
  const { kubernetes: configs } = kubernetes(api.url, 'service')
  const authorization = { type: 'Bearer', credentials: undefined, credentialsFile }
  const http = { ...configs[0].http, authorization }
  bench.apply({ kubernetes: [{ ...configs[0], http }] })
  await bench.untilAddresses(address('a'))
  api.tokens.clear()
  api.tokens.add('two')
  api.cut('cleanly')
  await bench.until('a refusal', () => bench.status.lastError.includes('401'))
  assert.deepEqual(bench.addresses, [address('a')])
  writeFileSync(credentialsFile, 'two\n')
  api.put('services', service('b'))
  await bench.untilAddresses(address('a'), address('b'))
})

test('an expired token of a kubeconfig is replaced by that of the new file', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'narthex-kubeconfig-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const api = await FakeApiServer.open()
  t.after(() => api.close())
  const kubeconfigFile = join(dir, 'config')
  const write = (token: string): void => {
    api.tokens.clear()
    api.tokens.add(token)
    const clusters = [{ name: 'c', cluster: { server: api.url } }]
    const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }]
    const users = [{ name: 'u', user: { token } }]
    const config = { 'current-context': 'x', contexts, clusters, users }
    writeFileSync(kubeconfigFile, JSON.stringify(config))
  }
  write('one')
  api.put('services', service('a'))
  const bench = new DiscoveryBench(t)
  bench.apply(kubernetes('', 'service', { kubeconfigFile }))
  await bench.untilAddresses(address('a'))
  write('two')
  api.cut('cleanly')
  api.put('services', service('b'))
  await bench.untilAddresses(address('a'), address('b'))
})

test('each namespace stands for itself: one that is forbidden does not hold up the others', async (t) => {
  const api = await FakeApiServer.open()
  t.after(() => api.close())
  api.faults.push((request, response) => {
    if (!(request.url ?? '').includes('/namespaces/secret/')) return false
    refuse(response, 403, 'services is forbidden in the namespace "secret"')
    return true
  })
  api.put('services', service('a'))
  api.put('services', { ...service('x'), metadata: { name: 'x', namespace: 'other' } })
  const bench = new DiscoveryBench(t)
  bench.apply(kubernetes(api.url, 'service', { namespaces: ['prod', 'secret'] }))
  await bench.untilAddresses(address('a'))
  assert.match(bench.status.lastError, /forbidden in the namespace "secret"/)
  assert.ok(api.listed.every((url) => url.pathname.startsWith('/api/v1/namespaces/')))
})

test('selectors narrow the objects of their role, in lists and watches', async (t) => {
  const { api, bench } = await open(t, 'endpoints', {
    selectors: [
      { role: 'pod', label: 'app=shop', field: 'status.phase=Running' },
      { role: 'endpoints', label: '', field: 'metadata.name=shop' },
    ],
  })
  await bench.until('three watches', () => api.watchCount === 3)
  for (const url of [...api.listed, ...api.watched]) {
    const seen = [url.searchParams.get('labelSelector'), url.searchParams.get('fieldSelector')]
    if (url.pathname.endsWith('/pods')) assert.deepEqual(seen, ['app=shop', 'status.phase=Running'])
    if (url.pathname.endsWith('/endpoints')) assert.deepEqual(seen, [null, 'metadata.name=shop'])
    if (url.pathname.endsWith('/services')) assert.deepEqual(seen, [null, null])
  }
})

test('an object that a selector no longer fits is gone, and comes back when it fits again', async (t) => {
  const selectors = [{ role: 'pod', label: 'app=shop', field: 'status.phase=Running' }] as const
  const { api, bench } = await open(t, 'pod', { selectors })
  api.put('pods', pod())
  await bench.until('targets', () => bench.targets.length > 0)
  api.put('pods', { ...pod(), status: { ...(pod().status as object), phase: 'Succeeded' } })
  await bench.until('no targets', () => bench.targets.length === 0)
  api.put('pods', pod())
  await bench.until('targets again', () => bench.targets.length > 0)
  assert.equal(api.listed.length, 1, 'by one watch')
})

test('pages of a list are of one moment: what changes meanwhile comes by the watch', async (t) => {
  const { api, bench } = await open(t)
  for (let i = 0; i < 600; i++) api.put('services', service(`s${1000 + i}`))
  api.faults.push((request) => {
    // Between the pages one goes that was on the first and one comes that would have been there.
    if ((request.url ?? '').includes('continue=')) {
      api.faults.length = 0
      api.remove('services', 'prod/s1000')
      api.put('services', service('s0999'))
    }
    return false
  })
  await bench.until(
    'all',
    () => bench.targets.length === 600 && bench.addresses[0] === address('s0999'),
  )
  assert.ok(!bench.addresses.includes(address('s1000')))
})

test('endpoints follow their pods, services and nodes, whichever comes first', async (t) => {
  const { api, bench } = await open(t, 'endpoints', { attachNode: true })
  api.put('endpoints', endpoints())
  await bench.until('endpoints', () => bench.targets.length === 3)
  const first = (name: string): string | undefined => bench.targets[0][`__meta_kubernetes_${name}`]
  assert.equal(first('pod_name'), undefined)
  api.put('pods', pod())
  await bench.until('the pod', () => first('pod_name') === 'shop-1')
  api.put('services', service())
  await bench.until('the service', () => first('service_label_team') === 'sales')
  api.put('nodes', node())
  await bench.until('the node', () => first('node_label_topology_kubernetes_io_zone') === 'z1')
  api.put('pods', { ...pod(), status: { phase: 'Failed' } })
  await bench.until('the change', () => first('pod_phase') === 'Failed')
  api.remove('services', 'prod/shop')
  await bench.until('no service', () => first('service_name') === undefined)
  api.remove('pods', 'prod/shop-1')
  await bench.until('no pod', () => first('pod_name') === undefined)
})

test('many changes at once are few lists of targets', async (t) => {
  const { api, bench } = await open(t)
  api.put('services', service('s0'))
  await bench.untilAddresses(address('s0'))
  const sentBefore = bench.sent.length
  for (let i = 1; i <= 300; i++) {
    api.put('services', service(`s${i}`))
    if (i % 10 === 0) await bench.pass(50)
  }
  await bench.until('all', () => bench.targets.length === 301)
  assert.ok(bench.sent.length - sentBefore <= 3, String(bench.sent.length - sentBefore))
})
