/** The scrape manager end to end: targets on sockets, samples in an appender, a clock by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { compileRelabel } from '../../../src/config/relabel.ts'
import type { ScrapeConfig } from '../../../src/config/scrape.ts'
import { labelsToRecord } from '../../../src/model/labels.ts'
import { configOf, INTERVAL_MS, inWorld, OPENMETRICS, own, TEXT } from './world.ts'

test('a scrape stores the samples with target labels, and its report', () =>
  inWorld(async (world) => {
    world.serve('# TYPE a counter\na 1\nb{c="d"} 2.5\n')
    world.apply()
    const timeMs = await world.scrape()
    const stored = world.appender.at(timeMs)
    assert.equal(stored[`a{${own(world)}}`], 1)
    assert.equal(stored[`b{c="d", ${own(world)}}`], 2.5)
    assert.equal(stored[`up{${own(world)}}`], 1)
    assert.equal(stored[`scrape_duration_seconds{${own(world)}}`], 0)
    assert.equal(stored[`scrape_samples_scraped{${own(world)}}`], 2)
    assert.equal(stored[`scrape_samples_post_metric_relabeling{${own(world)}}`], 2)
    assert.equal(stored[`scrape_series_added{${own(world)}}`], 2)
    assert.equal(Object.keys(stored).length, 7)
    const [status] = world.manager.targets.active()
    assert.equal(status.health, 'up')
    assert.equal(status.lastError, '')
    assert.equal(status.lastSamples, 2)
    assert.equal(status.scrapeUrl, `http://${world.address}/metrics`)
    assert.equal(status.lastScrapeMs, timeMs)
  }))

test('a request says what is accepted, for how long, and who asks', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply({ params: [['module', ['x y', 'z']]] }, { __param_module: 'first' })
    await world.scrape()
    const { headers, url } = world.requests[0]
    assert.equal(url, '/metrics?module=x+y&module=z')
    assert.equal(
      headers.accept,
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
        'application/openmetrics-text;version=0.0.1;q=0.5,' +
        'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,' +
        '*/*;q=0.2',
    )
    assert.match(headers['user-agent'] ?? '', /^narthex\/\d+\.\d+\.\d+/)
    assert.equal(headers['x-prometheus-scrape-timeout-seconds'], '10')
  }))

test('one connection serves all scrapes of a target', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    for (let i = 0; i < 4; i++) await world.scrape()
    const ports = new Set(world.requests.map((request) => request.socket.remotePort))
    assert.equal(world.requests.length, 4)
    assert.equal(ports.size, 1)
  }))

test('scrapes bear the times of their slot, one interval apart', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    const first = await world.scrape()
    assert.equal(await world.scrape(), first + INTERVAL_MS)
    assert.equal(first % (INTERVAL_MS / 10), 0, 'a slot is a tenth of the interval')
  }))

test('relabelling drops targets, renames them and may change how they are scraped', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    const config = configOf({
      relabel: [
        compileRelabel({ action: 'drop', sourceLabels: ['__meta_role'], regex: 'db' }),
        compileRelabel({ sourceLabels: ['__meta_role'], targetLabel: 'role' }),
        compileRelabel({ targetLabel: '__metrics_path__', replacement: '/other' }),
      ],
    })
    world.manager.apply([config])
    world.manager.retarget('test', [
      world.found({ __meta_role: 'web' }),
      world.found({ __meta_role: 'db' }),
      world.found({ __meta_role: 'web' }),
    ])
    const [status, ...others] = world.manager.targets.active()
    assert.equal(others.length, 0, 'equal targets are one')
    assert.deepEqual(
      { ...labelsToRecord(status.labels) },
      {
        instance: world.address,
        job: 'test',
        role: 'web',
      },
    )
    assert.equal(labelsToRecord(status.discoveredLabels).__scrape_interval__, '10s')
    const dropped = world.manager.targets.dropped()
    assert.equal(dropped.length, 1)
    assert.equal(labelsToRecord(dropped[0].discoveredLabels).__meta_role, 'db')
    assert.deepEqual(world.manager.targets.droppedCounts(), new Map([['test', 1]]))
    await world.scrape()
    assert.equal(world.requests[0].url, '/other')
  }))

