/** Discovery: sources of all kinds through faults, changes and reloads (C21). */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { Secret } from '../../../src/base/secret.ts'
import { VERSION } from '../../../src/base/version.ts'
import { type Discovery, startDiscovery } from '../../../src/collect/discover/discovery.ts'
import type { FetchBody, FetchedBody } from '../../../src/collect/discover/fetch.ts'
import { type DiscoveryConfigs, NO_DISCOVERY } from '../../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../../src/config/http.ts'
import { type Labels, labelValue } from '../../../src/model/labels.ts'
import { type FakeClock, fakeClock, settle } from '../clock.ts'

const NONE: DiscoveryConfigs = NO_DISCOVERY
const URL = 'http://user:CANARY@sd.example/targets'

interface Bench {
  readonly clock: FakeClock
  readonly discovery: Discovery
  readonly metrics: Metrics
  readonly requests: Parameters<FetchBody>[0][]
  /** Every list that was handed out, by job, as addresses. */
  readonly sent: [string, string[]][]
  answer: FetchBody
}

function addresses(targets: readonly Labels[]): string[] {
  return targets.map((labels) => labelValue(labels, '__address__'))
}

function openBench(t: { after(stop: () => void): void }, allowLinkLocal = false): Bench {
  const clock = fakeClock()
  const metrics = new Metrics()
  const sent: Bench['sent'] = []
  const requests: Bench['requests'] = []
  const discovery = startDiscovery({
    clock,
    log: silentLog,
    metrics,
    allowLinkLocal,
    fetchBody: (request) => {
      requests.push(request)
      return bench.answer(request)
    },
    onTargets: (job, targets) => sent.push([job, addresses(targets)]),
  })
  t.after(() => discovery.stop())
  const bench: Bench = { clock, discovery, metrics, sent, requests, answer: ok('[]') }
  return bench
}

function reply(status: number, contentType: string, body: string): FetchBody {
  const answer: FetchedBody = { status, contentType, body: Buffer.from(body) }
  return () => Promise.resolve(answer)
}

function ok(body: string): FetchBody {
  return reply(200, 'application/json', body)
}

function httpJob(
  jobName = 'web',
  refreshIntervalMs = 60_000,
): { jobName: string; discovery: DiscoveryConfigs } {
  const http = [{ url: URL, refreshIntervalMs, http: PLAIN_HTTP }]
  return { jobName, discovery: { ...NONE, http } }
}

const GOOD = '[{"targets":["a:1","b:2"],"labels":{"k":"v"}}]'

for (const [name, answer] of [
  ['500', reply(500, 'application/json', GOOD)],
  ['204', reply(204, 'application/json', '')],
  ['a broken connection', () => Promise.reject(new NarthexError('io', 'cannot fetch: reset'))],
  ['a time-out', () => Promise.reject(new NarthexError('timeout', 'cannot fetch: too slow'))],
  ['text/html', reply(200, 'text/html', GOOD)],
  ['no content type', reply(200, '', GOOD)],
  ['another charset', reply(200, 'application/json; charset=latin1', GOOD)],
  ['an extra key in a group', ok('[{"targets":[],"x":1}]')],
  ['[null]', ok('[null]')],
  ['an object instead of a list', ok('{}')],
  ['a numeric label value', ok('[{"targets":["a"],"labels":{"k":1}}]')],
  ['trailing garbage', ok(`${GOOD}x`)],
  ['half a list', ok(GOOD.slice(0, 20))],
  [
    'bytes that are not UTF-8',
    () =>
      Promise.resolve({
        status: 200,
        contentType: 'application/json',
        body: Buffer.from([0x5b, 0xff, 0x5d]),
      }),
  ],
  ['null', ok('null')],
] as const satisfies readonly (readonly [string, FetchBody])[]) {
  test(`C21: ${name} keeps the previous targets and counts a failure`, async (t) => {
    const bench = openBench(t)
    bench.answer = ok(GOOD)
    bench.discovery.apply([httpJob()])
    await settle()
    assert.deepEqual(bench.sent.at(-1), ['web', ['a:1', 'b:2']])
    const sentCount = bench.sent.length
    bench.answer = answer
    await bench.clock.advance(60_000)
    assert.equal(bench.sent.length, sentCount, 'nothing new was handed out')
    assert.match(bench.metrics.render(), /\nprometheus_sd_http_failures_total 1\n/)
    const [status] = bench.discovery.status().get('web') ?? []
    assert.equal(status.targetCount, 2)
    assert.notEqual(status.lastError, '')
    assert.equal(status.lastTryMs - status.lastSuccessMs, 60_000)
    bench.answer = ok('[{"targets":["c:3"]}]')
    await bench.clock.advance(60_000)
    assert.deepEqual(bench.sent.at(-1), ['web', ['c:3']], 'and the next good answer counts')
    assert.equal(bench.discovery.status().get('web')?.[0].lastError, '')
  })
}

