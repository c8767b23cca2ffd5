/** The agent as its users run it: a process between targets and receivers that are not well. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SCRAPE_NUMBER, startCountingTarget } from '../support/countingtarget.ts'
import { assertDelivered } from '../support/deliveries.ts'
import {
  freePort,
  isOk,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'
import { seededRandom } from '../support/promql.ts'
import { endOf } from '../support/sinkend.ts'
import { bitsOf, type Mood, startWriteSink } from '../support/writesink.ts'

const isLong = process.env.NARTHEX_TEST_LONG === '1'

const folder = temporaryFolder('agent')
after(() => folder.remove())

interface QueueStatus {
  readonly name: string
  readonly received: number
  readonly written: number
  readonly queued: number
  readonly dropped: Record<string, number>
}

async function destinationsOf(agent: TestProcess): Promise<QueueStatus[]> {
  const reply = await fetch(`${agent.url}/api/v1/status/destinations`)
  return ((await reply.json()) as { data: { destinations: QueueStatus[] } }).data.destinations
}

function configFile(name: string, text: string): string {
  const file = join(folder.path, name)
  writeFileSync(file, text)
  return file
}

test('what receivers that are slow and refuse at random get is what the targets said', async () => {
  const seconds = isLong ? 120 : 16
  const delayMsMax = isLong ? 20_000 : 3000
  const random = seededRandom(20_261_121)
  let isWell = false
  const ill = (): Mood => ({
    status: isWell || random() < 0.6 ? 200 : 503,
    delayMs: isWell ? 0 : random() * delayMsMax,
  })
  const targets = await Promise.all([1, 700, 2049].map((count) => startCountingTarget(count)))
  const [all, some] = await Promise.all([startWriteSink(ill), startWriteSink(ill)])
  after(() => {
    for (const each of [...targets, all, some]) each.close()
  })
  const file = configFile(
    'ill.yml',
    `
global: {scrape_interval: 1s, scrape_timeout: 1s, external_labels: {cluster: a}}
scrape_configs:
  - job_name: counting
    static_configs: [{targets: ${JSON.stringify(targets.map((each) => each.address))}}]
remote_write:
  - {url: '${all.url}', name: all, queue_config: {min_backoff: 30ms, max_backoff: 500ms}}
  - url: '${some.url}'
    name: some
    protobuf_message: io.prometheus.write.v2.Request
    queue_config: {min_backoff: 30ms, max_backoff: 500ms}
    write_relabel_configs:
      - {source_labels: [index], regex: '.*[13579]', action: drop}
      - {target_label: via, replacement: agent}
`,
  )
  const agent = await startRole('agent', [`--config.file=${file}`, '--log.level=error'])
  after(() => agent.kill())
  const wereScraped = (): boolean => targets.every((each) => each.log.length > seconds)
  await until(`${seconds} scrapes under ill receivers`, wereScraped, 3000 * seconds)
  isWell = true
  const lastScrapes = targets.map((each) => each.log.length - 1)
  // Whatever was scraped by now arrives: the queues are empty at some moment after it.
  await until(
    'the queues to drain',
    async () => (await destinationsOf(agent)).every((each) => each.queued < 10_000),
    60_000,
  )
  // All of a target travels in order: what comes after the last scrape says that all of it is there.
  await until('the scrapes after it to arrive', () =>
    targets.every((target, i) =>
      [endOf(all, target), endOf(some, target)].every((end) =>
        end.arrivals(SCRAPE_NUMBER)?.some(([, bits]) => bits === bitsOf(lastScrapes[i] + 1)),
      ),
    ),
  )
  for (const each of await destinationsOf(agent)) {
    const { filtered = 0, ...lost } = each.dropped
    assert.deepEqual(lost, {}, `${each.name} lost nothing`)
    const known = each.written + filtered + each.queued
    assert.equal(each.received, known, `${each.name}: the counters add up`)
  }
  const isKept = (name: string): boolean => !/index="\d*[13579]"/.test(name)
  for (const [i, target] of targets.entries()) {
    const last = lastScrapes[i]
    assert.ok(last >= seconds / 2, `the target was scraped ${last} times`)
    assertDelivered(target, endOf(all, target), last, `1.0, target ${i}`)
    assertDelivered(target, endOf(some, target, isKept), last, `2.0 relabelled, target ${i}`)
  }
  assert.ok([...some.series.keys()].every((labels) => labels.includes('via="agent"')))
  assert.ok([...all.series.keys()].every((labels) => labels.includes('cluster="a"')))
  assert.equal(await agent.stop(), 0)
})

test('an agent writes nothing to disk', async () => {
  const target = await startCountingTarget(500)
  let status = 200
  const sink = await startWriteSink(() => ({ status, delayMs: 0 }))
  after(() => {
    target.close()
    sink.close()
  })
  const file = configFile(
    'disk.yml',
    `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: counting, static_configs: [{targets: ['${target.address}']}]}]
remote_write: [{url: '${sink.url}'}]
`,
  )
  const agent = await startRole('agent', [`--config.file=${file}`, '--log.level=error'])
  after(() => agent.kill())
  await until('the first samples', () => sink.series.size > 300)
  const before = bytesWritten(agent.pid)
  status = 503
  await until('scrapes while the receiver is away', () => target.log.length > 5)
  status = 200
  const { length } = target.log
  await until('the samples of that time', () => sink.requests > 5 && target.log.length > length + 2)
  assert.equal(bytesWritten(agent.pid), before, 'not a byte went to the disk')
  assert.deepEqual(filesOpenForWriting(agent.pid), [], 'and no file is open to write to')
  assert.equal(await agent.stop(), 0)
})

/** Bytes that the process made the kernel write to storage. */
function bytesWritten(pid: number): number {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8')
  return Number(/^write_bytes: (\d+)$/m.exec(text)?.[1])
}