test('dropped targets beyond the bound are counted, and listed once there is room', () =>
  inWorld(async (world) => {
    const relabel = [compileRelabel({ action: 'drop', sourceLabels: ['__meta_role'], regex: 'db' })]
    world.manager.apply([configOf({ relabel, keepDroppedTargets: 1 })])
    const found = ['a', 'b', 'c'].map((name) => world.found({ __meta_role: 'db', name }))
    const listed = (): string[] =>
      world.manager.targets.dropped().map((one) => labelsToRecord(one.discoveredLabels).name)
    world.manager.retarget('test', found)
    assert.deepEqual([listed(), world.manager.targets.droppedCounts().get('test')], [['a'], 3])
    world.manager.retarget('test', found.slice(1))
    assert.deepEqual([listed(), world.manager.targets.droppedCounts().get('test')], [['b'], 2])
    world.manager.apply([configOf({ keepDroppedTargets: 1 })])
    assert.equal(world.manager.targets.active().length, 2, 'other rules judge anew')
  }))

test('a target that cannot be scraped does not keep the others from it', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.manager.apply([configOf()])
    world.manager.retarget('test', [
      ['__address__', 'http://host/metrics'],
      ['__address__', ''],
      world.found({ __scrape_timeout__: '20s' }),
      world.found({ __scheme__: 'gopher' }),
      world.found(),
    ])
    assert.equal(world.manager.targets.active().length, 1)
  }))

test('target_limit makes every target of the pool fail without a request', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.manager.apply([configOf({ targetLimit: 1 })])
    world.manager.retarget('test', [world.found(), world.found({ x: 'y' })])
    await world.scrape()
    await world.scrape()
    assert.equal(world.requests.length, 0)
    for (const status of world.manager.targets.active()) {
      assert.equal(status.lastError, 'target_limit exceeded (number of targets: 2, limit: 1)')
    }
    world.manager.retarget('test', [world.found()])
    const timeMs = await world.scrape()
    assert.equal(world.appender.at(timeMs)[`up{${own(world)}}`], 1)
  }))

test('extra-scrape-metrics adds its three series', () =>
  inWorld(
    async (world) => {
      world.serve('a 1\n')
      world.apply({ sampleLimit: 7 })
      const stored = world.appender.at(await world.scrape())
      assert.equal(stored[`scrape_timeout_seconds{${own(world)}}`], 10)
      assert.equal(stored[`scrape_sample_limit{${own(world)}}`], 7)
      assert.equal(stored[`scrape_body_size_bytes{${own(world)}}`], 4)
    },
    { extraScrapeMetrics: true },
  ))

test('fallback_scrape_protocol reads an answer without a usable type', () =>
  inWorld(async (world) => {
    world.serve('a 1\n', 'text/html')
    world.apply({ fallbackScrapeProtocol: 'PrometheusText0.0.4' })
    assert.equal(world.appender.at(await world.scrape())[`a{${own(world)}}`], 1)
  }))

test('strict OpenMetrics refuses what Prometheus lets pass', () =>
  inWorld(
    async (world) => {
      world.serve('# TYPE a counter\na_total -1\n# EOF\n', OPENMETRICS)
      world.apply()
      await world.scrape()
      assert.match(world.manager.targets.active()[0].lastError, /OpenMetrics 1.0 forbids/)
    },
    { strictOpenMetrics: true },
  ))

test('metrics_relabel_configs cost nothing once a key is known', () =>
  inWorld(async (world) => {
    let runs = 0
    const rule = compileRelabel({ action: 'drop', sourceLabels: ['__name__'], regex: 'b' })
    const counted = {
      ...rule,
      matches: (text: string) => {
        runs++
        return rule.matches(text)
      },
    }
    world.serve('a 1\nb 2\n')
    world.apply({ metricRelabel: [counted] } satisfies Partial<ScrapeConfig>)
    for (let i = 0; i < 3; i++) await world.scrape()
    assert.equal(runs, 2)
  }))

