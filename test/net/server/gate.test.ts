import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { Secret } from '../../../src/base/secret.ts'
import { NO_WEB_CONFIG } from '../../../src/config/web.ts'
import {
  explainListenError,
  networkOf,
  parseListenAddress,
  requireSafeListen,
} from '../../../src/net/server/address.ts'
import { pickEncoding } from '../../../src/net/server/compress.ts'
import { HostList, refuseForeignSite } from '../../../src/net/server/gate.ts'
import { RequestRate } from '../../../src/net/server/rate.ts'
import { RouteTable } from '../../../src/net/server/route.ts'
import { startServer } from '../../../src/net/server/server.ts'
import { BCRYPT_WORKER, route, serve } from './support.ts'

for (const [text, host, port] of [
  ['127.0.0.1:9390', '127.0.0.1', 9390],
  [':0', '', 0],
  ['[::1]:80', '::1', 80],
  ['localhost:65535', 'localhost', 65_535],
] as const) {
  test(`an address is read: ${text}`, () => {
    assert.deepEqual(parseListenAddress(text), { host, port })
  })
}

for (const text of [
  '',
  '9390',
  'localhost',
  '::1:80',
  '1.2.3.4:65536',
  'http://x:1',
  'a b:1',
  'x:-1',
]) {
  test(`an address is refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseListenAddress(text), { kind: 'bad_data', message: /wanted host:port/ })
  })
}

const user = { name: 'a', hash: new Secret('$2y$'), role: 'admin' } as const
const tls = {
  cert: '',
  certFile: '',
  key: undefined,
  keyFile: '',
  clientCa: '',
  clientCaFile: '',
  clientAllowedSans: [],
  versionMin: 'TLSv1.2',
  versionMax: 'TLSv1.3',
  cipherSuites: [],
  curves: [],
} as const

for (const [name, address, web, isSafe] of [
  ['loopback', '127.0.0.2:1', NO_WEB_CONFIG, true],
  ['localhost', 'localhost:1', NO_WEB_CONFIG, true],
  ['IPv6 loopback', '[::1]:1', NO_WEB_CONFIG, true],
  ['every interface', ':1', NO_WEB_CONFIG, false],
  ['every interface of IPv6', '[::]:1', NO_WEB_CONFIG, false],
  ['another address', '10.0.0.1:1', NO_WEB_CONFIG, false],
  ['a name', 'localhost.example:1', NO_WEB_CONFIG, false],
  ['with users', ':1', { ...NO_WEB_CONFIG, users: [user] }, true],
  [
    'with tokens',
    ':1',
    { ...NO_WEB_CONFIG, tokens: [{ name: 'a', sha256: '', role: 'viewer' }] },
    true,
  ],
  [
    'with certificates that are verified',
    ':1',
    { ...NO_WEB_CONFIG, tls: { ...tls, clientAuth: 'RequireAndVerifyClientCert' } },
    true,
  ],
  [
    'with TLS alone',
    ':1',
    { ...NO_WEB_CONFIG, tls: { ...tls, clientAuth: 'NoClientCert' } },
    false,
  ],
  [
    'with certificates of anybody',
    ':1',
    { ...NO_WEB_CONFIG, tls: { ...tls, clientAuth: 'RequireAnyClientCert' } },
    false,
  ],
] as const) {
  test(`listening is ${isSafe ? 'let be' : 'refused'}: ${name}`, () => {
    const addresses = [parseListenAddress('127.0.0.1:1'), parseListenAddress(address)]
    const check = (insecure: boolean) => requireSafeListen(addresses, web, insecure)
    if (isSafe) check(false)
    else assert.throws(() => check(false), { kind: 'bad_data', message: /--web\.insecure-listen/ })
    check(true)
  })
}

test('a port in use is one line that names it', async () => {
  await using first = await serve()
  const second = startServer({
    addresses: ['127.0.0.1:0', `127.0.0.1:${first.port}`],
    routes: [],
    web: NO_WEB_CONFIG,
    hostNames: [],
    bcryptWorkerFile: BCRYPT_WORKER,
    metrics: new Metrics(),
    log: silentLog,
    clock: systemClock,
  })
  await assert.rejects(second, {
    kind: 'io',
    message: `cannot listen on 127.0.0.1:${first.port}: the port is in use, wanted a free one (--web.listen-address)`,
  })
})

test('a privileged port and a missing interface are explained', () => {
  const explain = (code: string) =>
    explainListenError({ host: '', port: 80 }, Object.assign(new Error('x'), { code })).message
  assert.match(explain('EACCES'), /port 80 is for privileged users/)
  assert.match(explain('EADDRNOTAVAIL'), /no interface/)
})

for (const [host, isAllowed] of [
  ['localhost', true],
  ['LOCALHOST:9390', true],
  ['localhost.', true],
  ['x.localhost:1', true],
  ['127.0.0.1:9390', true],
  ['192.168.1.5', true],
  ['[::1]:9390', true],
  ['[fe80::1]', true],
  ['monitor.example:9390', true],
  ['Monitor.Example', true],
  ['a.b.wild.example', true],
  ['wild.example', false],
  ['evilwild.example', false],
  ['evil.example', false],
  ['monitor.example.evil.example', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['2130706433', false],
  ['0x7f.1', false],
  ['', false],
  ['localhost:x', false],
  ['localhost@evil.example', false],
  ['localhost evil', false],
  ['[::1', false],
] as const) {
  test(`a host is ${isAllowed ? 'known' : 'refused'}: ${host}`, () => {
    const hosts = new HostList(['monitor.example', '*.wild.example'])
    assert.equal(hosts.allows(host), isAllowed)
  })
}

for (const [name, headers, read, change] of [
  ['a program', {}, true, true],
  ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' }, true, true],
  ['an address typed by a person', { 'sec-fetch-site': 'none' }, true, true],
  ['another port of this host', { 'sec-fetch-site': 'same-site' }, true, false],
  ['another site', { 'sec-fetch-site': 'cross-site' }, false, false],
  [
    'a link on another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    true,
    false,
  ],
  ['an odd value', { 'sec-fetch-site': 'x' }, false, false],
  ['an old browser, our page', { origin: 'http://localhost' }, true, true],
  ['an old browser, another site', { origin: 'http://evil.example' }, true, false],
  ['an old browser, another port', { origin: 'http://localhost:8080' }, true, false],
  ['a sandboxed page', { origin: 'null' }, true, false],
] as const) {
  test(`who may read and change from a browser: ${name}`, () => {
    const all = { host: 'localhost', ...headers }
    assert.equal(refuseForeignSite(all, false, false) === undefined, read, 'reading')
    assert.equal(refuseForeignSite(all, true, false) === undefined, change, 'changing')
    const isBrowser = Object.keys(headers).length > 0
    assert.equal(refuseForeignSite(all, true, true) === undefined, change && isBrowser, 'by cookie')
  })
}

for (const [accept, encoding] of [
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip;q=1.0, zstd;q=0', 'gzip'],
  ['*', 'zstd'],
  ['*;q=0', 'identity'],
  ['GZIP', 'gzip'],
  ['xgzip', 'identity'],
] as const) {
  test(`an encoding is picked: ${accept}`, () => {
    assert.equal(pickEncoding(accept, ['zstd', 'gzip']), encoding)
  })
}

test('a rate limit lets a burst in, then one each interval, and says when to come back', () => {
  let nowMs = 0
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const rate = new RequestRate({ intervalMs: 2000, burst: 2 }, clock)
  assert.equal(rate.take(), undefined)
  assert.equal(rate.take(), undefined)
  const fault = rate.take()
  assert.equal(fault?.status, 429)
  assert.deepEqual(fault?.headers, { 'retry-after': '2' })
  nowMs = 2000
  assert.equal(rate.take(), undefined)
  assert.equal(rate.take()?.status, 429)
})

test('a route table takes a path and a method once', () => {
  assert.throws(() => new RouteTable([route('/a'), route('/a')]), /BUG: expected GET \/a/)
  const table = new RouteTable([route('/a'), route('/a', { methods: ['POST'] }), route('/b/:x')])
  assert.deepEqual(table.find('PUT', '/a'), ['GET', 'POST', 'HEAD'])
  assert.equal(table.find('GET', '/a/'), undefined)
  assert.equal(table.find('GET', '/b/'), undefined)
  assert.equal(table.find('GET', '/b/%E0%A4%A'), undefined)
})

for (const [address, network] of [
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::3:4:5:6', '2001:db8:0:0::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
] as const) {
  test(`callers are counted by what they cannot change of their address: ${address}`, () => {
    assert.equal(networkOf(address), network)
  })
}
