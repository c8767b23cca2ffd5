/** C19: when series are marked as gone, and when they are not: faults, limits, reloads, stops. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRelabel } from '../../../src/config/relabel.ts'
import { configOf, INTERVAL_MS, inWorld, OPENMETRICS, own, TEXT, type World } from './world.ts'

for (const [name, serve, message] of [
  [
    'a status that is not 200',
    (world: World) => {
      world.handler = (_q, response) => response.writeHead(503).end('a 1\n')
    },
    /^server returned HTTP status 503 Service Unavailable$/,
  ],
  [
    'a body that is no exposition',
    (world: World) => world.serve('a 1\n<html>\n'),
    /^expected a valid start token, got "<"/,
  ],
  [
    'an unknown content type',
    (world: World) => world.serve('a 1\n', 'text/html'),
    /^received unsupported Content-Type "text\/html" and no fallback_scrape_protocol specified/,
  ],
  [
    'no content type',
    (world: World) => {
      world.handler = (_q, response) => response.writeHead(200).end('a 1\n')
    },
    /^non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol/,
  ],
  [
    'OpenMetrics without its end',
    (world: World) => world.serve('a 1\n', OPENMETRICS),
    /^data does not end with # EOF$/,
  ],
  [
    'a body that is cut off',
    (world: World) => {
      world.handler = (_q, response) => {
        response.writeHead(200, { 'content-type': TEXT, 'content-length': 100 })
        response.write('a 1\n', () => response.destroy())
      }
    },
    /unexpected EOF$/,
  ],
  [
    'wrong gzip',
    (world: World) => {
      world.handler = (_q, response) => {
        response.writeHead(200, { 'content-type': TEXT, 'content-encoding': 'gzip' })
        response.end('this is not gzip')
      }
    },
    /gzip: invalid data/,
  ],
] as const) {
  test(`C19: after ${name} everything is stale, the error is told, and the next scrape heals`, () =>
    inWorld(async (world) => {
      world.serve('a 1\nb 2\n')
      world.apply()
      await world.scrape()
      serve(world)
      const timeMs = await world.scrape()
      const stored = world.appender.at(timeMs)
      assert.equal(stored[`a{${own(world)}}`], 'stale')
      assert.equal(stored[`b{${own(world)}}`], 'stale')
      assert.equal(stored[`up{${own(world)}}`], 0)
      const [status] = world.manager.targets.active()
      assert.equal(status.health, 'down')
      assert.match(status.lastError, message)
      const again = world.appender.at(await world.scrape())
      assert.equal(again[`a{${own(world)}}`], undefined, 'a marker is written once')
      world.serve('a 3\nb 4\n')
      const healed = world.appender.at(await world.scrape())
      assert.equal(healed[`a{${own(world)}}`], 3)
      assert.equal(healed[`up{${own(world)}}`], 1)
      assert.equal(healed[`scrape_series_added{${own(world)}}`], 0)
    }))
}

for (const [name, limits, message] of [
  ['sample_limit', { sampleLimit: 2 }, 'sample limit exceeded'],
  ['body_size_limit', { bodySizeLimitBytes: 12 }, 'body size limit exceeded'],
  [
    'label_limit',
    { labelLimit: 3 },
    'label_limit exceeded (metric: c, number of labels: 4, limit: 3)',
  ],
] as const) {
  test(`C19: ${name} makes the scrape fail and everything stale`, () =>
    inWorld(async (world) => {
      world.serve('a 1\nb 2\n')
      world.apply(limits)
      await world.scrape()
      world.serve('a 1\nb 2\nc{d="e"} 3\n')
      const stored = world.appender.at(await world.scrape())
      assert.equal(stored[`a{${own(world)}}`], 'stale')
      assert.equal(stored[`up{${own(world)}}`], 0)
      assert.equal(world.manager.targets.active()[0].lastError, message)
    }))
}

test('C19: a target that is gone is marked after it could have come back, at the missed time', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    const last = await world.scrape()
    world.manager.retarget('test', [])
    assert.equal(world.manager.targets.active().length, 0)
    await world.scrape()
    const stored = world.appender.at(last + INTERVAL_MS)
    assert.equal(Object.keys(stored).length, 6)
    assert.ok(Object.values(stored).every((value) => value === 'stale'))
    assert.equal(world.clock.untilNextMs(), undefined)
  }))

test('C19: a target that comes back in time is not marked', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    await world.scrape()
    world.manager.retarget('test', [])
    world.manager.retarget('test', [world.found()])
    const back = await world.scrape()
    assert.equal(world.appender.at(back)[`a{${own(world)}}`], 1)
    const { commits } = world.appender
    while (world.appender.commits < commits + 3) await world.scrape()
    const samples = [...world.appender.byName().values()].flat()
    assert.ok(samples.every((sample) => !sample.stale))
  }))

test('C19: stopping marks nothing', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    await world.scrape()
    await world.manager.stop()
    world.clock.advance(INTERVAL_MS * 10)
    const samples = [...world.appender.byName().values()].flat()
    assert.ok(samples.every((sample) => !sample.stale))
  }))

test('C19: a reload with the same configuration restarts nothing', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    const last = await world.scrape()
    world.manager.apply([configOf()])
    assert.equal(world.manager.targets.active()[0].lastScrapeMs, last)
    const timeMs = await world.scrape()
    assert.equal(world.appender.at(timeMs)[`scrape_series_added{${own(world)}}`], 0)
  }))

test('C19: a reload with new labels marks the series under the old ones', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    const last = await world.scrape()
    const zone = compileRelabel({ targetLabel: 'zone', replacement: 'z' })
    world.manager.apply([configOf({ relabel: [zone] })])
    for (let i = 0; i < 4; i++) await world.scrape()
    const old = world.appender.byName().get(`a{${own(world)}}`)
    assert.deepEqual(
      old?.map((sample) => [sample.timeMs, sample.stale]),
      [
        [last, false],
        [last + INTERVAL_MS, true],
      ],
    )
    const now = world.appender.byName().get(`a{${own(world)}, zone="z"}`)
    assert.ok(now?.every((sample) => !sample.stale))
  }))

test('a reload that changes only the way of asking keeps the series', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    world.apply()
    await world.scrape()
    world.manager.apply([configOf({ enableCompression: false })])
    const timeMs = await world.scrape()
    assert.equal(world.appender.at(timeMs)[`scrape_series_added{${own(world)}}`], 0)
    world.serve('b 1\n')
    assert.equal(world.appender.at(await world.scrape())[`a{${own(world)}}`], 'stale')
  }))

test('C19: series that another target has as well are not marked when one of the two goes', () =>
  inWorld(async (world) => {
    world.serve('a 1\n')
    const relabel = [
      compileRelabel({ targetLabel: 'job', replacement: 'test' }),
      compileRelabel({ targetLabel: '__scrape_interval__', replacement: '7s' }),
      compileRelabel({ targetLabel: '__scrape_timeout__', replacement: '7s' }),
    ]
    const other = configOf({ jobName: 'other', relabel, metricsPath: '/other' })
    world.manager.apply([configOf(), other])
    world.manager.retarget('test', [world.found()])
    world.manager.retarget('other', [world.found()])
    for (let i = 0; i < 4; i++) await world.scrape()
    world.manager.apply([configOf()])
    for (let i = 0; i < 4; i++) await world.scrape()
    const samples = [...world.appender.byName().values()].flat()
    assert.ok(samples.every((sample) => !sample.stale))
  }))

test('C19: with honor_labels, series of another target are told apart by themselves', () =>
  inWorld(async (world) => {
    world.handler = (request, response) => {
      const only = request.url === '/other' ? 'mine{job="x",instance="y"} 1\n' : ''
      response.writeHead(200, { 'content-type': TEXT })
      response.end(`shared{job="x",instance="y"} 1\n${only}`)
    }
    const honorLabels = true
    const other = configOf({ jobName: 'other', honorLabels, metricsPath: '/other' })
    world.manager.apply([configOf({ honorLabels }), other])
    world.manager.retarget('test', [world.found()])
    world.manager.retarget('other', [world.found()])
    for (let i = 0; i < 4; i++) await world.scrape()
    world.manager.apply([configOf({ honorLabels })])
    for (let i = 0; i < 4; i++) await world.scrape()
    const isMarked = (name: string): boolean =>
      world.appender
        .byName()
        .get(`${name}{instance="y", job="x"}`)
        ?.some((s) => s.stale) ?? false
    assert.equal(isMarked('shared'), false)
    assert.equal(isMarked('mine'), true)
  }))
