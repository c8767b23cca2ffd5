/** Consul discovery against a simulated agent with real blocking queries (C21). */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { Secret } from '../../../src/base/secret.ts'
import type { ConsulDiscovery } from '../../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../../src/config/http.ts'
import { FakeConsul, instance } from '../../support/consul.ts'
import { DiscoveryBench } from './bench.ts'

function consulOf(server: string, changed: Partial<ConsulDiscovery> = {}): ConsulDiscovery {
  return {
    server,
    scheme: 'http',
    pathPrefix: '',
    token: undefined,
    username: '',
    password: undefined,
    datacenter: '',
    namespace: '',
    partition: '',
    tagSeparator: ',',
    allowStale: true,
    refreshIntervalMs: 1000,
    services: [],
    tags: [],
    nodeMeta: [],
    filter: '',
    healthFilter: '',
    http: PLAIN_HTTP,
    ...changed,
  }
}

interface World {
  readonly consul: FakeConsul
  readonly bench: DiscoveryBench
}

async function open(t: TestContext, changed: Partial<ConsulDiscovery> = {}): Promise<World> {
  const consul = await FakeConsul.open()
  t.after(() => consul.close())
  const bench = new DiscoveryBench(t)
  consul.set('web', [instance('10.0.0.1')], ['a', 'b'])
  bench.apply({ consul: [consulOf(consul.address, changed)] })
  return { consul, bench }
}

test('an instance has all labels of Prometheus', async (t) => {
  const { bench } = await open(t)
  await bench.until('a target', () => bench.targets.length === 1)
  assert.deepEqual(bench.targets, [
    {
      __address__: '10.0.0.1:9100',
      __meta_consul_address: '192.168.1.1',
      __meta_consul_dc: 'dc-fake',
      __meta_consul_health: 'passing',
      __meta_consul_metadata_rack_id: '7',
      __meta_consul_namespace: 'ns1',
      __meta_consul_node: 'node-1',
      __meta_consul_partition: 'p1',
      __meta_consul_service: 'web',
      __meta_consul_service_address: '10.0.0.1',
      __meta_consul_service_id: 'web-9100',
      __meta_consul_service_metadata_version: '2',
      __meta_consul_service_port: '9100',
      __meta_consul_tagged_address_lan: '192.168.1.1',
      __meta_consul_tagged_address_wan: '203.0.113.1',
      __meta_consul_tags: ',a,b,',
    },
  ])
})

test('an instance without an address of its own is at that of its node; the worst check counts', async (t) => {
  const { consul, bench } = await open(t)
  const status = (...states: string[]): object => ({
    Checks: states.map((Status, i) => ({ CheckID: `c${i}`, Status })),
  })
  consul.set('web', [
    instance('', 1, status('warning', 'critical')),
    instance('', 2, status('passing', 'warning')),
    instance('', 3, status()),
    instance('', 4, { Checks: [{ CheckID: '_node_maintenance', Status: 'critical' }] }),
    instance('', 5, { Checks: [{ CheckID: '_service_maintenance:web', Status: 'critical' }] }),
  ])
  await bench.until('all', () => bench.targets.length === 5)
  assert.deepEqual(
    bench.targets.map((target) => [target.__address__, target.__meta_consul_health]),
    [
      ['192.168.1.1:1', 'critical'],
      ['192.168.1.1:2', 'warning'],
      ['192.168.1.1:3', 'passing'],
      ['192.168.1.1:4', 'maintenance'],
      ['192.168.1.1:5', 'maintenance'],
    ],
  )
})

test('services and instances that come and go are followed by blocking queries', async (t) => {
  const { consul, bench } = await open(t)
  await bench.untilAddresses('10.0.0.1:9100')
  await bench.until('waits', () => consul.waitingCount === 2)
  for (const url of consul.asked.slice(-2)) {
    assert.equal(url.searchParams.get('wait'), '120000ms')
    assert.equal(url.searchParams.get('stale'), '')
    assert.equal(url.searchParams.get('index'), '11')
  }
  const asked = consul.requests.length
  await bench.pass(30_000)
  assert.equal(consul.requests.length, asked, 'nothing is asked while nothing changes')
  consul.set('web', [instance('10.0.0.1'), instance('10.0.0.2')])
  await bench.untilAddresses('10.0.0.1:9100', '10.0.0.2:9100')
  consul.set('db', [instance('10.0.1.1')])
  await bench.untilAddresses('10.0.0.1:9100', '10.0.0.2:9100', '10.0.1.1:9100')
  consul.set('web', [])
  await bench.untilAddresses('10.0.1.1:9100')
  consul.remove('db')
  await bench.untilAddresses()
  assert.equal(bench.status.lastError, '')
})