for (const [name, answer, wanted] of [
  ['[] removes all targets', ok('[]'), []],
  [
    'a charset is taken',
    reply(200, 'Application/JSON; charset=utf-8', '[{"targets":["c"]}]'),
    ['c'],
  ],
  ['the same target twice is one target', ok('[{"targets":["c","c"]},{"targets":["c"]}]'), ['c']],
  ['a UTF-8 label name is taken', ok('[{"targets":["c"],"labels":{"db-name":"x"}}]'), ['c']],
  [
    'one target that is a URL leaves the good ones',
    ok('[{"targets":["http://h:1/metrics","c"]}]'),
    ['http://h:1/metrics', 'c'],
  ],
] as const satisfies readonly (readonly [string, FetchBody, readonly string[]])[]) {
  test(`C21: ${name}`, async (t) => {
    const bench = openBench(t)
    bench.answer = ok(GOOD)
    bench.discovery.apply([httpJob()])
    await settle()
    bench.answer = answer
    await bench.clock.advance(60_000)
    assert.deepEqual(bench.sent.at(-1), ['web', wanted])
  })
}

test('an HTTP source is asked with its interval, and never twice at once', async (t) => {
  const bench = openBench(t)
  let finish: (body: FetchedBody) => void = () => {}
  bench.answer = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  bench.discovery.apply([httpJob('web', 30_000)])
  await bench.clock.advance(120_000)
  assert.equal(bench.requests.length, 1, 'a hanging answer is waited for, not repeated')
  const [request] = bench.requests
  assert.equal(request.url, URL)
  assert.equal(request.timeoutMs, 30_000)
  assert.deepEqual(Object.fromEntries(request.headers), {
    Accept: 'application/json',
    'User-Agent': `narthex/${VERSION}`,
    'X-Prometheus-Refresh-Interval-Seconds': '30',
  })
  finish({ status: 200, contentType: 'application/json', body: Buffer.from(GOOD) })
  await bench.clock.advance(0)
  assert.deepEqual(bench.sent.at(-1), ['web', ['a:1', 'b:2']])
})

test('__meta_url says where a target comes from, and neither it nor the status shows a password', async (t) => {
  const bench = openBench(t)
  const seen: Labels[] = []
  const discovery = startDiscovery({
    clock: bench.clock,
    log: silentLog,
    metrics: new Metrics(),
    allowLinkLocal: false,
    fetchBody: ok(GOOD),
    onTargets: (_job, targets) => seen.push(...targets),
  })
  t.after(() => discovery.stop())
  discovery.apply([httpJob()])
  await settle()
  assert.equal(labelValue(seen[0], '__meta_url'), 'http://user:xxxxx@sd.example/targets')
  assert.doesNotMatch(JSON.stringify([...discovery.status()]), /CANARY/)
})

test('equal sources are asked once for all jobs, and stop when the last job leaves', async (t) => {
  const bench = openBench(t)
  bench.answer = ok(GOOD)
  bench.discovery.apply([httpJob('a'), httpJob('b')])
  await settle()
  assert.equal(bench.requests.length, 1)
  assert.deepEqual(bench.sent.slice(-2), [
    ['a', ['a:1', 'b:2']],
    ['b', ['a:1', 'b:2']],
  ])
  bench.discovery.apply([httpJob('b')])
  await bench.clock.advance(60_000)
  assert.equal(bench.requests.length, 2, 'the source went on')
  bench.discovery.apply([])
  await bench.clock.advance(600_000)
  assert.equal(bench.requests.length, 2, 'the source has stopped')
  assert.equal(bench.clock.waiting, 0)
})

