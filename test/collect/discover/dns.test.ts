/** DNS discovery against a real small server over UDP and TCP (C21). */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parseResolvConf } from '../../../src/collect/discover/dns.ts'
import type { DnsDiscovery } from '../../../src/config/discovery.ts'
import { DnsServer } from '../../support/dnsserver.ts'
import { DiscoveryBench } from './bench.ts'

interface World {
  readonly server: DnsServer
  readonly bench: DiscoveryBench
  ask(config: Partial<DnsDiscovery>): void
}

async function open(t: TestContext, search: readonly string[] = [], dotsMin = 1): Promise<World> {
  const server = await DnsServer.open()
  t.after(() => server.close())
  const bench = new DiscoveryBench(t, {
    dns: { servers: [server.address], search, dotsMin, timeoutMs: 250 },
  })
  return {
    server,
    bench,
    ask: (config) =>
      bench.apply({
        dns: [
          { names: ['db.example'], type: 'A', port: 9100, refreshIntervalMs: 30_000, ...config },
        ],
      }),
  }
}

const A = [
  { type: 'A', address: '10.0.0.1' },
  { type: 'A', address: '10.0.0.2' },
] as const

test('A: addresses with the port, also behind a CNAME', async (t) => {
  const { server, bench, ask } = await open(t)
  server.answers.set('db.example', [{ type: 'CNAME', target: 'db.example' }, ...A])
  ask({})
  await bench.until('targets', () => bench.targets.length === 2)
  assert.deepEqual(bench.targets, [
    { __address__: '10.0.0.1:9100', __meta_dns_name: 'db.example' },
    { __address__: '10.0.0.2:9100', __meta_dns_name: 'db.example' },
  ])
  assert.deepEqual(server.questions, ['A db.example'])
  assert.equal(bench.status.source, 'A db.example')
})

test('AAAA: addresses in brackets', async (t) => {
  const { server, bench, ask } = await open(t)
  const address = 'fd00:0000:0000:0000:0000:0000:0000:0001'
  server.answers.set('db.example', [{ type: 'AAAA', address }])
  ask({ type: 'AAAA' })
  await bench.untilAddresses('[fd00::1]:9100')
})

test('SRV: host and port of the record, and both as labels', async (t) => {
  const { server, bench, ask } = await open(t)
  const name = '_metrics._tcp.example'
  server.answers.set(name, [{ type: 'SRV', port: 9102, target: 'n1.example' }])
  ask({ type: 'SRV', names: [name], port: 0 })
  await bench.until('a target', () => bench.targets.length === 1)
  assert.deepEqual(bench.targets, [
    {
      __address__: 'n1.example:9102',
      __meta_dns_name: name,
      __meta_dns_srv_record_target: 'n1.example.',
      __meta_dns_srv_record_port: '9102',
    },
  ])
})

for (const type of ['MX', 'NS'] as const) {
  test(`${type}: the host of the record with the port`, async (t) => {
    const { server, bench, ask } = await open(t)
    server.answers.set('db.example', [{ type, target: 'h.example' }])
    ask({ type })
    await bench.until('a target', () => bench.targets.length === 1)
    assert.deepEqual(bench.targets, [
      {
        __address__: 'h.example:9100',
        __meta_dns_name: 'db.example',
        [`__meta_dns_${type.toLowerCase()}_record_target`]: 'h.example.',
      },
    ])
  })
}

test('an answer that is too long for UDP comes by TCP', async (t) => {
  const { server, bench, ask } = await open(t)
  const many = Array.from(
    { length: 250 },
    (_, i) => ({ type: 'A', address: `10.1.0.${i}` }) as const,
  )
  server.answers.set('db.example', many)
  ask({})
  await bench.until('all of them', () => bench.targets.length === 250)
  assert.ok(server.questions.includes('tcp A db.example'))
})

for (const [name, answer] of [
  ['NXDOMAIN', 'NXDOMAIN'],
  ['a name without records of the type', []],
] as const) {
  test(`C21: ${name} removes the targets, as it is an answer`, async (t) => {
    const { server, bench, ask } = await open(t)
    server.answers.set('db.example', A)
    ask({})
    await bench.untilAddresses('10.0.0.1:9100', '10.0.0.2:9100')
    server.answers.set('db.example', answer)
    await bench.untilAddresses()
    assert.equal(bench.status.lastError, '')
    assert.equal(bench.metric('prometheus_sd_dns_lookup_failures_total'), 0)
  })
}

