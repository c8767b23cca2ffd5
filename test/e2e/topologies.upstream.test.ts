/** `narthex server --query.upstream`: what an existing engine answers comes back as it is, faults too. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  freePort,
  missingComponents,
  startComponent,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const folder = temporaryFolder('upstream')
const running: TestProcess[] = []
after(async () => {
  await Promise.all(running.map((each) => each.kill()))
  folder.remove()
})

async function own(starting: Promise<TestProcess>): Promise<TestProcess> {
  const started = await starting
  running.push(started)
  return started
}

function startFrontend(engineUrl: string, ...flags: string[]): Promise<TestProcess> {
  return own(startRole('server', [`--query.upstream=${engineUrl}`, '--log.level=error', ...flags]))
}

/** A target whose text has a counter with an exemplar and a gauge. */
async function startExposition(): Promise<string> {
  const text = [
    '# HELP jobs Jobs that were done.',
    '# TYPE jobs counter',
    'jobs_total{kind="a"} 7 # {trace_id="4bf92f35"} 1.5',
    'jobs_total{kind="b"} 3',
    '# HELP load How busy it is.',
    '# TYPE load gauge',
    'load 0.25',
    '# EOF\n',
  ].join('\n')
  const server = createServer((_, reply) => {
    reply.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    reply.end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: unknown
}

/** What changes from one question to the next: how long it took. */
async function askOne(url: string, path: string, form?: string): Promise<Answer> {
  const reply = await fetch(`${url}/api/v1/${path}`, {
    ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
  })
  const text = await reply.text()
  const type = reply.headers.get('content-type') ?? ''
  if (!type.includes('json')) return { status: reply.status, type, body: text }
  const { stats: _, ...body } = JSON.parse(text) as Record<string, unknown>
  return { status: reply.status, type, body }
}

/** Whether two answers agree; the time of the question is fixed by who asks. */
async function assertSame(
  frontend: TestProcess,
  engine: TestProcess,
  path: string,
  form?: string,
): Promise<Answer> {
  const [ours, theirs] = await Promise.all([
    askOne(frontend.url, path, form),
    askOne(engine.url, path, form),
  ])
  assert.deepEqual(ours, theirs, path)
  return theirs
}

/** Questions about what was scraped until `time`, in seconds. */
function questions(time: number): readonly string[] {
  const range = `start=${time - 20}&end=${time}`
  return [
    `query?query=jobs_total&time=${time}`,
    `query?query=sum(jobs_total)%20by%20(job)&time=${time}`,
    `query?query=absent_metric&time=${time}`,
    `query_range?query=rate(jobs_total[10s])&step=1&${range}`,
    `query_range?query=load%2B1&step=5&${range}`,
    `labels?${range}`,
    `label/kind/values?${range}`,
    `label/__name__/values?match[]=load&${range}`,
    `series?match[]=jobs_total&match[]=load&${range}`,
  ]
}

/** Refused by every engine. */
const REFUSED = ['query?query=sum(', 'query?query=', 'query_range?query=up&start=1&end=0&step=1']

test('Prometheus behind it answers as if it stood in front', {
  skip: missingComponents('prometheus') ?? false,
}, async () => {
  const [target, port] = [await startExposition(), await freePort()]
  const config = join(folder.path, 'prometheus.yml')
  writeFileSync(
    config,
    `global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: jobs, static_configs: [{targets: ['${target}']}]}]
`,
  )
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder.path, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=exemplar-storage',
    '--log.level=error',
  ]
  const engine = await own(startComponent('prometheus', flags, port, '/-/ready'))
  const frontend = await startFrontend(engine.url)
  const scraped = async (): Promise<boolean> => {
    const { body } = await askOne(engine.url, 'query?query=count_over_time(load[1m])>4')
    return JSON.stringify(body).includes('"value"')
  }
  await until('some scrapes', scraped)
  const time = Math.floor(Date.now() / 1000) - 1
  for (const path of [...questions(time), 'metadata?metric=jobs']) {
    const { status, body } = await assertSame(frontend, engine, path)
    assert.equal(status, 200, path)
    if (!path.includes('absent_metric')) {
      assert.match(JSON.stringify(body), /jobs|load|kind|"a"/, `${path} has something to answer`)
    }
  }
  const exemplars = `query_exemplars?query=jobs_total&start=${time - 60}&end=${time + 1}`
  assert.match(
    JSON.stringify((await assertSame(frontend, engine, exemplars)).body),
    /"trace_id":"4bf92f35"/,
  )
  for (const path of [...REFUSED, 'series', 'query_exemplars?query=sum(']) {
    assert.equal((await assertSame(frontend, engine, path)).status, 400, path)
  }
  const dear = `query_range?query=up&start=0&end=${time}&step=1`
  assert.equal((await assertSame(frontend, engine, dear)).status, 400)
  const form = `query=jobs_total&time=${time}`
  assert.equal((await assertSame(frontend, engine, 'query', form)).status, 200)

  await engine.kill()
  const reply = await fetch(`${frontend.url}/api/v1/query?query=up`)
  assert.equal(reply.status, 503, 'an engine that is down')
  assert.ok(Number(reply.headers.get('retry-after')) > 0, 'with the time to wait')
  const { status, errorType } = (await reply.json()) as { status: string; errorType: string }
  assert.deepEqual([status, errorType], ['error', 'unavailable'])
})

test('VictoriaMetrics behind it answers as if it stood in front', {
  skip: missingComponents('victoria-metrics') ?? false,
}, async () => {
  const port = await freePort()
  const flags = [
    `-storageDataPath=${join(folder.path, 'victoria')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-search.latencyOffset=0s',
    '-search.disableCache',
  ]
  const engine = await own(startComponent('victoria-metrics', flags, port, '/health'))
  const frontend = await startFrontend(engine.url)
  const time = Math.floor(Date.now() / 1000) - 1
  const lines = Array.from({ length: 20 }, (_, i) => {
    const timeMs = (time - i) * 1000
    return `jobs_total{kind="a",job="j"} ${100 - i} ${timeMs}\nload ${i % 3} ${timeMs}`
  })
  const pushed = await fetch(`${engine.url}/api/v1/import/prometheus`, {
    method: 'POST',
    body: lines.join('\n'),
  })
  assert.equal(pushed.status, 204)
  const arrived = async (): Promise<boolean> => {
    const { body } = await askOne(engine.url, `query?query=count_over_time(load[1m])&time=${time}`)
    return JSON.stringify(body).includes('"20"')
  }
  await until('what was pushed', arrived)
  for (const path of [...questions(time), 'metadata']) {
    const { status } = await assertSame(frontend, engine, path)
    assert.equal(status, 200, path)
  }
  // This engine keeps no exemplars, and says so in its own way.
  const span = `start=${time - 60}&end=${time}`
  await assertSame(frontend, engine, `query_exemplars?query=jobs_total&${span}`)
  for (const path of [`query?query=sum(&time=${time}`, `query?query=&time=${time}`]) {
    assert.ok((await assertSame(frontend, engine, path)).status >= 400, path)
  }
})

test('an engine that is too slow is given up in time, one that asks for patience is heard', async () => {
  let mood: 'slow' | 'busy' = 'slow'
  const engine = createServer((_, reply) => {
    if (mood === 'slow') return
    reply.writeHead(429, { 'content-type': 'application/json', 'retry-after': '17' })
    reply.end('{"status":"error","errorType":"too_many","error":"come back later"}')
  })
  engine.listen(0, '127.0.0.1')
  await once(engine, 'listening')
  after(() => {
    engine.closeAllConnections()
    engine.close()
  })
  const url = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`
  const frontend = await startFrontend(url, '--query.timeout=300ms')
  const slow = await askOne(frontend.url, 'query?query=up')
  assert.equal(slow.status, 503)
  assert.equal((slow.body as { errorType: string }).errorType, 'timeout')
  mood = 'busy'
  const busy = await fetch(`${frontend.url}/api/v1/query?query=up`)
  assert.equal(busy.status, 429)
  assert.equal(busy.headers.get('retry-after'), '17')
  assert.match(await busy.text(), /come back later/)
})