test('C20: a clock that jumps back or forth changes times, not the rhythm', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    await world.scrape()
    for (const jumpMs of [-6 * 3_600_000, 10 * 60_000, 365 * 86_400_000, -365 * 86_400_000]) {
      world.clock.jump(jumpMs)
      const before = world.requests.length
      await world.scrape()
      assert.equal(world.requests.length, before + 1)
      assert.ok((world.clock.untilNextMs() ?? 0) <= INTERVAL_MS)
      assert.equal(world.manager.targets.active()[0].health, 'up')
    }
    assert.match(world.metrics.render(), /sample_out_of_order_total [1-9]/)
  }))

test('C20: after a suspend there is one scrape, not one for each that was missed', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    await world.scrape()
    world.clock.jump(3_600_000)
    await world.scrape()
    await world.scrape()
    assert.equal(world.requests.length, 3)
  }))

test('a store that is read-only is told as the error of the scrape', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    await world.scrape()
    world.appender.readOnly = true
    await world.scrape()
    const [status] = world.manager.targets.active()
    assert.equal(status.health, 'down')
    assert.match(status.lastError, /read-only/)
    world.appender.readOnly = false
    assert.equal(world.appender.at(await world.scrape())[`a{${own(world)}}`], 1)
  }))

test('gzip is asked for where enable_compression says so, except on the loopback interface', () =>
  inWorld(async (world) => {
    world.handler = (request, response) => {
      response.writeHead(200, { 'content-type': TEXT, 'content-encoding': 'gzip' })
      response.end(
        zlib.gzipSync(`a ${request.headers['accept-encoding'] === 'identity' ? 1 : 2}\n`),
      )
    }
    world.apply()
    assert.equal(world.appender.at(await world.scrape())[`a{${own(world)}}`], 1)
  }))

test('metadata of a target can be asked for by its labels', () =>
  inWorld(async (world) => {
    world.serve('# HELP a some help\n# TYPE a counter\na 1\n')
    world.apply()
    await world.scrape()
    const found = world.manager.metadata.ofTargets(() => true, '', 0)
    assert.equal(found.length, 1)
    assert.equal(found[0].metric, 'a')
    assert.deepEqual(found[0].metadata, { type: 'counter', help: 'some help', unit: '' })
    assert.deepEqual([...world.manager.metadata.families('', 0, 0).keys()], ['a'])
    assert.deepEqual(
      world.manager.metadata.ofTargets(() => false, '', 0),
      [],
    )
  }))

test('stopping ends a scrape that hangs', () =>
  inWorld(async (world) => {
    const asked = new Promise<void>((resolve) => {
      world.handler = () => resolve()
    })
    world.apply()
    world.clock.advance(INTERVAL_MS)
    await asked
    await world.manager.stop()
    assert.equal(world.appender.appends, 0)
  }))

test('a scrape that hangs ends at its timeout', () =>
  inWorld(async (world) => {
    const asked = new Promise<void>((resolve) => {
      world.handler = () => resolve()
    })
    world.apply({ scrapeTimeoutMs: 2000 })
    world.clock.advance(world.clock.untilNextMs() ?? 0)
    await asked
    await world.scrape()
    const [status] = world.manager.targets.active()
    assert.equal(
      status.lastError,
      `Get "http://${world.address}/metrics": context deadline exceeded`,
    )
    assert.equal(status.lastScrapeDurationSeconds, 2)
  }))

test('C30: what discovery found is not connected to at a link-local address, whatever relabelling says', () =>
  inWorld(async (world) => {
    const relabel = [
      compileRelabel({ sourceLabels: ['__meta_to'], regex: '(.+)', targetLabel: '__address__' }),
    ]
    world.manager.apply([configOf({ relabel })])
    world.manager.retarget('test', [world.found({ __meta_to: '2852039166:1', x: 'y' })], 0)
    await world.scrape()
    const [status] = world.manager.targets.active()
    assert.match(status.lastError, /169\.254\.169\.254 is a link-local or metadata address/)
    assert.equal(world.requests.length, 0)
  }))
