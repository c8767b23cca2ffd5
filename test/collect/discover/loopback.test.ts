/** The search on loopback: claims by content, remembers, forgets slowly, never itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { openFetchBody } from '../../../src/collect/discover/client.ts'
import { KNOWN_EXPORTERS, recogniseExporter } from '../../../src/collect/discover/exporters.ts'
import { type LoopbackSearch, startLoopbackSearch } from '../../../src/collect/discover/loopback.ts'
import type { Labels } from '../../../src/model/labels.ts'
import { labelValue } from '../../../src/model/labels.ts'
import { freePort, missingComponents, startComponent } from '../../support/processes.ts'
import { type FakeClock, fakeClock } from '../clock.ts'

interface Bench {
  readonly clock: FakeClock
  readonly search: LoopbackSearch
  readonly bodies: Map<number, string>
  readonly sent: string[][]
  readonly said: unknown[]
  readonly asked: string[]
}

function openBench(bodies: [number, string][], portsSkipped: number[] = []): Bench {
  const clock = fakeClock()
  const bench = {
    clock,
    bodies: new Map(bodies),
    sent: [] as string[][],
    said: [] as unknown[],
    asked: [] as string[],
  }
  const log: Log = { ...silentLog, info: (_message, fields) => bench.said.push(fields) }
  const search = startLoopbackSearch({
    clock,
    log,
    metrics: new Metrics(),
    intervalMs: 60_000,
    portsSkipped: new Set(portsSkipped),
    fetchBody({ url }) {
      bench.asked.push(url)
      const body = bench.bodies.get(Number(/:(\d+)\//.exec(url)?.[1]))
      if (body === undefined) return Promise.reject(new NarthexError('io', 'cannot fetch: refused'))
      return Promise.resolve({ status: 200, contentType: 'text/plain', body: Buffer.from(body) })
    },
    onTargets: (targets: readonly Labels[]) =>
      bench.sent.push(
        targets.map((one) => `${labelValue(one, 'job')}@${labelValue(one, '__address__')}`),
      ),
  })
  return { ...bench, search }
}

const NODE = '# TYPE node_uname_info gauge\nnode_uname_info{sysname="Linux"} 1\n'
const REDIS = 'redis_up 1\n'

test('exporters are found by what they say, wherever they listen', async () => {
  const bench = openBench([
    [9100, NODE],
    [9104, REDIS],
    [9187, 'my_app_requests_total 1\n# HELP pg_up only named in a comment\n'],
  ])
  await bench.clock.advance(0)
  assert.deepEqual(bench.sent, [['node@127.0.0.1:9100', 'redis@127.0.0.1:9104']])
  assert.deepEqual(bench.said, [{ exporters: ['node 127.0.0.1:9100', 'redis 127.0.0.1:9104'] }])
  assert.deepEqual(
    bench.search.events().map((event) => [event.kind, event.exporter, event.address]),
    [
      ['found', 'node', '127.0.0.1:9100'],
      ['found', 'redis', '127.0.0.1:9104'],
      ['unknown', '', '127.0.0.1:9187'],
    ],
  )
  bench.search.stop()
})

test('nothing is said or handed out again while nothing changes', async () => {
  const bench = openBench([[9100, NODE]])
  await bench.clock.advance(600_000)
  assert.equal(bench.sent.length, 1)
  assert.equal(bench.said.length, 1)
  bench.bodies.set(9121, REDIS)
  await bench.clock.advance(60_000)
  assert.deepEqual(bench.sent.at(-1), ['node@127.0.0.1:9100', 'redis@127.0.0.1:9121'])
  bench.search.stop()
})

test('an exporter that falls silent stays a target for ten rounds, then it is gone', async () => {
  const bench = openBench([[9100, NODE]])
  await bench.clock.advance(0)
  bench.bodies.delete(9100)
  await bench.clock.advance(9 * 60_000)
  assert.equal(bench.search.found().length, 1)
  await bench.clock.advance(60_000)
  assert.deepEqual(bench.sent.at(-1), [])
  assert.equal(bench.search.events().at(-1)?.kind, 'gone')
  bench.search.stop()
})

test('our own ports are not asked, and another of us is not claimed', async () => {
  const own = 'narthex_build_info 1\nprometheus_build_info 1\n'
  const bench = openBench([[9090, own]], [9100])
  await bench.clock.advance(0)
  assert.ok(!bench.asked.includes('http://127.0.0.1:9100/metrics'))
  assert.equal(bench.asked.length, KNOWN_EXPORTERS.length - 1)
  assert.deepEqual(bench.search.found(), [])
  bench.search.stop()
  await bench.clock.advance(600_000)
  assert.equal(bench.asked.length, KNOWN_EXPORTERS.length - 1, 'a stopped search asks nobody')
})

test('a search that takes over counts in the same figure', async () => {
  const metrics = new Metrics()
  for (let round = 0; round < 2; round++) {
    const clock = fakeClock()
    const body = { status: 200, contentType: '', body: Buffer.from(NODE) }
    const search = startLoopbackSearch({
      clock,
      log: silentLog,
      metrics,
      fetchBody: () => Promise.resolve(body),
      intervalMs: 60_000,
      portsSkipped: new Set(),
      ports: [1, 2],
      onTargets: () => {},
    })
    assert.match(metrics.render(), /\nnarthex_loopback_exporters 0\n/)
    await clock.advance(0)
    assert.match(metrics.render(), /\nnarthex_loopback_exporters 2\n/)
    search.stop()
  }
})

test('every known exporter is recognised by each of its metrics and by no part of one', () => {
  for (const exporter of KNOWN_EXPORTERS) {
    for (const name of exporter.metrics) {
      assert.equal(recogniseExporter(`x 1\n${name}{a="b"} 1\n`)?.name, exporter.name)
      assert.equal(recogniseExporter(`${name}\t1`)?.name, exporter.name)
      assert.equal(recogniseExporter(`${name}_more 1\n`), undefined)
      assert.equal(recogniseExporter(`# TYPE ${name} gauge\nx{y="${name} 1"} 1\n`), undefined)
    }
  }
  assert.equal(recogniseExporter('<html>node_uname_info</html>'), undefined)
})

/** Components with their flags and page, and the name that the search must find. */
const REAL = [
  ['prometheus-node-exporter', 'node'],
  ['prometheus-redis-exporter', 'redis'],
] as const

for (const [command, exporter] of REAL) {
  const skip = missingComponents(command) ?? false
  test(`the search finds the real ${command} by its metrics`, { skip }, async (t) => {
    const port = await freePort()
    const flags = [`--web.listen-address=127.0.0.1:${port}`]
    const component = await startComponent(command, flags, port, '/metrics')
    t.after(() => component.stop())
    const targets = await new Promise<readonly Labels[]>((resolve) => {
      const search = startLoopbackSearch({
        clock: systemClock,
        log: silentLog,
        metrics: new Metrics(),
        fetchBody: openFetchBody({ clock: systemClock, environment: {} }),
        intervalMs: 60_000,
        portsSkipped: new Set(),
        ports: [port],
        onTargets: resolve,
      })
      t.after(() => search.stop())
    })
    assert.deepEqual(
      targets.map((one) => [labelValue(one, 'job'), labelValue(one, '__address__')]),
      [[exporter, `127.0.0.1:${port}`]],
    )
  })
}