test("an answer that comes after its job has left is nobody's", async (t) => {
  const bench = openBench(t)
  let finish: (body: FetchedBody) => void = () => {}
  bench.answer = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  bench.discovery.apply([httpJob()])
  await settle()
  bench.discovery.apply([])
  finish({ status: 200, contentType: 'application/json', body: Buffer.from(GOOD) })
  await bench.clock.advance(600_000)
  assert.doesNotMatch(bench.metrics.render(), /received_updates_total\{/)
  assert.equal(bench.clock.waiting, 0)
})

test('a changed secret is another source', async (t) => {
  const bench = openBench(t)
  const withToken = (token: string): ReturnType<typeof httpJob> => {
    const authorization = { type: 'Bearer', credentials: new Secret(token), credentialsFile: '' }
    const http = { ...PLAIN_HTTP, authorization }
    return {
      jobName: 'web',
      discovery: { ...NONE, http: [{ url: URL, refreshIntervalMs: 60_000, http }] },
    }
  }
  bench.discovery.apply([withToken('one')])
  await settle()
  bench.discovery.apply([withToken('one')])
  await settle()
  assert.equal(bench.requests.length, 1)
  bench.discovery.apply([withToken('two')])
  await settle()
  assert.equal(bench.requests.length, 2)
})

test('a job with a changed source keeps its targets until the new source has answered', async (t) => {
  const bench = openBench(t)
  bench.answer = ok(GOOD)
  bench.discovery.apply([httpJob('web', 60_000)])
  await settle()
  bench.sent.length = 0
  bench.answer = reply(500, '', '')
  bench.discovery.apply([httpJob('web', 30_000)])
  assert.deepEqual(bench.sent, [['web', ['a:1', 'b:2']]])
  await settle()
  assert.deepEqual(bench.sent.at(-1), ['web', []], 'and then what the new source says')
})

test('each apply hands every job its targets once, also none', (t) => {
  const bench = openBench(t)
  const fixed = (jobName: string, targets: string[]): ReturnType<typeof httpJob> => ({
    jobName,
    discovery: { ...NONE, static: [{ targets, labels: ['k', 'v'] }] },
  })
  bench.discovery.apply([fixed('a', ['x:1', 'x:1', 'y:1']), fixed('b', [])])
  bench.discovery.apply([fixed('a', ['x:1', 'y:1']), fixed('b', [])])
  assert.deepEqual(bench.sent, [
    ['a', ['x:1', 'y:1']],
    ['b', []],
    ['a', ['x:1', 'y:1']],
    ['b', []],
  ])
  assert.match(
    bench.metrics.render(),
    /prometheus_sd_discovered_targets\{config="a",name="scrape"\} 2\n/,
  )
})

test('many targets of one address are each there once, in their order', (t) => {
  const bench = openBench(t)
  const groups = [...Array(30).keys(), ...Array(30).keys()].map((i) => ({
    targets: ['probe:1'],
    labels: ['n', String(i)],
  }))
  bench.discovery.apply([{ jobName: 'a', discovery: { ...NONE, static: groups } }])
  assert.equal(bench.sent.at(-1)?.[1].length, 30)
})

test('C30: link-local targets of a source are left out and counted, those of the file are not', async (t) => {
  const body = '[{"targets":["169.254.169.254:80","[fe80::1]:80","2852039166:80","c:1"]}]'
  const bench = openBench(t)
  bench.answer = ok(body)
  const { discovery } = httpJob()
  const own = [{ targets: ['169.254.169.254:80'], labels: [] }]
  bench.discovery.apply([{ jobName: 'web', discovery: { ...discovery, static: own } }])
  await settle()
  assert.deepEqual(bench.sent.at(-1), ['web', ['169.254.169.254:80', 'c:1']])
  assert.match(bench.metrics.render(), /narthex_sd_denied_targets_total\{mechanism="http"\} 3\n/)
  const open = openBench(t, true)
  open.answer = ok(body)
  open.discovery.apply([httpJob()])
  await settle()
  assert.equal(open.sent.at(-1)?.[1].length, 4)
})

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'narthex-sd-'))
})
after(() => rmSync(dir, { recursive: true }))