test('a wait that ends without a change changes nothing, and is not asked again at once', async (t) => {
  const { consul, bench } = await open(t, { refreshIntervalMs: 30_000 })
  await bench.untilAddresses('10.0.0.1:9100')
  await bench.until('waits', () => consul.waitingCount === 2)
  const sent = bench.sent.length
  consul.expireWaits()
  const asked = consul.requests.length
  await bench.pass(5000)
  assert.equal(consul.requests.length, asked)
  await bench.until('waits again', () => consul.waitingCount === 2)
  assert.equal(bench.sent.length, sent)
})

test('an index that goes back is begun anew', async (t) => {
  const { consul, bench } = await open(t)
  await bench.untilAddresses('10.0.0.1:9100')
  await bench.until('waits', () => consul.waitingCount === 2)
  consul.resetIndex(3)
  await bench.until('waits at the new index', () =>
    consul.asked.slice(-2).every((url) => url.searchParams.get('index') === '3'),
  )
  const indexes = consul.asked.map((url) => url.searchParams.get('index'))
  assert.ok(indexes.slice(-4, -2).includes(null), 'asked without an index in between')
  consul.set('web', [instance('10.0.0.5')])
  await bench.untilAddresses('10.0.0.5:9100')
})

for (const [name, body, status] of [
  ['500', '[]', 500],
  ['429', '', 429],
  ['half an answer', '[{"Node":', 200],
  ['an object in place of a list', '{}', 200],
] as const) {
  test(`C21: ${name} for a service keeps its targets, the others go on`, async (t) => {
    const { consul, bench } = await open(t)
    consul.set('db', [instance('10.0.1.1')])
    await bench.untilAddresses('10.0.0.1:9100', '10.0.1.1:9100')
    consul.faults.push((url, response) => {
      if (!url.pathname.endsWith('/web')) return false
      response.writeHead(status, { 'X-Consul-Index': '99999' }).end(body)
      return true
    })
    consul.set('web', [])
    consul.set('db', [instance('10.0.1.2')])
    await bench.until('an error', () => bench.status.lastError !== '')
    await bench.untilAddresses('10.0.0.1:9100', '10.0.1.2:9100')
    assert.ok(bench.metric('prometheus_sd_consul_rpc_failures_total') >= 1)
    consul.faults.length = 0
    await bench.untilAddresses('10.0.1.2:9100')
    await bench.until('no error', () => bench.status.lastError === '')
  })
}

test('C21: a catalog that fails keeps the services and their watches', async (t) => {
  const { consul, bench } = await open(t)
  await bench.untilAddresses('10.0.0.1:9100')
  consul.faults.push((url, response) => {
    if (!url.pathname.includes('/catalog/')) return false
    response.writeHead(500).end('rpc error: No cluster leader')
    return true
  })
  consul.set('web', [instance('10.0.0.2')])
  await bench.untilAddresses('10.0.0.2:9100')
  await bench.until('an error', () => bench.status.lastError.includes('No cluster leader'))
  consul.faults.length = 0
  await bench.until('no error', () => bench.status.lastError === '')
})

test('C21: a service that hangs does not hold up the others', async (t) => {
  const consul = await FakeConsul.open()
  t.after(() => consul.close())
  consul.faults.push((url) => url.pathname.endsWith('/stuck'))
  consul.set('stuck', [])
  consul.set('web', [instance('10.0.0.1')])
  const bench = new DiscoveryBench(t)
  bench.apply({ consul: [consulOf(consul.address)] })
  await bench.untilAddresses('10.0.0.1:9100')
  assert.ok(bench.clock.monotonicMs() < 20_000)
  consul.set('web', [instance('10.0.0.2')])
  await bench.untilAddresses('10.0.0.2:9100')
})

