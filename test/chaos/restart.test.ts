/** Stops and starts under load: quick, with code 0, nothing acknowledged is lost and nothing is there twice. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../support/answers.ts'
import {
  freePort,
  ROOT,
  startNarthex,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'
import { seededRandom } from '../support/promql.ts'
import { type SentSeries, sendWrite } from '../support/remotewrite.ts'

const SEED = 815
const STOPS = 3
const EARLY_STOPS = 8
const RESTARTS = 10
const STOP_MS_MAX = 5000
const SERIES = 200
const WRITERS = 4
const READERS = 4
const INTERVAL_MS = 100
/** Scrapes between two restarts. */
const SCRAPES = 5

const CONFIG = 'scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 1h}}\n'

/** SIGTERM, and how it ended. */
async function stopInTime(server: Pick<TestProcess, 'stop' | 'output'>): Promise<void> {
  const startedMs = performance.now()
  const code = await server.stop()
  const elapsedMs = performance.now() - startedMs
  assert.equal(code, 0, server.output())
  assert.ok(elapsedMs < STOP_MS_MAX, `it took ${elapsedMs} ms`)
}

test('SIGTERM under writes and queries ends within 5 s and keeps everything acknowledged', async (t) => {
  const folder = temporaryFolder('sigterm')
  t.after(() => folder.remove())
  const storage = join(folder.path, 'data')
  const firstMs = Date.now() - 600_000
  const acknowledged = new Set<number>()
  let turn = 0

  for (let round = 0; round < STOPS; round++) {
    const server = await startNarthex({ config: CONFIG, storage })
    let running = true
    const writers = Array.from({ length: WRITERS }, async () => {
      while (running) {
        const number = turn++
        const series: SentSeries[] = Array.from({ length: SERIES }, (_, i) => ({
          labels: { __name__: 'stopped', job: 'j', instance: `i${i % 5}`, i: String(i) },
          samples: [[firstMs + number, number]],
        }))
        const status = await sendWrite(server.url, series)
        if (status === 204) acknowledged.add(number)
        else assert.ok(status === 0 || status === 503, `status ${status}`)
      }
    })
    const readers = Array.from({ length: READERS }, async () => {
      while (running) {
        await ask(server.url, '/api/v1/query_range', {
          query: 'sum(quantile_over_time(0.9, stopped[10m]))',
          start: String(firstMs / 1000),
          end: String(firstMs / 1000 + 600),
          step: '1',
        }).catch(() => undefined) // the server is gone
      }
    })
    const wanted = acknowledged.size + 20
    await until('writes to be acknowledged', () => acknowledged.size >= wanted)
    await stopInTime(server)
    running = false
    await Promise.all([...writers, ...readers])
  }

  const server = await startNarthex({ config: CONFIG, storage })
  t.after(() => server.stop())
  const got = await ask(server.url, '/api/v1/query', {
    query: 'stopped[30m]',
    time: String((firstMs + turn + 1000) / 1000),
  })
  const result = got.data?.result as { values: [number, string][] }[]
  assert.equal(result.length, SERIES)
  for (const { values } of result) {
    const found = new Set(values.map(([, value]) => Number(value)))
    assert.equal(found.size, values.length, 'no sample is there twice')
    for (const number of acknowledged) assert.ok(found.has(number), `${number} is lost`)
  }
  t.diagnostic(`${acknowledged.size * SERIES} acknowledged samples after ${STOPS} stops`)
})

test('SIGTERM during the start ends it within 5 s, and the next start has everything', async (t) => {
  const folder = temporaryFolder('early')
  t.after(() => folder.remove())
  const storage = join(folder.path, 'data')
  const random = seededRandom(SEED)
  const server = await startNarthex({ config: CONFIG, storage })
  const series: SentSeries[] = Array.from({ length: SERIES }, (_, i) => ({
    labels: { __name__: 'early', job: 'j', instance: 'a', i: String(i) },
    samples: Array.from({ length: 100 }, (__, row) => [Date.now() - row * 1000, row] as const),
  }))
  assert.equal(await sendWrite(server.url, series), 204)
  await server.stop()

  for (let round = 0; round < EARLY_STOPS; round++) {
    const port = await freePort()
    const run = startProcess(join(ROOT, 'bin/narthex'), [
      'up',
      `--config.file=${storage}.yml`,
      `--storage.path=${storage}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ])
    await delay(random() * 400)
    const startedMs = performance.now()
    const outcome = await run.stop()
    assert.ok(outcome === 0 || outcome === 'SIGTERM', `${outcome}: ${run.output()}`)
    assert.ok(performance.now() - startedMs < STOP_MS_MAX)
  }

  const again = await startNarthex({ config: CONFIG, storage })
  t.after(() => again.stop())
  const got = await ask(again.url, '/api/v1/query', { query: 'sum(count_over_time(early[30m]))' })
  assert.match(JSON.stringify(got.data), new RegExp(`"${SERIES * 100}"`))
})

/** A target that counts how often it has been scraped. */
async function serveCounter(t: TestContext): Promise<{ port: number; scrapes(): number }> {
  let count = 0
  const target = createServer((_, reply) => {
    reply.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
    reply.end(`scrapes_total ${++count}\n`)
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  t.after(() => {
    target.closeAllConnections()
    target.close()
  })
  return { port: (target.address() as { port: number }).port, scrapes: () => count }
}

test(`${RESTARTS} restarts under scrapes lose no sample and write none twice`, async (t) => {
  const folder = temporaryFolder('restart')
  t.after(() => folder.remove())
  const target = await serveCounter(t)
  const storage = join(folder.path, 'data')
  const config = `global: {scrape_interval: ${INTERVAL_MS}ms, scrape_timeout: ${INTERVAL_MS}ms}
scrape_configs: [{job_name: counter, static_configs: [{targets: ["127.0.0.1:${target.port}"]}]}]
`
  let values: [number, string][] = []
  for (let round = 0; round <= RESTARTS; round++) {
    const server = await startNarthex({ config, storage })
    const before = values
    const scrapesBefore = target.scrapes()
    await until('scrapes', () => target.scrapes() >= scrapesBefore + SCRAPES)
    const got = await ask(server.url, '/api/v1/query', { query: 'scrapes_total[1h]' })
    values = (got.data?.result as { values: [number, string][] }[] | undefined)?.[0].values ?? []
    assert.deepEqual(values.slice(0, before.length), before, 'what was seen stays')
    await stopInTime(server)
  }
  for (let i = 1; i < values.length; i++) {
    assert.ok(values[i][0] > values[i - 1][0], 'times rise')
    assert.ok(Number(values[i][1]) > Number(values[i - 1][1]), 'no scrape is there twice')
  }
  const last = Number(values[values.length - 1][1])
  const lost = last - values.length
  assert.ok(
    lost <= RESTARTS,
    `${lost} of ${last} scrapes are lost, at most the one in flight a stop`,
  )
})