/** Discovery on the real clock, as files are watched by the system; resolves with the next list that fits. */
function watchFiles(
  t: { after(stop: () => void): void },
  name: string,
  refreshIntervalMs = 3_600_000,
): {
  metrics: Metrics
  discovery: Discovery
  file(name: string): string
  write(name: string, text: string): void
  until(wanted: readonly string[]): Promise<void>
  again(): void
} {
  const folder = mkdtempSync(path.join(dir, 'f-'))
  const metrics = new Metrics()
  let last: string[] | undefined
  let check = (): void => {}
  const discovery = startDiscovery({
    clock: systemClock,
    log: silentLog,
    metrics,
    allowLinkLocal: false,
    fetchBody: ok('[]'),
    onTargets: (_job, targets) => {
      last = addresses(targets)
      check()
    },
  })
  const alive = setInterval(() => {}, 1000)
  t.after(() => {
    discovery.stop()
    clearInterval(alive)
  })
  const file = (base: string): string => path.join(folder, base)
  return {
    metrics,
    discovery,
    file,
    write(base, text) {
      writeFileSync(file(`.${base}.new`), text)
      renameSync(file(`.${base}.new`), file(base))
    },
    until(wanted) {
      return new Promise((resolve) => {
        check = () => {
          if (JSON.stringify(last) === JSON.stringify(wanted)) resolve()
        }
        check()
      })
    },
    again() {
      const config = { files: [file(name)], refreshIntervalMs }
      discovery.apply([{ jobName: 'files', discovery: { ...NONE, file: [config] } }])
    },
  }
}

test('files are read by pattern, watched, and forgotten when they go', async (t) => {
  const files = watchFiles(t, '*.yml')
  files.write('a.yml', '- targets: [a:1]\n  labels: {x: y}\n')
  files.write('ignored.json', '[{"targets":["no:1"]}]')
  files.again()
  await files.until(['a:1'])
  files.write('b.yml', '- targets: [b:1, b:2]\n')
  await files.until(['a:1', 'b:1', 'b:2'])
  unlinkSync(files.file('a.yml'))
  await files.until(['b:1', 'b:2'])
  files.write('b.yml', '[]')
  await files.until([])
  assert.match(files.metrics.render(), /prometheus_sd_file_mtime_seconds\{filename="[^"]*b\.yml"\}/)
})

test('C21: a bad file keeps its last good list, the others go on changing', async (t) => {
  const files = watchFiles(t, '*.json')
  files.write('a.json', '[{"targets":["a:1"]}]')
  files.write('b.json', '[{"targets":["b:1"]}]')
  files.again()
  await files.until(['a:1', 'b:1'])
  files.write('a.json', '[{"targets":["a:2"')
  files.write('b.json', '[{"targets":["b:2"]}]')
  await files.until(['a:1', 'b:2'])
  const [status] = files.discovery.status().get('files') ?? []
  assert.match(status.lastError, /a\.json/)
  assert.match(files.metrics.render(), /prometheus_sd_file_read_errors_total [1-9]/)
  files.write('a.json', '')
  files.write('b.json', '[{"targets":["b:3"]}]')
  await files.until(['a:1', 'b:3'])
})

test('a file that appears later is found by the interval, also without its folder at first', async (t) => {
  const files = watchFiles(t, 'later/x.json', 20)
  files.again()
  await files.until([])
  mkdirSync(path.dirname(files.file('later/x.json')))
  writeFileSync(files.file('later/x.json'), '[{"targets":["x:1"]}]')
  await files.until(['x:1'])
  assert.match(files.metrics.render(), /prometheus_sd_file_watcher_errors_total [1-9]/)
})

test('targets of files say which file they come from', async (t) => {
  const folder = mkdtempSync(path.join(dir, 'm-'))
  const file = path.join(folder, 'm.json')
  writeFileSync(file, '[{"targets":["m:1"]}]')
  const found = await new Promise<readonly Labels[]>((resolve) => {
    const discovery = startDiscovery({
      clock: fakeClock(),
      log: silentLog,
      metrics: new Metrics(),
      allowLinkLocal: false,
      fetchBody: ok('[]'),
      onTargets: (_job, targets) => targets.length > 0 && resolve(targets),
    })
    t.after(() => discovery.stop())
    const config = { files: [file], refreshIntervalMs: 1000 }
    discovery.apply([{ jobName: 'm', discovery: { ...NONE, file: [config] } }])
  })
  assert.deepEqual(found, [['__address__', 'm:1', '__meta_filepath', file]])
})
