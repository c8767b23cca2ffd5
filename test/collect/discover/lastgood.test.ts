/** The last good lists: kept over a restart, bounded, and harmless when damaged. */
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { Secret } from '../../../src/base/secret.ts'
import type { FetchBody } from '../../../src/collect/discover/fetch.ts'
import { LISTS_MAX, openLastGood } from '../../../src/collect/discover/lastgood.ts'
import type { HttpDiscovery } from '../../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../../src/config/http.ts'
import { FakeApiServer } from '../../support/kubernetes.ts'
import { fakeClock } from '../clock.ts'
import { DiscoveryBench } from './bench.ts'
import { kubernetes } from './kubernetes/config.ts'
import { service } from './kubernetes/objects.ts'

function folderOf(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'narthex-lastgood-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return path.join(dir, 'discovery')
}

function answer(body: string): FetchBody {
  return () =>
    Promise.resolve({ status: 200, contentType: 'application/json', body: Buffer.from(body) })
}

const DOWN: FetchBody = () => Promise.reject(new NarthexError('io', 'cannot fetch: down'))
const HANGING: FetchBody = () => new Promise(() => {})

function source(token = 'CANARY1', url = 'http://user:CANARY2@sd.example/t'): HttpDiscovery {
  const authorization = { type: 'Bearer', credentials: new Secret(token), credentialsFile: '' }
  return { url, refreshIntervalMs: 60_000, http: { ...PLAIN_HTTP, authorization } }
}

/** One life of a program whose source answers so. */
async function live(
  t: TestContext,
  folder: string,
  fetchBody: FetchBody,
  http = [source()],
): Promise<DiscoveryBench> {
  const bench = new DiscoveryBench(t, { folder, fetchBody })
  bench.apply({ http })
  await bench.pass(10_000)
  return bench
}

for (const [name, fetchBody] of [
  ['fails', DOWN],
  ['hangs', HANGING],
] as const) {
  test(`after a restart the last good list counts while the source ${name}`, async (t) => {
    const folder = folderOf(t)
    const first = await live(t, folder, answer('[{"targets":["a:1"],"labels":{"k":"v"}}]'))
    first.discovery.stop()
    const second = await live(t, folder, fetchBody)
    assert.deepEqual(second.targets, [
      { __address__: 'a:1', __meta_url: 'http://user:xxxxx@sd.example/t', k: 'v' },
    ])
    second.discovery.stop()
    const third = await live(t, folder, answer('[]'))
    assert.deepEqual(third.addresses, [], 'an answer replaces it, an empty one too')
    third.discovery.stop()
    assert.deepEqual((await live(t, folder, DOWN)).addresses, [])
  })
}

test('what waits is written when the program stops', async (t) => {
  const folder = folderOf(t)
  const bench = new DiscoveryBench(t, { folder, fetchBody: answer('[{"targets":["a:1"]}]') })
  bench.apply({ http: [source()] })
  await bench.until('the list', () => bench.targets.length === 1)
  assert.equal(existsSync(folder), false)
  bench.discovery.stop()
  assert.equal(readdirSync(folder).length, 1)
})

test('no secret is in the folder, nobody else may read it, and another token is the same source', async (t) => {
  const folder = folderOf(t)
  const first = await live(t, folder, answer('[{"targets":["a:1"]}]'))
  first.discovery.stop()
  const [name] = readdirSync(folder)
  const file = path.join(folder, name)
  assert.doesNotMatch(name + readFileSync(file, 'utf8'), /CANARY/)
  assert.equal(statSync(file).mode & 0o077, 0)
  const rotated = source('CANARY3', 'http://user:CANARY4@sd.example/t')
  assert.deepEqual((await live(t, folder, DOWN, [rotated])).addresses, ['a:1'])
  const elsewhere = source('CANARY1', 'http://other.example/t')
  assert.deepEqual((await live(t, folder, DOWN, [elsewhere])).addresses, [])
  assert.deepEqual(
    readdirSync(folder),
    [],
    'sources that are not configured any more are forgotten',
  )
})

for (const [name, damage] of [
  ['half of it', (text: string) => text.slice(0, text.length / 2)],
  ['nothing', () => ''],
  ['another version', (text: string) => text.replace('"version":1', '"version":2')],
  ['a target that is no list', () => '{"version":1,"targets":["a:1"]}'],
  ['an odd number of texts', () => '{"version":1,"targets":[["a"]]}'],
  ['a number among the texts', () => '{"version":1,"targets":[["a",1]]}'],
  ['null', () => 'null'],
] as const) {
  test(`a damaged list is left out and counted: ${name}`, async (t) => {
    const folder = folderOf(t)
    const first = await live(t, folder, answer('[{"targets":["a:1"]}]'))
    first.discovery.stop()
    const file = path.join(folder, readdirSync(folder)[0])
    writeFileSync(file, damage(readFileSync(file, 'utf8')))
    const second = await live(t, folder, DOWN)
    assert.deepEqual(second.addresses, [])
    assert.equal(second.metric('narthex_sd_last_good_failures_total'), 1)
  })
}

test('a file in place of the folder costs the memory only', async (t) => {
  const folder = folderOf(t)
  writeFileSync(folder, '')
  const bench = await live(t, folder, answer('[{"targets":["a:1"]}]'))
  assert.deepEqual(bench.addresses, ['a:1'])
  assert.ok(bench.metric('narthex_sd_last_good_failures_total') >= 1)
})

test('an unchanged list is not written again', async (t) => {
  const folder = folderOf(t)
  const bench = await live(t, folder, answer('[{"targets":["a:1"]}]'))
  const file = path.join(folder, readdirSync(folder)[0])
  writeFileSync(file, 'mine')
  await bench.pass(180_000)
  bench.discovery.stop()
  assert.equal(readFileSync(file, 'utf8'), 'mine')
})

test('no more lists are kept than the bound', (t) => {
  const folder = folderOf(t)
  mkdirSync(folder)
  for (let i = 0; i < LISTS_MAX; i++) {
    writeFileSync(path.join(folder, `${i.toString(16).padStart(32, '0')}.json`), '')
  }
  const metrics = new Metrics()
  const said: string[] = []
  const log = { debug() {}, info() {}, error() {}, warn: (message: string) => said.push(message) }
  const kept = openLastGood({ folder, clock: fakeClock(), log, metrics })
  kept.keep('f'.repeat(32), [['__address__', 'a']])
  kept.stop()
  assert.equal(readdirSync(folder).length, LISTS_MAX)
  assert.match(metrics.render(), /\nnarthex_sd_last_good_failures_total 1\n/)
  assert.equal(said.length, 1)
})

test('of namespaces that do not answer after a restart, the targets of before count', async (t) => {
  const folder = folderOf(t)
  const api = await FakeApiServer.open()
  t.after(() => api.close())
  api.put('services', service('a'))
  api.put('services', { ...service('b'), metadata: { name: 'b', namespace: 'test' } })
  const config = kubernetes(api.url, 'service', { namespaces: ['prod', 'test'] })
  const first = new DiscoveryBench(t, { folder })
  first.apply(config)
  await first.untilAddresses('a.prod.svc:80', 'b.test.svc:80')
  first.discovery.stop()
  api.faults.push((request, response) => {
    if (!(request.url ?? '').includes('/namespaces/test/')) return false
    response.writeHead(503).end()
    return true
  })
  api.remove('services', 'prod/a')
  const second = new DiscoveryBench(t, { folder })
  second.apply(config)
  await second.untilAddresses('b.test.svc:80')
})