function filesOpenForWriting(pid: number): string[] {
  const files: string[] = []
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const path = readlinkSync(`/proc/${pid}/fd/${fd}`)
    const flags = Number.parseInt(
      /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0',
      8,
    )
    if (path.startsWith('/') && !path.startsWith('/dev/') && (flags & 3) !== 0) files.push(path)
  }
  return files
}

test('an agent without a destination says so and ends as a wrong configuration does', async () => {
  const file = configFile('nowhere.yml', 'scrape_configs: []\n')
  await assert.rejects(
    startRole('agent', [`--config.file=${file}`]),
    /cannot start: no destination, wanted remote_write or narthex\.destinations/,
  )
})

test('without a file an agent watches its machine and sends it where a flag says', async () => {
  const sink = await startWriteSink(() => ({ status: 200, delayMs: 0 }))
  after(() => sink.close())
  const agent = await startRole('agent', [`--remote-write.url=${sink.url}`, '--log.level=error'])
  after(() => agent.kill())
  await until('the CPU of this machine', () =>
    [...sink.series.keys()].some((labels) => labels.includes('__name__="node_cpu_seconds_total"')),
  )
  const page = await (await fetch(agent.url)).text()
  assert.match(page, /<title>narthex<\/title>/)
  assert.equal((await fetch(`${agent.url}/api/v1/query?query=up`)).status, 404, 'it keeps nothing')
  assert.equal(await agent.stop(), 0)
})

test('a reload keeps what waits when the address of a receiver changes', async () => {
  const target = await startCountingTarget(50)
  const away = await startWriteSink(() => ({ status: 503, delayMs: 0 }))
  const sink = await startWriteSink(() => ({ status: 200, delayMs: 0 }))
  after(() => {
    for (const each of [target, away, sink]) each.close()
  })
  const text = (url: string): string => `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: counting, static_configs: [{targets: ['${target.address}']}]}]
remote_write: [{name: store, url: '${url}', queue_config: {max_backoff: 200ms}}]
`
  const file = configFile('moved.yml', text(away.url))
  const agent = await startRole('agent', [`--config.file=${file}`, '--log.level=error'])
  after(() => agent.kill())
  await until('scrapes that wait', () => target.log.length > 4)
  writeFileSync(file, text(sink.url))
  assert.equal((await fetch(`${agent.url}/-/reload`, { method: 'POST' })).status, 200)
  const last = target.log.length - 1
  const isThere = (): boolean => {
    const numbers = endOf(sink, target).arrivals('counting_scrape') ?? []
    return numbers.length >= last
  }
  await until('everything at the new address', isThere)
  const { scrapes } = assertDelivered(target, endOf(sink, target), last, 'after the reload')
  assert.equal(scrapes, last, 'the scrapes from before the reload are among them')
  assert.equal(await agent.stop(), 0)
})

/** An agent whose only receiver refuses connections, with samples that wait. */
async function startInVain(port: number): Promise<TestProcess> {
  const target = await startCountingTarget(5)
  after(() => target.close())
  const file = configFile(
    `vain-${port}.yml`,
    `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: counting, static_configs: [{targets: ['${target.address}']}]}]
remote_write: [{name: away, url: 'http://127.0.0.1:${port}/', queue_config: {max_backoff: 200ms}}]
`,
  )
  const agent = await startRole('agent', [`--config.file=${file}`, '--log.level=warn'])
  after(() => agent.kill())
  await until('samples that wait', async () => (await destinationsOf(agent))[0].queued > 0)
  return agent
}

test('SIGTERM: a receiver that is away for a moment still gets what waits', async () => {
  const port = await freePort()
  const agent = await startInVain(port)
  let bodies = 0
  const receiver = createServer((request, reply) => {
    bodies++
    request.resume().on('end', () => reply.writeHead(204).end())
  })
  after(() => receiver.close())
  const ending = agent.stop()
  await until('the agent to be stopping', async () => !(await isOk(`${agent.url}/-/healthy`)))
  receiver.listen(port, '127.0.0.1')
  assert.equal(await ending, 0)
  assert.ok(bodies > 0, 'it was written')
  assert.doesNotMatch(agent.output(), /not written in time/)
})

test('SIGTERM: what cannot be written within four seconds is counted in the log', async () => {
  const agent = await startInVain(await freePort())
  const startMs = performance.now()
  assert.equal(await agent.stop(), 0)
  const tookMs = performance.now() - startMs
  assert.ok(tookMs > 3000 && tookMs < 9000, `${tookMs} ms`)
  assert.match(
    agent.output(),
    /"name":"away","samples":\d+,"msg":"samples were not written in time"/,
  )
})