test('an agent that is not there is asked again, with pauses that differ', async (t) => {
  const { consul, bench } = await open(t)
  const askedMs: number[] = []
  consul.faults.push((_url, response) => {
    askedMs.push(bench.clock.monotonicMs())
    response.destroy()
    return true
  })
  await bench.until('three tries', () => askedMs.length >= 3)
  assert.ok(askedMs[2] - askedMs[1] >= 11_000 && askedMs[2] - askedMs[1] <= 12_000, `${askedMs}`)
  assert.notEqual(bench.status.lastError, '')
  consul.faults.length = 0
  await bench.untilAddresses('10.0.0.1:9100')
})

test('named services are watched without the catalog, and with their tags by it', async (t) => {
  const { consul, bench } = await open(t, { services: ['web'], datacenter: 'dc1' })
  await bench.untilAddresses('10.0.0.1:9100')
  assert.equal(bench.targets[0].__meta_consul_dc, 'dc1')
  assert.ok(consul.asked.every((url) => url.pathname === '/v1/health/service/web'))
  const tagged = await open(t, { services: ['web', 'db'], tags: ['b'] })
  tagged.consul.set('db', [instance('10.0.1.1')], ['x'])
  tagged.consul.set('other', [instance('10.0.2.1')], ['b'])
  await tagged.bench.untilAddresses('10.0.0.1:9100')
  const paths = new Set(tagged.consul.asked.map((url) => url.pathname))
  assert.deepEqual([...paths].sort(), [
    '/v1/agent/self',
    '/v1/catalog/services',
    '/v1/health/service/web',
  ])
  const health = tagged.consul.asked.find((url) => url.pathname.endsWith('/web'))
  assert.deepEqual(health?.searchParams.getAll('tag'), ['b'])
})

test('everything of the configuration is asked with', async (t) => {
  const { consul, bench } = await open(t, {
    datacenter: 'dc1',
    namespace: 'team',
    partition: 'east',
    allowStale: false,
    nodeMeta: [['rack', '7']],
    filter: 'ServiceName == "web"',
    healthFilter: 'Service.Meta.v == "2"',
    token: new Secret('TOKEN'),
    username: 'u',
    password: new Secret('p'),
    pathPrefix: '/prefix/',
    tagSeparator: ';',
  })
  await bench.until('a target', () => bench.targets.length === 1)
  assert.equal(bench.targets[0].__meta_consul_tags, ';a;b;')
  const [catalog, health] = consul.asked
  assert.equal(catalog.pathname, '/prefix/v1/catalog/services')
  assert.equal(catalog.searchParams.get('filter'), 'ServiceName == "web"')
  assert.equal(health.searchParams.get('filter'), 'Service.Meta.v == "2"')
  for (const { searchParams } of [catalog, health]) {
    const seen = ['dc', 'ns', 'partition', 'stale', 'node-meta'].map((key) => searchParams.get(key))
    assert.deepEqual(seen, ['dc1', 'team', 'east', null, 'rack:7'])
  }
  const { headers } = consul.requests[0]
  assert.equal(headers['x-consul-token'], 'TOKEN')
  assert.equal(headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`)
  assert.doesNotMatch(JSON.stringify([...bench.discovery.status()]), /TOKEN/)
})

test('the agent may be behind a URL or a socket of this machine', async (t) => {
  const { consul, bench } = await open(t)
  await bench.untilAddresses('10.0.0.1:9100')
  bench.apply({ consul: [consulOf(`http://${consul.address}`)] })
  await bench.until(
    'asked again',
    () => consul.asked.filter((url) => url.pathname.endsWith('/self')).length === 2,
  )
  const dir = mkdtempSync(path.join(tmpdir(), 'narthex-consul-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const local = await FakeConsul.open({ path: path.join(dir, 'c.sock') })
  t.after(() => local.close())
  local.set('web', [instance('10.0.0.8')])
  bench.apply({ consul: [consulOf(`unix://${path.join(dir, 'c.sock')}`)] })
  await bench.untilAddresses('10.0.0.8:9100')
})

test('an address that is none is an error of the source, not of the program', async (t) => {
  const bench = new DiscoveryBench(t)
  bench.apply({ consul: [consulOf('not an address')] })
  await bench.until('an error', () => bench.status.lastError !== '')
  assert.match(bench.status.lastError, /"not an address" is no address/)
})