for (const answer of ['SERVFAIL', 'REFUSED', 'silence'] as const) {
  test(`C21: ${answer} keeps the targets of its name, the other name goes on`, async (t) => {
    const { server, bench, ask } = await open(t)
    server.answers.set('db.example', A)
    server.answers.set('web.example', [A[0]])
    ask({ names: ['db.example', 'web.example'] })
    await bench.until('three', () => bench.targets.length === 3)
    server.answers.set('db.example', answer)
    server.answers.set('web.example', [{ type: 'A', address: '10.0.0.9' }])
    await bench.untilAddresses('10.0.0.1:9100', '10.0.0.2:9100', '10.0.0.9:9100')
    assert.match(bench.status.lastError, /cannot resolve "db.example"/)
    assert.ok(bench.metric('prometheus_sd_dns_lookup_failures_total') >= 1)
    assert.ok(bench.metric('prometheus_sd_dns_lookups_total') >= 4)
    server.answers.set('db.example', [A[1]])
    await bench.untilAddresses('10.0.0.2:9100', '10.0.0.9:9100')
    assert.equal(bench.status.lastError, '')
  })
}

test('the next server is asked when the first will not answer', async (t) => {
  const [bad, good] = [await DnsServer.open(), await DnsServer.open()]
  t.after(() => {
    bad.close()
    good.close()
  })
  bad.answers.set('db.example', 'SERVFAIL')
  good.answers.set('db.example', A)
  const servers = [bad.address, good.address]
  const bench = new DiscoveryBench(t, { dns: { servers, search: [], dotsMin: 1 } })
  bench.apply({ dns: [{ names: ['db.example'], type: 'A', port: 1, refreshIntervalMs: 30_000 }] })
  await bench.untilAddresses('10.0.0.1:1', '10.0.0.2:1')
})

for (const [name, asked, dotsMin, questions] of [
  ['few dots: the search domains first', 'db', 1, ['A db.one.test', 'A db.two.test', 'A db']],
  ['enough dots: the name first', 'db.x', 1, ['A db.x', 'A db.x.one.test', 'A db.x.two.test']],
  ['ndots counts', 'a.b.c', 5, ['A a.b.c.one.test', 'A a.b.c.two.test', 'A a.b.c']],
  ['a rooted name stands alone', 'db.', 1, ['A db']],
] as const) {
  test(`search domains, ${name}`, async (t) => {
    const { server, bench, ask } = await open(t, ['one.test', 'two.test'], dotsMin)
    ask({ names: [asked] })
    await bench.until('all candidates', () => bench.status.lastSuccessMs > 0)
    assert.deepEqual(server.questions.slice(0, questions.length), questions)
  })
}

test('the first candidate that exists is the answer, whatever failed before it', async (t) => {
  const { server, bench, ask } = await open(t, ['one.test', 'two.test'])
  server.answers.set('db.one.test', 'SERVFAIL')
  server.answers.set('db.two.test', A)
  ask({ names: ['db'] })
  await bench.untilAddresses('10.0.0.1:9100', '10.0.0.2:9100')
  assert.equal(bench.status.lastError, '')
  assert.equal(bench.targets[0].__meta_dns_name, 'db')
})

test('a candidate without records of the type is an answer: the next is not asked for', async (t) => {
  const { server, bench, ask } = await open(t, ['one.test', 'two.test'])
  server.answers.set('db.one.test', [])
  server.answers.set('db.two.test', A)
  ask({ names: ['db'] })
  await bench.until('an answer', () => bench.status.lastSuccessMs > 0)
  assert.deepEqual(bench.addresses, [])
  assert.ok(server.questions.every((question) => question === 'A db.one.test'))
})

test('C21: one search domain that fails while the others say no keeps the targets', async (t) => {
  const { server, bench, ask } = await open(t, ['one.test', 'two.test'])
  server.answers.set('db.one.test', A)
  ask({ names: ['db'] })
  await bench.untilAddresses('10.0.0.1:9100', '10.0.0.2:9100')
  server.answers.set('db.one.test', 'SERVFAIL')
  await bench.until('an error', () => bench.status.lastError !== '')
  assert.equal(bench.targets.length, 2)
})

test('C30: a record with a link-local address is left out', async (t) => {
  const { server, bench, ask } = await open(t)
  server.answers.set('db.example', [...A, { type: 'A', address: '169.254.169.254' }])
  ask({})
  await bench.untilAddresses('10.0.0.1:9100', '10.0.0.2:9100')
  assert.equal(bench.metric('narthex_sd_denied_targets_total{mechanism="dns"}'), 1)
})

test('resolv.conf says servers, search domains and dots', () => {
  const text = `# made by hand
nameserver 10.0.0.2
nameserver fe80::1%eth0 ; local
nameserver no-address
search first.example
domain corp.example. lab.example
options edns0 ndots:5 timeout:1
`
  assert.deepEqual(parseResolvConf(text), {
    servers: ['10.0.0.2', 'fe80::1%eth0'],
    search: ['corp.example', 'lab.example'],
    dotsMin: 5,
  })
  assert.deepEqual(parseResolvConf(''), { servers: ['127.0.0.1'], search: [], dotsMin: 1 })
})
