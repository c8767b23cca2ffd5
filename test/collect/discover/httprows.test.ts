/** HTTP discovery row by row over a real server, to the targets that would be scraped (C21). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { openFetchBody } from '../../../src/collect/discover/client.ts'
import { discoveredLabels, makeTarget } from '../../../src/collect/scrape/target.ts'
import type { HttpDiscovery } from '../../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../../src/config/http.ts'
import { labelsFrom, labelsToRecord } from '../../../src/model/labels.ts'
import { configOf } from '../scrape/world.ts'
import { DiscoveryBench } from './bench.ts'

type Answer = (response: http.ServerResponse, request: http.IncomingMessage) => void

interface World {
  readonly bench: DiscoveryBench
  readonly requests: http.IncomingMessage[]
  answer: Answer
  readonly url: string
}

const REFRESH_MS = 60_000

function sourceOf(url: string): HttpDiscovery {
  return { url, refreshIntervalMs: REFRESH_MS, http: PLAIN_HTTP }
}

async function open(t: TestContext, answer: Answer, sourceCount = 1): Promise<World> {
  const requests: http.IncomingMessage[] = []
  const server = http.createServer((request, response) => {
    requests.push(request)
    world.answer(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/targets`
  const bench = new DiscoveryBench(t, {
    fetchBody: openFetchBody({ clock: systemClock, environment: {} }),
  })
  const world: World = { bench, requests, answer, url }
  bench.apply({
    http: Array.from({ length: sourceCount }, (_, i) => sourceOf(i === 0 ? url : `${url}?${i}`)),
  })
  return world
}

function json(value: unknown, type = 'application/json'): Answer {
  return (response) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    response.writeHead(200, type === '' ? {} : { 'Content-Type': type }).end(text)
  }
}

const group = (...targets: string[]): object => ({ targets, labels: { dbms: 'MySQL' } })
const BEFORE = json([group('before:9100')])

/** The URLs that would be scraped, and what each series would bear. */
function scraped(bench: DiscoveryBench): Record<string, Record<string, string>> {
  const config = configOf()
  const found: Record<string, Record<string, string>> = {}
  for (const target of bench.targets) {
    try {
      const labels = discoveredLabels(labelsFrom(Object.entries(target)), config)
      const made = makeTarget(labels, config)
      if (made !== undefined) found[made.url.href] = { ...labelsToRecord(made.labels) }
    } catch (error) {
      // A target that cannot be scraped: the pool tells of it and goes on.
      if (!(error instanceof NarthexError)) throw error
    }
  }
  return found
}

for (const [row, answer] of [
  ['500', (response) => response.writeHead(500).end('[]')],
  ['204', (response) => response.writeHead(204).end()],
  ['broken connection', (response) => response.destroy()],
  [
    'connection broken inside the body',
    (response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 99 })
      response.write('[{"targets":["x:1"')
      response.destroy()
    },
  ],
  ['text/html', json([group('x:1')], 'text/html')],
  ['no content type', json([group('x:1')], '')],
  ['extra key in a group', json([{ targets: ['x:1'], extra: 1 }])],
  ['[null]', json([null])],
  ['object instead of list', json({ targets: ['x:1'] })],
  ['numeric label value', json([{ targets: ['x:1'], labels: { a: 1 } }])],
  ['trailing garbage', json('[] []')],
  ['null, unlike Prometheus', json('null')],
  ['an empty body', json('')],
  [
    'a redirect to a metadata service',
    (response) => response.writeHead(302, { Location: 'http://169.254.169.254/latest' }).end(),
  ],
] as const satisfies readonly (readonly [string, Answer])[]) {
  test(`row: ${row} → failure counted, the previous targets stay`, async (t) => {
    const world = await open(t, BEFORE)
    await world.bench.untilAddresses('before:9100')
    world.answer = answer
    await world.bench.until('a failure', () => world.bench.status.lastError !== '')
    assert.deepEqual(world.bench.addresses, ['before:9100'])
    assert.ok(world.bench.metric('prometheus_sd_http_failures_total') >= 1)
    assert.ok(world.bench.metric('prometheus_sd_refresh_failures_total{mechanism="http"}') >= 1)
    world.answer = json([group('after:9100')])
    await world.bench.untilAddresses('after:9100')
    assert.equal(world.bench.status.lastError, '')
  })
}

const LABELS = { dbms: 'MySQL', job: 'test' }

for (const [row, answer, wanted] of [
  [
    'the same target twice in one group → one target',
    json([group('a:1', 'a:1')]),
    { 'http://a:1/metrics': { ...LABELS, instance: 'a:1' } },
  ],
  [
    'application/json; charset=utf-8 → accepted',
    json([group('a:1')], 'application/json; charset=utf-8'),
    { 'http://a:1/metrics': { ...LABELS, instance: 'a:1' } },
  ],
  [
    'label name db-name → accepted, as UTF-8 names are',
    json([{ targets: ['a:1'], labels: { 'db-name': '프라이머리' } }]),
    { 'http://a:1/metrics': { job: 'test', instance: 'a:1', 'db-name': '프라이머리' } },
  ],
  [
    'target http://h:p/metrics → only that target is dropped',
    json([group('http://h:1/metrics', 'a:1')]),
    { 'http://a:1/metrics': { ...LABELS, instance: 'a:1' } },
  ],
  [
    'target without port → default port of the scheme',
    json([group('a'), { targets: ['b'], labels: { __scheme__: 'https' } }]),
    {
      'http://a/metrics': { ...LABELS, instance: 'a' },
      'https://b/metrics': { job: 'test', instance: 'b' },
    },
  ],
  [
    'labels with two underscores → override or hidden',
    json([
      {
        targets: ['a:1'],
        labels: {
          __metrics_path__: '/probe',
          __scheme__: 'https',
          __scrape_interval__: '5s',
          __scrape_timeout__: '3s',
          __param_module: 'icmp',
          __meta_datacenter: 'x',
          __tmp: 'y',
        },
      },
    ]),
    { 'https://a:1/probe?module=icmp': { job: 'test', instance: 'a:1' } },
  ],
  ['[] → all targets removed', json([]), {}],
  ['groups without targets → all targets removed', json([{ targets: [] }]), {}],
] as const satisfies readonly (readonly [string, Answer, object])[]) {
  test(`row: ${row}`, async (t) => {
    const world = await open(t, BEFORE)
    await world.bench.untilAddresses('before:9100')
    world.answer = answer
    await world.bench.until('the answer', () => !world.bench.addresses.includes('before:9100'))
    assert.deepEqual(scraped(world.bench), wanted)
    assert.equal(world.bench.status.lastError, '')
  })
}

test('every target says the URL that it comes from, and the server how often it is asked', async (t) => {
  const world = await open(t, BEFORE)
  await world.bench.untilAddresses('before:9100')
  assert.equal(world.bench.targets[0].__meta_url, world.url)
  const { headers } = world.requests[0]
  assert.equal(headers['x-prometheus-refresh-interval-seconds'], '60')
  assert.equal(headers.accept, 'application/json')
})

test('C21: one bad target of 250 costs itself', async (t) => {
  const all = Array.from({ length: 250 }, (_, i) => (i === 100 ? 'http://bad/' : `h${i}:1`))
  const { bench } = await open(t, json([group(...all)]))
  await bench.until('all', () => bench.targets.length === 250)
  assert.equal(Object.keys(scraped(bench)).length, 249)
})

test('C21: one bad source of 250 costs itself, and one that hangs holds nobody up', async (t) => {
  const { bench } = await open(
    t,
    (response, request) => {
      const number = Number(new URL(request.url ?? '/', 'http://h').search.slice(1))
      if (number === 100) response.writeHead(500).end()
      else if (number !== 200) json([group(`h${number}:1`)])(response, request)
    },
    250,
  )
  await bench.until('all others', () => bench.targets.length === 248)
  assert.ok(bench.clock.monotonicMs() < REFRESH_MS)
})
